"""Trains an update for the turns of a task alone: pages are read without it.

    python -m page.turns --bundle ../models/base --generator BINARY --out FOLDER --minutes 90
    python -m page.turns ... --score                                          (in training/)

The task (`--task`) is to fill schemas whose fields have names that training lacks (`names.json`) or
are lists, or to answer questions in words, with one piece of the page or several. Rows of a page
keep the keys and values that the bundle computes of them, and only rows of the question and
its answer pass through the update: an "activated LoRA" (Greenewald et al. 2025, arXiv:2504.12397).
So a page that was read serves questions with and without it, questions without it are answered as
before, and a page's rows need no gradient here. `--out` gets `turns.safetensors` and `state.pt`,
from which an interrupted run goes on.
"""

import argparse
import json
import os
import random
import sys
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from safetensors.torch import load_file, save_file

from .adapter import bundled, factors_of
from .examples import flyers
from .kinds import drawn
from .lists import SEPARATOR, asked, in_words, listed
from .page import FEATURES, noisy
from .smollm import SCALE, Linear
from .tasks import NOT_FOUND, extraction, questions, renamed
from .train import DEV_SEED, Run, add_run, matrices
from .written import pages
from .written import drawn as drawn_written

TOKENS = 2000  # of the branches of a step, without padding
AT_ONCE = 6  # branches in one pass: of like length
LONGEST = 1100  # tokens of a page and its longest branch
ASKED = 9  # schemas a page of an event, of which so many have fields by known names too
KNOWN = 2
QUESTIONS = 5  # a page; twice as many of one by hand
OWN = 0.5  # tokens that a grammar forces weigh less (`FORCED` in tasks.py) and need not be learnt


def page_of(rng, records, written, shares):
    """A page of some kind, with the errors of reading in half of them."""
    n = rng.random()
    if written and n < shares[0]:
        page = drawn_written(rng, rng.choice(written))
    else:
        page = next(records) if records and n < sum(shares) else drawn(rng)
    misread = rng.random() < 0.5
    return noisy(page, rng, rng.choice([0.003, 0.006, 0.012, 0.025])) if misread else page


def schemas(page, rng, split):
    """Turns that ask a page to fill schemas."""
    if page.kind not in ("event", "flyer"):
        return [extraction(page, rng) for _ in range(3)]
    turns = [renamed(page, rng, split) for _ in range(ASKED - KNOWN)]
    return turns + [extraction(page, rng) for _ in range(KNOWN if split == "train" else 0)]


def lists(page, rng, _):
    """Turns that ask a page for lists of strings."""
    return [listed(page, rng) for _ in range(3)] + [asked(page, rng) for _ in range(2)]


def mixed(page, rng, split):
    """Turns of both, of which those with lists take the place of as many others."""
    own = [turn for turn in lists(page, rng, split) if turn]
    others = schemas(page, rng, split)
    return own + others[len(own) :]


def asks(page, rng, _):
    """Turns that ask a page questions in words."""
    return questions(page, rng, QUESTIONS) + several(page, rng, _)


def alone(page, rng, _):
    """Turns that ask a page questions of one answer."""
    return questions(page, rng, QUESTIONS)


def several(page, rng, _):
    """Turns that ask a page for several things, in words."""
    return in_words(page, rng)


# Turns of a task, those that are scored apart, and the shares of pages: by hand, flyers; the others
# are drawn of some kind.
TASKS = {
    "schemas": (mixed, (schemas, lists), (0.4, 0.4)),
    "asks": (asks, (alone, several), (0.8, 0.05)),
}


def sequences(writer, generator, split, seed, turns_of=mixed, shares=(0.4, 0.4), often=()):
    """Sequences of a page and its branches (`turns_of`), without end; pages of the files `often`
    come three times as often as the others by hand."""
    rng = random.Random(seed)
    records = flyers(generator, split, seed) if generator else None
    written = pages(split, often=tuple(often))
    while True:
        page = page_of(rng, records, written, shares)
        if branches := [[turn] for turn in turns_of(page, rng, split) if turn]:
            s = writer.sequence(page, branches)
            if (s.branch == 0).sum() + np.bincount(s.branch)[1:].max() <= LONGEST:
                yield s


