"""The decoder whose matrices can be exchanged, with updates that can be put on and off."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn

from page.page import FEATURES
from page.smollm import MATRICES, SmolLM, half_split, open_gguf, tokenizer_of

EMBEDDING = "embedding"


@dataclass(frozen=True)
class Matrix:
    """A matrix of the file. `layer`: -1 for the tied embedding. `shipped`: its bytes there."""

    name: str
    file: str
    layer: int
    part: str
    rows: int
    cols: int
    shipped: int

    @property
    def weights(self):
        return self.rows * self.cols


class Updated(nn.Module):
    """A frozen matrix and its low-rank updates `(a [rank, in], b [out, rank])` by name."""

    def __init__(self, weight):
        super().__init__()
        self.register_buffer("weight", weight, persistent=False)
        self.updates = {}
        self.seen = None  # a list that collects inputs

    def forward(self, x):
        if self.seen is not None:
            self.seen.append(x.detach().flatten(0, -2))
        y = F.linear(x, self.weight)
        for a, b in self.updates.values():
            y = y + F.linear(F.linear(x, a.to(x.dtype)), b.to(x.dtype))
        return y


class Model:
    """`net`: the decoder, float32 and bfloat16 as page.smollm has it."""

    def __init__(self, gguf):
        self.reader, self.value = open_gguf(gguf)
        self.net = SmolLM(self.reader, self.value, FEATURES)
        self.net.requires_grad_(False)
        self.tokenizer = tokenizer_of(self.reader)
        tensors = {t.name: t for t in self.reader.tensors}
        self.matrices = [self.matrix(tensors, EMBEDDING, "token_embd.weight", -1, EMBEDDING)]
        for i, layer in enumerate(self.net.layers):
            for part, file in MATRICES.items():
                key = part.replace(".", "_")
                setattr(layer, key, Updated(getattr(layer, key).weight))
                file = f"blk.{i}.{file}.weight"
                self.matrices.append(self.matrix(tensors, f"layers.{i}.{part}", file, i, part))

    @staticmethod
    def matrix(tensors, name, file, layer, part):
        t = tensors[file]
        cols, rows = map(int, t.shape)
        return Matrix(name, file, layer, part, rows, cols, int(t.n_bytes))

    def linear(self, matrix):
        return getattr(self.net.layers[matrix.layer], matrix.part.replace(".", "_"))

    def linears(self):
        """(matrix, module) of all but the embedding."""
        return [(m, self.linear(m)) for m in self.matrices if m.layer >= 0]

    def put(self, matrix, values):
        """Exchanges a matrix; `values [rows, cols]` in the file's order."""
        if matrix.layer < 0:
            self.net.embedding.copy_(torch.from_numpy(values))
            self.net.head.copy_(self.net.embedding)
            return
        heads = {"q": self.net.sizes.heads, "k": self.net.sizes.kv_heads}.get(matrix.part)
        values = half_split(values, heads) if heads else values
        self.linear(matrix).weight.copy_(torch.from_numpy(np.ascontiguousarray(values)))

    def ship(self, matrix):
        """Puts back what the file has."""
        self.put(matrix, self.value(matrix.file))

    def update(self, name, factors):
        """Puts an update on: `factors` {matrix name: (a, b)}, b with its scale; `None`: off."""
        for matrix, linear in self.linears():
            linear.updates.pop(name, None)
            if factors is not None:
                linear.updates[name] = factors[matrix.name]


def read_update(model, path):
    """The factors of a `page.safetensors`, and the rows of places put into the model."""
    with safe_open(path, "pt") as file:
        scale = float(file.metadata()["scale"])
        model.net.place.copy_(file.get_tensor("place").float())
        pair = lambda name: (  # noqa: E731
            file.get_tensor(f"{name}.a").bfloat16(),
            (file.get_tensor(f"{name}.b").float() * scale).bfloat16(),
        )
        return {m.name: pair(m.name) for m, _ in model.linears()}
