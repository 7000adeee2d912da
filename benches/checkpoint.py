#!/usr/bin/env python3
"""Our kernels beside llama.cpp on one GGUF file, in turns: reading a prompt, decoding, memory.

    pip install llama-cpp-py-sync numpy        # llama.cpp as a wheel, compiled for AVX2
    cargo build --release -p foveate-kernels --example checkpoint
    python3 benches/checkpoint.py MODEL.gguf --binary target/release/examples/checkpoint

Prints tokens a second by the clock and, for one thread, by the processor time of that thread: on a
machine that does other work the second says more. Both are asked for the logits of the prompt's last
token and of each decoded one; the cache is int8 in ours and float16 in theirs, their default.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path


def ours(binary, file, threads, prompt, tokens):
    command = [binary, "bench", file, threads, "int8", prompt, tokens]
    out = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout
    found = {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out)}
    return {k: found[k] for k in ("prefill", "prefill_cpu", "decode", "decode_cpu", "peak")}


def theirs(file, threads, prompt, tokens):
    command = [sys.executable, __file__, file, "--one", str(threads), "--prompt", str(prompt), "--tokens", str(tokens)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def one(file, threads, prompt, tokens):
    """Measures llama.cpp in this process."""
    from llama_cpp_py_sync._cffi_bindings import get_ffi, get_lib

    ffi, ll = get_ffi(), get_lib()
    quiet = ffi.callback("void(enum ggml_log_level, const char *, void *)", lambda *_: None)
    ll.llama_log_set(quiet, ffi.NULL)
    ll.llama_backend_init()
    mp = ll.llama_model_default_params()
    model = ll.llama_model_load_from_file(str(file).encode(), mp)
    vocab = ll.llama_vocab_n_tokens(ll.llama_model_get_vocab(model))
    cp = ll.llama_context_default_params()
    cp.n_ctx, cp.n_batch, cp.n_ubatch = prompt + tokens + 64, max(prompt, 32), max(prompt, 32)
    cp.n_threads = cp.n_threads_batch = threads
    context = ll.llama_init_from_model(model, cp)
    batch = ll.llama_batch_init(cp.n_batch, 0, 1)

    def decode(n, start):
        batch.n_tokens = n
        for i in range(n):
            batch.token[i] = ((start + i) * 2654435761) % vocab
            batch.pos[i], batch.n_seq_id[i], batch.seq_id[i][0] = start + i, 1, 0
            batch.logits[i] = i == n - 1
        begin = time.perf_counter(), time.thread_time()
        assert ll.llama_decode(context, batch) == 0
        assert ll.llama_get_logits_ith(context, -1) != ffi.NULL
        return [time.perf_counter() - begin[0], time.thread_time() - begin[1]]

    decode(8, 0)
    ll.llama_memory_clear(ll.llama_get_memory(context), True)
    wall, cpu = decode(prompt, 0)
    stretches = []
    for s in range(8):
        times = [decode(1, prompt + s * (tokens // 8) + i) for i in range(tokens // 8)]
        stretches.append([len(times) / sum(t) for t in zip(*times)])
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
    walls, cpus = zip(*stretches)
    print(json.dumps({
        "prefill": prompt / wall, "prefill_cpu": prompt / cpu, "decode": statistics.median(walls),
        "decode_cpu": statistics.median(cpus), "peak": peak,
    }))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file", type=Path)
    p.add_argument("--binary", type=Path, help="our example `checkpoint`, built for release")
    p.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--prompt", type=int, default=512)
    p.add_argument("--tokens", type=int, default=64)
    p.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.one:
        return one(args.file, args.one, args.prompt, args.tokens)
    print("| threads | what | ours | llama.cpp | ours / theirs, range |\n|---|---|---|---|---|")
    for threads in args.threads:
        rounds = []
        for _ in range(args.rounds):
            sizes = (threads, args.prompt, args.tokens)
            rounds.append((ours(args.binary, args.file, *sizes), theirs(args.file, *sizes)))
        for what in ("prefill", "prefill_cpu", "decode", "decode_cpu", "peak"):
            if what.endswith("cpu") and threads > 1:
                continue
            a, b = ([r[side][what] for r in rounds] for side in (0, 1))
            ratios = sorted(x / y for x, y in zip(a, b))
            middle = statistics.median(ratios)
            cells = f"{statistics.median(a):.1f} | {statistics.median(b):.1f}"
            print(f"| {threads} | {what} | {cells} | {middle:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |", flush=True)
    print(f"\nLoad when finished: {os.getloadavg()[0]:.1f}. Peak memory of llama.cpp includes Python's, some 30 MB.")


if __name__ == "__main__":
    main()
