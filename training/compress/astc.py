"""ASTC 6x6 textures as storage: 128 bits for 36 weights, 3.56 a weight (as published for AFM 2025's
server model, arXiv:2507.13575).

A band of six rows has a minimum and a step (float16): weight = minimum + step * texel, texels 0 to
255 of one channel. Encoded by Arm's astcenc (package `astc-encoder-py`), in the LDR profile: on
normal weights its error is 0.203, that of the HDR profile 0.237 (log, compress-2).

- astc R: what is left of the matrix when its R largest singular vectors are kept as a low-rank
  update in float16.
"""

import numpy as np
import torch

SIDE, BLOCK = 6, 16  # texels of a block's side, bytes of a block
LEAST_STEP = 2.0**-24  # float16's least number over 0
# astcenc's 0 (fastest) to 100. Of 60 and 98 the error was 1% and 2% less, in 2 and 5 times the
# time.
QUALITY = 10


def encoder():
    """A context and its package; made anew, since one keeps the memory of its largest picture."""
    try:
        import astc_encoder
    except ImportError:
        raise SystemExit("ASTC needs astc-encoder-py: pip install astc-encoder-py") from None
    config = astc_encoder.ASTCConfig(astc_encoder.ASTCProfile.LDR, SIDE, SIDE, 1, QUALITY)
    return astc_encoder, astc_encoder.ASTCContext(config)


def bands(rows):
    return -(-rows // SIDE)


def ranges(w):
    """Minimum and step (float16) of each six rows of `w [rows, cols]`."""
    starts = np.arange(0, len(w), SIDE)
    low = np.minimum.reduceat(w.min(1), starts).astype(np.float16)
    high = np.maximum.reduceat(w.max(1), starts)
    step = ((high - low.astype(np.float32)) / 255).astype(np.float16)
    return low, np.maximum(step, np.float16(LEAST_STEP))


def of_rows(values, rows):
    """[bands] float16 -> [rows, 1] float32."""
    return np.repeat(values.astype(np.float32), SIDE)[:rows, None]


def encoded(w):
    """`w [rows, cols]` -> blocks [bands, ceil(cols / 6), 16] u8, and minima and steps [bands]."""
    astc, context = encoder()
    rows, cols = w.shape
    low, step = ranges(w)
    texels = ((w - of_rows(low, rows)) / of_rows(step, rows) / 255).clip(0, 1)
    pixels = np.repeat(texels.astype(np.float32)[..., None], 4, -1)
    picture = astc.ASTCImage(astc.ASTCType.F32, cols, rows, data=pixels.tobytes())
    blocks = context.compress(picture, astc.ASTCSwizzle.from_str("RRR1"))
    return np.frombuffer(blocks, np.uint8).reshape(bands(rows), -1, BLOCK), low, step


def decoded(blocks, low, step, rows, cols):
    """The weights [rows, cols], float32. The library's decoder may round a texel the other way."""
    astc, context = encoder()
    picture = astc.ASTCImage(astc.ASTCType.U8, cols, rows)
    context.decompress(blocks.tobytes(), picture, astc.ASTCSwizzle.from_str("RGBA"))
    texels = np.frombuffer(picture.data, np.uint8).reshape(rows, cols, 4)[..., 0]
    return of_rows(low, rows) + of_rows(step, rows) * texels


def largest(w, rank):
    """The update of the `rank` largest singular vectors: a [rank, cols], b [rows, rank] in half."""
    u, s, v = torch.linalg.svd(torch.from_numpy(w).double(), full_matrices=False)
    root = s[:rank].sqrt()
    return [x.half().numpy() for x in (root[:, None] * v[:rank], u[:, :rank] * root)]


def stored(w, rank=0):
    """The tensors of a matrix [rows, cols] or of matrices [n, rows, cols], by the ends of their
    names (runtime/kernels/src/astc.rs)."""
    parts, out = w.reshape(-1, *w.shape[-2:]).astype(np.float32), {}
    if rank:
        pairs = [largest(part, rank) for part in parts]
        a, b = (np.stack(x) for x in zip(*pairs))
        out |= {"lora_a": a, "lora_b": b}
        parts = parts - b.astype(np.float32) @ a.astype(np.float32)
    blocks, low, step = encoded(parts.reshape(-1, w.shape[-1]))
    out |= {"astc": blocks, "min": low, "step": step}
    # Files take arrays as they lie in memory.
    return {name: np.ascontiguousarray(x) for name, x in out.items()}


def restored(tensors, shape):
    """What `stored` stands for, float32 of `shape`."""
    rows = int(np.prod(shape[:-1]))
    w = decoded(*(tensors[k] for k in ("astc", "min", "step")), rows, shape[-1]).reshape(shape)
    if "lora_a" in tensors:
        a, b = (tensors[k].astype(np.float32) for k in ("lora_a", "lora_b"))
        w = w + (b @ a).reshape(shape)
    return w


def bytes_of(rows, cols, rank):
    """Bytes of a matrix: blocks, minima and steps, the update."""
    return bands(rows) * (-(-cols // SIDE) * BLOCK + 4) + 2 * rank * (rows + cols)
