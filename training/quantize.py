"""Quantization-aware training of the decoder: the arithmetic of runtime/kernels/FORMAT.md with
straight-through gradients.

Weights take 2 bits (levels -1.5, -0.5, 0.5, 1.5 times a scale for each output channel), the tied
embedding 4 bits, activations 8 bits (dynamic, per token), K and V 8 bits (one static scale a layer
each, set by an observer). The scale of a channel is `f * max|W| / qmax` with `f` learnt, as Apple's
report has it; it starts where a search finds the least squared error.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from decoder import matrices


def levels(w, scale, bits):
    """w [rows, cols], scale [rows, 1] -> the levels c - (2^bits - 1) / 2 of the packed codes c."""
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
    """levels() of w / scale; gradients pass straight through inside the range, none outside."""

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
        top = self.weight.float().abs().amax(1, keepdim=True).clamp_min(1e-8).detach()
        return self.log_f.float().exp() * top / self.qmax

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
    """Integer activations times packed levels, scaled afterwards: the kernels' product.

    Integers up to 127 * 1.5 * cols stay exact in the float32 sums; in bfloat16 the products are
    exact and the sums round.
    """

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
        y = (xq.to(hidden.dtype) @ level.to(hidden.dtype).T).float() * s * scale.T
        return y.to(hidden.dtype)


class Observed(nn.Module):
    """8-bit K or V: a static scale that follows the largest value seen while training."""

    def __init__(self, momentum=0.99):
        super().__init__()
        self.momentum = momentum
        self.register_buffer("top", torch.zeros(()))

    def forward(self, x):
        if self.training:
            # The far tail costs resolution for everything else: the 99.9% quantile of a thinned
            # sample is followed instead of the maximum.
            sample = x.detach().float().abs().flatten()[:: max(1, x.numel() // 100_000)]
            top = torch.quantile(sample, 0.999)
            follow = self.momentum * self.top + (1 - self.momentum) * top
            self.top.copy_(torch.where(self.top == 0, top, follow))
        scale = (self.top.float() / 127).clamp_min(1e-8)
        return (torch.clamp(Rounded.apply(x.float() / scale), -128, 127) * scale).to(x.dtype)


def quantize_decoder(decoder, bits=2, embed_bits=4):
    """Turns a trained float `Decoder` into its quantized twin, in place."""
    for _, owner, name in list(matrices(decoder)):
        setattr(owner, name, QuantLinear(getattr(owner, name), bits))
    for layer in decoder.block1:
        layer.see_k, layer.see_v = Observed(), Observed()
    decoder.embed = QuantEmbedding(decoder.embed, embed_bits)
    return decoder


def is_quantized(decoder):
    return isinstance(decoder.embed, QuantEmbedding)