@contextmanager
def plain(model):
    """The decoder without the update."""
    for _, matrix in matrices(model):
        matrix.own = False
    try:
        yield
    finally:
        for _, matrix in matrices(model):
            matrix.own = True


@torch.no_grad()
def read(model, s):
    """Keys and values of a page's rows, a layer after the other."""
    at, kept, device = s.branch == 0, [], model.place.device
    rows = (torch.tensor(x[at])[None] for x in (s.ids, s.places, s.positions))
    ids, places, positions = (x.to(device) for x in rows)
    with plain(model):
        seen = torch.ones(1, at.sum(), at.sum(), dtype=torch.bool, device=device).tril()
        model.hidden(ids, places, positions, seen, kept=kept)
    return kept


def passes(s):
    """Arrays of at most `AT_ONCE` branches of like length: ids, positions, target, weight."""
    at = [np.flatnonzero(s.branch == b) for b in range(1, s.branch.max() + 1)]
    at.sort(key=len)
    for first in range(0, len(at), AT_ONCE):
        own = at[first : first + AT_ONCE]
        t = max(map(len, own))
        padded = lambda x, own=own, t=t: [np.pad(x[i], (0, t - len(i))) for i in own]  # noqa: E731
        whole = (s.ids, s.positions, s.target, s.weight)
        yield tuple(torch.tensor(np.stack(padded(x))) for x in whole)


def forward(model, past, one):
    """Losses of the tokens of a pass that count, whether each was the likeliest, which they are."""
    device = model.place.device
    ids, positions, target, weight = (x.to(device) for x in one)
    (b, t), n = ids.shape, past[0][0].shape[2]
    mask = torch.cat([torch.ones(t, n), torch.ones(t, t).tril()], 1).bool()
    mask = mask.to(device).expand(b, -1, -1)
    places = torch.zeros(b, t, FEATURES, device=device)
    hidden = model.hidden(ids, places, positions, mask, past)
    at = weight > OWN
    logits = model.logits(hidden[at])
    loss = F.cross_entropy(logits, target[at], reduction="none")
    return loss, logits.argmax(-1) == target[at], at


class TurnRun(Run):
    """A run whose steps are of whole pages."""

    def backward(self, batch):
        whole, total = sum((s.weight > OWN).sum() for s in batch), 0.0
        for s in batch:
            past = read(self.model, s)
            for one in passes(s):
                loss = forward(self.model, past, one)[0].sum() / whole
                loss.backward()
                total += loss.item()
            self.seen += len(s.ids)
        return total


def steps(source):
    """Lists of sequences of some `TOKENS` tokens in branches."""
    held, count = [], 0
    for s in source:
        held.append(s)
        count += (s.branch > 0).sum()
        if count >= TOKENS:
            yield held
            held, count = [], 0


@torch.no_grad()
def score(model, dev, absent, end):
    """Values of sequences of which every token is the likeliest: printed ones, and those that are
    `absent`, texts as tokens."""
    right, whole, loss = [0, 0], [0, 0], []
    for s in dev:
        past = read(model, s)
        for one in passes(s):
            target, weight = one[2:]
            losses, ok, at = forward(model, past, one)
            loss.append(losses.mean().item())
            hits = torch.zeros(weight.shape, dtype=torch.bool)
            hits[at.cpu()] = ok.cpu()
            for row in range(len(weight)):
                for value in values_of(weight[row], target[row], end):
                    said = [id for id in target[row, value].tolist() if id != end]
                    missing = said in absent
                    whole[missing] += 1
                    right[missing] += hits[row, value].all().item()
    ratio = [round(r / max(n, 1), 4) for r, n in zip(right, whole, strict=True)]
    return [round(np.mean(loss), 4), *ratio, *whole]


