"""Rounds the products with weights of encoder, adapter and mixer to 8 bits, a scale for each output
channel.

    python int8.py --bundle ../models/nano --generator ../target/release/foveate-datasets \\
        --out ../runs/nano8

Convolutions and matrix products of which one side is a weight run on int8 in ONNX Runtime;
attention, norms and sums stay in float32, where rounding cost more time than it saved. Ranges of
activations are those of crops of the train split (`--crops` of each kind); those of the mixer are
found as it runs. `sums.py` is to be run on the bundle that the graphs are put into.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from graph import forget_origins
from records import Stream, add_generator

KINDS = "crops,flyercrops"


class Given(CalibrationDataReader):
    """Batches of a graph's one input."""

    def __init__(self, name, batches):
        self.rest = iter([{name: batch} for batch in batches])

    def get_next(self):
        return next(self.rest, None)


def crops(generator, kinds, count, size, seed):
    """Batches of four crops, `count` of each kind."""
    batches = []
    for kind in kinds:
        options = ["--kind", kind, "--split", "train", "--size", str(size)]
        with Stream(generator, [*options, "--count", str(count)], seed) as stream:
            pictures = [record.pixels for record in stream.take(count)]
        batches += [normal(pictures[i : i + 4]) for i in range(0, count, 4)]
    return batches


def normal(pictures):
    """u8 `[h, w, 3]` each -> float32 `[n, 3, h, w]` in -1..1."""
    return np.stack(pictures).transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1


def is_rounded(graph):
    return any(n.op_type in ("DequantizeLinear", "MatMulInteger") for n in graph.node)


def unhalved(path, out):
    """The graph with its float16 weights as float32 ones (`graph.halve`), under the same names."""
    model = onnx.load(path)
    graph = model.graph
    if is_rounded(graph):
        raise SystemExit(f"{path} is rounded already: begin with what export.py wrote")
    weights = {w.name: w for w in graph.initializer}
    casts = [n for n in graph.node if n.op_type == "Cast" and n.input[0] in weights]
    for cast in casts:
        half = weights[cast.input[0]]
        value = onnx.numpy_helper.to_array(half).astype(np.float32)
        half.CopyFrom(onnx.numpy_helper.from_array(value, cast.output[0]))
        graph.node.remove(cast)
    onnx.save(model, out)


def attention(path):
    """Names of the matrix products of two activations."""
    graph = onnx.load(path).graph
    weights = {w.name for w in graph.initializer}
    products = [n for n in graph.node if n.op_type in ("MatMul", "Gemm")]
    return [n.name for n in products if n.input[1] not in weights]


def rounded(path, out, given, percentile):
    """Writes the graph of `path` with its products with weights rounded."""
    method = CalibrationMethod.Percentile if percentile else CalibrationMethod.MinMax
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        unhalved(path, plain)
        quantize_static(
            plain, out, given, quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "MatMul"], per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=method, nodes_to_exclude=attention(plain),
            extra_options={"CalibPercentile": percentile} if percentile else {},
        )  # fmt: skip
    tidy(out)


def rounded_as_it_runs(path, out):
    """The same with the ranges of activations found at each run: inputs of any kind."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        unhalved(path, plain)
        quantize_dynamic(plain, out, per_channel=True, weight_type=QuantType.QInt8,
                         extra_options={"MatMulConstBOnly": True})  # fmt: skip
    tidy(out)


def milliseconds(path, feed, runs=12):
    """Least processor time of some runs on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # As `runtime/onnx` sets it: without VNNI sums of 8-bit products overflow else.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    times = []
    for _ in range(runs):
        began = time.process_time()
        session.run(None, feed)
        times.append(time.process_time() - began)
    return 1e3 * min(times)


def tidy(path):
    model = onnx.load(path)
    forget_origins(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser()
    add_generator(parser)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the rounded graphs")
    parser.add_argument("--graphs", default="vision.onnx,adapter.onnx", help="encoder and adapter")
    parser.add_argument("--kinds", default=KINDS, help="the generator's kinds of crops")
    parser.add_argument("--crops", type=int, default=48, help="of each kind")
    parser.add_argument("--size", type=int, default=448)
    parser.add_argument("--percentile", type=float, default=0, help="of activations; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    pixels = crops(args.generator, args.kinds.split(","), args.crops, args.size, args.seed)
    encoder, adapter = args.graphs.split(",")
    session = onnxruntime.InferenceSession(
        str(args.bundle / encoder), providers=["CPUExecutionProvider"]
    )
    features = [session.run(None, {"pixels": batch})[0] for batch in pixels]
    given = {encoder: Given("pixels", pixels), adapter: Given("features", features)}
    for name, batches in given.items():
        rounded(args.bundle / name, args.out / name, batches, args.percentile)
    graph = onnx.load(args.bundle / "mixer.onnx").graph
    if is_rounded(graph):  # as of a bundle that shares it with another
        shutil.copy(args.bundle / "mixer.onnx", args.out / "mixer.onnx")
    else:
        rounded_as_it_runs(args.bundle / "mixer.onnx", args.out / "mixer.onnx")
    dim = graph.input[0].type.tensor_type.shape.dim[-1].dim_value
    tokens = np.random.default_rng(args.seed).standard_normal((500, dim)).astype(np.float32)
    one = {encoder: {"pixels": pixels[0][:1]}, adapter: {"features": features[0][:1]}}
    for name, feed in (one | {"mixer.onnx": {"tokens": tokens}}).items():
        before, after = (milliseconds(folder / name, feed) for folder in (args.bundle, args.out))
        print(f"{name}: {before:.1f} -> {after:.1f} ms of processor time")


if __name__ == "__main__":
    main()
