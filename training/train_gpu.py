"""Trains the encoder where a GPU is and many cores draw for it: the steps of train_vision.py, the
pictures from one generator a core.

    python train_gpu.py --generator ./generator --photos photos --start start.pt --run run --minutes 9   # by gpu.sh, with FOVEATE_FONTS set

A run is taken up again from its checkpoint. What comes back (`--out`) is the average in float16, in
parts small enough to be carried.
"""

import argparse
import os
import time

import numpy as np
import torch

from charset import N_CLASSES
from optim import Masters, Stopping, closing, fastest, save
from records import Stream
from train_vision import example, glyph_loss
from vision import Vision, VisionConfig

PART = 15 << 20  # bytes of a part of what comes back
# 20M parameters, three times what ships: for as many crops as only a GPU sees.
LARGE = dict(dim=384, n_layers=8, n_heads=6, ffn_dim=1536, stem=(48, 96, 192))


class Drawn(torch.utils.data.IterableDataset):
    """Examples of a generator of its own for every worker."""

    def __init__(self, command, args, seed):
        self.command, self.args, self.seed = command, args, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        seed = self.seed + 100_000 * (worker.id if worker else 0)
        stream = Stream(self.command, self.args, seed, ahead=32, transform=example)
        while True:
            yield from stream.shuffled(1)


def collate(examples):
    """Examples -> pixels u8 [n, h, w, 3], classes, geometry."""
    return tuple(torch.from_numpy(np.stack(parts)) for parts in zip(*examples))


def batches(args, seed):
    """Batches without end, drawn by as many processes as there are cores."""
    drawn = Drawn(args.generator, ["--kind", "mix", "--split", "train", "--size", "448", "--photos", args.photos], seed)
    return iter(torch.utils.data.DataLoader(drawn, args.batch, num_workers=args.workers, collate_fn=collate, prefetch_factor=2,
                                            multiprocessing_context="forkserver", pin_memory=torch.cuda.is_available()))


def save_half(saved, path):
    """The average of a checkpoint in float16, which export.py and equal.py take as they take a
    checkpoint.
    """
    ema = {k: v.half() for k, v in saved["state"]["ema"].items()}
    torch.save({"state": {"ema": ema}, "step": saved["step"], "config": saved["config"]}, path)


def hand_back(saved, out):
    """Writes the average to `out` in parts: encoder.pt.00, .01, ..."""
    whole = os.path.join(out, "encoder.pt")
    save_half(saved, whole)
    with open(whole, "rb") as f:
        for i in range(-(-os.path.getsize(whole) // PART)):
            with open(f"{whole}.{i:02}", "wb") as part:
                part.write(f.read(PART))
    os.remove(whole)


def begun(args, device, dtype):
    """-> model, masters and steps done: of the run's checkpoint, else of the weights to start with,
    else fresh.
    """
    path = os.path.join(args.run, "vision.pt")
    found = path if os.path.exists(path) else args.start
    saved = torch.load(found, map_location=device, weights_only=True) if found else None
    config = VisionConfig(n_glyphs=N_CLASSES, **(LARGE if args.large else {}))
    model = Vision(config).to(device).to(memory_format=torch.channels_last)
    masters = Masters(model, args.lr, half=dtype == torch.bfloat16)
    if not saved:
        return model, masters, 0
    state = saved["state"]
    masters.load({"masters": state["ema"], **state})
    return model, masters, saved["step"]


def to_device(batch, device, dtype):
    """-> pixels [n, 3, h, w] in -1..1, classes, geometry."""
    pixels, classes, geometry = (x.to(device, non_blocking=True) for x in batch)
    pixels = pixels.permute(0, 3, 1, 2).to(dtype) / 127.5 - 1
    return pixels.contiguous(memory_format=torch.channels_last), classes, geometry


def train(args):
    """Steps until the time is over. -> the checkpoint."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    began, stopping, dtype = time.time(), Stopping(), fastest(device)
    model, masters, step = begun(args, device, dtype)
    source, path, seen = batches(args, args.seed * 10_000_000 + step), os.path.join(args.run, "vision.pt"), 0
    shown, sums = time.time(), torch.zeros(4, device=device)
    while not stopping.asked and time.time() - began < args.minutes * 60 and seen < args.most:
        pixels, classes, geometry = to_device(next(source), device, dtype)
        logits, where, _ = model(pixels)
        losses = glyph_loss(logits, where, classes, geometry)
        losses[0].backward()
        masters.step(closing(args, began) * min(1.0, (seen + 1) / 100))
        step, seen = step + 1, seen + 1
        sums += torch.stack([x.detach().float() for x in losses])
        if seen % args.show == 0:
            loss, read, blank, where = (sums / args.show).tolist()
            rate = args.show * args.batch / (time.time() - shown)
            print(f"{step} loss {loss:.3f} read {read:.3f} blank {blank:.3f} where {where:.4f} {rate:.0f} pictures/s", flush=True)
            shown = time.time()
            sums.zero_()
        if seen % args.save == 0:
            save(path, masters, step, model.c)
    save(path, masters, step, model.c)
    return torch.load(path, map_location="cpu", weights_only=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--generator", required=True)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--start", help="weights that a new run begins with")
    parser.add_argument("--run", required=True, help="folder of the checkpoint")
    parser.add_argument("--out", help="folder for what comes back")
    parser.add_argument("--large", action="store_true", help="an encoder of 20M parameters (a new run begins fresh: leave --start out)")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--fall", type=float, default=0, help="minutes at the end in which the rate falls to 5%%")
    parser.add_argument("--most", type=int, default=10**9, help="steps at most")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=50)
    parser.add_argument("--save", type=int, default=500)
    args = parser.parse_args()
    os.makedirs(args.run, exist_ok=True)
    saved = train(args)
    if args.out:
        hand_back(saved, args.out)
    print(f"{saved['step']} steps")


if __name__ == "__main__":
    main()
