#!/usr/bin/env python3
"""Our kernels beside llama.cpp on one GGUF file, in turns: reading a prompt, decoding, memory.

    pip install xllamacpp        # llama.cpp as a wheel, compiled for AVX2, FMA and F16C
    cargo build --release -p foveate-kernels --example checkpoint
    python3 benches/checkpoint.py MODEL.gguf --binary target/release/examples/checkpoint

Ours is measured on the best instruction set of the machine and on AVX2, which is all that the wheel
knows. Prints tokens a second by the clock and, for one thread, by processor time: on a machine that
does other work the second says more. The cache is int8 in ours and float16 in theirs, their
default.
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

MEASURES = ("prefill", "prefill_cpu", "decode", "decode_cpu", "peak")


def ours(binary, file, threads, prompt, tokens, cpu=None):
    """One process of ours."""
    command = [binary, "bench", file, threads, "int8", prompt, tokens]
    env = os.environ | ({"FOVEATE_CPU": cpu} if cpu else {})
    out = subprocess.run(
        list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, env=env
    ).stdout
    found = dict(re.findall(r"(\w+)=([\d.]+)", out))
    return {k: float(found[k]) for k in MEASURES}


def theirs(file, threads, prompt, tokens):
    """One process of llama.cpp."""
    sizes = ["--one", str(threads), "--prompt", str(prompt), "--tokens", str(tokens)]
    command = [sys.executable, __file__, file, *sizes]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def one(file, threads, prompt, tokens):
    """Measures llama.cpp in this process: a request for one token, and one for some more."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel = prompt + tokens + 64, 1
    params.n_batch = params.n_ubatch = max(prompt, 32)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cache_ram_mib, params.n_ctx_checkpoints = 0, 0
    server = xllamacpp.Server(params)

    def request(n):
        ids = [(i * 2654435761) % 49152 for i in range(prompt)]
        asked = dict(prompt=ids, n_predict=n, temperature=0, ignore_eos=True, cache_prompt=False)
        start = time.process_time()
        answer = server.handle_completions(asked)
        answer = json.loads(answer) if isinstance(answer, (str, bytes)) else answer
        seconds, timings = time.process_time() - start, answer["timings"]
        assert timings["prompt_n"] == prompt and timings["predicted_n"] == n
        return seconds, timings["prompt_ms"] / 1e3, timings["predicted_ms"] / 1e3

    first, read, _ = request(1)
    both, _, decode = request(tokens + 1)
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    rates = [prompt / read, prompt / first, tokens / decode, tokens / (both - first), peak]
    print(json.dumps(dict(zip(MEASURES, rates))))


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
    args.binary = args.binary.resolve()
    print(
        "| threads | what | ours | ours, AVX2 | llama.cpp | ours / theirs | AVX2 / theirs |\n"
        "|---|---|---|---|---|---|---|"
    )
    for threads in args.threads:
        rounds = []
        for _ in range(args.rounds):
            sizes = (threads, args.prompt, args.tokens)
            mine = (
                ours(args.binary, args.file, *sizes),
                ours(args.binary, args.file, *sizes, cpu="avx2"),
            )
            rounds.append((*mine, theirs(args.file, *sizes)))
        for what in MEASURES:
            if what.endswith("cpu") and threads > 1:
                continue
            columns = [[r[side][what] for r in rounds] for side in range(3)]
            cells = [f"{statistics.median(c):.1f}" for c in columns]
            for mine in columns[:2]:
                ratios = sorted(x / y for x, y in zip(mine, columns[2]))
                cells.append(
                    f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
                )
            print(f"| {threads} | {what} | " + " | ".join(cells) + " |", flush=True)
    print(
        f"\nLoad when finished: {os.getloadavg()[0]:.1f}. "
        "Peak memory of llama.cpp includes Python's, some 30 MB."
    )


if __name__ == "__main__":
    main()
