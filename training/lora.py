"""LoRA adapters of the decoder: what is trained, and the files of models/FORMAT.md, "Adapters"."""

import hashlib
import json
import os
import struct

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import nn

from decoder import PARTS, SIZES, matrices


class LoraLinear(nn.Module):
    """A frozen linear layer, float or quantized, and its update: base(x) + scale * B A x.

    A [rank, in]; B [out, rank], which begins at zero.
    """

    def __init__(self, base, rank, alpha):
        super().__init__()
        weight = base.weight if hasattr(base, "weight") else base.w.weight
        rows, cols = weight.shape
        self.base, self.alpha, self.scale = base, alpha, alpha / rank
        self.a = nn.Parameter(torch.randn(rank, cols) * cols**-0.5)
        self.b = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, x):
        return self.base(x) + (x @ self.a.T) @ self.b.T * self.scale


def attach(model, rank, alpha, parts=PARTS):
    """Freezes a `GlyphDecoder` and gives `parts` of every layer of its decoder an update, in place.

    -> {matrix name: LoraLinear}
    """
    model.requires_grad_(False)
    found = {}
    for path, owner, name in list(matrices(model.decoder, parts)):
        found[path] = LoraLinear(getattr(owner, name), rank, alpha)
        setattr(owner, name, found[path])
    return found


@torch.no_grad()
def merge(updates):
    """Adds every update to its float base weight, in place, and becomes nothing itself."""
    for update in updates.values():
        update.base.weight += (update.scale * update.b @ update.a).to(update.base.weight.dtype)
        update.b.zero_()


def signature(model):
    """The SHA-256 that an adapter and a bundle must agree on (models/FORMAT.md, "Signature")."""
    place, pointer = model.connector.place, model.connector.pointer
    tensors = [place.own.weight, place.before.weight, pointer.query.weight, pointer.key.weight]
    tensors += [place.own.bias, pointer.null]
    h = hashlib.sha256(b"foveate-base-2\n")
    h.update(struct.pack(f"<{len(SIZES)}d", *model.c.sizes().values()))
    for t in tensors:
        if t.dtype != torch.float32:
            raise ValueError(
                f"the signature is of float32 weights, these are {t.dtype}: "
                "take it before the decoder is made smaller"
            )
        h.update(t.detach().cpu().numpy().astype("<f4").tobytes())
    return h.hexdigest()


def half(p):
    """A parameter as the file stores it."""
    return p.detach().float().cpu().numpy().astype(np.float16)


def save_adapter(updates, out, base, name, description, licence):
    """adapter.json and adapter.safetensors (float16) in the folder `out`; `base`: the signature."""
    os.makedirs(out, exist_ok=True)
    tensors = {}
    for matrix, update in updates.items():
        tensors |= {f"{matrix}.lora_a": half(update.a), f"{matrix}.lora_b": half(update.b)}
    if not all(np.isfinite(t).all() for t in tensors.values()):
        raise ValueError("the adapter holds numbers beyond float16's: lower the learning rate")
    save_file(tensors, os.path.join(out, "adapter.safetensors"))
    some = next(iter(updates.values()))
    card = {
        "format": 1, "name": name, "rank": len(some.a), "alpha": some.alpha,
        "targets": sorted(updates), "base": base, "description": description, "licence": licence,
    }  # fmt: skip
    with open(os.path.join(out, "adapter.json"), "w") as f:
        json.dump(card, f, indent=1)
        f.write("\n")


def load_adapter(model, path):
    """Attaches the adapter in the folder `path` to the `GlyphDecoder` that it was trained on.

    -> {matrix name: LoraLinear}
    """
    with open(os.path.join(path, "adapter.json")) as f:
        card = json.load(f)
    if card["base"] != (own := signature(model)):
        raise ValueError(
            f"{path} was trained on the model {card['base'][:12]}, this one is {own[:12]}: "
            "train it again with train_adapter.py"
        )
    parts = [p for p in PARTS if any(t.endswith("." + p) for t in card["targets"])]
    updates = attach(model, card["rank"], card["alpha"], parts)
    tensors = load_file(os.path.join(path, "adapter.safetensors"))
    with torch.no_grad():
        for name, update in updates.items():
            for letter, p in (("a", update.a), ("b", update.b)):
                stored = tensors[f"{name}.lora_{letter}"].astype(np.float32)
                p.copy_(torch.from_numpy(stored))
    return updates
