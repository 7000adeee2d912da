"""What a view costs at full size, float32 and int8, beside this machine's peak.

    cd training && python -m server.bench_vit DIR [--side 672] [--runs 2]

Random weights, OpenCLIP's ViT-g-14. Export, rounding and each measurement are processes of their
own, one after another: each holds up to 5 GB. The peak is that of bare matrix products of the
encoder's own largest shape, before and after the views in the same process: the larger counts.
Rates are of processor seconds over all threads, which other programs on the machine disturb less.
Appends a row to `DIR/bench.jsonl` and prints the table.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np

from .int8_vit import DOMAIN, rewrite, rounded


def processor():
    """The processor's name, as the system has it."""
    with open("/proc/cpuinfo") as f:
        names = [line.split(":")[1].strip() for line in f if line.startswith("model name")]
    return names[0] if names else platform.processor()


def export(folder, side):
    import torch

    from .export_vit import config_for, export_vit
    from .vit import Vit

    torch.manual_seed(0)
    os.makedirs(os.path.join(folder, "float32"), exist_ok=True)
    vit = Vit(config_for("openclip", side)).eval()
    export_vit(vit, os.path.join(folder, "float32", "vision.onnx"))


def operations(c, grid):
    """Of a view: two a weight and row, and those of attention."""
    rows = 1 + grid * grid
    weights = c.n_layers * c.width * (4 * c.width + 2 * c.ffn_dim)
    patches = 3 * c.patch**2 * c.width
    return 2 * rows * (weights + patches) + 4 * rows * rows * c.width * c.n_layers


def open_session(model, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # As `runtime/onnx` sets it: without VNNI sums of 8-bit products overflow else.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def bare_product(kind, rows, k, n, threads):
    """A session of one product [rows, k] x [k, n] in the arithmetic of `kind`."""
    from onnx import TensorProto, helper, numpy_helper

    w = np.random.default_rng(0).standard_normal((k, n)).astype(np.float32)
    if kind == "float32":
        weights = [numpy_helper.from_array(w, "w")]
        node = helper.make_node("MatMul", ["x", "w"], ["y"])
    else:
        values, scale = rounded(w)
        parts = {"w": values, "s": scale, "z": np.zeros(n, np.int8)}
        weights = [numpy_helper.from_array(x, name) for name, x in parts.items()]
        node = helper.make_node("DynamicQuantizeMatMul", ["x", *parts], ["y"], domain=DOMAIN)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, k])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, n])
    graph = helper.make_graph([node], "bare", [x], [y], weights)
    sets = [helper.make_opsetid("", 20), helper.make_opsetid(DOMAIN, 1)]
    model = helper.make_model(graph, opset_imports=sets, ir_version=10)
    return open_session(model.SerializeToString(), threads)


def peak(kind, rows, threads, runs=3, products=50):
    """Operations a processor second of bare products; the best run. A product takes milliseconds,
    and some systems count a thread's processor time by ticks as long: a run is many."""
    k, n = 1408, 6144
    session = bare_product(kind, rows, k, n, threads)
    feed = {"x": np.random.default_rng(1).standard_normal((rows, k)).astype(np.float32)}
    times = [timed(session, feed, products)[1] for _ in range(runs)]
    return 2 * rows * k * n * products / min(times)


def timed(session, feed, times=1):
    """Seconds of the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(times):
        session.run(None, feed)
    return time.perf_counter() - clock, time.process_time() - processor


def measure(folder, kind, side, runs, threads):
    """A row of the table."""
    from .vit import OPENCLIP_G

    c = replace(OPENCLIP_G, grid=side // 14)
    rows = 1 + c.grid**2
    peaks = [peak(kind, rows, threads)]
    session = open_session(os.path.join(folder, kind, "vision.onnx"), threads)
    pixels = np.random.default_rng(0).standard_normal((1, 3, side, side)).astype(np.float32)
    times = [timed(session, {"pixels": pixels}) for _ in range(runs)]
    del session
    peaks.append(peak(kind, rows, threads))
    of_processor = min(t[1] for t in times)
    rate = operations(c, c.grid) / of_processor
    return {
        "kind": kind, "side": side, "threads": threads, "seconds a view": round(min(times)[0], 2),
        "processor seconds": round(of_processor, 2),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "GOPS": round(rate / 1e9, 1), "GOPS of bare products": round(max(peaks) / 1e9, 1),
        "share": round(rate / max(peaks), 3), "load": os.getloadavg()[0], "machine": processor(),
    }  # fmt: skip


def step(args, name):
    options = {"side": args.side, "runs": args.runs, "threads": args.threads, "step": name}
    told = [part for key, value in options.items() for part in (f"--{key}", str(value))]
    command = [sys.executable, "-m", "server.bench_vit", args.folder, *told]
    subprocess.run(command, check=True)


def table(rows):
    names = [name for name in rows[0] if name != "machine"]
    print(f"{rows[-1]['machine']}\n| " + " | ".join(names) + " |\n|" + "---|" * len(names))
    for row in rows:
        print("| " + " | ".join(str(row[name]) for name in names) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="9 GB of disk")
    parser.add_argument("--side", type=int, default=672)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=0, help="0: ONNX Runtime's choice")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    args = parser.parse_args()
    rows = os.path.join(args.folder, "bench.jsonl")
    if args.step == "export":
        return export(args.folder, args.side)
    if args.step == "round":
        return rewrite(*(os.path.join(args.folder, kind) for kind in ("float32", "int8")))
    if args.step:
        row = measure(args.folder, args.step, args.side, args.runs, args.threads)
        with open(rows, "a") as f:
            f.write(json.dumps(row) + "\n")
        return None
    for name in ("export", "round", "float32", "int8"):
        step(args, name)
    with open(rows) as f:
        table([json.loads(line) for line in f])


if __name__ == "__main__":
    main()
