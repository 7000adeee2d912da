#!/usr/bin/env python3
"""A GGUF file on our kernels beside PyTorch in float32 on the file's values: the Llama family by
the forward pass below, others by `transformers`.

    pip install torch gguf numpy safetensors      (transformers accelerate, for Qwen and Gemma)
    cargo build --release -p foveate-kernels --example checkpoint
    cargo build --release -p foveate-language --example checkpoint_ids
    python3 language/tests/parity.py greedy MODEL.gguf target/release/examples \
        [--cache int8] [--prompts 20] [--tokens 200]
    python3 language/tests/parity.py perplexity MODEL.gguf target/release/examples \
        [--cache int8] [--tokens 20000] [--text FILES] [--palettes FILE]

`greedy`: 20 prompts in the model's chat template (ChatML, or Gemma's), each answered greedily
without an end; the reference runs once over each text. Where its best token is another one, greedy
texts part, and the margin is how much higher it is there. `perplexity`: text cut into windows of
512 tokens, each read from its beginning. The text is Python's own library by default, its comments
and code (PSF licence). `--palettes`: matrices in the place of a Llama file's (models/FORMAT.md).
"""

import argparse
import json
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import load_file

PROMPTS = [
    "What is the capital of France?",
    "Write a haiku about rain.",
    "List three fruits.",
    "How much are the tickets? The page says: Jazz Night, $15 at the door, doors open 7 pm.",
    "Explain photosynthesis in one sentence.",
    "Translate 'good morning' to Spanish.",
    "What is 17 + 25?",
    "Summarize: The quick brown fox jumps over the lazy dog.",
    "Who wrote Hamlet?",
    "Give me a recipe for pancakes.",
    "What day comes after Monday?",
    "Name a planet with rings.",
    "Why is the sky blue?",
    "Write a short story about a cat.",
    "What is an event flyer?",
    "Give the date in: Sat, March 4th at 8 pm, Blue Hall.",
    "What is gravity?",
    "How do I boil an egg?",
    "Describe the ocean.",
    "Tell me a joke.",
]
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
WINDOW = 512


