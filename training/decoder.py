"""The on-device decoder of AFM 2025 at a small size, with the two heads that tie its words to places in the picture.

Layers follow Apple's reference `mlx_lm/models/afm7.py`: RMSNorm before each sublayer and at the end, RoPE on interleaved pairs, per-head
RMSNorm of q and k after RoPE, SwiGLU, no biases, tied embedding; the layers of block 2 have no K and V of their own and read those of
block 1's last layer.
"""

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class DecoderConfig:
    """Sizes of the decoder; names as in config.json."""

    dim: int = 256
    n_layers_kv: int = 5
    n_layers_shared: int = 3
    n_heads: int = 4
    n_kv_heads: int = 2
    head_dim: int = 64
    ffn_dim: int = 512
    vocab_size: int = 512
    rope_theta: float = 500_000.0
    norm_eps: float = 1e-5
    context: int = 4096
    n_freq: int = 16
    pointer_dim: int = 64
    feature_dim: int = 128  # width of the adapter's slot features that join the image tokens
    n_mixer_layers: int = 4  # layers in which the image tokens see each other before the decoder sees them
    n_tags: int = 64  # of the training-time head that says which field each image token is part of

    def to_json(self):
        return asdict(self)


class RMSNorm(nn.Module):
    """x / rms(x) * weight over the last axis."""

    def __init__(self, dim, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


def rope_angles(positions, head_dim, theta):
    """cos and sin [..., t, head_dim/2] of the positions [..., t]."""
    rates = theta ** (-torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float32) / head_dim)
    angles = positions[..., None].float() * rates
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    """RoPE on interleaved adjacent pairs of x [..., heads, t, head_dim]; cos, sin [..., t, head_dim/2] broadcast over heads."""
    a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2).to(x.dtype)


def attend(q, k, v, bias):
    """q [n, heads, t, hd] over k, v [n, kv_heads, s, hd], additive bias [n or 1, 1, t, s] -> [n, t, heads*hd]."""
    n, heads, t, hd = q.shape
    groups = heads // k.shape[1]
    k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
    weights = ((q * hd**-0.5) @ k.transpose(-1, -2) + bias).softmax(-1)
    return (weights.to(v.dtype) @ v).transpose(1, 2).reshape(n, t, heads * hd)


