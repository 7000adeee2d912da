"""Writes the words that a reader of glyphs knows, `lexicon.txt` of a bundle, from lists of words.

    apt-get install wamerican wbritish
    python lexicon.py --out ../models/nano/lexicon.txt \\
        /usr/share/dict/american-english /usr/share/dict/british-english

One word a line, in small letters, sorted by bytes: the reader searches it as it is. Possessives are
left out, the reader takes their ending off.
"""

import argparse
from pathlib import Path


def lexicon(lists):
    """The words of all `lists` (texts with one word a line), as bytes."""
    words = {line.strip().lower() for text in lists for line in text.splitlines()}
    kept = {word.encode() for word in words if word and not word.endswith("'s")}
    return b"".join(word + b"\n" for word in sorted(kept))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("lists", nargs="+", type=Path, help="lists with one word a line")
    parser.add_argument("--out", required=True, type=Path, help="the file that is written")
    arguments = parser.parse_args()
    words = lexicon(path.read_text(encoding="utf-8") for path in arguments.lists)
    arguments.out.write_bytes(words)
    print(len(words.splitlines()), "words,", len(words), "bytes")


if __name__ == "__main__":
    main()