class Llama:
    """The forward pass in float32, from the file's values."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        field = lambda key: reader.fields[key].contents()
        get = lambda key: field(f"llama.{key}")
        self.layers, self.heads = get("block_count"), get("attention.head_count")
        self.kv, self.eps = get("attention.head_count_kv"), get("attention.layer_norm_rms_epsilon")
        self.theta, self.names = get("rope.freq_base"), field("tokenizer.ggml.tokens")
        self.w = {}
        for t in reader.tensors:
            values = gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32)
            self.w[t.name] = torch.tensor(values.reshape(tuple(map(int, t.shape))[::-1]))

    def replace(self, path):
        """Takes the matrices of a file of palettes."""
        held = load_file(path)
        for name in [key.removesuffix(".codes") for key in held if key.endswith(".codes")]:
            codes, table, scale = (held[f"{name}.{end}"] for end in ("codes", "table", "scale"))
            bits = table.shape[1].bit_length() - 1
            fields = codes[:, :, None] >> (bits * torch.arange(8 // bits)) & 2**bits - 1
            rows = table.repeat_interleave(16, 0)[: len(codes)].float()
            self.w[name] = rows.gather(1, fields.flatten(1).long()) * scale[:, None].float()

    def norm(self, x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.w[name]

    def rotate(self, x):
        """Pairs are neighbours in a GGUF file of this family. `x` is [heads, n, width]."""
        width = x.shape[-1]
        freq = self.theta ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
        angle = torch.outer(torch.arange(x.shape[1], dtype=torch.float64), freq)
        cos, sin = angle.cos().float(), angle.sin().float()
        a, b = x[..., ::2], x[..., 1::2]
        return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)

    @torch.no_grad()
    def logits(self, ids):
        """[n, vocabulary] of n ids."""
        w = self.w
        x, n = w["token_embd.weight"][torch.tensor(ids)], len(ids)
        for i in range(self.layers):
            name = lambda part: f"blk.{i}.{part}.weight"
            h = self.norm(x, name("attn_norm"))
            split = lambda part, heads: (h @ w[name(part)].T).view(n, heads, -1).transpose(0, 1)
            q, k = self.rotate(split("attn_q", self.heads)), self.rotate(split("attn_k", self.kv))
            k, v = (
                t.repeat_interleave(self.heads // self.kv, 0) for t in (k, split("attn_v", self.kv))
            )
            a = torch.nn.functional.scaled_dot_product_attention(
                q[None], k[None], v[None], is_causal=True
            )[0]
            x = x + a.transpose(0, 1).reshape(n, -1) @ w[name("attn_output")].T
            h = self.norm(x, name("ffn_norm"))
            up = torch.nn.functional.silu(h @ w[name("ffn_gate")].T) * (h @ w[name("ffn_up")].T)
            x = x + up @ w[name("ffn_down")].T
        return (
            self.norm(x, "output_norm.weight") @ w.get("output.weight", w["token_embd.weight"]).T
        ).numpy()


class Published:
    """The same of other families, as `transformers` reads the file: without rounding, float32."""

    def __init__(self, path):
        from transformers import AutoModelForCausalLM

        self.names = gguf.GGUFReader(path).fields["tokenizer.ggml.tokens"].contents()
        path = Path(path)
        self.model = AutoModelForCausalLM.from_pretrained(
            path.parent, gguf_file=path.name, dtype=torch.float32
        ).eval()

    @torch.no_grad()
    def logits(self, ids):
        """[n, vocabulary] of n ids."""
        return self.model(torch.tensor([ids])).logits[0].numpy()


def reference(path):
    llama = gguf.GGUFReader(path).fields["general.architecture"].contents() == "llama"
    return (Llama if llama else Published)(path)


def run(*command, text=None):
    """Standard output of a program."""
    return subprocess.run(
        list(map(str, command)), input=text, check=True, stdout=subprocess.PIPE
    ).stdout


def encode(args, texts):
    lines = "".join(json.dumps(t) + "\n" for t in texts).encode()
    out = run(Path(args.binaries) / "checkpoint_ids", args.file, text=lines).decode()
    return [[int(x) for x in line.split()] for line in out.split("\n")[: len(texts)]]


def kernels(args, what, *rest):
    file = f"{args.file},{args.palettes}" if args.palettes else args.file
    return run(Path(args.binaries) / "checkpoint", what, file, args.threads, args.cache, *rest)


def joined(ids):
    return ",".join(map(str, ids))


def chats(args, model, prompts):
    """The ids of each prompt up to its answer."""
    id_of = model.names.index
    asked = [f"user\n{p}" for p in prompts]
    if "<start_of_turn>" in model.names:
        start, end, begin = map(id_of, ("<start_of_turn>", "<end_of_turn>", "<bos>"))
        parts = [p[p[0] == begin :] for p in encode(args, ["\n", "model\n", *asked])]
        (line, answer), asked = parts[:2], parts[2:]
        return [[begin, start, *q, end, *line, start, *answer] for q in asked]
    start, end = map(id_of, ("<|im_start|>", "<|im_end|>"))
    parts = encode(args, [f"system\n{SYSTEM}", "\n", "assistant\n", *asked])
    (system, line, answer), asked = parts[:3], parts[3:]
    return [[start, *system, end, *line, start, *q, end, *line, start, *answer] for q in asked]


def greedy(args, model):
    prompts = PROMPTS[: args.prompts]
    equal, same, all_, margins = 0, 0, 0, []
    for prompt, ids in zip(prompts, chats(args, model, prompts)):
        said = kernels(args, "greedy", args.tokens, joined(ids)).decode().replace(",", " ")
        said = [int(x) for x in said.split()][: args.tokens]
        ref = model.logits(ids + said[:-1])[len(ids) - 1 :]
        other = [i for i, (row, token) in enumerate(zip(ref, said)) if row.argmax() != token]
        same, all_ = same + len(said) - len(other), all_ + len(said)
        equal += not other
        gap = [float(ref[i].max() - ref[i][said[i]]) for i in other]
        margins += gap[:1]
        usual = np.median([np.subtract(*np.partition(row, -2)[:-3:-1]) for row in ref])
        first = f"first at {other[0]}, margin {gap[0]:.3f}" if other else "none"
        print(
            f"{prompt[:40]!r}: {len(other)} of {len(said)} differ, {first}; "
            f"median margin {usual:.2f}",
            flush=True,
        )
    print(
        f"{args.cache}: {equal} of {len(prompts)} texts equal, "
        f"same choice at {same} of {all_} tokens; "
        f"margins of first differences: median {np.median(margins or [0]):.3f}, "
        f"most {max(margins or [0]):.3f}"
    )


def perplexity(args, model):
    files = args.text or sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    texts = [Path(f).read_text(errors="ignore")[:20_000] for f in files]
    ids = [i for one in encode(args, texts[:40]) for i in one][: args.tokens]
    losses = np.zeros(2)
    n, since = 0, time.time()
    for at in range(0, len(ids) - 1, WINDOW):
        window = ids[at : at + WINDOW]
        ours = np.frombuffer(kernels(args, "logits", joined(window)), "<f4").reshape(
            len(window), -1
        )
        for k, rows in enumerate((model.logits(window), ours)):
            rows = torch.log_softmax(torch.tensor(rows[:-1]), -1)
            losses[k] -= float(
                rows[torch.arange(len(window) - 1), torch.tensor(window[1:])].double().sum()
            )
        n += len(window) - 1
        if at // WINDOW % 8 == 7:
            print(f"{n} tokens, {time.time() - since:.0f} s: {np.exp(losses / n)}", flush=True)
    reference, ours = np.exp(losses / n)
    print(
        f"{args.cache}: perplexity {ours:.4f}, reference {reference:.4f}: "
        f"{100 * (ours / reference - 1):+.2f}%, "
        f"{n} tokens in windows of {WINDOW}"
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["greedy", "perplexity"])
    parser.add_argument("file")
    parser.add_argument("binaries")
    parser.add_argument("--cache", default="int8", choices=["int8", "f16"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--prompts", type=int, default=len(PROMPTS))
    parser.add_argument("--tokens", type=int)
    parser.add_argument("--text", nargs="*")
    parser.add_argument("--palettes")
    args = parser.parse_args()
    args.tokens = args.tokens or {"greedy": 200, "perplexity": 20_000}[args.what]
    torch.set_num_threads(args.threads)
    model = reference(args.file)
    if args.palettes:
        if not isinstance(model, Llama):
            parser.error("--palettes: expected a file of the Llama family")
        model.replace(args.palettes)
    {"greedy": greedy, "perplexity": perplexity}[args.what](args, model)


if __name__ == "__main__":
    sys.exit(main())