class FeedForward(nn.Module):
    """SwiGLU."""

    def __init__(self, c):
        super().__init__()
        self.gate = nn.Linear(c.dim, c.ffn_dim, bias=False)
        self.up = nn.Linear(c.dim, c.ffn_dim, bias=False)
        self.down = nn.Linear(c.ffn_dim, c.dim, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Layer(nn.Module):
    """One decoder layer; `shared` layers take K and V from block 1's last layer instead of making their own."""

    def __init__(self, c: DecoderConfig, shared):
        super().__init__()
        self.c, self.shared = c, shared
        self.norm1, self.norm2 = RMSNorm(c.dim, c.norm_eps), RMSNorm(c.dim, c.norm_eps)
        self.q = nn.Linear(c.dim, c.n_heads * c.head_dim, bias=False)
        self.q_norm = RMSNorm(c.head_dim, c.norm_eps)
        if not shared:
            self.k = nn.Linear(c.dim, c.n_kv_heads * c.head_dim, bias=False)
            self.v = nn.Linear(c.dim, c.n_kv_heads * c.head_dim, bias=False)
            self.k_norm = RMSNorm(c.head_dim, c.norm_eps)
            self.see_k, self.see_v = nn.Identity(), nn.Identity()  # 8-bit observers under quantization-aware training
        self.o = nn.Linear(c.n_heads * c.head_dim, c.dim, bias=False)
        self.ffn = FeedForward(c)
        for last in (self.o, self.ffn.down):
            nn.init.normal_(last.weight, std=0.02 / math.sqrt(2 * (c.n_layers_kv + c.n_layers_shared)))

    def heads(self, x, n):
        return x.unflatten(-1, (n, self.c.head_dim)).transpose(-2, -3)

    def keys_values(self, h, cos, sin):
        """h already normed [n, t, dim] -> k, v [n, kv_heads, t, head_dim]."""
        k = self.k_norm(rotate(self.heads(self.k(h), self.c.n_kv_heads), cos, sin))
        return self.see_k(k), self.see_v(self.heads(self.v(h), self.c.n_kv_heads))

    def forward(self, x, k, v, bias, cos, sin, h=None):
        """`h` is norm1(x) if already made."""
        h = self.norm1(x) if h is None else h
        q = self.q_norm(rotate(self.heads(self.q(h), self.c.n_heads), cos, sin))
        x = x + self.o(attend(q, k, v, bias))
        return x + self.ffn(self.norm2(x))


class Decoder(nn.Module):
    """ids and extra rows -> hidden rows and logits, with the place embedding and the pointer head."""

    def __init__(self, c: DecoderConfig):
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c.vocab_size, c.dim)
        nn.init.normal_(self.embed.weight, std=0.02 * 4)
        self.block1 = nn.ModuleList(Layer(c, False) for _ in range(c.n_layers_kv))
        self.block2 = nn.ModuleList(Layer(c, True) for _ in range(c.n_layers_shared))
        self.norm = RMSNorm(c.dim, c.norm_eps)
        self.mixer = nn.ModuleList(Layer(c, False) for _ in range(c.n_mixer_layers))
        for layer in self.mixer:
            nn.init.zeros_(layer.o.weight)
            nn.init.zeros_(layer.ffn.down.weight)
        self.tag = nn.Linear(c.dim, c.n_tags)
        self.place = nn.Linear(8 * c.n_freq, c.dim)
        self.before = nn.Linear(8 * c.n_freq, c.dim, bias=False)
        nn.init.zeros_(self.before.weight)
        self.pointer_query = nn.Linear(c.dim, c.pointer_dim, bias=False)
        self.pointer_key = nn.Linear(c.dim, c.pointer_dim, bias=False)
        self.pointer_null = nn.Parameter(torch.zeros(c.pointer_dim))
        self.feature = nn.Linear(c.feature_dim, c.dim, bias=False) if c.feature_dim else None
        if self.feature is not None:
            nn.init.zeros_(self.feature.weight)

    def place_features(self, where):
        """[..., 4] = (cx, cy, w, h) in canvas pixels -> [..., 8*n_freq]; wavelengths from 4096 px to 16 px."""
        k = torch.arange(self.c.n_freq, device=where.device, dtype=torch.float32)
        rates = 2 * math.pi / 4096 * 2 ** (k * 8 / (self.c.n_freq - 1))
        scaled = where.float() * torch.tensor([1.0, 1.0, 8.0, 8.0], device=where.device)
        angles = (scaled[..., None] * rates).flatten(-2)
        return torch.cat([angles.sin(), angles.cos()], -1)

    def place_embedding(self, where):
        """[..., 4] -> [..., dim]."""
        return self.place(self.place_features(where).to(self.place.weight.dtype))

    def before_embedding(self, where):
        """[..., g, 4] -> [..., g, dim]: each image token also carries the place of the one before it, so that "what comes after the glyph
        just read" is a search for an equal."""
        told = self.before(self.place_features(where).to(self.before.weight.dtype))
        return F.pad(told[..., :-1, :], (0, 0, 1, 0))

    def image_tokens(self, letters, weights, place, feature=None):
        """Image tokens [n, g, dim] before `mix`: the expected embedding of the slot's characters, its features, its place.

        letters [k] token ids of the characters, weights [n, g, k] their probabilities, place [n, g, 4], feature [n, g, feature_dim].
        """
        x = weights.to(self.place.weight.dtype) @ self.embed(letters)
        if feature is not None and self.feature is not None:
            x = x + self.feature(feature)
        return x + self.place_embedding(place) + self.before_embedding(place)

    def mix(self, tokens, there):
        """Image tokens [n, g, dim], of which `there` [n, g] exist, after the layers in which each sees all of its picture.

        The decoder is causal, so without them the first letter of a date cannot know what it begins. Begins as the identity.
        """
        cos, sin = rope_angles(torch.arange(tokens.shape[1], device=tokens.device), self.c.head_dim, self.c.rope_theta)
        bias = torch.zeros(1, device=tokens.device, dtype=tokens.dtype).where(there[:, None, None, :], torch.tensor(-1e4, dtype=tokens.dtype, device=tokens.device))
        for layer in self.mixer:
            h = layer.norm1(tokens)
            k, v = layer.keys_values(h, cos, sin)
            tokens = layer(tokens, k, v, bias, cos, sin, h)
        return tokens

    def block_1(self, x, positions, bias):
        """-> x after block 1 and the K, V that block 2 reads."""
        cos, sin = rope_angles(positions, self.c.head_dim, self.c.rope_theta)
        cos, sin = cos[:, None], sin[:, None]
        for layer in self.block1:
            h = layer.norm1(x)
            k, v = layer.keys_values(h, cos, sin)
            x = layer(x, k, v, bias, cos, sin, h)
        return x, k, v

    def guide(self, x, k, positions, bias):
        """Attention scores [n, m, t] of the first head of block 2's first layer. Training asks that they point at the glyph being read: left to
        itself the pointer was right nine times in ten while the letters were still guesses, for want of a head that fetches them."""
        layer = self.block2[0]
        cos, sin = rope_angles(positions, self.c.head_dim, self.c.rope_theta)
        q = layer.q_norm(rotate(layer.heads(layer.q(layer.norm1(x)), self.c.n_heads), cos[:, None], sin[:, None]))[:, 0]
        return (q * self.c.head_dim**-0.5) @ k[:, 0].transpose(-1, -2) + bias[:, 0]

    def block_2(self, x, k, v, positions, bias):
        cos, sin = rope_angles(positions, self.c.head_dim, self.c.rope_theta)
        for layer in self.block2:
            x = layer(x, k, v, bias, cos[:, None], sin[:, None])
        return self.norm(x)

    def forward(self, ids, extra, valid, select, guided=False):
        """ids [n, t], extra [n, t, dim], valid [n, t] bool, select [n, m] rows wanted -> hidden [n, m, dim] (and `guide` scores)."""
        n, t = ids.shape
        x = self.embed(ids) + extra
        positions = torch.arange(t, device=ids.device)[None]
        causal = torch.ones(t, t, dtype=torch.bool, device=ids.device).tril()[None, None] & valid[:, None, None, :]
        causal = causal | torch.eye(t, dtype=torch.bool, device=ids.device)
        bias = torch.zeros(1, device=ids.device, dtype=x.dtype).where(causal, torch.tensor(-1e4, dtype=x.dtype, device=ids.device))
        x, k, v = self.block_1(x, positions, bias)
        picked = torch.gather(x, 1, select[..., None].expand(-1, -1, x.shape[-1]))
        rows = torch.gather(bias.expand(n, 1, t, t), 2, select[:, None, :, None].expand(-1, 1, -1, t))
        hidden = self.block_2(picked, k, v, select, rows)
        return (hidden, self.guide(picked, k, select, rows)) if guided else hidden

    def logits(self, hidden):
        return self.embed.logits(hidden) if hasattr(self.embed, "logits") else hidden @ self.embed.weight.T

    def pointer_scores(self, hidden, image_tokens):
        """hidden [n, m, dim], image_tokens [n, g, dim] -> [n, m, 1 + g]; column 0 is `none`."""
        q = self.pointer_query(hidden)
        scores = torch.cat([(q @ self.pointer_null)[..., None], q @ self.pointer_key(image_tokens).transpose(-1, -2)], -1)
        return scores * self.c.pointer_dim**-0.5
