"""Quantization-aware training of the decoder: the arithmetic of runtime/kernels/FORMAT.md with straight-through gradients.

Weights take 2 bits (levels -1.5, -0.5, 0.5, 1.5 times a scale for each output channel), the tied embedding 4 bits, activations 8 bits
(dynamic, per token), K and V 8 bits (one static scale a layer each, set by an observer). The scale of a channel is
`f * max|W| / qmax` with `f` learnt, as Apple's report has it; it starts where a search finds the least squared error.
"""

import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from lora import SIZES

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "runtime" / "kernels"))


def levels(w, scale, bits):
    """w [rows, cols], scale [rows, 1] -> the levels (c - (2^b - 1)/2) that the packed file will hold."""
    half = 2 ** (bits - 1)
    return torch.clamp(torch.floor(w / scale + half), 0, 2**bits - 1) - (2**bits - 1) / 2


def clipping_search(w, bits, steps=48):
    """The f in 0.2..1.2 of each row [rows, 1] with the least squared error of f * max|W| / qmax."""
    qmax = (2**bits - 1) / 2
    top = w.abs().amax(1, keepdim=True).clamp_min(1e-8)
    best, least = torch.ones_like(top), torch.full_like(top, math.inf)
    for f in torch.linspace(0.2, 1.2, steps):
        scale = f * top / qmax
        error = (levels(w, scale, bits) * scale - w).square().sum(1, keepdim=True)
        better = error < least
        best, least = torch.where(better, f, best), torch.where(better, error, least)
    return best


class Level(torch.autograd.Function):
    """levels() with straight-through gradients for w / scale: through inside the range, none outside."""

    @staticmethod
    def forward(ctx, ratio, bits):
        half = 2 ** (bits - 1)
        ctx.save_for_backward(ratio.abs() <= half)
        return torch.clamp(torch.floor(ratio + half), 0, 2**bits - 1) - (2**bits - 1) / 2

    @staticmethod
    def backward(ctx, gradient):
        (inside,) = ctx.saved_tensors
        return gradient * inside, None


class Rounded(torch.autograd.Function):
    """Round half to even, straight through."""

    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class QuantWeight(nn.Module):
    """A matrix held in float and used at `bits` bits."""

    def __init__(self, weight, bits):
        super().__init__()
        self.bits, self.qmax = bits, (2**bits - 1) / 2
        self.weight = nn.Parameter(weight.detach().float().clone())
        self.log_f = nn.Parameter(clipping_search(self.weight.detach(), bits).log())

    def scale(self):
        """[rows, 1]."""
        return self.log_f.float().exp() * self.weight.float().abs().amax(1, keepdim=True).clamp_min(1e-8).detach() / self.qmax

    def levels_and_scale(self):
        scale = self.scale()
        return Level.apply(self.weight.float() / scale, self.bits), scale

    def value(self):
        level, scale = self.levels_and_scale()
        return level * scale


def quantized_activation(x):
    """x [..., n] -> integers -127..127 (as floats) and their scale [..., 1]."""
    x = x.float()
    a = x.detach().abs().amax(-1, keepdim=True).clamp_min(2.0**-100)
    return Rounded.apply(x * (127 / a)), a / 127


class QuantLinear(nn.Module):
    """Integer activations times packed levels, scaled afterwards: the kernels' product. Integers up to 127 * 1.5 * cols stay exact in
    the float32 sums; in bfloat16 the products are exact and the sums round."""

    def __init__(self, linear, bits=2):
        super().__init__()
        self.w = QuantWeight(linear.weight, bits)

    def forward(self, x):
        xq, s = quantized_activation(x)
        level, scale = self.w.levels_and_scale()
        y = (xq.to(x.dtype) @ level.to(x.dtype).T).float() * s * scale.T
        return y.to(x.dtype)


class QuantEmbedding(nn.Module):
    """The tied embedding at 4 bits: look-up, and logits through the integer product."""

    def __init__(self, embedding, bits=4):
        super().__init__()
        self.w = QuantWeight(embedding.weight, bits)

    @property
    def weight(self):
        return self.w.value().to(self.w.weight.dtype)

    def forward(self, ids):
        return F.embedding(ids, self.weight)

    def logits(self, hidden):
        xq, s = quantized_activation(hidden)
        level, scale = self.w.levels_and_scale()
        return ((xq.to(hidden.dtype) @ level.to(hidden.dtype).T).float() * s * scale.T).to(hidden.dtype)


