"""Rounds the products with weights of `vision.onnx` to 8 bits, one matrix at a time.

    cd training && python -m server.int8_vit DIR OUT

`int8.py` holds a graph and its copies in memory, which 1B parameters in float32 do not allow here.
Each `MatMul` with a weight becomes ONNX Runtime's `DynamicQuantizeMatMul`: int8 weights with a
scale for each output channel, activations rounded to uint8 as they come, bias added by the same
node. All else stays float32; the some forty nodes of an attention become ONNX Runtime's
`MultiHeadAttention`, which goes over keys and values block by block.
"""

import os
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

from graph import forget_origins

DOMAIN = "com.microsoft"


def rounded(w):
    """[k, n] float32 -> int8 [k, n] and scales [n]; symmetric, as the kernels add no offset."""
    scale = np.maximum(np.abs(w).max(0), 1e-12).astype(np.float32) / 127
    return np.rint(w / scale).astype(np.int8), scale


def products(graph):
    """(weight's name, Transpose node, MatMul node, Add node of the bias) of each linear layer."""
    weights = {w.name for w in graph.initializer}
    made = {out: node for node in graph.node for out in node.output}
    used = {name: node for node in graph.node for name in node.input}
    for node in graph.node:
        turned = made.get(node.input[1]) if node.op_type == "MatMul" else None
        if turned is None or turned.op_type != "Transpose" or turned.input[0] not in weights:
            continue
        yield turned.input[0], turned, node, used[node.output[0]]


def replace(graph, found, folder):
    """Puts one product on int8; gives its new initializers, and the nodes that go."""
    name, turned, product, add = found
    weight = next(w for w in graph.initializer if w.name == name)
    values, scale = rounded(numpy_helper.to_array(weight, folder).T)
    bias = next(x for x in add.input if x != product.output[0])
    names = [f"{name}.int8", f"{name}.scale", f"{name}.zero"]
    new = [values, scale, np.zeros(len(scale), np.int8)]
    made = [numpy_helper.from_array(x, n) for n, x in zip(names, new)]
    inputs = [product.input[0], *names, bias]
    add.CopyFrom(helper.make_node("DynamicQuantizeMatMul", inputs, add.output, domain=DOMAIN))
    return made, weight, (turned, product)


def ints(name, made):
    """The whole numbers that the constant `name` is; of anything else none."""
    node = made.get(name)
    is_constant = node is not None and node.op_type == "Constant"
    return list(node.attribute[0].ints) if is_constant else []


def fuse_attention(graph):
    """Makes each attention over queries, keys and values of one product one node."""
    made = {out: node for node in graph.node for out in node.output}
    used = {name: node for node in graph.node for name in node.input}
    for weighted in [used[n.output[0]] for n in graph.node if n.op_type == "Softmax"]:
        values = made[weighted.input[1]]
        turned = made.get(values.input[0])
        if values.op_type != "Gather" or turned is None or turned.op_type != "Transpose":
            continue
        # [n, rows, 3 * heads * size] as [n, rows, 3, heads, size]
        split = made[turned.input[0]]
        sizes = [ints(name, made) for name in made[split.input[1]].input]
        joined = used[used[weighted.output[0]].output[0]]
        if len(sizes) != 5 or sizes[2] != [3] or joined.op_type != "Reshape":
            continue
        parts = [f"{joined.output[0]}.{part}" for part in ("queries", "keys", "values")]
        apart = helper.make_node("Split", split.input[:1], parts, axis=-1, num_outputs=3)
        graph.node.insert(list(graph.node).index(joined), apart)
        joined.CopyFrom(
            helper.make_node(
                "MultiHeadAttention", parts, joined.output, domain=DOMAIN, num_heads=sizes[3][0]
            )
        )
    forget_unused(graph)


def forget_unused(graph):
    """Drops the nodes that no output needs."""
    needed, kept = {out.name for out in graph.output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))


def rewrite(folder, out):
    """Reads `folder/vision.onnx`, writes `out/vision.onnx` with its weights beside it."""
    os.makedirs(out, exist_ok=True)
    model = onnx.load(os.path.join(folder, "vision.onnx"), load_external_data=False)
    graph, gone = model.graph, []
    for found in list(products(graph)):
        made, weight, nodes = replace(graph, found, folder)
        graph.initializer.remove(weight)
        graph.initializer.extend(made)
        gone += nodes
    for node in gone:
        graph.node.remove(node)
    fuse_attention(graph)
    for w in graph.initializer:  # what stays float32 is small
        if w.data_location == onnx.TensorProto.EXTERNAL:
            w.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(w, folder), w.name))
    model.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    del graph.value_info[:]
    forget_origins(model)
    onnx.save(
        model, os.path.join(out, "vision.onnx"), save_as_external_data=True,
        location="vision.onnx.data",
    )  # fmt: skip
    return len(gone) // 2


def main():
    folder, out = sys.argv[1:]
    print(f"{rewrite(folder, out)} products on int8")


if __name__ == "__main__":
    main()
