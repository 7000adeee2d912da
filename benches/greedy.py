#!/usr/bin/env python3
"""Greedy text of a GGUF file by our kernels beside llama.cpp's: where they part, by what margin.

    pip install xllamacpp
    cargo build --release -p foveate-kernels --example checkpoint
    cargo build --release -p foveate-language --example checkpoint_ids
    python3 benches/greedy.py MODEL.gguf --binaries target/release/examples [--bos 2] [--tokens 64]

Both get the same ids: `--bos` if given, and those of our tokenizer. Our cache is float16 and int8,
theirs float16. At the first difference it prints what llama.cpp gives the two tokens as log
probabilities, and what ours gives them as logits: a small margin is rounding, a large one a fault.
"""

import argparse
import json
import struct
import subprocess
from pathlib import Path

PROMPTS = [
    "The capital of France is",
    "Once upon a time there was a small dog who",
    "Here is a list of the planets of the solar system:\n1.",
    'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n',
    "Der Zug nach München fährt um",
]


def run(*command, **options):
    return subprocess.run(
        list(map(str, command)), check=True, stdout=subprocess.PIPE, **options
    ).stdout


def theirs(server, ids, n):
    """Tokens, and the log probabilities of the likeliest of each place."""
    asked = dict(
        prompt=ids, n_predict=n, temperature=0, ignore_eos=True, cache_prompt=False, logprobs=10
    )
    answer = server.handle_completions(asked)
    answer = json.loads(answer) if isinstance(answer, (str, bytes)) else answer
    places = answer["choices"][0]["logprobs"]["content"]
    likely = [{t["id"]: t["logprob"] for t in place["top_logprobs"]} for place in places]
    return [place["id"] for place in places], likely, answer["choices"][0]["text"]


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("file", type=Path)
    p.add_argument("--binaries", type=Path, required=True)
    p.add_argument("--bos", type=int)
    p.add_argument("--tokens", type=int, default=64)
    args = p.parse_args()
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = str(args.file), 1024, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    lines = "\n".join(map(json.dumps, PROMPTS)) + "\n"
    encoded = (
        run(args.binaries / "checkpoint_ids", args.file, input=lines.encode()).decode().splitlines()
    )
    for prompt, line in zip(PROMPTS, encoded, strict=True):
        ids = [*([] if args.bos is None else [args.bos]), *map(int, line.split())]
        tokens, likely, text = theirs(server, ids, args.tokens)
        print(f"\n{prompt!r}\n  {text!r}", flush=True)
        for cache in ("f16", "int8"):
            joined = ",".join(map(str, ids))
            out = run(
                args.binaries / "checkpoint", "greedy", args.file, 1, cache, args.tokens, joined
            )
            ours = [int(t) for t in out.decode().replace(",", " ").split()]
            n = min(len(ours), len(tokens))
            at = next((i for i in range(n) if ours[i] != tokens[i]), n)
            if at == n:
                print(f"  {cache}: the same {n} tokens", flush=True)
                continue
            a, b = ours[at], tokens[at]
            joined = ",".join(map(str, ids + tokens[:at]))
            raw = run(
                args.binaries / "checkpoint",
                "logits",
                args.file,
                1,
                cache,
                joined,
                len(ids) + at - 1,
            )
            logits = struct.unpack(f"<{len(raw) // 4}f", raw)
            gap = likely[at][b] - likely[at][a] if a in likely[at] else float("inf")
            print(
                f"  {cache}: the same {at} tokens, then {a} for {b}; ours prefers it by "
                f"{logits[a] - logits[b]:.3f}, llama.cpp the other by {gap:.3f}"
            )


if __name__ == "__main__":
    main()
