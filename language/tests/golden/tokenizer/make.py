#!/usr/bin/env python3
"""Writes `vocabulary.json` and `lines.json`: the beginning of a vocabulary, nasty lines, and their
ids by the package `tokenizers`, for every pre-tokenizer that is known.

    pip install tokenizers gguf && python3 make.py SMOLLM2.gguf

The vocabulary is that of SmolLM2-135M-Instruct (HuggingFaceTB, Apache-2.0), cut after 3,000 merges.
Pre-tokenizers are those of the published `tokenizer.json` of each family.
"""

import json
import random
import sys
from pathlib import Path

from tokenizers import AddedToken, Tokenizer

HERE = Path(__file__).resolve().parent
MERGES = 3000
LINES = 400


def split(pattern):
    """A pattern, then bytes."""
    bytes_ = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": False,
    }
    isolated = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    return {"type": "Sequence", "pretokenizers": [isolated, bytes_]}


REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
BEFORE = r"[^\r\n\p{L}\p{N}]?"
GPT2 = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
DIGITS = {"type": "Digits", "individual_digits": True}
# Name in GGUF: the pre-tokenizer, and whether pieces that are tokens stay whole.
KNOWN = {
    "gpt-2": (GPT2, False),
    "smollm": ({"type": "Sequence", "pretokenizers": [DIGITS, GPT2]}, False),
    "qwen2": (split(WORDS + r"\p{N}|" + REST), False),
    "llama-bpe": (split(WORDS + r"\p{N}{1,3}|" + REST), True),
    "tekken": (
        split(
            f"{BEFORE}{UPPER}*{LOWER}+|{BEFORE}{UPPER}+{LOWER}*|"
            + r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
        True,
    ),
}


def kind(file):
    """`tokenizer.ggml.model` of a GGUF file."""
    from gguf import GGUFReader

    return GGUFReader(file).fields["tokenizer.ggml.model"].contents()


def vocabulary(file):
    """Pre-tokenizer, names, kinds and merges of a GGUF file."""
    from gguf import GGUFReader

    fields = GGUFReader(file).fields
    keys = ("pre", "tokens", "token_type", "merges")
    return tuple(fields[f"tokenizer.ggml.{key}"].contents() for key in keys)


def reference(pre, names, kinds, merges):
    """A function from text to ids, those of the published tokenizer; control tokens are text."""
    steps, whole = KNOWN[pre]
    vocab = {name: i for i, (name, kind) in enumerate(zip(names, kinds, strict=True)) if kind != 3}
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": whole,
        "vocab": vocab,
        "merges": merges,
    }
    file = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": steps,
        "post_processor": None,
        "decoder": None,
        "model": model,
    }
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.add_tokens([AddedToken(n, normalized=False) for n, k in zip(names, kinds) if k == 4])
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


FRAGMENTS = [
    "the quick brown fox",
    "can't",
    "WE'LL",
    "I'd've",
    "'s",
    "’s",
    "don\u2019t",
    "12345",
    "3.14159",
    "1,000,000",
    "2026-11-26",
    "7.30pm",
    "½",
    "Ⅻ",
    "٣٤٥",
    "一二三",
    "café",
    "cafe\u0301",
    "naïve",
    "Straße",
    "ΑΒΓ αβγ",
    "Привет",
    "שלום",
    "مرحبا",
    "नमस्ते",
    "日本語テキスト",
    "한국어",
    "🎉",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "e\u0301\u0302\u0323",
    "ﬁ",
    "\u200b",
    "\u00a0",
    "\u3000",
    "\ufeff",
    " ",
    "  ",
    "   ",
    "\t",
    "\t\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    " \n ",
    "\u2028",
    "\u0085",
    "\x00",
    "\x04",
    "\x1f",
    "\x7f",
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|im_end",
    "|>",
    "<repo_name>",
    "system\n",
    "<s>",
    "</s>",
    "[INST]",
    "def f(x):\n    return x",
    "if (a<b && c>=d) { x++; }",
    '{"a": [1, 2, null]}',
    "https://example.com/a?b=c#d",
    "C:\\Users\\x",
    "a@b.org",
    "$15.00",
    "£3",
    "50%",
    "#tag",
    "@you",
    "...",
    "…",
    "—",
    "–",
    "“quoted”",
    "!!!",
    "?!",
    "---",
    "=====",
    "\\n",
    "\\u00e9",
    "snake_case",
    "camelCase",
    "HTTPServer",
    "ALLCAPS",
    "mIxEd",
    "x²",
    "H₂O",
    "Ω≈ç√",
    "\U0010fffd",
    "\U000f0000",
    "\U00040000",
    "\ue000",
    "Ǆ",
    "ǅ",
    "ʰ",
    "ªº",
    "＄１２",
    "Ａｂｃ",
    "ا\u064eب",
    "ก็",
    "\u0301",
    "\u200d",
]


def nasty(source):
    """A line of fragments and random characters."""

    def piece():
        kind = source.random()
        if kind < 0.7:
            return source.choice(FRAGMENTS)
        if kind < 0.8:
            return " " * source.randrange(1, 9)
        if kind < 0.9:
            return "".join(chr(source.randrange(32, 127)) for _ in range(source.randrange(1, 12)))
        high = source.choice([0x250, 0x2000, 0xD800, 0x20000])
        codes = [source.randrange(1, high) for _ in range(source.randrange(1, 6))]
        return "".join(chr(code) for code in codes if not 0xD800 <= code < 0xE000)

    joint = source.choice(["", " ", " ", "\n"])
    return joint.join(piece() for _ in range(source.randrange(1, 9)))


def main():
    _, names, kinds, merges = vocabulary(sys.argv[1])
    merges = merges[:MERGES]
    known = {merge.replace(" ", "") for merge in merges}
    kept = [
        (n, k) for n, k in zip(names, kinds, strict=True) if k == 3 or len(n) == 1 or n in known
    ]
    names, kinds = [n for n, _ in kept], [k for _, k in kept]
    source = random.Random(3)
    texts = [*FRAGMENTS, *(nasty(source) for _ in range(LINES - len(FRAGMENTS)))]
    encoders = {pre: reference(pre, names, kinds, merges) for pre in KNOWN}
    lines = [
        {"text": t, "ids": {pre: encode(t) for pre, encode in encoders.items()}} for t in texts
    ]
    write = lambda name, value: (HERE / name).write_text(
        json.dumps(value, separators=(",", ":")) + "\n"
    )
    write("vocabulary.json", {"tokens": names, "token_type": kinds, "merges": merges})
    write("lines.json", lines)


if __name__ == "__main__":
    main()
