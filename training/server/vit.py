"""Plain ViT encoders of the server tier: the ViT-g shape, global attention, and the published
adapter to 144 tokens. Small parts first.

Sizes come from the checkpoint's family: OpenCLIP's ViT-g-14 (width 1408, 16 heads, GELU) or
DINOv2's ViT-g/14 (width 1536, 24 heads, SwiGLU, layer scale). `vit_names.py` reads their weights.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class VitConfig:
    """Sizes of an encoder; the defaults are OpenCLIP's ViT-g-14 (open_clip `ViT-g-14.json`)."""

    width: int = 1408
    n_layers: int = 40
    n_heads: int = 16
    ffn_dim: int = 6144  # of SwiGLU: of each half
    patch: int = 14
    grid: int = 16  # patches a side of the position embedding
    swiglu: bool = False
    norm_before: bool = True  # a LayerNorm between the embeddings and the layers
    layer_scale: bool = False
    patch_bias: bool = False
    n_registers: int = 0
    eps: float = 1e-5


OPENCLIP_G = VitConfig()
# facebookresearch/dinov2, `vit_giant2`: SwiGLU of 4096 is 2/3 of four times the width, up to 8.
DINOV2_G = VitConfig(
    width=1536, n_heads=24, ffn_dim=4096, grid=37, swiglu=True, norm_before=False,
    layer_scale=True, patch_bias=True, eps=1e-6,
)  # fmt: skip


class VitFeedForward(nn.Module):
    """GELU (exact), or SwiGLU with both halves in one product."""

    def __init__(self, c):
        super().__init__()
        self.swiglu = c.swiglu
        self.up = nn.Linear(c.width, c.ffn_dim * (2 if c.swiglu else 1))
        self.down = nn.Linear(c.ffn_dim, c.width)

    def forward(self, x):
        x = self.up(x)
        if self.swiglu:
            gate, x = x.chunk(2, -1)
            return self.down(F.silu(gate) * x)
        return self.down(F.gelu(x))


class VitLayer(nn.Module):
    """Pre-norm transformer layer over [n, t, width]."""

    def __init__(self, c: VitConfig):
        super().__init__()
        self.n_heads = c.n_heads
        self.norm1, self.norm2 = (nn.LayerNorm(c.width, c.eps) for _ in range(2))
        self.qkv, self.out = nn.Linear(c.width, 3 * c.width), nn.Linear(c.width, c.width)
        self.ffn = VitFeedForward(c)
        scales = [nn.Parameter(torch.ones(c.width)) for _ in range(2)] if c.layer_scale else []
        self.scale = nn.ParameterList(scales)

    def scaled(self, x, i):
        return x * self.scale[i] if len(self.scale) else x

    def forward(self, x):
        n, t, d = x.shape
        qkv = self.qkv(self.norm1(x)).view(n, t, 3, self.n_heads, d // self.n_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d)
        x = x + self.scaled(self.out(y), 0)
        return x + self.scaled(self.ffn(self.norm2(x)), 1)


class Vit(nn.Module):
    """Pixels [n, 3, side, side], normalised as the checkpoint's family does -> [n, patches, width].

    The class token and registers take part and are left out of the result.
    """

    def __init__(self, c: VitConfig):
        super().__init__()
        self.c = c
        self.patches = nn.Conv2d(3, c.width, c.patch, c.patch, bias=c.patch_bias)
        self.class_token = nn.Parameter(torch.randn(c.width) * 0.02)
        self.positions = nn.Parameter(torch.randn(1 + c.grid**2, c.width) * 0.02)  # class first
        registers = nn.Parameter(torch.randn(c.n_registers, c.width) * 0.02)
        self.register_parameter("registers", registers if c.n_registers else None)
        self.norm_before = nn.LayerNorm(c.width, c.eps) if c.norm_before else nn.Identity()
        self.layers = nn.ModuleList(VitLayer(c) for _ in range(c.n_layers))
        self.norm = nn.LayerNorm(c.width, c.eps)

    def forward(self, pixels):
        n = len(pixels)
        x = self.patches(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(n, 1, -1), x], 1) + self.positions
        if self.c.n_registers:
            x = torch.cat([x[:, :1], self.registers.expand(n, -1, -1), x[:, 1:]], 1)
        x = self.norm_before(x)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)[:, 1 + self.c.n_registers :]


def resized(positions, grid):
    """Positions [1 + old * old, width] for views of `grid` patches a side, the class token's first.

    Bicubic, as open_clip and transformers do; DINOv2's own code adds 0.1 to the grid's size.
    """
    old = math.isqrt(len(positions) - 1)
    if old == grid:
        return positions
    image = positions[1:].T.reshape(1, -1, old, old)
    image = F.interpolate(image, (grid, grid), mode="bicubic", align_corners=False)
    return torch.cat([positions[:1], image.flatten(2)[0].T])


class PooledAdapter(nn.Module):
    """Features of a view to 144 tokens of the decoder's width, as published for AFM 2025's server
    tier: a transformer layer, a linear map, a 3x3 convolution, adaptive average pooling to 12x12.

    The pooling is a product with two fixed matrices, which every runtime computes fast.
    """

    def __init__(self, c: VitConfig, dim, side=12):
        super().__init__()
        self.layer = VitLayer(c)
        self.linear = nn.Linear(c.width, dim)
        self.conv = nn.Conv2d(dim, dim, 3, padding=1)
        self.register_buffer("pool", averages(c.grid, side), persistent=False)

    def forward(self, features):
        """[n, patches, width] -> [n, side * side, dim], row by row."""
        x = self.linear(self.layer(features)).transpose(1, 2)
        x = self.conv(x.unflatten(2, (len(self.pool.T), -1)))
        x = self.pool @ x @ self.pool.T
        return x.flatten(2).transpose(1, 2)


def averages(size, side):
    """The matrix [side, size] of `F.adaptive_avg_pool1d`: bin i holds floor(i * size / side) up to
    ceil((i + 1) * size / side)."""
    out = torch.zeros(side, size)
    for i in range(side):
        a, b = i * size // side, math.ceil((i + 1) * size / side)
        out[i, a:b] = 1 / (b - a)
    return out
