"""Writes pool.onnx, a stand-in for `vision.onnx` whose answer is obvious: the feature of a patch is
its mean colour.
"""

from pathlib import Path

from onnx import TensorProto, checker, helper, save

nodes = [
    helper.make_node("AveragePool", ["pixels"], ["means"], kernel_shape=[16, 16], strides=[16, 16]),
    helper.make_node("Transpose", ["means"], ["features"], perm=[0, 2, 3, 1]),
]
pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["views", 3, "height", "width"])
features = helper.make_tensor_value_info(
    "features", TensorProto.FLOAT, ["views", "rows", "columns", 3]
)
graph = helper.make_graph(nodes, "pool", [pixels], [features])
model = helper.make_model(
    graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name=""
)
checker.check_model(model)
save(model, Path(__file__).parent / "pool.onnx")
