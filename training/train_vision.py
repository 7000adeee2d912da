"""Trains the encoder and the glyph adapter on the generator's pictures: every 16x16 patch names the
characters whose centres lie in it.

    python train_vision.py --generator ../target/release/foveate-datasets --run ../runs/vision

With `--photos` a part of the pictures lies on photographs, and one of six of the kind `mix` has no
text at all.
"""

import argparse
import contextlib
import itertools
import os

import numpy as np
import torch
import torch.nn.functional as F

import checkpoint
import loop
from device import add_device, chosen, fastest
from hard import Hard, without_text
from optim import Masters
from records import IGNORE, Stream, add_generator, slot_labels
from sizes import add_sizes, vision_config
from vision import Vision

# px; smaller glyphs are ignored. Of print under 10 px on photographs a third was read, so its
# labels are mostly noise (training/LOG.md).
LEAST_EM = 9.5
BLANK, GEOMETRY = 0.3, 0.5  # what these losses count beside that of the glyphs
# Slots of a picture without text that count once more, the hardest: some two lines of print.
BARE_HARDEST = 64
EVAL_BATCHES, EVAL_BATCH = 6, 8


def labels(record):
    """`slot_labels` of a record, too small glyphs ignored."""
    classes, geometry, index = slot_labels(record.glyphs, record.height // 16, record.width // 16)
    classes[(classes > 0) & (geometry[..., 3] < np.log(LEAST_EM / 16))] = IGNORE
    return classes, geometry, index


def example(record):
    """Record -> (pixels u8 [h, w, 3], classes, geometry)."""
    classes, geometry, _ = labels(record)
    return record.pixels, classes, geometry


def stacked(examples):
    """Examples -> tensors: pixels u8 [n, h, w, 3], classes, geometry."""
    return [torch.from_numpy(np.stack(part)) for part in zip(*examples)]


def moved(batch, device, dtype):
    """A stacked batch on `device`, pixels [n, 3, h, w] in -1..1."""
    pixels, *truth = (part.to(device, non_blocking=True) for part in batch)
    pixels = pixels.permute(0, 3, 1, 2).to(dtype) / 127.5 - 1
    return pixels.contiguous(memory_format=torch.channels_last), *truth


def batch_of(examples, device, dtype):
    """-> pixels [n, 3, h, w] in -1..1, classes, geometry."""
    return moved(stacked(examples), device, dtype)


def bare_loss(logits, classes):
    """Mean cross-entropy of the BARE_HARDEST slots that look most like glyphs of every picture
    without text; 0 where all pictures have text."""
    bare = without_text(classes)
    if not bare.any():
        return logits.new_zeros((), dtype=torch.float32)
    each = -logits[bare].float().log_softmax(-1)[..., 0].flatten(1)
    return each.topk(min(BARE_HARDEST, each.shape[1])).values.mean()


def glyph_loss(logits, raw_geometry, classes, geometry, blank_weight=BLANK):
    """Cross-entropy, averaged over glyph slots and blank slots apart (most slots are blank), plus
    smooth L1 of the geometry. -> total, loss of glyphs, of blanks, of geometry

    As many of the hardest blank slots as there are glyphs count once more by themselves: with the
    plain average a textured picture alone gave thousands of glyphs that are not there. So do the
    hardest slots of pictures without text (`bare_loss`). A batch without any glyph has no loss of
    glyphs and geometry.
    """
    bare = bare_loss(logits, classes)
    logits, classes = logits.reshape(-1, logits.shape[-1]), classes.reshape(-1)
    glyph, blank = (classes > 0).nonzero()[:, 0], (classes == 0).nonzero()[:, 0]
    n = max(1, len(glyph))
    target = geometry.reshape(-1, 4)[glyph]
    weight = target[:, 3].exp().clamp(0.6, 4)
    weight = weight / weight.mean()
    each = F.cross_entropy(
        logits[glyph].float(), classes[glyph], label_smoothing=0.02, reduction="none"
    )
    read = (each * weight).sum() / n
    each = F.cross_entropy(logits[blank].float(), classes[blank], reduction="none")
    hardest = each.topk(min(len(each), max(16, len(glyph)))).values.mean()
    empty = each.mean() + hardest + bare
    raw = raw_geometry.reshape(-1, 4)[glyph].float()
    where = F.smooth_l1_loss(raw, target, beta=0.1, reduction="sum") / (4 * n)
    return read + blank_weight * empty + GEOMETRY * where, read, empty, where


def report(means, norm, seconds):
    """The line that is printed of the mean losses, and of the means of what `Hard.look` gives."""
    total, read, blank, where, invented, bare = means
    shown = f"loss {total:.3f} read {read:.3f} blank {blank:.3f} where {where:.4f} "
    if bare:
        shown += f"invented {invented / bare:.1f} a picture without text, {bare:.1f} a batch "
    return f"{shown}norm {norm:.2f} {seconds:.2f} s/step"


@torch.no_grad()
def measure(model, batches):
    """-> right glyphs, glyphs called blank, blank slots called glyphs, each per glyph; mean |dx| in
    px, mean |log h| error. `right` of two encoders is comparable at equal `invented` only
    (equal.py). Where no picture has text, `invented` is per picture, and the others are 0."""
    model.eval()
    sums, total, pictures = torch.zeros(5, dtype=torch.float64), 0, 0
    for pixels, classes, geometry in batches:
        logits, where, _ = model(pixels)
        guess, glyph = logits.argmax(-1), classes > 0
        error = (where.float() - geometry)[glyph].abs().double()
        sums[0] += (guess[glyph] == classes[glyph]).sum().item()
        sums[1] += (guess[glyph] == 0).sum().item()
        sums[2] += (guess[classes == 0] > 0).sum().item()
        sums[3] += error[:, 0].sum().item() * 16
        sums[4] += error[:, 3].sum().item()
        total += glyph.sum().item()
        pictures += len(pixels)
    model.train()
    return (sums / max(1, total or pictures)).tolist()


def held_out(args, device, dtype):
    """Batches of each kind from the split that training does not see, the same every time. Only
    the kind `bare` takes photographs, so that figures of the others stay comparable."""
    out = []
    for kind in args.eval_kinds.split(","):
        n = EVAL_BATCHES * EVAL_BATCH
        options = ["--kind", kind, "--split", args.eval_split, "--size", str(args.size)]
        options += ["--photos", args.photos] if args.photos and kind == "bare" else []
        with Stream(args.generator, [*options, "--count", str(n)], 777, transform=example) as s:
            batches = [batch_of(s.take(EVAL_BATCH), device, dtype) for _ in range(EVAL_BATCHES)]
        out.append((kind, batches))
    return out


def options():
    """The parser of the options, which train_gpu.py adds to."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    add_generator(parser)
    add_device(parser)
    loop.add_schedule(parser, lr=1.5e-3)
    parser.add_argument("--run", required=True, help="folder of the checkpoint, vision.pt")
    parser.add_argument("--start", help="checkpoint whose weights a new run begins with")
    parser.add_argument("--kind", default="crops", help="the generator's kind of picture")
    parser.add_argument("--shares", help="families.py's file: well-read fonts are drawn less often")
    parser.add_argument("--photos", help="folder of photographs (fetch_photos.py) to print on")
    parser.add_argument(
        "--hard",
        type=float,
        default=0.25,
        help="share of batches that show again a crop without text in which glyphs were seen",
    )
    parser.add_argument(
        "--eval-kinds", default="crops", help="kinds of the HELD-OUT figures, `bare`: without text"
    )
    parser.add_argument("--size", type=int, default=448, help="side of a crop in pixels")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--generator-threads", type=int, default=1)
    parser.add_argument("--eval-every", type=int, default=500, help="steps; 0: never")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the averages of every evaluation (average-STEP.pt), for export.py's mean",
    )
    return parser


def stream_options(args):
    """The generator's options of the training split."""
    found = ["--kind", args.kind, "--split", "train", "--size", str(args.size)]
    found += ["--threads", str(args.generator_threads)]
    found += ["--shares", args.shares] if args.shares else []
    return found + (["--photos", args.photos] if args.photos else [])


def begun(args, device, dtype):
    """The model, and its run: of its checkpoint, else of `--start`, else of fresh weights."""
    config = vision_config(args.sizes)
    model = Vision(config).to(device).to(memory_format=torch.channels_last)
    masters = Masters(model, args.lr, half=dtype == torch.bfloat16)
    run = loop.start(
        args.run, "vision.pt", masters, config, args, device, eval_every=args.eval_every
    )
    return model, run


def train(args, batches_from):
    """The whole run. `batches_from(args, step, device)`: a context with the endless stacked batches
    of the run from `step` on."""
    torch.manual_seed(args.seed)
    device = chosen(args.device)
    dtype = fastest(device)
    print(f"training on {device} in {dtype}", flush=True)
    model, run = begun(args, device, dtype)
    tests, hard = held_out(args, device, dtype) if args.eval_every else [], Hard(args.seed)

    def losses(batch, _):
        batch = hard.mixed(batch, args.hard)
        pixels, classes, geometry = moved(batch, device, dtype)
        logits, where, _ = model(pixels)
        seen = logits.new_tensor(hard.look(batch, logits), dtype=torch.float32)
        return *glyph_loss(logits, where, classes, geometry), *seen

    def evaluate(step):
        if args.keep:
            path = os.path.join(args.run, f"average-{step}.pt")
            checkpoint.save_average(path, run.masters, step, model.c)
        for kind, batches in tests:
            right, missed, invented, dx, dh = measure(model, batches)
            shown = f"right {right:.4f} missed {missed:.4f} invented {invented:.4f}"
            print(f"{step} HELD-OUT {kind}: {shown} dx {dx:.2f} px dlogh {dh:.3f}", flush=True)

    with batches_from(args, run.step, device) as batches:
        loop.train(run, batches, losses, report, evaluate)


@contextlib.contextmanager
def streamed(args, step, device):
    """Stacked batches of one generator."""
    seed = args.seed * 1_000_000 + step
    with Stream(args.generator, stream_options(args), seed, transform=example) as stream:
        yield (stacked(stream.shuffled(args.batch)) for _ in itertools.count())


def main():
    parser = options()
    add_sizes(parser, "server")
    train(parser.parse_args(), streamed)


if __name__ == "__main__":
    main()
