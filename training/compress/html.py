"""One page on which a matrix's bits can be changed: size, time and loss follow."""

import json
from pathlib import Path

from .methods import Method

TEMPLATE = Path(__file__).with_name("page.html")
# Forms of runtime/kernels (operations.rs) that run a choice. Three bits have no kernel of their
# own: eight entries run as codes of four bits.
FORMS = {
    "palette 2 16": "p2g", "palette 3 16": "p4g", "palette 4 16": "p4g",
    "round 2 row": "w2", "round 4 row": "w4", "round 8 row": "w8",
}  # fmt: skip
SHIPPED = {True: "q8_0", False: "q4_1"}  # the embedding, the others


def times_of(path):
    """{(rows, cols, form): microseconds a row when decoding, and of 64} of the example's lines."""
    if not path:
        return {}
    rows = [json.loads(line) for line in Path(path).read_text().splitlines() if line]
    return {(r["rows"], r["cols"], r["form"]): (r["decode"], r["prefill"]) for r in rows}


def time_of(matrix, choice, times):
    """Microseconds of a matrix, or `None` where no kernel was timed."""
    form = FORMS.get(choice) or (SHIPPED[matrix.layer < 0] if choice == "as shipped" else None)
    return times.get((matrix.rows, matrix.cols, form))


def decoding(model, chosen, times):
    """Microseconds a token of all matrices one after another; `None` where a kernel is missing."""
    each = [time_of(m, chosen[m.name], times) for m in model.matrices]
    return None if None in each else sum(t[0] for t in each)


def rate(model, chosen, times, measured=0.0):
    """Tokens a second, or `None`. `measured`: of the file as shipped, in whole; what it takes
    beyond its matrices is added to every choice."""
    time = decoding(model, chosen, times)
    whole = decoding(model, dict.fromkeys(chosen, "as shipped"), times)
    rest = 1e6 / measured - whole if measured and whole else 0.0
    return None if time is None else 1e6 / (time + max(rest, 0.0))


def bits_of(choice):
    return 8 if choice == "as shipped" else Method.named(choice).bits


def data(model, options, times, chosen, shipped):
    """What the page shows. `options {name: [(bytes, loss, choice)]}`."""
    matrices = []
    for m in model.matrices:
        rows = []
        for size, loss, choice in options[m.name]:
            decode, prefill = time_of(m, choice, times) or (None, None)
            rows.append({"choice": choice, "bits": bits_of(choice), "bytes": size,
                         "loss": loss, "decode": decode, "prefill": prefill})  # fmt: skip
        matrices.append({"name": m.name, "layer": m.layer, "part": m.part, "rows": m.rows,
                         "cols": m.cols, "options": rows, "chosen": chosen[m.name]})  # fmt: skip
    time = None
    if times:
        each = [time_of(m, "as shipped", times) for m in model.matrices]
        time = None if None in each else [sum(t[i] for t in each) for i in (0, 1)]
    whole = sum(m.shipped for m in model.matrices)
    return {"matrices": matrices, "perplexity": shipped.get("perplexity"),
            "shipped": {"bytes": whole, "time": time}}  # fmt: skip


def page(*args):
    """The page, self-contained; arguments as `data`."""
    text = json.dumps(data(*args), separators=(",", ":")).replace("<", "\\u003c")
    template = TEMPLATE.read_text(encoding="utf-8")
    return template.replace("/*DATA*/null", text)
