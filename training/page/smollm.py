"""SmolLM2 out of its GGUF file: tokenizer, frozen weights, LoRA on seven matrices a layer.

Rows of q and k are kept in the published order (half-split rotary); the file holds them
interleaved. Shapes are `[out, in]`, as `torch.nn.functional.linear` takes them.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

# LoRA: rank, and what the product is multiplied by. Hu et al. 2021 (arXiv:2106.09685) use alpha =
# 2 * rank or less; that is the scale.
RANK, SCALE = 16, 2.0
# What products are done in: bfloat16, but on processors with AVX2 alone, where it is far slower
# than float32. Not measured, as `device.fastest` does, so that a run goes on in its own format.
WORK = torch.float32 if torch.backends.cpu.get_cpu_capability() == "AVX2" else torch.bfloat16
MATRICES = {
    "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output",
    "ffn.gate": "ffn_gate", "ffn.up": "ffn_up", "ffn.down": "ffn_down",
}  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """What the file says of itself."""

    dim: int
    layers: int
    heads: int
    kv_heads: int
    theta: float
    eps: float
    vocab: int

    @property
    def head_dim(self):
        return self.dim // self.heads


def open_gguf(path):
    """The reader of the `gguf` package, and a function that gives a tensor as float32."""
    import gguf

    reader = gguf.GGUFReader(path)
    tensors = {t.name: t for t in reader.tensors}

    def value(name):
        t = tensors[name]
        return gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32)

    return reader, value


def field(reader, name):
    """A value of the file's header, a list where it holds one."""
    f = reader.fields[f"{name}"]
    values = [f.parts[i] for i in f.data]
    if f.types[-1].name == "STRING":
        values = [bytes(v).decode() for v in values]
    else:
        values = [v[0].item() for v in values]
    return values if f.types[0].name == "ARRAY" else values[0]


def sizes_of(reader):
    get = lambda key: field(reader, f"llama.{key}")  # noqa: E731
    return Sizes(
        get("embedding_length"), get("block_count"), get("attention.head_count"),
        get("attention.head_count_kv"), get("rope.freq_base"),
        get("attention.layer_norm_rms_epsilon"), len(field(reader, "tokenizer.ggml.tokens")),
    )  # fmt: skip


def tokenizer_of(reader):
    """The byte-level BPE of the file; special tokens only by their names in `special`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    tokens = field(reader, "tokenizer.ggml.tokens")
    merges = [tuple(m.split(" ")) for m in field(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def half_split(rows, heads):
    """Rows of q or k from the file's interleaved order to the published one."""
    n = rows.shape[0] // heads
    return rows.reshape(heads, n // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)


class Linear(nn.Module):
    """A frozen matrix and its update in float32, which `own` turns off."""

    own = True

    def __init__(self, weight, rank=RANK):
        super().__init__()
        out, width = weight.shape
        self.register_buffer("weight", torch.tensor(weight).to(WORK), persistent=False)
        self.a = nn.Parameter(torch.empty(rank, width))
        self.b = nn.Parameter(torch.zeros(out, rank))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))

    @property
    def alpha(self):
        """The scale as adapters tell it: times the rank."""
        return SCALE * len(self.a)

    def forward(self, x):
        if not self.own:
            return F.linear(x, self.weight)
        low = F.linear(x, self.a.to(x.dtype))
        return F.linear(x, self.weight) + F.linear(low, self.b.to(x.dtype) * SCALE)


def rms(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def rotated(x, cos, sin):
    """Half-split rotary embedding of `[b, heads, t, head_dim]`."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Layer(nn.Module):
    def __init__(self, value, i, sizes, rank=RANK):
        super().__init__()
        self.sizes = sizes
        for name, file in MATRICES.items():
            weight = value(f"blk.{i}.{file}.weight")
            if name in "qk":
                weight = half_split(weight, sizes.heads if name == "q" else sizes.kv_heads)
            self.add_module(name.replace(".", "_"), Linear(np.ascontiguousarray(weight), rank))
        for name in ("attn_norm", "ffn_norm"):
            weight = torch.tensor(value(f"blk.{i}.{name}.weight"))
            self.register_buffer(name, weight, persistent=False)

    def attend(self, x, turns, mask, past, kept):
        s = self.sizes
        heads = lambda y, n: y.view(*y.shape[:2], n, s.head_dim).transpose(1, 2)  # noqa: E731
        q = rotated(heads(self.q(x), s.heads), *turns)
        k = rotated(heads(self.k(x), s.kv_heads), *turns)
        v = heads(self.v(x), s.kv_heads)
        if kept is not None:
            kept.append((k, v))
        if past is not None:
            before = [y.expand(len(x), -1, -1, -1) for y in past]
            k, v = (torch.cat(pair, 2) for pair in zip(before, (k, v), strict=True))
        # Plain products: with a mask, PyTorch's fused attention was slower on CPUs.
        groups = s.heads // s.kv_heads
        q = q.unflatten(1, (s.kv_heads, groups)).flatten(2, 3) * s.head_dim**-0.5
        scores = (q @ k.transpose(-1, -2)).unflatten(2, (groups, -1)) + mask
        y = (scores.softmax(-1).flatten(2, 3) @ v).unflatten(2, (groups, -1)).flatten(1, 2)
        return self.o(y.transpose(1, 2).flatten(2))

    def forward(self, x, turns, mask, past=None, kept=None):
        s = self.sizes
        half = lambda w: rms(x, w, s.eps).to(WORK)  # noqa: E731
        x = x + self.attend(half(self.attn_norm), turns, mask, past, kept)
        y = half(self.ffn_norm)
        return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))


class SmolLM(nn.Module):
    """The decoder with updates, and the map from a word's place to what is added to its tokens.

    `features`: width of the place's description; `rank`: of the updates.
    """

    def __init__(self, reader, value, features, rank=RANK):
        super().__init__()
        self.sizes = sizes = sizes_of(reader)
        embedding = torch.tensor(value("token_embd.weight"))
        self.register_buffer("embedding", embedding, persistent=False)
        self.register_buffer("head", embedding.to(WORK), persistent=False)
        self.register_buffer("norm", torch.tensor(value("output_norm.weight")), persistent=False)
        self.layers = nn.ModuleList(Layer(value, i, sizes, rank) for i in range(sizes.layers))
        self.place = nn.Parameter(torch.zeros(features, sizes.dim))

    def turns(self, positions):
        """Cosines and sines of `[b, t]` positions: `[b, 1, t, head_dim / 2]`."""
        half = self.sizes.head_dim // 2
        exponents = torch.arange(half, device=positions.device) / half
        angles = positions[:, None, :, None].float() * self.sizes.theta**-exponents
        return angles.cos().to(WORK), angles.sin().to(WORK)

    def hidden(self, ids, features, positions, mask, past=None, kept=None):
        """`[b, t, dim]` after the last norm. `mask [b, t, t]`: true where a row may look.

        `past`: keys and values of rows before these, `[1, kv_heads, n, head_dim]` a layer; the
        mask is then `[b, t, n + t]`. Those of these rows are added to the list `kept`.
        """
        bias = torch.zeros(mask.shape, dtype=WORK, device=mask.device)
        bias = bias.masked_fill(~mask, -1e4)[:, None, None]
        x = self.embedding[ids] + features @ self.place
        turns = self.turns(positions)
        for i, layer in enumerate(self.layers):
            x = layer(x, turns, bias, past and past[i], kept)
        return rms(x, self.norm, self.sizes.eps).to(WORK)

    def logits(self, hidden):
        return F.linear(hidden, self.head).float()
