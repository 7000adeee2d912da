"""Writes the graphs of `spotting.rs`, stand-ins for a text spotter's whose answers are obvious.

find.onnx: the probability of text is 0 where a pixel is black, 1 where one of its channels is full.
turn.onnx: a line is upside down where its left half is blue. read.onnx: a strip of 8 pixels is
blank where it is dark, else `a` where it is mostly red, `b` green, a space where it is blue.
nan.onnx: as find.onnx, all NaN. nameless.onnx and short.onnx: as read.onnx, without an alphabet and
with too short a one. Channels come as blue, green, red, each from -1 to 1.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = Path(__file__).parent / "spotting"


def write(name, nodes, shapes, weights=(), metadata=None):
    values = [
        helper.make_tensor_value_info(port, TensorProto.FLOAT, shape)
        for port, shape in zip("xy", shapes)
    ]
    weights = [
        numpy_helper.from_array(np.array(value, dtype), key) for key, value, dtype in weights
    ]
    graph = helper.make_graph(nodes, name, values[:1], values[1:], weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name=""
    )
    helper.set_model_props(model, metadata or {})
    checker.check_model(model)
    save(model, HERE / f"{name}.onnx")


picture, line = ["n", 3, "height", "width"], ["n", 3, 48, "width"]

# The sum of the channels, each from -1..1 to 0..1.
sums = [("halves", [[[[0.5]], [[0.5]], [[0.5]]]], np.float32), ("bias", [1.5], np.float32)]
find = [helper.make_node("Conv", ["x", "halves", "bias"], ["y"])]
write("find", find, [picture, ["n", 1, "height", "width"]], sums)

nan = [
    helper.make_node("Conv", ["x", "halves", "bias"], ["p"]),
    helper.make_node("Sub", ["p", "p"], ["zero"]),
    helper.make_node("Div", ["zero", "zero"], ["y"]),
]
write("nan", nan, [picture, ["n", 1, "height", "width"]], sums)

# Blue of the left half, of which a fifth is enough: a crop has dark margins.
turn = [
    helper.make_node("AveragePool", ["x"], ["means"], kernel_shape=[48, 96], strides=[48, 96]),
    helper.make_node("Slice", ["means", "first", "last", "axes"], ["blue"]),
    helper.make_node("Flatten", ["blue"], ["flat"]),
    helper.make_node("Add", ["flat", "least"], ["much"]),
    helper.make_node("Mul", ["much", "signs"], ["scores"]),
    helper.make_node("Softmax", ["scores"], ["y"], axis=1),
]
turn_weights = [
    ("first", [0, 0], np.int64),
    ("last", [1, 1], np.int64),
    ("axes", [1, 3], np.int64),
    ("least", [0.6], np.float32),
    ("signs", [[-20.0, 20.0]], np.float32),
]
write("turn", turn, [["n", 3, 48, 192], ["n", 2]], turn_weights)

# Scores of blank, a, b and space from the mean blue, green and red of a strip.
mix = [[[0, 0, 0]], [[-1, -1, 2]], [[-1, 2, -1]], [[2, -1, -1]]]
mix = ("mix", (np.array(mix, np.float32).reshape(4, 3, 1, 1) * 10), np.float32)
bias = ("bias", [10.0, 0, 0, 0], np.float32)
read = [
    helper.make_node("AveragePool", ["x"], ["means"], kernel_shape=[48, 8], strides=[48, 8]),
    helper.make_node("Conv", ["means", "mix", "bias"], ["mixed"]),
    helper.make_node("Squeeze", ["mixed", "two"], ["rows"]),
    helper.make_node("Transpose", ["rows"], ["scores"], perm=[0, 2, 1]),
    helper.make_node("Softmax", ["scores"], ["y"], axis=2),
]
weights = [mix, bias, ("two", [2], np.int64)]
write("read", read, [line, ["n", "columns", 4]], weights, {"character": "a\nb"})
write("nameless", read, [line, ["n", "columns", 4]], weights)
write("short", read, [line, ["n", "columns", 4]], weights, {"character": "a"})
