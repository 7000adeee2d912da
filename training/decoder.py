"""The on-device decoder of AFM 2025 at a small size, small parts first.

Layers follow Apple's reference `mlx_lm/models/afm7.py`: RMSNorm before each sublayer and at the
end, RoPE on interleaved pairs, RMSNorm of q and k per head after RoPE, SwiGLU, no biases, tied
embedding. The layers of block 2 have no K and V of their own: they read those of block 1's last
layer.

Shapes are written `[.., t, dim]`: with a batch axis in training, without one in the exported graph.
`Decoder.run` is the only forward pass; training, export and adapters all go through it.
"""

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

# The sizes that `config.json`, packed files and signatures name, in their order (models/FORMAT.md).
SIZES = (
    "dim", "n_layers_kv", "n_layers_shared", "n_heads", "n_kv_heads", "head_dim", "ffn_dim",
    "vocab_size", "rope_theta", "norm_eps", "context",
)  # fmt: skip
PARTS = ("q", "k", "v", "o", "ffn.gate", "ffn.up", "ffn.down")  # the matrices of a layer
MASKED = -1e9  # added to the score of a key that a row may not attend to


@dataclass
class DecoderConfig:
    """Sizes of the decoder and of its connector; names as in config.json."""

    dim: int = 256
    n_layers_kv: int = 5  # block 1
    n_layers_shared: int = 3  # block 2
    n_heads: int = 4
    n_kv_heads: int = 2
    head_dim: int = 64
    ffn_dim: int = 512
    vocab_size: int = 512
    rope_theta: float = 500_000.0
    norm_eps: float = 1e-5
    context: int = 4096
    n_freq: int = 16  # wavelengths of the place embedding
    pointer_dim: int = 64
    feature_dim: int = 128  # width of the adapter's slot features
    n_mixer_layers: int = 4  # bidirectional layers over the image tokens
    n_tags: int = 64  # classes of the training-time head that names each image token's field

    def to_json(self):
        return asdict(self)

    def sizes(self):
        """The sizes that files name."""
        return {name: getattr(self, name) for name in SIZES}


class RMSNorm(nn.Module):
    """x / rms(x) * weight over the last axis."""

    def __init__(self, dim, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


def rope_angles(positions, head_dim, theta):
    """cos and sin [.., t, head_dim/2] of the positions [.., t]."""
    pairs = torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float32)
    angles = positions[..., None].float() * theta ** (-pairs / head_dim)
    return angles.cos(), angles.sin()


def rotate(x, rope):
    """RoPE on interleaved pairs of x [.., heads, t, head_dim], as `rope_angles` gives them."""
    cos, sin = (beside_heads(r, 1) for r in rope)
    a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2).to(x.dtype)


def beside_heads(x, axes):
    """x [n, t, s] with `axes` axes of 1 for the heads behind n; x [t, s] broadcasts as it is."""
    return x if x.ndim < 3 else x[(slice(None), *[None] * axes)]


