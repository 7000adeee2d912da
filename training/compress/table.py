"""The table: bits, bytes, perplexity and answers of every method."""

import json
import os
import time

from . import feedback
from .measure import answers, perplexity
from .methods import Method, bytes_of, compressed

SHIPPED = "as shipped"
# The published embedding has 4 bits: of rows that do not say that it is as shipped.
EMBEDDING = "palette 4 16"
# What is added to a row's name where the embedding is not touched, and where errors are
# handed on (feedback.py).
KEPT, FEEDBACK = ", embedding as shipped", " with feedback"
METHODS = (
    "round 4 32", "round 3 32", "round 2 32", "round 4 row", "round 3 row", "round 2 row",
    "palette 4 16", "palette 3 16", "palette 2 16", "float palette 4 16", "float palette 2 16",
    "astc 0", "astc 4",
)  # fmt: skip
ROWS = (
    SHIPPED,
    f"embedding alone: {EMBEDDING}",
    *(method + KEPT for method in METHODS),
    *(f"palette {bits} 16{KEPT}{FEEDBACK}" for bits in (4, 3, 2)),
    *("palette 4 16", "palette 4 16" + FEEDBACK),
)


def choice_of(model, name):
    """{matrix name: choice} of a row that treats all matrices alike; none where as shipped."""
    out = {m.name: SHIPPED for m in model.matrices}
    name = name.removesuffix(FEEDBACK)
    if name != SHIPPED and not name.endswith(KEPT):
        out[model.matrices[0].name] = EMBEDDING
    if name not in ROWS[:2]:
        choice = str(Method.named(name.removesuffix(KEPT)))
        out |= {m.name: choice for m, _ in model.linears()}
    return out


def size_of(model, chosen):
    """Bytes of all matrices, and bits a weight."""
    total = 0
    for m in model.matrices:
        choice = chosen[m.name]
        cost = m.shipped if choice == SHIPPED else bytes_of(Method.named(choice), m.rows, m.cols)
        total += cost
    return total, 8 * total / sum(m.weights for m in model.matrices)


def values(model, matrix, choice, grams=None):
    """What a matrix becomes; with `grams {name: ...}` errors are handed on."""
    w = model.value(matrix.file)
    if choice == SHIPPED:
        return w
    if grams and matrix.name in grams:
        return feedback.compressed(w, Method.named(choice), grams[matrix.name])
    return compressed(w, Method.named(choice))


def put(model, chosen, grams=None):
    """Makes the model what was chosen."""
    for m in model.matrices:
        model.put(m, values(model, m, chosen[m.name], grams))


def scores(model, page, windows, dev, update=None):
    """Perplexity without the page's update, answers with it; `update`: one more, on both."""
    start = time.time()
    model.update("recovery", update)
    model.update("page", None)
    out = {"perplexity": round(perplexity(model.net, windows), 3)}
    model.update("page", page)
    out |= answers(model.net, dev)
    model.update("page", None)
    model.update("recovery", None)
    return out | {"seconds": round(time.time() - start)}


def row(model, page, windows, dev, name, chosen, grams=None):
    """One method's row."""
    total, bits = size_of(model, chosen)
    put(model, chosen, grams)
    out = {"method": name, "bytes": total, "bits": round(bits, 3)}
    return out | scores(model, page, windows, dev)


def add(path, row):
    """Appends a row to the JSON lines of `path`."""
    with open(path, "a") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row), flush=True)


def read(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file]


def markdown(rows, rates):
    """`rates {method: tokens a second}` where a kernel exists."""
    head = ("method", "bits a weight", "MB", "perplexity", "fields", "asked", "absent",
            "right", "tokens/s")  # fmt: skip
    out = ["| " + " | ".join(head) + " |", "|---|" + "---|" * (len(head) - 1)]
    share = lambda r, kind: f"{r[kind]:.3f}" if kind in r else "-"  # noqa: E731
    for r in rows:
        cells = [r["method"], f"{r['bits']:.2f}", f"{r['bytes'] / 1e6:.1f}",
                 f"{r['perplexity']:.2f}", *(share(r, k) for k in ("fields", "asked", "absent")),
                 f"{r['right']} of {r['of']}", rates.get(r["method"], "-")]  # fmt: skip
        out.append("| " + " | ".join(cells) + " |")
    return "\n".join(out)
