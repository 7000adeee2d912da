"""Trains a LoRA adapter for one kind of picture on a frozen decoder, from simulated image tokens: minutes on a CPU.

    python train_adapter.py --task business-card --generator ../target/release/foveate-datasets \\
        --decoder ../runs/decoder/decoder.pt --run ../runs/business-card --out ../models/nano/adapters/business-card --steps 600

The checkpoint must be the one that the bundle was exported from: the adapter carries its signature. Of a bundle without one,
`restore.py` makes one. A run that was stopped goes on where it was.
"""

import argparse
import os
import time

import numpy as np
import torch

from dialogue import example, simulate
from export import load_decoder
from lora import attach, save_adapter, signature
from optim import Masters, Stopping, save, schedule
from records import Stream
from train_decoder import batches, losses

LICENCE = "MIT OR Apache-2.0"
# Of each task: the generator's kind, what the adapter is for, and its fields with the names that people give them.
TASKS = {
    "business-card": ("cards", "Reads the fields of business cards.", {
        "name": ["name", "full_name", "person", "contact"],
        "job": ["job", "job_title", "title", "position", "role"],
        "company": ["company", "organization", "organisation", "employer", "firm"],
        "phone": ["phone", "telephone", "phone_number", "mobile", "tel"],
        "email": ["email", "e_mail", "mail"],
        "website": ["website", "url", "web", "homepage"],
        "address": ["address", "street_address", "postal_address"],
    }),
}


def chooser(fields):
    """Which fields a schema asks for, under which names: all in order half of the time, else some under other names."""

    def choose(_, rng):
        if rng.random() < 0.5:
            return [(f, f) for f in fields]
        chosen = [f for f in fields if rng.random() < 0.7] or [next(iter(fields))]
        if rng.random() < 0.5:
            rng.shuffle(chosen)
        return [(fields[f][rng.integers(len(fields[f]))], f) for f in chosen]

    return choose


def make(seed, fields, longest=400):
    """The stream's transform: record -> example or None."""
    rng, choose = np.random.default_rng(seed), chooser(fields)

    def transform(record):
        if not 0 < len(record.glyphs) <= longest:
            return None
        # A card has few lines to leave out, and an adapter few steps to spend on faults that its decoder knows.
        return example(record, simulate(record, rng), rng, names=choose, late=0.0, misread=0.0)

    return transform


def prepared(decoder, rank, alpha, lr):
    """-> the decoder's updates and their optimiser; everything in bfloat16 but the masters of A and B, by AdamW alone.

    The average follows within 50 steps: an adapter takes some hundred in all, and its B begins at zero.
    """
    updates = attach(decoder, rank, alpha)
    for p in decoder.parameters():
        if not p.requires_grad:
            p.data = p.data.bfloat16()
    return updates, Masters(decoder, lr, adam_only=("block",))


def train(decoder, masters, examples, step, args, path):
    """Steps from `step` on, until `args` or a signal ends it. -> the step it came to."""
    began, stopping, recent = time.time(), Stopping(), []
    for b in examples:
        if stopping.asked or step >= args.steps or time.time() - began > args.minutes * 60:
            break
        out = losses(decoder, b)
        out[0].backward()
        masters.step(schedule(step, 20, args.steps, tail=0.5), ema=0.98)
        step += 1
        recent.append([float(x.detach()) for x in out])
        if step % 20 == 0:
            s = np.mean(recent[-20:], 0)
            print(f"{step} token {s[1]:.3f} pointer {s[2]:.3f} right {s[3]:.4f} pointed {s[4]:.4f} {(time.time() - began) / len(recent):.2f} s/step", flush=True)
            save(path, masters, step, decoder.c)
    save(path, masters, step, decoder.c)
    return step


@torch.no_grad()
def score(decoder, tests):
    """Mean token loss and share of right tokens over held-out batches."""
    return np.mean([[float(x) for x in losses(decoder, b)] for b in tests], 0)[[1, 3]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", required=True, choices=TASKS)
    parser.add_argument("--generator", required=True)
    parser.add_argument("--decoder", required=True, help="checkpoint that the bundle was exported from")
    parser.add_argument("--weights", choices=("ema", "masters"), default="ema", help="as given to export.py")
    parser.add_argument("--run", required=True, help="folder of the run's own checkpoint")
    parser.add_argument("--out", required=True, help="the adapter's folder")
    parser.add_argument("--name", help="the adapter's name; the task's by default")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--alpha", type=float, default=16.0)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--tokens", type=int, default=4000, help="padded tokens a batch")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    kind, description, fields = TASKS[args.task]
    decoder = load_decoder(args.decoder, weights=args.weights)
    base = signature(decoder)
    updates, masters = prepared(decoder, args.rank, args.alpha, args.lr)
    os.makedirs(args.run, exist_ok=True)
    path, step = os.path.join(args.run, "adapter.pt"), 0
    common = ["--kind", kind, "--size", "1344"]
    held = Stream(args.generator, [*common, "--split", "test"], 777, with_pixels=False, transform=make(5, fields))
    tests = [b for b, _ in zip(batches(held, args.tokens, "cpu"), range(4))]
    held.stop = True
    print("held-out token loss {:.3f}, right {:.4f}: the decoder alone".format(*score(decoder, tests)), flush=True)
    if os.path.exists(path):
        saved = torch.load(path, map_location="cpu")
        masters.load(saved["state"])
        step = saved["step"]
    stream = Stream(args.generator, [*common, "--split", "train"], args.seed * 1_000_000 + step, with_pixels=False, transform=make(args.seed + step, fields))
    step = train(decoder, masters, batches(stream, args.tokens, "cpu"), step, args, path)
    stream.stop = True
    masters.publish(masters.ema)
    print("held-out token loss {:.3f}, right {:.4f}: after {} steps".format(*score(decoder, tests), step), flush=True)
    save_adapter(updates, args.out, base, args.name or args.task, args.rank, args.alpha, description, LICENCE)


if __name__ == "__main__":
    main()
