"""decoder.safetensors: the quantized decoder as packed integers (runtime/kernels/FORMAT.md)."""

import sys
from pathlib import Path

import torch

from decoder import matrices

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "runtime" / "kernels"))

import reference  # noqa: E402


def packed_name(decoder, path):
    """`block2.0.ffn.gate` -> `layers.5.gate`: packed files count the layers of both blocks."""
    block, i, *_, part = path.split(".")
    first = decoder.c.n_layers_kv if block == "block2" else 0
    return f"layers.{first + int(i)}.{part}"


def weights(decoder):
    """Every quantized matrix: (name in the file, QuantWeight)."""
    yield "embed", decoder.embed.w
    for path, owner, name in matrices(decoder):
        yield packed_name(decoder, path), getattr(owner, name).w


def vectors(decoder):
    """Every norm's weight: (name in the file, parameter)."""
    yield "norm", decoder.norm.weight
    for i, layer in enumerate([*decoder.block1, *decoder.block2]):
        yield f"layers.{i}.attn_norm", layer.norm1.weight
        yield f"layers.{i}.ffn_norm", layer.norm2.weight
        yield f"layers.{i}.q_norm", layer.q_norm.weight
        if not layer.shared:
            yield f"layers.{i}.k_norm", layer.k_norm.weight


@torch.no_grad()
def save_packed(decoder, path):
    """Writes a quantized `Decoder`."""
    out = {name: p.detach().float().numpy() for name, p in vectors(decoder)}
    for name, w in weights(decoder):
        w_float, scale = w.weight.float().numpy(), w.scale().numpy()
        out[name] = reference.Matrix.from_float(w_float, scale, w.bits)
    for i, layer in enumerate(decoder.block1):
        tops = torch.stack([layer.see_k.top, layer.see_v.top])
        out[f"layers.{i}.kv_scale"] = tops.float().div(127).numpy()
    reference.save(path, decoder.c.sizes(), out, "int8")


@torch.no_grad()
def load_packed(decoder, path):
    """Gives a quantized `Decoder` the weights of a packed file.

    Each weight stands in the middle of its level, so that packing it again gives the same file.
    """
    _, packed, _ = reference.load(path)
    for name, w in weights(decoder):
        fill(w, packed[name])
    for name, p in vectors(decoder):
        p.copy_(torch.from_numpy(packed[name].copy()))
    for i, layer in enumerate(decoder.block1):
        k, v = packed[f"layers.{i}.kv_scale"] * 127
        layer.see_k.top.fill_(float(k))
        layer.see_v.top.fill_(float(v))
    return decoder


def fill(w, matrix):
    """Gives a QuantWeight the values and scales of a packed matrix."""
    value, scale = torch.from_numpy(matrix.value().copy()), torch.from_numpy(matrix.scale.copy())
    w.weight.copy_(value)
    top = value.abs().amax(1, keepdim=True).clamp_min(1e-8)
    w.log_f.copy_((scale * w.qmax / top).clamp_min(1e-8).log())
