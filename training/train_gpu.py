"""Trains the encoder where a GPU is and many cores draw for it: train_vision.py with one generator
a core.

    python train_gpu.py --generator ./generator --photos photos --start start.pt --run run \\
        --minutes 9          (by gpu.sh, with FOVEATE_FONTS set)

What comes back (`--out`) is the average in float16, in parts small enough to be carried.
"""

import contextlib
import os

import torch

import checkpoint
import train_vision
from records import Stream
from sizes import add_sizes

PART = 15 << 20  # bytes of a part of what comes back
APART = 100_000  # seeds between the generators of two workers: more than one gets through
PER_RUN = 10_000_000  # seeds of one `--seed`


class Drawn(torch.utils.data.IterableDataset):
    """Examples of a generator of its own for every worker."""

    def __init__(self, binary, options, seed):
        self.binary, self.options, self.seed = binary, options, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        seed = self.seed + APART * (worker.id if worker else 0)
        transform = train_vision.example
        with Stream(self.binary, self.options, seed, ahead=32, transform=transform) as stream:
            while True:
                yield from stream.shuffled(1)


@contextlib.contextmanager
def drawn_by_workers(args, step, device):
    """Stacked batches, drawn by `args.workers` processes, or by this one if they are 0."""
    seed = args.seed * PER_RUN + step
    yield iter(
        torch.utils.data.DataLoader(
            Drawn(args.generator, train_vision.stream_options(args), seed),
            args.batch,
            num_workers=args.workers,
            collate_fn=train_vision.stacked,
            multiprocessing_context="forkserver" if args.workers else None,
            pin_memory=device.type == "cuda",
        )
    )


def hand_back(path, out):
    """Writes the average of the checkpoint `path` to `out` in parts: encoder.pt.00, .01, ..."""
    os.makedirs(out, exist_ok=True)
    whole = os.path.join(out, "encoder.pt")
    checkpoint.save_half(whole, checkpoint.read(path))
    with open(whole, "rb") as f:
        for i in range(-(-os.path.getsize(whole) // PART)):
            with open(f"{whole}.{i:02}", "wb") as part:
                part.write(f.read(PART))
    os.remove(whole)


def parsed():
    parser = train_vision.options()
    add_sizes(parser, "large")
    parser.add_argument("--out", help="folder for what comes back")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.set_defaults(kind="mix", batch=64, lr=3e-3, log_every=50, eval_every=0)
    return parser.parse_args()


def main():
    args = parsed()
    path = os.path.join(args.run, "vision.pt")
    try:
        train_vision.train(args, drawn_by_workers)
    finally:  # a run that is stopped has saved, and hands back what it has
        if args.out and os.path.exists(path):
            hand_back(path, args.out)


if __name__ == "__main__":
    main()
