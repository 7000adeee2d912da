#!/usr/bin/env python3
"""Token ids of a GGUF file's tokenizer beside those of the package `tokenizers`, or for
SentencePiece's kind (`tokenizer.ggml.model` `llama`) of llama.cpp, on mixed text.

    pip install tokenizers gguf xllamacpp
    cargo build --release -p foveate-language --example checkpoint_ids
    python3 compare.py MODEL.gguf target/release/examples/checkpoint_ids [COUNT] [FOLDER ...]

The first reference is built of the file's own vocabulary and merges, with the pre-tokenizer of the
published `tokenizer.json` (see `make.py`); in both, control tokens are left as text. Known
differences to llama.cpp: it takes `</s>` for a control token, which in Gemma 3's file is a tag of
HTML, and SentencePiece's mark of a space in a text for a space, which ours spells in bytes. Text:
lines of the FOLDERs' files (Python's own by default, and what Debian documents), and lines of
random characters and fragments that `make.py` makes. Prints how many lines are equal, and the
first that are not.
"""

import json
import random
import subprocess
import sys
import sysconfig
from pathlib import Path

import llama_cpp
from make import kind, nasty, reference, vocabulary

ENDINGS = {
    ".py",
    ".txt",
    ".html",
    ".rst",
    ".md",
    ".po",
    ".json",
    ".xml",
    ".cpp",
    ".h",
    ".css",
    ".js",
    "",
}


def lines(folders, count, seed=1):
    """Lines of files, as many of each folder, some joined over line ends."""
    source = random.Random(seed)
    for folder in folders:
        files = [p for p in sorted(Path(folder).rglob("*")) if p.is_file() and p.suffix in ENDINGS]
        source.shuffle(files)
        found = 0
        for file in files:
            text = file.read_bytes()[:200_000].decode(errors="ignore")
            own = [line for line in text.split("\n") if line.strip()]
            for _ in range(min(len(own), 20)):
                at, n = source.randrange(len(own)), source.choice([1, 1, 1, 2, 4])
                yield "\n".join(own[at : at + n])[:4000]
                found += 1
            if found >= count // (len(folders) + 1):
                break


def main():
    file, binary = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    folders = sys.argv[4:] or [
        sysconfig.get_paths()["stdlib"],
        "/usr/share/doc",
        "/usr/share/i18n",
        "/usr/share/perl",
    ]
    folders = [f for f in folders if Path(f).is_dir()]
    texts = list(lines(folders, count))[: count * 3 // 4]
    source = random.Random(2)
    texts += [nasty(source) for _ in range(count - len(texts))]
    encode = llama_cpp.encoder(file) if kind(file) == "llama" else reference(*vocabulary(file))
    stdin = "\n".join(map(json.dumps, texts)) + "\n"
    out = subprocess.run(
        [binary, file], input=stdin, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    ours = [[int(x) for x in line.split()] for line in out.split("\n")[: len(texts)]]
    theirs = map(encode, texts)
    wrong = [(t, a, b) for t, a, b in zip(texts, ours, theirs, strict=True) if a != b]
    tokens = sum(map(len, ours))
    print(
        f"{len(texts) - len(wrong)} of {len(texts)} lines equal, {tokens} tokens, "
        f"{sum(map(len, texts))} characters"
    )
    named = {"a mark of a space": "\u2581", "</s>": "</s>"}
    print(
        "of those that are not:",
        {name: sum(part in text for text, _, _ in wrong) for name, part in named.items()},
    )
    for text, a, b in wrong[:5]:
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        print(repr(text[:200]), f"from token {at}:", a[at : at + 20], b[at : at + 20], sep="\n  ")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
