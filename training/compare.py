"""Says of every file of two bundles whether it is the same.

    python compare.py models/nano runs/recipe/nano

`bytes`: identical. `graph`: an ONNX file with the same nodes, weights and outputs in the same
order, though its values have other names. `sums`: a `config.json` that names other SHA-256 alone.
`differs`: anything else. The exit status is 1 if a file differs or is missing.
"""

import argparse
import hashlib
import json
import os

import onnx

MISSING, BYTES, GRAPH, SUMS, DIFFERS = "missing", "bytes", "graph", "sums", "differs"


def files(folder):
    """Paths of all files below `folder`, relative to it."""
    found = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return sorted(os.path.relpath(path, folder) for path in found)


def weight_key(w):
    """What a graph's constant is, whatever it is called."""
    digest = hashlib.sha256(onnx.numpy_helper.to_array(w).tobytes()).hexdigest()
    return f"{w.data_type} {list(w.dims)} {digest}"


def canonical(graph):
    """A graph's nodes and outputs, values named by the order in which they are made."""
    names = {x.name: x.name for x in graph.input} | {
        w.name: weight_key(w) for w in graph.initializer
    }
    nodes = []
    for node in graph.node:
        inputs = [names.get(x, x) for x in node.input]
        for x in node.output:
            names[x] = f"value {len(names)} of {len(nodes)}"
        attributes = sorted(a.SerializeToString(deterministic=True) for a in node.attribute)
        nodes.append((node.op_type, inputs, [names[x] for x in node.output], attributes))
    return nodes, [(x.name, names[x.name]) for x in graph.output]


def same_graph(a, b):
    """Whether two ONNX files compute the same by the same steps."""
    one, other = onnx.load(a), onnx.load(b)
    opsets = [[(o.domain, o.version) for o in m.opset_import] for m in (one, other)]
    return opsets[0] == opsets[1] and canonical(one.graph) == canonical(other.graph)


def same_but_sums(a, b):
    """Whether two configurations differ in the SHA-256 of files alone."""

    def rest(path):
        with open(path) as file:
            return json.load(file, object_hook=lambda part: part | {"sha256": None})

    return rest(a) == rest(b)


def verdict(a, b):
    """How two files compare."""
    if not (os.path.exists(a) and os.path.exists(b)):
        return MISSING
    with open(a, "rb") as x, open(b, "rb") as y:
        if x.read() == y.read():
            return BYTES
    if a.endswith("config.json") and same_but_sums(a, b):
        return SUMS
    return GRAPH if a.endswith(".onnx") and same_graph(a, b) else DIFFERS


def compare(a, b):
    """{file: verdict} of two folders."""
    names = sorted({*files(a), *files(b)})
    return {name: verdict(os.path.join(a, name), os.path.join(b, name)) for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("a")
    parser.add_argument("b")
    args = parser.parse_args()
    found = compare(args.a, args.b)
    for name, how in found.items():
        print(f"{how:8} {name}")
    raise SystemExit(any(how in (MISSING, DIFFERS) for how in found.values()))


if __name__ == "__main__":
    main()
