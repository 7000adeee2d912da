"""Trains the encoder and the glyph adapter on the generator's pictures: every 16x16 patch names the
characters whose centres lie in it.

    python train_vision.py --generator ../target/release/foveate-datasets --run ../runs/vision
"""

import argparse
import os

import numpy as np
import torch
import torch.nn.functional as F

import checkpoint
import loop
from device import add_device, chosen, fastest
from optim import Masters
from records import IGNORE, Stream, add_generator, slot_labels
from sizes import add_sizes, vision_config
from vision import Vision

# px; smaller glyphs are ignored. Of print under 10 px on photographs a third was read, so its
# labels are mostly noise (training/LOG.md).
LEAST_EM = 9.5
BLANK, GEOMETRY = 0.3, 0.5  # what these losses count beside that of the glyphs
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


def batch_of(examples, device, dtype):
    """-> pixels [n, 3, h, w] in -1..1, classes, geometry."""
    pixels, *truth = (torch.from_numpy(np.stack(part)).to(device) for part in zip(*examples))
    pixels = pixels.permute(0, 3, 1, 2).to(dtype) / 127.5 - 1
    return pixels.contiguous(memory_format=torch.channels_last), *truth


def glyph_loss(logits, raw_geometry, classes, geometry, blank_weight=BLANK):
    """Cross-entropy, averaged over glyph slots and blank slots apart (most slots are blank), plus
    smooth L1 of the geometry. -> total, loss of glyphs, of blanks, of geometry

    As many of the hardest blank slots as there are glyphs count once more by themselves: with the
    plain average a textured picture alone gave thousands of glyphs that are not there.
    """
    logits, classes = logits.reshape(-1, logits.shape[-1]), classes.reshape(-1)
    glyph, blank = (classes > 0).nonzero()[:, 0], (classes == 0).nonzero()[:, 0]
    target = geometry.reshape(-1, 4)[glyph]
    weight = target[:, 3].exp().clamp(0.6, 4)
    weight = weight / weight.mean()
    each = F.cross_entropy(
        logits[glyph].float(), classes[glyph], label_smoothing=0.02, reduction="none"
    )
    read = (each * weight).mean()
    each = F.cross_entropy(logits[blank].float(), classes[blank], reduction="none")
    hardest = each.topk(min(len(each), max(16, len(glyph)))).values.mean()
    empty = each.mean() + hardest
    where = F.smooth_l1_loss(raw_geometry.reshape(-1, 4)[glyph].float(), target, beta=0.1)
    return read + blank_weight * empty + GEOMETRY * where, read, empty, where


def report(losses, norm, seconds):
    """The line that is printed of mean losses."""
    total, read, blank, where = losses
    shown = f"loss {total:.3f} read {read:.3f} blank {blank:.3f} where {where:.4f}"
    return f"{shown} norm {norm:.2f} {seconds:.2f} s/step"


@torch.no_grad()
def measure(model, batches):
    """-> right glyphs, glyphs called blank, blank slots called glyphs, each per glyph; mean |dx| in
    px, mean |log h| error. `right` of two encoders is comparable at equal `invented` only."""
    model.eval()
    sums, total = torch.zeros(5, dtype=torch.float64), 0
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
    model.train()
    return (sums / max(1, total)).tolist()


def held_out(args, device, dtype):
    """Batches of each kind from the split that training does not see, the same every time."""
    out = []
    for kind in args.eval_kinds.split(","):
        n = EVAL_BATCHES * EVAL_BATCH
        options = ["--kind", kind, "--split", args.eval_split, "--size", str(args.size)]
        with Stream(args.generator, [*options, "--count", str(n)], 777, transform=example) as s:
            batches = [batch_of(s.take(EVAL_BATCH), device, dtype) for _ in range(EVAL_BATCHES)]
        out.append((kind, batches))
    return out


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    add_generator(parser)
    add_device(parser)
    loop.add_schedule(parser, lr=1.5e-3)
    parser.add_argument("--run", required=True, help="folder of the checkpoint, vision.pt")
    parser.add_argument("--kind", default="crops", help="the generator's kind of picture")
    parser.add_argument("--shares", help="families.py's file: well-read fonts are drawn less often")
    parser.add_argument("--eval-kinds", default="crops", help="kinds of the HELD-OUT figures")
    parser.add_argument("--size", type=int, default=448, help="side of a crop in pixels")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--generator-threads", type=int, default=1)
    parser.add_argument("--eval-every", type=int, default=500, help="steps")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the averages of every evaluation (average-STEP.pt), for export.py's mean",
    )
    add_sizes(parser)
    return parser.parse_args()


def training_stream(args, step):
    """The training split from `step` on."""
    options = ["--kind", args.kind, "--split", "train", "--size", str(args.size)]
    options += ["--threads", str(args.generator_threads)]
    options += ["--shares", args.shares] if args.shares else []
    return Stream(args.generator, options, args.seed * 1_000_000 + step, transform=example)


def batches_of(stream, size, device, dtype):
    """Endless batches of a stream's examples."""
    while True:
        yield batch_of(stream.shuffled(size), device, dtype)


def main():
    args = parsed()
    torch.manual_seed(args.seed)
    device = chosen(args.device)
    dtype = fastest(device)
    print(f"training on {device} in {dtype}", flush=True)
    config = vision_config(args.sizes)
    model = Vision(config).to(device).to(memory_format=torch.channels_last)
    masters = Masters(model, args.lr, half=dtype == torch.bfloat16)
    run = loop.start(
        args.run, "vision.pt", masters, config, args, device, eval_every=args.eval_every
    )
    tests = held_out(args, device, dtype)

    def losses(batch, _):
        pixels, classes, geometry = batch
        logits, where, _ = model(pixels)
        return glyph_loss(logits, where, classes, geometry)

    def evaluate(step):
        if args.keep:
            path = os.path.join(args.run, f"average-{step}.pt")
            checkpoint.save_average(path, masters, step, config)
        for kind, batches in tests:
            right, missed, invented, dx, dh = measure(model, batches)
            shown = f"right {right:.4f} missed {missed:.4f} invented {invented:.4f}"
            print(f"{step} HELD-OUT {kind}: {shown} dx {dx:.2f} px dlogh {dh:.3f}", flush=True)

    with training_stream(args, run.step) as stream:
        batches = batches_of(stream, args.batch, device, dtype)
        loop.train(run, batches, losses, report, evaluate)


if __name__ == "__main__":
    main()
