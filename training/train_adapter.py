"""Trains a LoRA adapter for one kind of picture on a frozen decoder, from simulated image tokens:
minutes on a CPU.

    python train_adapter.py --task business-card --generator ../target/release/foveate-datasets \\
        --decoder ../runs/decoder/decoder.pt --run ../runs/business-card \\
        --out ../models/nano/adapters/business-card --steps 600

The checkpoint must be the one that the bundle was exported from: the adapter carries its signature.
`restore.py` makes one of a bundle. A run that was stopped goes on where it was.
"""

import argparse

import numpy as np
import torch

import loop
from checkpoint import load_decoder
from device import add_device, chosen
from dialogue import example
from examples import batches
from lora import attach, save_adapter, signature
from losses import losses, report
from optim import Masters
from records import Stream, add_generator
from simulate import simulate

LICENCE = "MIT OR Apache-2.0"
LONGEST = 400  # glyphs a picture
EVAL_BATCHES = 4
EMA = 0.98  # the average follows within 50 steps: an adapter takes some hundred, and B begins at 0
# Of each task: the generator's kind, what the adapter is for, and its fields with the names that
# people give them.
CARD_FIELDS = {
    "name": ["name", "full_name", "person", "contact"],
    "job": ["job", "job_title", "title", "position", "role"],
    "company": ["company", "organization", "organisation", "employer", "firm"],
    "phone": ["phone", "telephone", "phone_number", "mobile", "tel"],
    "email": ["email", "e_mail", "mail"],
    "website": ["website", "url", "web", "homepage"],
    "address": ["address", "street_address", "postal_address"],
}
TASKS = {"business-card": ("cards", "Reads the fields of business cards.", CARD_FIELDS)}


def chooser(fields):
    """Which fields a schema asks for, under which names: all in order half of the time, else some
    under other names."""

    def choose(_, rng):
        if rng.random() < 0.5:
            return [(f, f) for f in fields]
        chosen = [f for f in fields if rng.random() < 0.7] or [next(iter(fields))]
        if rng.random() < 0.5:
            rng.shuffle(chosen)
        return [(fields[f][rng.integers(len(fields[f]))], f) for f in chosen]

    return choose


def simulated(seed, fields, longest=LONGEST):
    """The stream's transform: record -> example or None."""
    rng, choose = np.random.default_rng(seed), chooser(fields)

    def transform(record):
        if not 0 < len(record.glyphs) <= longest:
            return None
        # A card has few lines to leave out, and an adapter few steps for faults that its decoder
        # was taught already.
        image = simulate(record, rng)
        return example(record, image, rng, names=choose, late=0.0, misread=0.0)

    return transform


def prepared(model, rank, alpha, lr):
    """-> the decoder's updates and their masters. All else is frozen in bfloat16, and A and B are
    moved by AdamW alone."""
    updates = attach(model, rank, alpha)
    for p in model.parameters():
        if not p.requires_grad:
            p.data = p.data.bfloat16()
    return updates, Masters(model, lr, adam_only=("block",))


def schedule(steps, minutes=float("inf")):
    """An adapter's: a short rise, and a fall over the second half."""
    return loop.Schedule(warmup=20, steps=steps, tail=0.5, minutes=minutes, resume=0)


def train(model, run, examples):
    """Steps until the schedule or a signal ends them. -> the step it came to."""
    return loop.train(run, examples, lambda b, _: losses(model, b), report)


@torch.no_grad()
def score(model, tests):
    """Mean token loss and share of right tokens over held-out batches."""
    out = [losses(model, b) for b in tests]
    return np.mean([[float(s.token), float(s.right)] for s in out], 0)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    add_generator(parser)
    add_device(parser)
    loop.add_schedule(parser, lr=1e-3)
    parser.set_defaults(steps=600, log_every=20)
    parser.add_argument("--task", required=True, choices=TASKS)
    parser.add_argument("--decoder", required=True, help="checkpoint that the bundle is made of")
    parser.add_argument("--weights", choices=("ema", "masters"), default="ema", help="as export.py")
    parser.add_argument("--run", required=True, help="folder of the checkpoint, adapter.pt")
    parser.add_argument("--out", required=True, help="the adapter's folder")
    parser.add_argument("--name", help="the adapter's name; the task's by default")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--alpha", type=float, default=16.0)
    parser.add_argument("--tokens", type=int, default=4000, help="padded tokens a batch")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def stream_of(args, split, seed, transform):
    """Cards of a split, without pixels."""
    options = ["--kind", TASKS[args.task][0], "--size", "1344", "--split", split]
    return Stream(args.generator, options, seed, with_pixels=False, transform=transform)


def main():
    args = parsed()
    torch.manual_seed(args.seed)
    device = chosen(args.device)
    _, about, fields = TASKS[args.task]
    model = load_decoder(args.decoder, weights=args.weights)
    base = signature(model)
    updates, masters = prepared(model.to(device), args.rank, args.alpha, args.lr)
    with stream_of(args, args.eval_split, 777, simulated(5, fields)) as held:
        tests = [b for b, _ in zip(batches(held, args.tokens, device), range(EVAL_BATCHES))]

    def show(step):
        print(
            "{} HELD-OUT token {:.3f} right {:.4f}".format(step, *score(model, tests)), flush=True
        )

    show(0)
    run = loop.start(args.run, "adapter.pt", masters, model.c, args, device, ema=EMA)
    run.schedule = schedule(args.steps, args.minutes)
    seed = args.seed * 1_000_000 + run.step
    with stream_of(args, "train", seed, simulated(args.seed + run.step, fields)) as stream:
        step = train(model, run, batches(stream, args.tokens, device))
    loop.averaged(masters, lambda: show(step))
    masters.publish(masters.ema)
    save_adapter(updates, args.out, base, args.name or args.task, about, LICENCE)


if __name__ == "__main__":
    main()
