"""Writes the graphs that the tests of this folder run: `python graphs.py`.

add.onnx   sum [n, 3] = a [n, 3] + b [3] external.onnx  sum [1] = a [1] + w [1], with w in another
file long.onnx  2,000 products of matrices, one after the other step.onnx  what a decoder's step
does, in small: present [2, past+t, 4] = past [2, past, 4] ++ new [2, t, 4],
           attention [2, t, past+t] = softmax(new x present^T), next [t] i64 = ids [t] + 1
int8.onnx  product [n, 2] = x [n, 64] w and picture [n, 2, 1, 1] = conv(x as [n, 64, 1, 1]), in 8
bits, every weight 127 or -127: steps of x and of weights are 1, of both results 8,192
"""

from pathlib import Path

from onnx import TensorProto, checker, helper, numpy_helper, save
import numpy as np

HERE = Path(__file__).parent
F32, I64 = TensorProto.FLOAT, TensorProto.INT64


def write(name, nodes, inputs, outputs, constants=()):
    ports = [[helper.make_tensor_value_info(*port) for port in side] for side in (inputs, outputs)]
    graph = helper.make_graph(
        nodes, name, *ports, [numpy_helper.from_array(value, key) for key, value in constants]
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name=""
    )
    checker.check_model(model)
    save(model, HERE / f"{name}.onnx")


write(
    "add",
    [helper.make_node("Add", ["a", "b"], ["sum"])],
    [("a", F32, ["n", 3]), ("b", F32, [3])],
    [("sum", F32, ["n", 3])],
)
write(
    "step",
    [
        helper.make_node("Concat", ["past", "new"], ["present"], axis=1),
        helper.make_node("Transpose", ["present"], ["keys"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["new", "keys"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["attention"], axis=-1),
        helper.make_node("Add", ["ids", "one"], ["next"]),
    ],
    [("past", F32, [2, "past", 4]), ("new", F32, [2, "t", 4]), ("ids", I64, ["t"])],
    [
        ("present", F32, [2, "total", 4]),
        ("attention", F32, [2, "t", "total"]),
        ("next", I64, ["t"]),
    ],
    [("one", np.array(1, np.int64))],
)


def external():
    """sum = a + w, with w in the file weights.bin beside the graph."""
    weight = TensorProto(name="w", data_type=F32, dims=[1], data_location=TensorProto.EXTERNAL)
    weight.external_data.add(key="location", value="weights.bin")
    ports = [[helper.make_tensor_value_info(name, F32, [1])] for name in ("a", "sum")]
    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "w"], ["sum"])], "external", *ports, [weight]
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name=""
    )
    (HERE / "external.onnx").write_bytes(model.SerializeToString())


external()
LONG = 2_000
write(
    "long",
    [helper.make_node("MatMul", [f"x{i or ''}", "x"], [f"x{i + 1}"]) for i in range(LONG)],
    [("x", F32, [256, 256])],
    [(f"x{LONG}", F32, [256, 256])],
)


def int8():
    """Products of whole numbers whose sums of two overflow 16 bits."""
    weights = np.stack([np.full(64, 127), np.where(np.arange(64) < 32, 127, -127)], 1)
    quantized = lambda name, step, zero: [  # noqa: E731
        helper.make_node("QuantizeLinear", [name, step, zero], [f"{name}8"]),
        helper.make_node("DequantizeLinear", [f"{name}8", step, zero], [f"{name}q"]),
    ]
    nodes = [
        *quantized("x", "one", "zero"),
        helper.make_node("DequantizeLinear", ["w", "one", "none_w"], ["wq"]),
        helper.make_node("MatMul", ["xq", "wq"], ["xw"]),
        *quantized("xw", "step", "middle"),
        helper.make_node("Identity", ["xwq"], ["product"]),
        helper.make_node("Reshape", ["xq", "shape"], ["planes"]),
        helper.make_node("DequantizeLinear", ["k", "one", "none_k"], ["kq"]),
        helper.make_node("Conv", ["planes", "kq"], ["conv"]),
        *quantized("conv", "step", "middle"),
        helper.make_node("Identity", ["convq"], ["picture"]),
    ]
    write(
        "int8",
        nodes,
        [("x", F32, ["n", 64])],
        [("product", F32, ["n", 2]), ("picture", F32, ["n", 2, 1, 1])],
        [
            ("one", np.float32(1)),
            ("zero", np.uint8(0)),
            # One for each: where weights share it, ONNX Runtime 1.31 cannot widen them.
            ("none_w", np.int8(0)),
            ("none_k", np.int8(0)),
            ("step", np.float32(STEP)),
            ("middle", np.uint8(0)),
            ("w", weights.astype(np.int8)),
            ("k", weights.T.reshape(2, 64, 1, 1).astype(np.int8)),
            ("shape", np.array([-1, 64, 1, 1])),
        ],
    )


STEP = 8_192
int8()