def values_of(weight, target, end):
    """Rows of each value: those that no grammar forces. An answer's end by itself is none."""
    at = np.flatnonzero(weight.numpy() > OWN)
    runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
    return [run for run in runs if target[run].tolist() != [end]]


def trimmed(model, first):
    """Leaves the layers before `first` without an update. -> the model"""
    for layer in model.layers[:first]:
        for matrix in layer.children():
            if isinstance(matrix, Linear):
                matrix.a, matrix.b = (nn.Parameter(x) for x in (matrix.a[:0], matrix.b[:, :0]))
    return model


@torch.no_grad()
def begin_with(model, first, second):
    """The update of another run, or the nearest one of this rank to the difference of what two
    runs of all rows were taught."""
    a, b = load_file(first), load_file(second)
    for path, matrix in matrices(model):
        if "place" not in b:
            matrix.a.copy_(b[f"{path}.a"])
            matrix.b.copy_(b[f"{path}.b"])
            continue
        delta = [x[f"{path}.b"].float() @ x[f"{path}.a"].float() for x in (a, b)]
        u, s, v = torch.linalg.svd(delta[1] - delta[0], full_matrices=False)
        rank = len(matrix.a)
        half = s[:rank].sqrt()
        matrix.a.copy_(half[:, None] * v[:rank])
        matrix.b.copy_(u[:, :rank] * half)


def export(model, path, meta):
    """Writes what serving needs."""
    tensors = {}
    for name, matrix in matrices(model):
        if len(matrix.a):
            factors = {f"{name}.{f}": getattr(matrix, f).detach() for f in "ab"}
            tensors |= {name: factor.half().contiguous() for name, factor in factors.items()}
    save_file(tensors, f"{path}.part", {k: str(v) for k, v in meta.items()})
    os.replace(f"{path}.part", path)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_run(parser)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--generator", default="")
    parser.add_argument("--task", choices=TASKS, default="schemas")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--from-layer", type=int, default=0, help="those before it have no update")
    parser.add_argument("--start", type=Path,
                        help="`turns.safetensors`, or `page.safetensors` of all rows")  # fmt: skip
    parser.add_argument("--score", action="store_true")
    return parser.parse_args()


def main():
    args = parsed()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    model, writer, base, weights = bundled(args.bundle, args.rank, args.device)
    trimmed(model, args.from_layer)
    what = f"{base}, rank {args.rank}"
    if args.from_layer:
        what += f" from layer {args.from_layer}"
    run = TurnRun(model, factors_of(model, args), args.out, what)
    if not run.resume() and args.start:
        begin_with(model, weights, args.start)
    turns_of, scored, shares = TASKS[args.task]
    dev = {}
    for of in scored:
        held_out = sequences(writer, args.generator, "dev", DEV_SEED, of, shares)
        dev[of.__name__] = list(islice(held_out, 4 if args.steps else 24))
    absent = [writer.encode(text) for text in ("null", "]", NOT_FOUND)]
    meta = {"separator": SEPARATOR} if args.task == "asks" else {}

    def checkpoint():
        run.save()
        export(model, args.out / "turns.safetensors",
               meta | {"rank": args.rank, "scale": SCALE, "step": run.step})  # fmt: skip
        said()

    def said():
        """Loss, shares right of printed and of missing values, how many those are."""
        scores = {name: score(model, own, absent, writer.end) for name, own in dev.items()}
        print(json.dumps({"step": run.step} | scores), flush=True)

    said()
    if args.score:
        return
    seed = args.seed * 1000 + run.step
    source = sequences(writer, args.generator, "train", seed, turns_of, shares, args.often)
    source = steps(source)
    run.train(source, args, checkpoint)
    checkpoint()


if __name__ == "__main__":
    sys.exit(main())
