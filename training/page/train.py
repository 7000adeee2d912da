"""Teaches the frozen pretrained decoder to stay with the page: LoRA, and a map of places.

    python -m page.train --gguf FILE --generator BINARY --out FOLDER --minutes 90   (in training/)
    python -m page.train ... --score                            (scores what is there)

The loss is that of answers alone. The learning rate rises for the first 2% of the time and falls
as a cosine to a tenth. Every checkpoint is whole: `state.pt`, and `page.safetensors` for serving.
"""

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from .examples import Writer, sequences
from .page import FEATURES
from .smollm import RANK, SCALE, Linear, SmolLM, field, open_gguf, tokenizer_of
from .tasks import known_names
from .written import pages

# AdamW as Loshchilov & Hutter 2019 (arXiv:1711.05101); the rate of the feasibility study.
RATE, PLACE_RATE, BETAS, CLIP = 5e-4, 4e-3, (0.9, 0.98), 1.0
TOKENS = 2200  # of a step, padding included
DEV_SEED, DEV_COUNT = 977, 64
KINDS = ("fields", "asked", "absent")


def batch_of(group):
    """Arrays of sequences padded to the longest, and who sees whom."""
    # Few lengths: each is compiled for once.
    t = -(-max(len(s.ids) for s in group) // 32) * 32
    pad = lambda x, fill=0: np.pad(
        x, [(0, t - len(x))] + [(0, 0)] * (x.ndim - 1), constant_values=fill
    )  # noqa: E731
    stack = lambda name, fill=0: torch.tensor(
        np.stack([pad(getattr(s, name), fill) for s in group])
    )  # noqa: E731
    branch = stack("branch", -1)
    same = (branch[:, :, None] == branch[:, None, :]) | (branch[:, None, :] == 0)
    mask = same & torch.ones(t, t, dtype=torch.bool).tril()
    return (
        (stack("ids"), stack("places"), stack("positions"), mask),
        stack("target"),
        stack("weight"),
    )


def batches(source, tokens=TOKENS, pool=24):
    """Batches of sequences of like length, of at most `tokens` tokens."""
    while True:
        held = sorted((next(source) for _ in range(pool)), key=lambda s: len(s.ids))
        out, group = [], []
        for s in held:
            if group and (len(group) + 1) * len(s.ids) > tokens:
                out.append(group)
                group = []
            group.append(s)
        out.append(group)
        order = np.random.default_rng(len(held[0].ids)).permutation(len(out))
        yield from (batch_of(out[i]) for i in order)


def losses(model, inputs, target, weight):
    """Weighted loss of each token that counts, and whether it was the likeliest."""
    hidden = model.hidden(*inputs)
    at = weight > 0
    logits = model.logits(hidden[at])
    return F.cross_entropy(logits, target[at], reduction="none"), logits.argmax(-1) == target[at]


def score(model, dev):
    """On dev: mean loss of what is no form, and answers of which every token is likeliest."""
    total = right = count = 0
    answers = {how + kind: [0, 0] for how in ("", "by hand ") for kind in KINDS}
    answers["renamed"] = [0, 0]
    with torch.no_grad():
        for s, form in dev:
            inputs, target, weight = batch_of([s])
            loss, ok = losses(model, inputs, target, weight)
            weight = weight[0, : len(s.ids)]  # without padding
            at = weight > 0
            own = weight[at] > 0.5
            total += loss[own].sum().item()
            count += own.sum().item()
            right += ok[own].sum().item()
            branch = torch.tensor(s.branch)[at]
            for b, kind in enumerate(form, 1):
                mine = (branch == b) & own
                answers[kind][0] += ok[mine].all().item()
                answers[kind][1] += 1
    out = {"loss": total / count, "tokens": right / count}
    return out | {k: round(a / b, 4) for k, (a, b) in answers.items() if b}


def dev_set(writer, generator, count):
    """Sequences of dev, drawn and by hand by turns, with the kinds of their branches."""
    drawn = sequences(writer, generator, "dev", DEV_SEED, share=0.4, by_hand=0)
    out = [("", next(drawn)) for _ in range(count)]
    if pages("dev"):
        by_hand = sequences(writer, "", "dev", DEV_SEED, by_hand=1)
        out += [("by hand ", next(by_hand)) for _ in range(count)]
    scored = [(s, kinds_of(s, writer, how)) for how, s in out]
    # Flyers whose fields are asked for by names that training lacks.
    drawn = sequences(writer, generator, "dev", DEV_SEED, share=1, by_hand=0, names=1)
    named = [next(drawn) for _ in range(count)] if generator else []
    return scored + [(s, ["renamed"] * s.branch.max()) for s in named]


def kinds_of(s, writer, how):
    """What each branch of a sequence is: the kind of its last turn."""
    absent, out = [*writer.encode("not found"), writer.end], []
    for b in range(1, s.branch.max() + 1):
        own = s.branch == b
        said = s.target[own & (s.weight > 0)].tolist()
        kind = "absent" if said[-len(absent) :] == absent else "asked"
        out.append(how + ("fields" if (s.weight[own] == np.float32(0.1)).any() else kind))
    return out


def matrices(model):
    """Matrices with an update, by the paths that they have in serving."""
    for i, layer in enumerate(model.layers):
        for name, module in layer.named_children():
            if isinstance(module, Linear):
                yield f"layers.{i}.{name.replace('_', '.', 1)}", module


def taught(model):
    """What is trained, by the names of serving: factors by the matrix' path, the map of places."""
    out = {"place": model.place}
    for path, matrix in matrices(model):
        out |= {f"{path}.a": matrix.a, f"{path}.b": matrix.b}
    return out


def begin_with(model, path):
    """Takes what another run was taught: its state, or what serving has of it."""
    if path.suffix != ".safetensors":
        return model.load_state_dict(torch.load(path, weights_only=True)["model"])
    held = load_file(path)
    with torch.no_grad():
        for name, parameter in taught(model).items():
            parameter.copy_(held[name])


def export(model, path, meta):
    """Writes what serving needs."""
    tensors = {name: p.detach().half().contiguous() for name, p in taught(model).items()}
    save_file(tensors, f"{path}.part", {k: str(v) for k, v in meta.items()})
    os.replace(f"{path}.part", path)


def writer_of(reader):
    """The writer of the decoder's tokens."""
    names = field(reader, "tokenizer.ggml.tokens")
    specials = {n: i for i, n in enumerate(names) if n.startswith("<|")}
    return Writer(tokenizer_of(reader), specials)


class Run:
    """A run, whole in the file `state.pt` of its folder.

    `base` names what it began on, for those that may begin on several things.
    """

    def __init__(self, model, groups, out, base=""):
        self.model, self.file, self.base = model, out / "state.pt", base
        self.optimizer = torch.optim.AdamW(groups, lr=RATE, betas=BETAS, weight_decay=0.0)
        self.device = model.place.device
        self.step, self.spent = 0, 0.0  # seconds
        self.seen = 0  # tokens since it began or went on

    def resume(self):
        """Goes on from what was saved. -> whether anything was"""
        if not self.file.exists():
            return False
        state = torch.load(self.file, weights_only=True)
        if (base := state.get("base", "")) != self.base:
            raise ValueError(f"{self.file} is of a run on {base!r}, this one is on {self.base!r}: "
                             "remove it, or name another folder")  # fmt: skip
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.spent = state["step"], state["spent"]
        return True

    def save(self):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
                 "step": self.step, "spent": self.spent, "base": self.base}  # fmt: skip
        torch.save(state, f"{self.file}.part")
        os.replace(f"{self.file}.part", self.file)

    def backward(self, batch):
        """Adds the gradient of a batch's mean loss. -> that loss"""
        inputs, target, weight = batch
        inputs = [x.to(self.device) for x in inputs]
        loss, _ = losses(self.model, inputs, target.to(self.device), weight.to(self.device))
        own = weight[weight > 0].to(self.device)
        loss = (loss * own).sum() / own.sum()
        loss.backward()
        self.seen += inputs[0].numel()
        return loss.item()

    def move(self, batch, at):
        """A step on a batch, `at` of the whole time. -> its loss"""
        shape = min(1.0, at / 0.02 + 0.02) * (0.1 + 0.9 * (1 + math.cos(math.pi * at)) / 2)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * shape
        self.optimizer.zero_grad()
        loss = self.backward(batch)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        self.step += 1
        return loss

    def train(self, source, args, checkpoint):
        """Moves until `args` say that it is over, with a `checkpoint()` now and then."""
        began = saved = time.time()
        before, whole = self.spent, args.minutes * 60
        running = []
        while self.spent < whole and not (args.steps and self.step >= args.steps):
            running.append(self.move(next(source), self.spent / whole))
            self.spent = before + time.time() - began
            if self.step % 20 == 0:
                print(f"step {self.step} {self.spent / 60:.1f} min "
                      f"loss {np.mean(running[-20:]):.4f} "
                      f"{self.seen / (time.time() - began):.0f} tokens/s", flush=True)  # fmt: skip
            if time.time() - saved > args.every:
                saved = time.time()
                checkpoint()
                began += time.time() - saved  # scoring is no training


