"""How far matrices are from themselves at fewer bits: the Frobenius norm of the error over that of
the matrix, of real matrices and of a random one (normal, and with heavier tails)."""

import numpy as np

from .methods import Method, bytes_of, compressed

# First, middle and last layer of the decoder, narrow and wide.
REAL = ("layers.0.q", "layers.0.ffn.up", "layers.11.ffn.down", "layers.15.o", "layers.15.ffn.gate",
        "layers.29.v", "layers.29.ffn.down")  # fmt: skip
METHODS = (
    "round 3 32", "round 4 32", "round 3 row", "palette 3 16", "palette 4 16", "float palette 3 16",
    "float palette 4 16", "astc 0", "astc 4", "astc 16",
)  # fmt: skip


def random_matrices(rows=576, cols=1536):
    """Normal weights, and those of Student's t with 5 degrees of freedom: as heavy in the tails as
    many real matrices."""
    rng = np.random.default_rng(0)
    normal, heavy = rng.standard_normal((rows, cols)), rng.standard_t(5, (rows, cols))
    return {"normal": normal.astype(np.float32), "Student's t, 5": heavy.astype(np.float32)}


def gone(w, method):
    """The relative error of a matrix."""
    return np.linalg.norm(compressed(w, method) - w) / np.linalg.norm(w)


def row(matrices, name):
    """Bits a weight over all matrices, and the error of each."""
    method = Method.named(name)
    size = sum(bytes_of(method, *w.shape) for w in matrices.values())
    bits = 8 * size / sum(w.size for w in matrices.values())
    return bits, [gone(w, method) for w in matrices.values()]


def show(matrices):
    """Prints the table, row by row."""
    head = ("method", "bits a weight", *matrices)
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head), flush=True)
    for name in METHODS:
        bits, lost = row(matrices, name)
        cells = [name, f"{bits:.2f}", *(f"{e:.3f}" for e in lost)]
        print("| " + " | ".join(cells) + " |", flush=True)
