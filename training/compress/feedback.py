"""Rounding that hands each column's error on to the columns that are not rounded yet.

GPTQ (Frantar et al. 2022, arXiv:2210.17323) over palettes: entries and scales are those of the
plain method, found first; only the codes differ, so size and kernels are the same.
"""

import torch

from .palette import shared
from .text import other_windows, plain, train_pages

# Added to the diagonal, of its mean; columns of a block. Both as in the paper's code, but ten times
# the damping: we calibrate on thousands of tokens, not on hundreds of thousands.
DAMP, BLOCK = 0.1, 64
LENGTH, LONGEST, SEED = 256, 900, 72


class Gram:
    """Sum of x' x over the rows that are appended."""

    def __init__(self):
        self.total = 0

    def append(self, x):
        self.total = self.total + x.float().T @ x.float()


@torch.no_grad()
def grams(model, page, tokens):
    """{matrix name: [cols, cols]} of its inputs, half of text, half of pages with their update."""
    held = {matrix.name: Gram() for matrix, _ in model.linears()}
    for matrix, linear in model.linears():
        linear.seen = held[matrix.name]
    text, pages = other_windows(model.tokenizer, LENGTH, SEED), train_pages(model, LONGEST, SEED)
    for update, batches in ((None, (plain([w]) for w in text)), (page, (p[0] for p in pages))):
        model.update("page", update)
        count = 0
        while count < tokens // 2:
            inputs = next(batches)
            model.net.hidden(*inputs)
            count += inputs[0].numel()
    model.update("page", None)
    for _, linear in model.linears():
        linear.seen = None
    return {name: gram.total for name, gram in held.items()}


def lower(gram):
    """The lower Cholesky factor of the damped matrix."""
    return torch.linalg.cholesky(gram + DAMP * gram.diagonal().mean() * torch.eye(len(gram)))


def factor(gram):
    """The upper Cholesky factor of the damped inverse."""
    return torch.linalg.cholesky(torch.cholesky_inverse(lower(gram)), upper=True)


def entries(w, method):
    """Values that each row may take, ascending: `[rows, 2^bits]`."""
    out = []
    for at in range(0, len(w), method.span):
        table, scale, _ = shared(w[at : at + method.span], method.bits)
        out.append(torch.from_numpy(scale[:, None] * table))
    return torch.cat(out)


@torch.no_grad()
def compressed(w, method, gram):
    """Values of `w [rows, cols]` by a palette with scales, with feedback."""
    if method.kind != "palette":
        raise ValueError(f"method {str(method)!r} has no feedback: expected 'palette B R'")
    known = entries(w, method)
    middles = (known[:, 1:] + known[:, :-1]) / 2
    left, u = torch.from_numpy(w).clone(), factor(gram)
    out = torch.empty_like(left)
    for first in range(0, w.shape[1], BLOCK):
        last = min(first + BLOCK, w.shape[1])
        part, errors = left[:, first:last], torch.empty(len(w), last - first)
        for i in range(last - first):
            codes = (part[:, i, None] > middles).sum(1, keepdim=True)
            value = known.gather(1, codes)[:, 0]
            row = u[first + i, first + i : last]
            errors[:, i] = (part[:, i] - value) / row[0]
            part[:, i:] -= errors[:, i, None] * row
            out[:, first + i] = value
        left[:, last:] -= errors @ u[first:last, last:]
    return out.numpy()
