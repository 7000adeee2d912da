"""Trains a LoRA adapter of a page bundle on pages written by hand.

    python -m page.adapter --bundle ../models/base --written FOLDER --out FOLDER --name NAME \\
        --minutes 30                                                              (in training/)

The decoder has what its bundle taught it in its weights, and the adapter is trained on top. Pages
are written as those of `page/written` (`page/written.py` says how); those of `*.dev.txt` are only
scored. `--out` gets `adapter.json` and `adapter.safetensors`, and `state.pt`, from which an
interrupted run goes on: no part of the adapter.
"""

import argparse
import hashlib
import json
import sys
from itertools import islice
from pathlib import Path

import torch
from safetensors import safe_open

from lora import save_adapter
from sums import sha256

from .examples import sequences
from .page import FEATURES
from .smollm import SmolLM, open_gguf
from .train import (
    DEV_COUNT,
    DEV_SEED,
    RATE,
    Run,
    add_run,
    batches,
    kinds_of,
    matrices,
    score,
    writer_of,
)
from .written import pages

LICENCE = "MIT OR Apache-2.0"
MOST_RANK = 256  # of the bundle's update and the adapter's together (models/FORMAT.md, "Adapters")
PARTS = ("decoder", "weights")


def signature(config):
    """What an adapter and a bundle must agree on (models/FORMAT.md, "Adapters")."""
    parts = [part for part in (*PARTS, "palettes") if config.get(part)]
    named = [config[part].get("sha256") or "" for part in parts]
    lines = "".join(f"{line}\n" for line in ("foveate-page-1", *named))
    return hashlib.sha256(lines.encode()).hexdigest()


def files_of(bundle, config):
    """The files of the decoder and of what it was taught, held against their sums."""
    files = [bundle / config[part]["file"] for part in PARTS]
    for part, file in zip(PARTS, files):
        named = config[part].get("sha256")
        if named and sha256(file) != named:
            raise ValueError(f"{file} is not the one that config.json names: fetch it again, or "
                             f"run sums.py {bundle}")  # fmt: skip
    return files


@torch.no_grad()
def merge(model, path):
    """Adds what a bundle was taught to the decoder's weights, and freezes its map of places."""
    with safe_open(path, "pt") as held:
        said = held.metadata()
        rank = int(said["rank"]) + len(next(matrices(model))[1].a)
        if rank > MOST_RANK:
            raise ValueError(f"ranks add up to {rank}, at most {MOST_RANK} are served: "
                             "take a smaller --rank")  # fmt: skip
        for name, matrix in matrices(model):
            a, b = (held.get_tensor(f"{name}.{factor}").float() for factor in "ab")
            delta = (float(said["scale"]) * b @ a).to(matrix.weight.device)
            matrix.weight.copy_(matrix.weight.float() + delta)
        model.place.copy_(held.get_tensor("place"))
    model.place.requires_grad_(False)


def bundled(bundle, rank, device):
    """The decoder with what its bundle taught it and a new update of `rank`; the writer of its
    tokens, the bundle's signature, and the file of what it taught."""
    config = json.loads((bundle / "config.json").read_text())
    if config.get("palettes"):
        raise ValueError(f"{bundle} has palettes, which training does not read: take the bundle "
                         "that they were made of")  # fmt: skip
    gguf, weights = files_of(bundle, config)
    reader, value = open_gguf(gguf)
    model = SmolLM(reader, value, FEATURES, rank).to(device)
    merge(model, weights)
    return model, writer_of(reader), signature(config), weights


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_run(parser)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--written", type=Path, required=True, help="folder of the pages")
    parser.add_argument("--name", required=True, help="the adapter's")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--description", default="", help="what it is for")
    parser.add_argument("--licence", default=LICENCE)
    args = parser.parse_args()
    if args.rank < 1:
        parser.error(f"--rank is {args.rank}, expected 1 or more")
    if not pages("train", args.written):
        parser.error(f"{args.written} holds no pages; expected *.txt as in training/page/written")
    return args


def factors_of(model, args):
    """What is trained, as the optimizer takes it."""
    factors = [p for p in model.parameters() if p.requires_grad]
    return [{"params": factors, "peak": args.rate * RATE}]


def held_out(writer, args):
    """Sequences of the pages that are only scored, with the kinds of their branches."""
    if not pages("dev", args.written):
        return []
    source = sequences(writer, "", "dev", DEV_SEED, by_hand=1, folder=args.written)
    count = DEV_COUNT if not args.steps else 4
    return [(s, kinds_of(s, writer, "")) for s in islice(source, count)]


def main():
    args = parsed()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    model, writer, base, _ = bundled(args.bundle, args.rank, args.device)
    run = Run(model, factors_of(model, args), args.out, f"{base}, rank {args.rank}")
    run.resume()
    dev = held_out(writer, args)

    def checkpoint(dev):
        run.save()
        about = args.name, args.description, args.licence
        save_adapter(dict(matrices(model)), args.out, base, *about)
        print(json.dumps({"step": run.step} | (score(model, dev) if dev else {})), flush=True)

    seed = args.seed * 1000 + run.step
    source = sequences(writer, "", "train", seed, by_hand=1, folder=args.written, often=args.often)
    run.train(batches(source), args, lambda: checkpoint(dev[::3]))
    checkpoint(dev)


if __name__ == "__main__":
    sys.exit(main())
