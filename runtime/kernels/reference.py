"""decoder.safetensors in numpy: packing, reading, writing, and the arithmetic of FORMAT.md to the
letter (slow).

The golden tests of the crate and the quantization-aware training both rest on this file; it imports
numpy only.
"""

import json
import math
import struct

import numpy as np

F = np.float32
TYPES = {"U8": np.uint8, "F32": np.float32}


# ---- packed matrices -----------------------------------------------------------------------------
def quantize(w, scale, bits):
    """w [rows, cols], scale [rows, groups] -> codes [rows, cols] u8."""
    w, scale = np.asarray(w, F), np.asarray(scale, F)
    s = np.repeat(scale, w.shape[1] // scale.shape[1], axis=1)
    ratio = np.divide(w, s, out=np.zeros_like(w), where=s > 0)
    return np.clip(np.floor(ratio + F(2 ** (bits - 1))), 0, 2**bits - 1).astype(np.uint8)


def dequantize(codes, scale, bits):
    """codes [rows, cols], scale [rows, groups] -> w [rows, cols] f32, exactly the values the
    kernels compute with.
    """
    level = codes.astype(F) - F((2**bits - 1) / 2)
    return level * np.repeat(np.asarray(scale, F), codes.shape[1] // scale.shape[1], axis=1)


def pack(codes, bits):
    """codes [rows, cols] -> U8 [tiles, blocks, 64]."""
    rows, cols = codes.shape
    per = 32 // bits
    tiles, blocks = -(-rows // 16), -(-cols // per)
    full = np.zeros((tiles * 16, blocks * per), np.uint8)
    full[:rows, :cols] = codes
    x = full.reshape(tiles, 16, blocks, per // 4, 4)  # column of the block = 4 * field + byte
    out = np.zeros((tiles, 16, blocks, 4), np.uint8)
    for field in range(per // 4):
        out |= x[:, :, :, field] << (bits * field)
    return np.ascontiguousarray(out.transpose(0, 2, 1, 3)).reshape(tiles, blocks, 64)


def unpack(packed, bits, rows, cols):
    """U8 [tiles, blocks, 64] -> codes [rows, cols]."""
    tiles, blocks, _ = packed.shape
    x = packed.reshape(tiles, blocks, 16, 4).transpose(0, 2, 1, 3)
    fields = [(x >> (bits * f)) & (2**bits - 1) for f in range(8 // bits)]
    return np.stack(fields, axis=3).reshape(tiles * 16, -1)[:rows, :cols]


def pack_scale(scale, rows):
    """scale [rows, groups] -> F32 [tiles, groups, 16]."""
    tiles = -(-rows // 16)
    full = np.zeros((tiles * 16, scale.shape[1]), F)
    full[:rows] = scale
    return np.ascontiguousarray(full.reshape(tiles, 16, -1).transpose(0, 2, 1))


def unpack_scale(packed, rows):
    """F32 [tiles, groups, 16] -> scale [rows, groups]."""
    tiles, groups, _ = packed.shape
    return packed.transpose(0, 2, 1).reshape(tiles * 16, groups)[:rows]


class Matrix:
    """Packed codes with their scales: `codes` [rows, cols] u8, `scale` [rows, groups] f32."""

    def __init__(self, codes, scale, bits):
        self.codes, self.scale, self.bits = codes, np.asarray(scale, F), bits

    @classmethod
    def from_float(cls, w, scale, bits):
        scale = np.asarray(scale, F).reshape(len(w), -1)
        return cls(quantize(w, scale, bits), scale, bits)

    def value(self):
        return dequantize(self.codes, self.scale, self.bits)


# ---- the file ------------------------------------------------------------------------------------
def shapes(c):
    """config -> ({matrix: (rows, cols)}, {vector: length})."""
    q, kv, d, f = (
        c["n_heads"] * c["head_dim"],
        c["n_kv_heads"] * c["head_dim"],
        c["dim"],
        c["ffn_dim"],
    )
    matrices, vectors = {"embed": (c["vocab_size"], d)}, {"norm": d}
    for i in range(c["n_layers_kv"] + c["n_layers_shared"]):
        own = i < c["n_layers_kv"]
        names = {"q": (q, d), "o": (d, q), "gate": (f, d), "up": (f, d), "down": (d, f)}
        names |= {"k": (kv, d), "v": (kv, d)} if own else {}
        matrices |= {f"layers.{i}.{n}": s for n, s in names.items()}
        lengths = {"attn_norm": d, "ffn_norm": d, "q_norm": c["head_dim"]} | (
            {"k_norm": c["head_dim"]} if own else {}
        )
        vectors |= {f"layers.{i}.{n}": s for n, s in lengths.items()}
    return matrices, vectors


def save(path, config, weights, attention):
    """weights: {name: Matrix | float array}: matrices of `shapes(config)`, vectors,
    `layers.i.kv_scale` [2].
    """
    matrices, vectors = shapes(config)
    tensors = {}
    for name, (rows, cols) in matrices.items():
        w = weights[name]
        assert (w.codes.shape if isinstance(w, Matrix) else np.shape(w)) == (rows, cols), (
            name,
            rows,
            cols,
        )
        if isinstance(w, Matrix):
            tensors[f"{name}.w{w.bits}"] = pack(w.codes, w.bits)
            tensors[f"{name}.scale"] = pack_scale(w.scale, rows)
        else:
            tensors[f"{name}.f32"] = np.asarray(w, F)
    for name, n in vectors.items():
        tensors[name] = np.asarray(weights[name], F).reshape(n)
    for i in range(config["n_layers_kv"]):
        if (name := f"layers.{i}.kv_scale") in weights:
            tensors[name] = np.asarray(weights[name], F).reshape(2)
    assert not set(weights) - set(matrices) - set(vectors) - set(tensors), (
        "unknown names in weights"
    )
    meta = {
        "format": "foveate-decoder",
        "version": "1",
        "config": json.dumps(config),
        "attention": attention,
    }
    save_tensors(path, tensors, meta)


def save_tensors(path, tensors, meta):
    """Packed codes first, so that each of them begins at a multiple of 64."""
    order = sorted(tensors, key=lambda n: (tensors[n].dtype != np.uint8, n))
    header, at = {"__metadata__": meta}, 0
    for n in order:
        t = tensors[n]
        header[n] = {
            "dtype": "U8" if t.dtype == np.uint8 else "F32",
            "shape": list(t.shape),
            "data_offsets": [at, at + t.nbytes],
        }
        at += t.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % 64)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for n in order:
            out.write(np.ascontiguousarray(tensors[n]).tobytes())


def load(path):
    """-> config, {name: Matrix | array}, attention. For trusted files: the reader that checks is
    the Rust one.
    """
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + n])
    meta = header.pop("__metadata__")
    config = json.loads(meta["config"])
    raw = {}
    for name, t in header.items():
        a, b = t["data_offsets"]
        raw[name] = np.frombuffer(data[8 + n + a : 8 + n + b], TYPES[t["dtype"]]).reshape(
            t["shape"]
        )
    weights = {}
    for name, (rows, cols) in shapes(config)[0].items():
        if f"{name}.f32" in raw:
            weights[name] = raw.pop(f"{name}.f32")
            continue
        bits = next(b for b in (2, 4, 8) if f"{name}.w{b}" in raw)
        codes = unpack(raw.pop(f"{name}.w{bits}"), bits, rows, cols)
        weights[name] = Matrix(codes, unpack_scale(raw.pop(f"{name}.scale"), rows), bits)
    return config, weights | raw, meta["attention"]


# ---- the arithmetic ------------------------------------------------------------------------------
def dot(a, b):
    """Sum of a * b over the last axis, in the crate's order: 16 lanes, then their halves folded."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    pad = [(0, 0)] * (len(shape) - 1) + [(0, -shape[-1] % 16)]
    a, b = np.pad(np.broadcast_to(a, shape), pad), np.pad(np.broadcast_to(b, shape), pad)
    lanes = np.zeros((*shape[:-1], 16), F)
    for i in range(0, a.shape[-1], 16):
        lanes = lanes + a[..., i : i + 16] * b[..., i : i + 16]
    while lanes.shape[-1] > 1:
        half = lanes.shape[-1] // 2
        lanes = lanes[..., :half] + lanes[..., half:]
    return lanes[..., 0]


def exp(x):
    """e^x in f32, the crate's polynomial (Cephes `expf`)."""
    x = np.clip(x, F(-87), F(88))
    n = np.round(x * F(1.4426950408889634))
    r = (x - n * F(0.6933594)) + n * F(2.1219444e-4)
    p = np.full_like(x, F(1.9875691e-4))
    for c in (1.3981999e-3, 8.333452e-3, 4.1665796e-2, 0.16666665, 0.5):
        p = p * r + F(c)
    return ((p * (r * r) + r) + F(1)) * np.ldexp(F(1), n.astype(np.int32))


def quantize_rows(x):
    """x [..., n] f32 -> xq [..., n] int64 in -127..127, s [...] f32."""
    a = np.max(np.abs(x), axis=-1, keepdims=True).astype(F)
    small = a < F(2.0**-100)
    a1 = np.where(small, F(1), a)
    xq = np.where(small, F(0), np.round(x * (F(127) / a1)))
    return xq.astype(np.int64), np.where(small, F(0), a / F(127))[..., 0].astype(F)


def product(x, w):
    """x [t, cols] f32 times a Matrix or a float [rows, cols] -> [t, rows] f32."""
    if not isinstance(w, Matrix):
        return dot(x[:, None].astype(F), np.asarray(w, F))
    xq, s = quantize_rows(x)
    rows, cols = w.codes.shape
    n = cols // w.scale.shape[1]
    total = None
    for g in range(w.scale.shape[1]):
        part = xq[:, g * n : (g + 1) * n]
        acc = 2 * (part @ w.codes[:, g * n : (g + 1) * n].astype(np.int64).T) - (
            2**w.bits - 1
        ) * part.sum(1, keepdims=True)
        p = (acc.astype(F) * F(0.5)) * w.scale[:, g]
        total = p if total is None else (total + p).astype(F)
    return (s[:, None] * total).astype(F)


def rmsnorm(x, w, eps):
    r = F(1) / np.sqrt(dot(x, x)[..., None] / F(x.shape[-1]) + F(eps))
    return (x * r) * np.asarray(w, F)


def rope(x, positions, theta):
    """x [t, heads, head_dim], pairs (2i, 2i+1)."""
    d = x.shape[-1]
    angle = np.asarray(positions, np.float64)[:, None] * theta ** (-np.arange(0, d, 2) / d)
    cos, sin = np.cos(angle).astype(F)[:, None], np.sin(angle).astype(F)[:, None]
    a, b = x[..., 0::2], x[..., 1::2]
    return np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1).reshape(x.shape)


def to_grid(x, scale):
    return np.clip(np.round(x / F(scale)), -128, 127).astype(np.int64)


def attend(q, k, v, k_scale, v_scale, attention, rows):
    """q [t, heads, d] at cache rows `rows`; k, v [n, kv_heads, d] (integers when scales are given)
    -> [t, heads * d].
    """
    t, heads, d = q.shape
    group = heads // k.shape[1]
    out = np.zeros((t, heads, d), F)
    for h in range(heads):
        for i in range(t):
            kh, vh = k[: rows[i] + 1, h // group], v[: rows[i] + 1, h // group]
            if attention == "int8":
                qq, s = quantize_rows(q[i, h])
                score = (kh @ qq).astype(F) * (s * F(k_scale) * (F(1) / np.sqrt(F(d))))
                p = np.round(exp(score - score.max()) * F(16383)).astype(np.int64)
                out[i, h] = (p @ vh).astype(F) * (F(v_scale) / F(p.sum()))
            else:
                score = dot((kh * F(k_scale)).astype(F), q[i, h]) * (F(1) / np.sqrt(F(d)))
                p = exp(score - score.max())
                p = p / np.cumsum(p, dtype=F)[-1]
                for pj, vj in zip(p, (vh * F(v_scale)).astype(F)):
                    out[i, h] += pj * vj
    return out.reshape(t, heads * d)


def run(config, w, attention, ids, extra=None, positions=None, select=None):
    """A whole prompt from an empty cache -> logits [m, vocab], hidden [m, dim] of the rows `select`
    (all without).
    """
    c, t = config, len(ids)
    positions = np.arange(t) if positions is None else np.asarray(positions)
    select = np.arange(t) if select is None else np.asarray(select)
    eps, heads, kv_heads, d = c["norm_eps"], c["n_heads"], c["n_kv_heads"], c["head_dim"]
    embed = w["embed"].value() if isinstance(w["embed"], Matrix) else np.asarray(w["embed"], F)
    x = embed[np.asarray(ids)]
    x = x if extra is None else x + np.asarray(extra, F)
    at, pos = np.arange(t), positions
    for i in range(c["n_layers_kv"] + c["n_layers_shared"]):
        m = {
            n: w.get(f"layers.{i}.{n}")
            for n in "attn_norm ffn_norm q_norm k_norm kv_scale q k v o gate up down".split()
        }
        if i == c["n_layers_kv"]:  # block 2 only where logits are wanted
            x, at, pos = x[select], select, positions[select]
        h = rmsnorm(x, m["attn_norm"], eps)
        if i < c["n_layers_kv"]:
            k = product(h, m["k"]).reshape(len(x), kv_heads, d)
            k = rmsnorm(rope(k, pos, c["rope_theta"]), m["k_norm"], eps)
            v = product(h, m["v"]).reshape(len(x), kv_heads, d)
            k_scale, v_scale = (1.0, 1.0) if m["kv_scale"] is None else m["kv_scale"]
            if m["kv_scale"] is not None:
                k, v = to_grid(k, k_scale), to_grid(v, v_scale)
        q = product(h, m["q"]).reshape(len(x), heads, d)
        q = rmsnorm(rope(q, pos, c["rope_theta"]), m["q_norm"], eps)
        x = x + product(attend(q, k, v, k_scale, v_scale, attention, at), m["o"])
        h = rmsnorm(x, m["ffn_norm"], eps)
        g = product(h, m["gate"])
        x = x + product((g / (F(1) + exp(-g))) * product(h, m["up"]), m["down"])
    x = x if c["n_layers_shared"] else x[select]
    hidden = rmsnorm(x, w["norm"], eps)
    return product(hidden, w["embed"]), hidden


def random_decoder(config, seed=0, bits=2, embed_bits=4, groups=1, attention="int8", kv_scale=True):
    """Random weights of a shape, for tests: `bits` or `embed_bits` of None means float."""
    rng = np.random.default_rng(seed)
    matrices, vectors = shapes(config)
    w = {}
    for name, (rows, cols) in matrices.items():
        b = embed_bits if name == "embed" else bits
        x = rng.standard_normal((rows, cols)).astype(F) / F(math.sqrt(cols))
        n = groups if cols % (16 * groups) == 0 else 1
        scale = np.abs(x).reshape(rows, n, -1).max(-1) / F(2 ** ((b or 1) - 1))
        w[name] = x if b is None else Matrix.from_float(x, scale, b)
    for name, n in vectors.items():
        w[name] = (1 + 0.1 * rng.standard_normal(n)).astype(F)
    for i in range(config["n_layers_kv"] if kv_scale else 0):
        w[f"layers.{i}.kv_scale"] = np.array([4 / 127, 4 / 127], F)
    return config, w, attention
