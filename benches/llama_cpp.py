#!/usr/bin/env python3
"""Our decoder beside llama.cpp: same shape, same threads, one run, taking turns. Prints a table in
Markdown.

    python3 benches/llama_cpp.py [--shapes 30m 300m 3b] [--threads 1 2] [--rounds 5] [--quick] \
        [--fresh]

The first call builds llama.cpp (package llama-cpp-python, from its source package) in
`.venv-llama`, which takes a while; files of random weights are made once in `.cache/llama-cpp`, and
what was measured is kept there too, so that an interrupted run goes on where it stopped. README.md
beside this file says what is compared and what is not.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tarfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-llama"
PYTHON = VENV / "bin" / "python"
CACHE = ROOT / ".cache" / "llama-cpp"
VERSION = "0.3.36"  # of llama-cpp-python; the structures of its C interface change with it
KINDS = ["TQ2_0", "Q2_K", "Q4_0"]
OURS = ["ours", "ours, K and V not shared"]
STRETCHES = 8  # of decoding, as in runtime/kernels/src/bench.rs
LIBRARY = VENV / "build" / "bin"
# Native instructions and a release, both its own defaults; of llama.cpp only the library, without
# common code, tests or programs.
FLAGS = ["CMAKE_BUILD_TYPE=Release", "BUILD_SHARED_LIBS=ON", "GGML_NATIVE=ON"] + [
    f"LLAMA_{name}=OFF"
    for name in "BUILD_COMMON BUILD_TESTS BUILD_EXAMPLES BUILD_SERVER BUILD_TOOLS OPENSSL".split()
]
ENV = os.environ | {
    "LLAMA_CPP_LIB_PATH": str(LIBRARY),
    "LD_LIBRARY_PATH": os.pathsep.join([str(LIBRARY), os.environ.get("LD_LIBRARY_PATH", "")]),
    "PATH": os.pathsep.join([str(PYTHON.parent), os.environ["PATH"]]),
}


def build(jobs):
    """llama-cpp-python of our version in a virtual environment, and llama.cpp from the same source
    package, unless they are there. The package would build twice as much as is needed, and from the
    beginning whenever it is interrupted.
    """
    asked = [
        PYTHON,
        "-I",
        "-c",
        f"import llama_cpp, gguf; assert llama_cpp.__version__ == '{VERSION}'",
    ]
    if (
        PYTHON.exists()
        and subprocess.run(asked, env=ENV, stderr=subprocess.DEVNULL).returncode == 0
    ):
        return
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "cmake", "ninja", "numpy", "gguf"], check=True)
    source = VENV / f"llama_cpp_python-{VERSION}"
    package = VENV / f"{source.name}.tar.gz"
    if not source.exists():
        asked = [
            "--no-deps",
            "--no-binary",
            "llama-cpp-python",
            "--dest",
            VENV,
            f"llama-cpp-python=={VERSION}",
        ]
        subprocess.run([*pip, "download", *asked], check=True)
        with tarfile.open(package) as tar:
            tar.extractall(VENV, filter="data")
    flags = [f"-D{flag}" for flag in FLAGS]
    cmake = [
        PYTHON.parent / "cmake",
        "-G",
        "Ninja",
        "-S",
        source / "vendor" / "llama.cpp",
        "-B",
        VENV / "build",
    ]
    subprocess.run([*cmake, *flags], check=True, env=ENV)
    subprocess.run(
        [cmake[0], "--build", VENV / "build", "--target", "llama", "-j", str(jobs)],
        check=True,
        env=ENV,
    )
    alone = ENV | {"CMAKE_ARGS": "-DLLAMA_BUILD=OFF -DLLAVA_BUILD=OFF"}
    subprocess.run([*pip, "install", package], check=True, env=alone)


def build_ours():
    """Our benchmark, the example `bench` of the kernels' crate; gives its path."""
    cargo = [
        "cargo",
        "build",
        "--release",
        "-p",
        "foveate-kernels",
        "--example",
        "bench",
        "--message-format=json",
    ]
    out = subprocess.run(cargo, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [m["executable"] for m in map(json.loads, out.splitlines()) if m.get("executable")]
    return Path(found[-1])


def model(shape, kind):
    """The file of random weights, made unless it is there; written aside and moved, so that a half
    is never found.
    """
    path = CACHE / f"{shape}-{kind}.gguf"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        code = "import sys; import gguf_random; gguf_random.write(*sys.argv[1:])"
        subprocess.run([PYTHON, "-c", code, part, shape, kind], check=True, cwd=ROOT / "benches")
        part.rename(path)
    return path


def measure_ours(binary, shape, threads, prompt, tokens):
    """One process of ours: {contender: {prefill, decode, share}}, tokens a second and the share of
    the memory bandwidth.
    """
    command = [binary, shape, threads, prompt, tokens, "--decoder-only"]
    out = subprocess.run(
        list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    numbers = [
        [float(n) for n in re.findall(pattern, out)]
        for pattern in (
            r"prefill +([\d.]+) tokens",
            r"decode +([\d.]+) tokens",
            r"share reached ([\d.]+)%",
        )
    ]
    return {
        name: dict(zip(("prefill", "decode", "share"), values))
        for name, values in zip(OURS, zip(*numbers))
    }


def measure_theirs(path, threads, prompt, tokens):
    """One process of llama.cpp: {prefill, decode}, tokens a second. Isolated (`-I`), so that the
    package `llama_cpp` is not this file.
    """
    command = [PYTHON, "-I", __file__, "--one", path, threads, prompt, tokens]
    out = subprocess.run(
        list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, env=ENV
    ).stdout
    return json.loads(out)


def one(path, threads, prompt, tokens):
    """Measures llama.cpp in this process as runtime/kernels/src/bench.rs measures ours: the prompt
    in one call, to its last token's logits; then tokens one by one in stretches, between which 128
    MiB are read, as ours does to measure memory.
    """
    import ctypes

    import llama_cpp as ll
    import numpy as np

    quiet = ll.llama_log_callback(lambda *_: None)
    ll.llama_log_set(quiet, ctypes.c_void_p(0))
    ll.llama_backend_init()
    model = ll.llama_model_load_from_file(str(path).encode(), ll.llama_model_default_params())
    vocab = ll.llama_vocab_n_tokens(ll.llama_model_get_vocab(model))
    params = ll.llama_context_default_params()
    params.n_ctx = prompt + tokens + 64
    params.n_batch = params.n_ubatch = max(prompt, 32)
    params.n_threads = params.n_threads_batch = threads
    context = ll.llama_init_from_model(model, params)
    batch = ll.llama_batch_init(params.n_batch, 0, 1)
    random = np.random.default_rng(3)
    block = np.zeros(128 << 17, np.uint64)

    def decode(n, start):
        """Random tokens `start .. start + n`; their last one's logits must be numbers, and not all
        one.
        """
        batch.n_tokens = n
        for i, token in enumerate(random.integers(0, vocab, n)):
            batch.token[i], batch.pos[i] = int(token), start + i
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
            batch.logits[i] = i == n - 1
        begin = time.perf_counter()
        assert ll.llama_decode(context, batch) == 0
        logits = np.ctypeslib.as_array(ll.llama_get_logits_ith(context, -1), (vocab,))
        seconds = time.perf_counter() - begin
        assert np.isfinite(logits).all() and logits.std() > 0
        return seconds

    decode(8, 0)  # warm
    ll.llama_memory_clear(ll.llama_get_memory(context), True)
    prefill = prompt / decode(prompt, 0)
    stretches, per = [], max(1, tokens // STRETCHES)
    for start in range(prompt, prompt + tokens, per):
        assert block.sum() == 0
        stretches.append(per / sum(decode(1, start + i) for i in range(per)))
    print(json.dumps({"prefill": prefill, "decode": statistics.median(stretches)}))


def rounds(args, binary):
    """Every round of every shape and thread count, from the record or measured now: {(shape,
    threads): [{contender: ..}]}.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    record = CACHE / "record.jsonl"
    if args.fresh:
        record.unlink(missing_ok=True)
    done = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    stamp = f"{VERSION} {binary.stat().st_mtime_ns} {args.prompt} {args.tokens}"
    results = {}
    for shape in args.shapes:
        shape = f"on-device-{shape}"
        files = {kind: model(shape, kind) for kind in KINDS}
        for index in range(args.rounds):
            for threads in args.threads:
                key = [stamp, shape, threads, index]
                result = next((d["result"] for d in done if d["key"] == key), None)
                if result is None:
                    print(f"{shape}, {threads} threads, round {index + 1}", file=sys.stderr)
                    result = measure_ours(binary, shape, threads, args.prompt, args.tokens)
                    for kind, path in files.items():
                        result[kind] = measure_theirs(path, threads, args.prompt, args.tokens)
                    with record.open("a") as out:
                        out.write(json.dumps({"key": key, "result": result}) + "\n")
                results.setdefault((shape, threads), []).append(result)
    return results


def ratio(round_, what, name="ours"):
    """Ours over the best of theirs, within one round."""
    return round_[name][what] / max(round_[kind][what] for kind in KINDS)


def table(results):
    """The medians, and the medians of the rounds' ratios with their range."""
    contenders = [*OURS, *KINDS]
    lines = [
        "| shape | threads | tokens/s | "
        + " | ".join(contenders)
        + " | ours / best of theirs | not shared / best |",
        "|---|---|---|" + "---|" * (len(contenders) + 2),
    ]
    for (shape, threads), turns in results.items():
        for what in ("prefill", "decode"):
            cells = [f"{statistics.median(t[c][what] for t in turns):.1f}" for c in contenders]
            for name in OURS:
                values = [ratio(t, what, name) for t in turns]
                cells.append(
                    f"**{statistics.median(values):.2f}** ({min(values):.2f} to {max(values):.2f})"
                )
            lines.append(f"| {shape} | {threads} | {what} | " + " | ".join(cells) + " |")
        share = statistics.median(t["ours"]["share"] for t in turns)
        lines.append(
            f"| {shape} | {threads} | memory | {share:.0f}% of the bandwidth | | | | | | |"
        )
    return "\n".join(lines)


def machine():
    """Processor, cores, load, and versions, in one line each."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    name = re.search(r"model name\s*: (.*)", info)
    flags = re.search(r"^flags\s*: (.*)", info, re.M)
    wanted = ("avx2", "avx_vnni", "avx512_vnni", "amx_int8")
    sets = [f for f in wanted if flags and f in flags[1].split()]

    def said(*command):
        return subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=ENV
        ).stdout.strip()

    system = said(
        PYTHON, "-I", "-c", "import llama_cpp; print(llama_cpp.llama_print_system_info().decode())"
    )
    return "\n".join(
        [
            f"Machine: {name[1] if name else platform.processor()}, {os.cpu_count()} cores, "
            f"{' '.join(sets)}; "
            f"load when finished {' '.join(f'{x:.1f}' for x in os.getloadavg())}.",
            f"Versions: {said('git', 'describe', '--always', '--dirty')}, "
            f"{said('rustc', '--version')}; "
            f"llama-cpp-python {VERSION}, "
            f"{said('cc', '--version').splitlines()[0]}, {system}",
        ]
    )


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "--shapes", nargs="+", default=["30m", "300m", "3b"], choices=["30m", "300m", "3b"]
    )
    p.add_argument("--threads", nargs="+", type=int, default=sorted({1, os.cpu_count() or 1}))
    p.add_argument("--rounds", type=int, default=5, help="turns of every contender (default 5)")
    p.add_argument("--prompt", type=int, default=256, help="tokens of the prompt (default 256)")
    p.add_argument(
        "--tokens",
        type=int,
        default=64,
        help="tokens decoded after it, a multiple of 8 (default 64)",
    )
    p.add_argument("--jobs", type=int, default=1, help="parallel jobs of the one build (default 1)")
    p.add_argument(
        "--binary", type=Path, help="our benchmark, built already (default: built now by cargo)"
    )
    p.add_argument(
        "--quick",
        action="store_true",
        help="the smallest shape, one round, few tokens: does it work at all?",
    )
    p.add_argument("--fresh", action="store_true", help="forget what was measured before")
    p.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.one:
        return one(args.one[0], *map(int, args.one[1:]))
    if args.quick:
        args.shapes, args.rounds, args.prompt, args.tokens = ["30m"], 1, 64, 16
    build(args.jobs)
    results = rounds(args, args.binary or build_ours())
    print(
        f"Prompt of {args.prompt} tokens, {args.tokens} decoded after it, "
        f"median of {args.rounds} rounds.\n"
    )
    print(table(results))
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