class Observed(nn.Module):
    """8-bit K or V: a static scale that follows the largest value seen while training."""

    def __init__(self, momentum=0.99):
        super().__init__()
        self.momentum = momentum
        self.register_buffer("top", torch.zeros(()))

    def forward(self, x):
        if self.training:
            # The far tail costs resolution for everything else: the 99.9% quantile of a thinned sample is followed instead of the maximum.
            sample = x.detach().float().abs().flatten()[:: max(1, x.numel() // 100_000)]
            top = torch.quantile(sample, 0.999)
            self.top.copy_(top if self.top == 0 else self.momentum * self.top + (1 - self.momentum) * top)
        scale = (self.top.float() / 127).clamp_min(1e-8)
        return (torch.clamp(Rounded.apply(x.float() / scale), -128, 127) * scale).to(x.dtype)


def quantize_decoder(decoder, bits=2, embed_bits=4):
    """Turns a trained float decoder into its quantized twin, in place."""
    for layer in [*decoder.block1, *decoder.block2]:
        for name in ("q", "k", "v", "o"):
            if hasattr(layer, name):
                setattr(layer, name, QuantLinear(getattr(layer, name), bits))
        for name in ("gate", "up", "down"):
            setattr(layer.ffn, name, QuantLinear(getattr(layer.ffn, name), bits))
        if not layer.shared:
            layer.see_k, layer.see_v = Observed(), Observed()
    decoder.embed = QuantEmbedding(decoder.embed, embed_bits)
    return decoder


@torch.no_grad()
def packed_weights(decoder):
    """The names and matrices that runtime/kernels/reference.py saves."""
    from reference import Matrix

    def matrix(w):
        return Matrix.from_float(w.weight.float().numpy(), w.scale().numpy(), w.bits)

    def vector(x):
        return x.detach().float().numpy()

    out = {"embed": matrix(decoder.embed.w), "norm": vector(decoder.norm.weight)}
    for i, layer in enumerate([*decoder.block1, *decoder.block2]):
        for name in ("q", "k", "v", "o"):
            if hasattr(layer, name):
                out[f"layers.{i}.{name}"] = matrix(getattr(layer, name).w)
        for name in ("gate", "up", "down"):
            out[f"layers.{i}.{name}"] = matrix(getattr(layer.ffn, name).w)
        out |= {f"layers.{i}.attn_norm": vector(layer.norm1.weight), f"layers.{i}.ffn_norm": vector(layer.norm2.weight), f"layers.{i}.q_norm": vector(layer.q_norm.weight)}
        if not layer.shared:
            out[f"layers.{i}.k_norm"] = vector(layer.k_norm.weight)
            out[f"layers.{i}.kv_scale"] = torch.stack([layer.see_k.top, layer.see_v.top]).float().div(127).numpy()
    return out


def save_packed(decoder, path):
    """decoder.safetensors."""
    from reference import save

    config = {k: v for k, v in decoder.c.to_json().items() if k in SIZES}
    save(path, config, packed_weights(decoder), "int8")


@torch.no_grad()
def load_packed(decoder, path):
    """Gives a quantized decoder the weights of a packed file: each at the middle of its level, so that packing it again gives the same file."""
    from reference import load

    _, packed, _ = load(path)

    def fill(w, m):
        value, scale = torch.from_numpy(m.value().copy()), torch.from_numpy(m.scale.copy())
        w.weight.copy_(value)
        top = value.abs().amax(1, keepdim=True).clamp_min(1e-8)
        w.log_f.copy_((scale * w.qmax / top).clamp_min(1e-8).log())

    def vector(p, name):
        p.copy_(torch.from_numpy(packed[name].copy()))

    fill(decoder.embed.w, packed["embed"])
    vector(decoder.norm.weight, "norm")
    for i, layer in enumerate([*decoder.block1, *decoder.block2]):
        for name in ("q", "k", "v", "o", "gate", "up", "down"):
            owner = layer.ffn if name in ("gate", "up", "down") else layer
            if hasattr(owner, name):
                fill(getattr(owner, name).w, packed[f"layers.{i}.{name}"])
        vector(layer.norm1.weight, f"layers.{i}.attn_norm")
        vector(layer.norm2.weight, f"layers.{i}.ffn_norm")
        vector(layer.q_norm.weight, f"layers.{i}.q_norm")
        if not layer.shared:
            vector(layer.k_norm.weight, f"layers.{i}.k_norm")
            k, v = packed[f"layers.{i}.kv_scale"] * 127
            layer.see_k.top.fill_(float(k))
            layer.see_v.top.fill_(float(v))
    return decoder
