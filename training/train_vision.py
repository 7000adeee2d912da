"""Trains the encoder and the glyph adapter on the generator's pictures: every 16x16 patch names the characters whose centres lie in it.

    python train_vision.py --generator ../target/release/foveate-datasets --run ../runs/vision [--minutes 60]
"""

import argparse
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

from charset import N_CLASSES
from hard import Hard
from optim import Masters, Stopping, closing, fastest, save, schedule
from records import IGNORE, Stream, slot_labels
from vision import Vision, VisionConfig


BARE_HARDEST = 64  # slots of a picture without text that count once more: some two lines' worth
LEAST_EM = 9.5  # px; what is smaller is ignored: of print under 10 px on photographs a third was read, so its labels are mostly noise


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
    pixels = torch.from_numpy(np.stack([e[0] for e in examples])).to(device)
    pixels = (pixels.permute(0, 3, 1, 2).to(dtype) / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    return pixels, torch.from_numpy(np.stack([e[1] for e in examples])).to(device), torch.from_numpy(np.stack([e[2] for e in examples])).to(device)


def ghosts(logits, classes):
    """Mean cross-entropy of the slots of pictures without text that look most like glyphs; 0 where all have text."""
    bare = (classes == 0).flatten(1).all(1)
    if not bare.any():
        return logits.new_zeros((), dtype=torch.float32)
    each = -logits[bare].float().log_softmax(-1)[..., 0].flatten(1)
    return each.topk(min(BARE_HARDEST, each.shape[1])).values.mean()


def glyph_loss(logits, raw_geometry, classes, geometry, blank_weight=0.3):
    """Cross-entropy averaged over glyph slots and blank slots apart (most slots are blank), plus smooth L1 of the geometry.

    The blank slots that look most like glyphs, as many as there are glyphs, count once more by themselves: with the plain average a
    textured picture alone gave thousands of ghosts. So do, for every picture without text, the BARE_HARDEST slots that look most like glyphs.
    """
    bare = ghosts(logits, classes)
    logits, classes = logits.reshape(-1, logits.shape[-1]), classes.reshape(-1)
    glyph, blank = (classes > 0).nonzero()[:, 0], (classes == 0).nonzero()[:, 0]
    target = geometry.reshape(-1, 4)[glyph]
    weight = target[:, 3].exp().clamp(0.6, 4)
    weight = weight / weight.mean()
    read = (F.cross_entropy(logits[glyph].float(), classes[glyph], label_smoothing=0.02, reduction="none") * weight).mean()
    each = F.cross_entropy(logits[blank].float(), classes[blank], reduction="none")
    hardest = each.topk(min(len(each), max(16, len(glyph)))).values.mean()
    empty = each.mean() + hardest + bare
    where = F.smooth_l1_loss(raw_geometry.reshape(-1, 4)[glyph].float(), target, beta=0.1)
    return read + blank_weight * empty + 0.5 * where, read, empty, where


@torch.no_grad()
def measure(model, batches):
    """-> right glyphs / glyphs, glyph slots called blank, blank slots called glyphs (per glyph; per picture where there is no text), mean |dx| in px, mean |log h| error."""
    model.eval()
    right = total = missed = invented = 0
    dx = dh = 0.0
    for pixels, classes, geometry in batches:
        logits, where, _ = model(pixels)
        guess = logits.argmax(-1)
        glyph = classes > 0
        right += (guess[glyph] == classes[glyph]).sum().item()
        missed += (guess[glyph] == 0).sum().item()
        invented += (guess[classes == 0] > 0).sum().item()
        error = (where.float() - geometry)[glyph].abs()
        dx += error[:, 0].sum().item() * 16
        dh += error[:, 3].sum().item()
        total += glyph.sum().item()
    model.train()
    if not total:
        return 0.0, 0.0, invented / sum(len(b[0]) for b in batches), 0.0, 0.0
    return right / total, missed / total, invented / total, dx / total, dh / total


def held_out(args, device, dtype):
    """Batches of the test split, the same every time."""
    out = []
    for kind in args.eval_kinds.split(","):
        photos = ["--photos", args.photos] if kind == "bare" and args.photos else []
        stream = Stream(args.generator, ["--kind", kind, "--split", "test", "--size", str(args.size), "--count", "48", *photos], 777, transform=example)
        out.append((kind, [batch_of(stream.take(8), device, dtype) for _ in range(6)]))
        stream.stop = True
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--generator", required=True)
    parser.add_argument("--run", required=True, help="folder of the checkpoint and the log")
    parser.add_argument("--kind", default="crops")
    parser.add_argument("--eval-kinds", default="crops")
    parser.add_argument("--size", type=int, default=448)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--total", type=int, default=0, help="steps at which the rate has fallen; 0 keeps it constant")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--fall", type=float, default=0, help="minutes at the end in which the rate falls to 5%%")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--generator-threads", type=int, default=1)
    parser.add_argument("--eval-every", type=int, default=500)
    parser.add_argument("--photos", help="folder of photographs to lay crops on (fetch_photos.py)")
    parser.add_argument("--hard", type=float, default=0.25, help="share of batches that show again a crop without text in which letters were seen")
    parser.add_argument("--keep", action="store_true", help="keep the averaged weights of every evaluation (average-STEP.pt; export.py takes the mean of several)")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = fastest(device)
    print(f"training in {dtype}", flush=True)
    os.makedirs(args.run, exist_ok=True)
    config = VisionConfig(n_glyphs=N_CLASSES)
    model = Vision(config).to(device).to(memory_format=torch.channels_last)
    masters = Masters(model, args.lr, half=dtype == torch.bfloat16)
    path, step = os.path.join(args.run, "vision.pt"), 0
    if os.path.exists(path):
        saved = torch.load(path, map_location=device)
        masters.load(saved["state"])
        step = saved["step"]
    stream_args = ["--kind", args.kind, "--split", "train", "--size", str(args.size), "--threads", str(args.generator_threads), *(["--photos", args.photos] if args.photos else [])]
    stream = Stream(args.generator, stream_args, args.seed * 1_000_000 + step, transform=example)
    tests = held_out(args, device, dtype)
    began = shown = time.time()
    stopping = Stopping()
    sums, blank, hard = np.zeros(4), np.zeros(2), Hard(args.seed)
    seen = 0
    while not stopping.asked and time.time() - began < args.minutes * 60 and not (args.total and step >= args.total):
        examples = hard.mixed(stream.shuffled(args.batch), args.hard)
        pixels, classes, geometry = batch_of(examples, device, dtype)
        logits, where, _ = model(pixels)
        blank += hard.look(examples, logits, classes)
        losses = glyph_loss(logits, where, classes, geometry)
        losses[0].backward()
        # A run taken up again begins slowly too: its rate may have fallen, or its encoder grown, since.
        norm = masters.step(schedule(step, 200, args.total) * closing(args, began) * min(1.0, (seen + 1) / 100))
        step += 1
        seen += 1
        sums += [float(x.detach()) for x in losses]
        if seen % 50 == 0:
            rate = 50 * args.batch / (time.time() - shown)
            shown = time.time()
            print(f"{step} loss {sums[0] / 50:.3f} read {sums[1] / 50:.3f} blank {sums[2] / 50:.3f} where {sums[3] / 50:.4f} ghosts {blank[0] / max(blank[1], 1):.1f} of {blank[1]:.0f} norm {norm:.2f} {rate:.1f} pictures/s queue {stream.queue.qsize()}", flush=True)
            sums[:], blank[:] = 0, 0
        if seen % args.eval_every == 0:
            save(path, masters, step, config)
            if args.keep:
                keep = {"state": {"ema": dict(zip(masters.names, masters.ema))}, "step": step, "config": config.to_json()}
                torch.save(keep, os.path.join(args.run, f"average-{step}.pt"))
            masters.publish(masters.ema)
            for kind, batches in tests:
                right, missed, invented, dx, dh = measure(model, batches)
                print(f"{step} HELD-OUT {kind}: right {right:.4f} missed {missed:.4f} invented {invented:.4f} dx {dx:.2f} px dlogh {dh:.3f}", flush=True)
            masters.publish(masters.masters)
    save(path, masters, step, config)
    stream.stop = True


if __name__ == "__main__":
    main()
