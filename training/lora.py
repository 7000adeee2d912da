"""LoRA adapters of the decoder: what is trained, and the files of models/FORMAT.md, "Adapters"."""

import hashlib
import json
import os
import struct

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import nn

PARTS = ("q", "k", "v", "o", "ffn.gate", "ffn.up", "ffn.down")
SIZES = ("dim", "n_layers_kv", "n_layers_shared", "n_heads", "n_kv_heads", "head_dim", "ffn_dim", "vocab_size", "rope_theta", "norm_eps", "context")


class LoraLinear(nn.Module):
    """A frozen linear layer, float or quantized, and its update: base(x) + scale * B A x. A [rank, in], B [out, rank], which begins at zero."""

    def __init__(self, base, rank, alpha):
        super().__init__()
        rows, cols = (base.weight if hasattr(base, "weight") else base.w.weight).shape
        self.base, self.scale = base, alpha / rank
        self.a = nn.Parameter(torch.randn(rank, cols) * cols**-0.5)
        self.b = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, x):
        return self.base(x) + (x @ self.a.T) @ self.b.T * self.scale


def attach(decoder, rank, alpha, parts=PARTS):
    """Freezes the decoder and gives `parts` of every layer an update, in place. -> {matrix name: LoraLinear}."""
    decoder.requires_grad_(False)
    found = {}
    for block in ("block1", "block2"):
        for i, layer in enumerate(getattr(decoder, block)):
            for part in parts:
                owner, name = (layer.ffn, part[4:]) if part.startswith("ffn.") else (layer, part)
                if hasattr(owner, name):  # block 2 has no k and v
                    setattr(owner, name, LoraLinear(getattr(owner, name), rank, alpha))
                    found[f"{block}.{i}.{part}"] = getattr(owner, name)
    return found


@torch.no_grad()
def merge(updates):
    """Adds every update to its float base weight, in place, and becomes nothing itself."""
    for update in updates.values():
        update.base.weight += (update.scale * update.b @ update.a).to(update.base.weight.dtype)
        update.b.zero_()


def signature(decoder):
    """The SHA-256 that an adapter and a bundle must agree on (models/FORMAT.md, "Signature")."""
    c = decoder.c.to_json()
    tensors = [decoder.place.weight, decoder.before.weight, decoder.pointer_query.weight, decoder.pointer_key.weight, decoder.place.bias, decoder.pointer_null]
    h = hashlib.sha256(b"foveate-base-2\n")
    h.update(struct.pack("<11d", *(c[name] for name in SIZES)))
    for t in tensors:
        if t.dtype != torch.float32:
            raise ValueError(f"the signature is of float32 weights, these are {t.dtype}: take it before the decoder is made smaller")
        h.update(t.detach().cpu().numpy().astype("<f4").tobytes())
    return h.hexdigest()


def save_adapter(updates, out, base, name, rank, alpha, description, licence):
    """adapter.json and adapter.safetensors (float16) in the folder `out`."""
    os.makedirs(out, exist_ok=True)
    tensors = {}
    for matrix, update in updates.items():
        for letter, p in (("a", update.a), ("b", update.b)):
            tensors[f"{matrix}.lora_{letter}"] = p.detach().float().cpu().numpy().astype(np.float16)
    if not all(np.isfinite(t).all() for t in tensors.values()):
        raise ValueError("the adapter holds numbers that float16 cannot: lower the learning rate")
    save_file(tensors, os.path.join(out, "adapter.safetensors"))
    card = {"format": 1, "name": name, "rank": rank, "alpha": alpha, "targets": sorted(updates), "base": base, "description": description, "licence": licence}
    with open(os.path.join(out, "adapter.json"), "w") as f:
        json.dump(card, f, indent=1)
        f.write("\n")


def load_adapter(decoder, path):
    """Attaches the adapter in the folder `path` to the decoder that it was trained on. -> {matrix name: LoraLinear}."""
    card = json.load(open(os.path.join(path, "adapter.json")))
    if card["base"] != signature(decoder):
        raise ValueError(f"{path} was trained on the model {card['base'][:12]}, this one is {signature(decoder)[:12]}")
    updates = attach(decoder, card["rank"], card["alpha"], [p for p in PARTS if any(t.endswith("." + p) for t in card["targets"])])
    tensors = load_file(os.path.join(path, "adapter.safetensors"))
    with torch.no_grad():
        for name, update in updates.items():
            update.a.copy_(torch.from_numpy(tensors[f"{name}.lora_a"].astype(np.float32)))
            update.b.copy_(torch.from_numpy(tensors[f"{name}.lora_b"].astype(np.float32)))
    return updates