def add_run(parser):
    """The arguments of whatever trains updates."""
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--steps", type=int, default=0, help="stop there, for tests")
    parser.add_argument("--every", type=float, default=300, help="seconds between checkpoints")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1.0, help="scale of the learning rates")
    parser.add_argument("--often", nargs="*", default=[],
                        help="files of pages by hand that come three times as often")  # fmt: skip


def parsed():
    parser = argparse.ArgumentParser()
    add_run(parser)
    parser.add_argument("--gguf", required=True)
    parser.add_argument("--generator", default="")
    parser.add_argument("--start", type=Path,
                        help="`state.pt` or `page.safetensors` of another run")  # fmt: skip
    parser.add_argument("--names", type=float, default=0.0,
                        help="share of events asked for fields by names of many kinds")  # fmt: skip
    parser.add_argument("--by-hand", type=float, default=0.65, help="share of pages by hand")
    parser.add_argument("--flyers", type=float, default=0.15, help="share of drawn flyers")
    parser.add_argument("--score", action="store_true")
    return parser.parse_args()


def main():
    args = parsed()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    reader, value = open_gguf(args.gguf)
    model = SmolLM(reader, value, FEATURES).to(args.device)
    writer = writer_of(reader)
    places = [model.place]
    factors = [p for n, p in model.named_parameters() if n != "place"]
    groups = [{"params": factors, "peak": args.rate * RATE},
              {"params": places, "peak": args.rate * PLACE_RATE}]  # fmt: skip
    run = Run(model, groups, args.out)
    if not run.resume() and args.start:
        begin_with(model, args.start)
    dev = dev_set(writer, args.generator, DEV_COUNT if not args.steps else 4)

    def checkpoint(dev):
        run.save()
        meta = {"rank": RANK, "scale": SCALE, "step": run.step, "taught": known_names()}
        export(model, args.out / "page.safetensors", meta)
        print(json.dumps({"step": run.step} | score(model, dev)), flush=True)

    if args.score:
        print(json.dumps({"step": run.step} | score(model, dev)))
        return
    shares = {"share": args.flyers, "by_hand": args.by_hand, "names": args.names,
              "often": args.often}  # fmt: skip
    seed = args.seed * 1000 + run.step
    source = batches(sequences(writer, args.generator, "train", seed, **shares))
    run.train(source, args, lambda: checkpoint(dev[::3]))
    checkpoint(dev)


if __name__ == "__main__":
    sys.exit(main())
