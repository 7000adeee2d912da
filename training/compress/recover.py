"""Accuracy recovery: an update on top of a compressed base, taught by the shipped decoder.

It starts as the update of its rank that is best for the outputs of each matrix alone (Zhang et al.
2024, arXiv:2410.06040), and is then trained to give the shipped decoder's distribution: on text,
and on the answers of pages with the page's update on both sides. Factors are kept as float16.
"""

import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from page.smollm import half_split

from .feedback import lower
from .measure import divergence
from .text import other_windows, plain, train_pages

RANK = 16
# AdamW; a rate under that of page.train, because the start is no zero.
RATE, BETAS, CLIP = 3e-4, (0.9, 0.98), 1.0
LENGTH, WINDOWS, LONGEST = 256, 4, 900


def permuted(model, matrix, values):
    """Values of the file in the model's order of rows."""
    heads = {"q": model.net.sizes.heads, "k": model.net.sizes.kv_heads}.get(matrix.part)
    return half_split(values, heads) if heads else values


def error_of(model, matrix):
    """What a matrix was less what it is, `[rows, cols]` in the model's order."""
    before = np.ascontiguousarray(permuted(model, matrix, model.value(matrix.file)))
    return torch.from_numpy(before) - model.linear(matrix).weight.float()


def start(model, grams):
    """{matrix: (a, b)}: the update of its rank that lowers the squared error of outputs most.

    `grams {name: [cols, cols]}` of the shipped decoder's inputs.
    """
    out = {}
    for matrix, _ in model.linears():
        root = lower(grams[matrix.name])
        u, s, v = torch.svd_lowrank(error_of(model, matrix) @ root, RANK + 8, niter=3)
        size = s[:RANK].sqrt()
        a = torch.linalg.solve_triangular(root, (v[:, :RANK] * size).T, upper=False, left=False)
        out[matrix.name] = (a, u[:, :RANK] * size)
    return out


def keep(factors, path):
    tensors = {f"{name}.{k}": t.detach().half().contiguous()
               for name, pair in factors.items() for k, t in zip("ab", pair)}  # fmt: skip
    save_file(tensors, f"{path}.part")
    os.replace(f"{path}.part", path)


def kept(path):
    """What `keep` wrote."""
    tensors = load_file(path)
    names = {name.rsplit(".", 1)[0] for name in tensors}
    return {n: tuple(tensors[f"{n}.{k}"].bfloat16() for k in "ab") for n in names}


def batches(model, seed):
    """Two batches of text, then a page: (inputs, rows, whether it is a page), without end."""
    text, pages = other_windows(model.tokenizer, LENGTH, seed), train_pages(model, LONGEST, seed)
    while True:
        for _ in range(2):
            inputs = plain([next(text) for _ in range(WINDOWS)])
            yield inputs, inputs[0] >= 0, False
        yield *next(pages), True


def train(teacher, student, page, factors, folder, minutes, steps=0, seed=5, every=60.0):
    """Trains `factors` (put on the student as "recovery") and has them in `recovery.safetensors`.

    Goes on from `state.pt` of `folder`. Stops after `minutes` of training in all, or `steps`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    factors = {n: tuple(nn.Parameter(t.float()) for t in pair) for n, pair in factors.items()}
    student.update("recovery", factors)
    parameters = [t for pair in factors.values() for t in pair]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, betas=BETAS, weight_decay=0.0)
    state, done, before = folder / "state.pt", 0, 0.0
    if state.exists():
        was = torch.load(state, weights_only=True)
        for p, value in zip(parameters, was["factors"]):
            p.data.copy_(value)
        optimizer.load_state_dict(was["optimizer"])
        done, before = was["step"], was["seconds"]
    source = batches(student, seed * 1000 + done)
    began = saved = time.time()
    seconds, running = before, []

    def save():
        held = {"factors": [p.detach() for p in parameters], "step": done, "seconds": seconds}
        torch.save(held | {"optimizer": optimizer.state_dict()}, f"{state}.part")
        os.replace(f"{state}.part", state)
        keep(factors, folder / "recovery.safetensors")

    while seconds < 60 * minutes and not (steps and done >= steps):
        at = min(1.0, seconds / (60 * minutes)) if not steps else done / steps
        for group in optimizer.param_groups:
            rise = min(1.0, (done + 1) / 8)
            group["lr"] = RATE * rise * (0.1 + 0.9 * (1 + math.cos(math.pi * at)) / 2)
        loss = step(teacher, student, page, next(source))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
        done += 1
        running.append(loss.item())
        seconds = before + time.time() - began
        if done % 6 == 0:
            print(f"step {done} {seconds / 60:.1f} min {np.mean(running[-6:]):.4f}", flush=True)
        if time.time() - saved > every:
            saved = time.time()
            save()
    save()
    return kept(folder / "recovery.safetensors"), {"steps": done, "minutes": seconds / 60}


def step(teacher, student, page, batch):
    """The divergence of the student from the teacher on one batch."""
    inputs, rows, is_page = batch
    for model in (teacher, student):
        model.update("page", page if is_page else None)
    with torch.no_grad():
        target = teacher.net.logits(teacher.net.hidden(*inputs)[rows]).log_softmax(-1)
    return divergence(target, student.net.logits(student.net.hidden(*inputs)[rows]))
