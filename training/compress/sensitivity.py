"""What a matrix costs alone: the divergence from the shipped decoder while it has few bits."""

import json
import os

import torch

from .measure import Trace
from .methods import Method, compressed
from .text import other_windows, plain, train_pages

# The choices of a matrix. The first is measured in full; the others follow from it by the error of
# the matrix' own outputs, to whose square a small divergence is proportional.
CHOICES = ("palette 2 16", "palette 3 16", "palette 4 16")
# Seed of what is calibrated on; most tokens of a page, as page.examples has it.
SEED, LONGEST = 71, 900


class Calibration:
    """The shipped decoder on text without the page's update, and on pages with it."""

    def __init__(self, model, page, tokens):
        self.model, self.page = model, page
        length = min(256, tokens // 2)
        windows = other_windows(model.tokenizer, length, SEED)
        inputs = plain([next(windows) for _ in range(max(1, tokens // 2 // length))])
        collected = {m.name: [] for m, _ in model.linears()}
        for matrix, linear in model.linears():
            linear.seen = collected[matrix.name]
        self.text = Trace(model.net, inputs, inputs[0] >= 0)
        model.update("page", page)
        pages, held = train_pages(model, LONGEST, SEED), 0
        self.pages = []
        while held < tokens // 2:
            inputs, rows = next(pages)
            self.pages.append(Trace(model.net, inputs, rows))
            held += inputs[0].numel()
        for _, linear in model.linears():
            linear.seen = None
        self.inputs = {k: torch.cat(v).float() for k, v in collected.items()}
        model.update("page", None)

    def divergence(self, layer):
        """Mean of text and pages, nats a row."""
        text = self.text.divergence(layer)
        self.model.update("page", self.page)
        pages = [t.divergence(layer) for t in self.pages]
        self.model.update("page", None)
        return {"text": text, "pages": sum(pages) / len(pages)}


def output_error(inputs, before, after):
    """Squared error of a matrix' outputs over their square. `inputs [n, cols]`."""
    error = (inputs @ torch.from_numpy(after - before).T).square().sum()
    return (error / (inputs @ torch.from_numpy(before).T).square().sum()).item()


def measure(model, page, tokens, path, only=None):
    """Fills the JSON lines of `path`: one a matrix. What is there is not measured again."""
    done = read(path)
    calibration = Calibration(model, page, tokens)
    with open(path, "a") as file:
        for matrix in only or model.matrices:
            if matrix.name in done:
                continue
            row = one(model, calibration, matrix)
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())
            print(f"{matrix.name}: {row['text'] + row['pages']:.5f}", flush=True)
    return read(path)


def one(model, calibration, matrix):
    before = model.value(matrix.file)
    inputs = calibration.inputs.get(matrix.name)
    errors = {}
    for choice in reversed(CHOICES):
        after = compressed(before, Method.named(choice))
        if inputs is not None:
            errors[choice] = output_error(inputs, before, after)
        else:  # the embedding's inputs are ids
            errors[choice] = float(((after - before) ** 2).sum() / (before**2).sum())
    model.put(matrix, after)  # the fewest bits
    out = calibration.divergence(matrix.layer)
    model.ship(matrix)
    return {"name": matrix.name, "errors": errors} | out


def read(path):
    """{matrix name: row} of a file that may not be there yet."""
    if not os.path.exists(path):
        return {}
    with open(path) as file:
        return {row["name"]: row for row in map(json.loads, file)}


def losses(row, weight=0.5):
    """{choice: predicted loss, nats a token}; `weight` of the text against the pages."""
    full = weight * row["text"] + (1 - weight) * row["pages"]
    base = row["errors"][CHOICES[0]]
    return {choice: full * row["errors"][choice] / base for choice in CHOICES}