def attend(q, k, v, bias):
    """Grouped-query attention of q [.., heads, t, hd] over k, v [.., kv_heads, s, hd].

    bias [.., t, s] is added to the scores. -> [.., t, heads * hd]
    """
    heads, t, hd = q.shape[-3:]
    q = q.reshape(*q.shape[:-3], k.shape[-3], heads // k.shape[-3], t, hd)
    scores = (q * hd**-0.5) @ k[..., None, :, :].transpose(-1, -2) + beside_heads(bias, 2)
    y = scores.softmax(-1).to(v.dtype) @ v[..., None, :, :]
    y = y.reshape(*y.shape[:-4], heads, t, hd).transpose(-3, -2)
    return y.reshape(*y.shape[:-2], heads * hd)


def causal_bias(valid, dtype):
    """The bias [n, t, t] of sequences from position 0 whose rows `valid` [n, t] (bool) exist.

    Each row sees itself and the valid rows before it.
    """
    t = valid.shape[1]
    seen = torch.ones(t, t, dtype=torch.bool, device=valid.device).tril() & valid[:, None]
    seen = seen | torch.eye(t, dtype=torch.bool, device=valid.device)
    return torch.zeros(seen.shape, dtype=dtype, device=valid.device).masked_fill(~seen, MASKED)


def rows(x, select):
    """Rows `select` [.., m] of x [.., t, d]; a batch axis of 1 in x stands for any."""
    if select.ndim == 1:
        return x[select]
    x = x.expand(len(select), -1, -1)
    return torch.gather(x, 1, select[..., None].expand(-1, -1, x.shape[-1]))


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
    """One decoder layer. A `shared` layer reads the K and V of block 1's last layer."""

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
            # 8-bit observers take their place in quantization-aware training.
            self.see_k, self.see_v = nn.Identity(), nn.Identity()
        self.o = nn.Linear(c.n_heads * c.head_dim, c.dim, bias=False)
        self.ffn = FeedForward(c)
        depth = c.n_layers_kv + c.n_layers_shared
        for last in (self.o, self.ffn.down):
            nn.init.normal_(last.weight, std=0.02 / math.sqrt(2 * depth))

    def heads(self, x, n):
        """[.., t, n * head_dim] -> [.., n, t, head_dim]."""
        return x.unflatten(-1, (n, self.c.head_dim)).transpose(-2, -3)

    def queries(self, h, rope):
        """h = norm1(x) [.., t, dim] -> q [.., heads, t, head_dim]."""
        return self.q_norm(rotate(self.heads(self.q(h), self.c.n_heads), rope))

    def keys_values(self, h, rope):
        """h = norm1(x) [.., t, dim] -> k, v [.., kv_heads, t, head_dim]."""
        k = self.k_norm(rotate(self.heads(self.k(h), self.c.n_kv_heads), rope))
        return self.see_k(k), self.see_v(self.heads(self.v(h), self.c.n_kv_heads))

    def forward(self, x, h, k, v, bias, rope):
        """x [.., t, dim] and h = norm1(x), attending to k, v -> [.., t, dim]."""
        x = x + self.o(attend(self.queries(h, rope), k, v, bias))
        return x + self.ffn(self.norm2(x))


class Decoder(nn.Module):
    """Token ids and extra rows -> hidden rows and logits."""

    def __init__(self, c: DecoderConfig):
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c.vocab_size, c.dim)
        nn.init.normal_(self.embed.weight, std=0.02 * 4)
        self.block1 = nn.ModuleList(Layer(c, False) for _ in range(c.n_layers_kv))
        self.block2 = nn.ModuleList(Layer(c, True) for _ in range(c.n_layers_shared))
        self.norm = RMSNorm(c.dim, c.norm_eps)

    def run(self, x, rope, bias, select, past=(), guided=False):
        """The forward pass. Block 2 runs on the rows `select` [.., m] alone.

        x [.., t, dim], rope = cos, sin [.., t, head_dim/2], bias [.., t, past + t]; past: K and V
        [.., kv_heads, past, head_dim] of each layer of block 1, or nothing.
        -> hidden [.., m, dim] after the last norm; K and V as `past`, the new rows behind; with
        `guided` the scores of `guide`.
        """
        present = []
        for i, layer in enumerate(self.block1):
            h = layer.norm1(x)
            k, v = layer.keys_values(h, rope)
            if past:
                k, v = torch.cat([past[2 * i], k], -2), torch.cat([past[2 * i + 1], v], -2)
            present += [k, v]
            x = layer(x, h, k, v, bias, rope)
        x, bias, rope = rows(x, select), rows(bias, select), tuple(rows(r, select) for r in rope)
        scores = self.guide(x, k, bias, rope) if guided else None
        for layer in self.block2:
            x = layer(x, layer.norm1(x), k, v, bias, rope)
        return self.norm(x), present, scores

    def guide(self, x, k, bias, rope):
        """Attention scores [n, m, t] of the first head of block 2's first layer.

        Training asks that they point at the glyph being read. Left to itself the pointer was right
        nine times in ten while the letters were still guesses: no head fetched them.
        """
        layer = self.block2[0]
        q = layer.queries(layer.norm1(x), rope)[:, 0]
        return (q * self.c.head_dim**-0.5) @ k[:, 0].transpose(-1, -2) + bias

    def forward(self, ids, extra, valid, select, guided=False):
        """Whole sequences: ids [n, t], extra [n, t, dim], valid [n, t] bool, select [n, m].

        -> hidden [n, m, dim], and with `guided` the scores [n, m, t] of `guide`.
        """
        x = self.embed(ids) + extra
        positions = torch.arange(ids.shape[1], device=ids.device)[None]
        rope = rope_angles(positions, self.c.head_dim, self.c.rope_theta)
        bias = causal_bias(valid, x.dtype)
        hidden, _, scores = self.run(x, rope, bias, select, guided=guided)
        return (hidden, scores) if guided else hidden

    def logits(self, hidden):
        """[.., dim] -> [.., vocab_size], by the tied embedding."""
        tied = self.embed
        return tied.logits(hidden) if hasattr(tied, "logits") else hidden @ tied.weight.T


def matrices(decoder, parts=PARTS):
    """Every weight matrix of the layers: (path as in adapters, owning module, attribute).

    The path is that of models/FORMAT.md, e.g. `block1.0.ffn.gate`; block 2 has no `k` and `v`.
    """
    for block in ("block1", "block2"):
        for i, layer in enumerate(getattr(decoder, block)):
            for part in parts:
                owner = layer.ffn if part.startswith("ffn.") else layer
                name = part.removeprefix("ffn.")
                if hasattr(owner, name):
                    yield f"{block}.{i}.{part}", owner, name
