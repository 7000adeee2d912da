"""Writes the SHA-256 of a bundle's files into its `config.json`, which loading checks.

    python sums.py ../models/nano

Files that a part of `config.json` names by `file` (`models/base`) get their sum there, those of
other bundles in the table `sha256`: all that is loaded. To be run after a file was changed.
"""

import argparse
import hashlib
import json
from pathlib import Path

# What loading reads of a bundle whose `config.json` names no files.
LOADED = (
    "*.onnx", "decoder.safetensors", "fusion.safetensors", "tokenizer.json", "lexicon.txt",
    "tracks.json",
    "track?*.block?*.safetensors",
)  # fmt: skip


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def parts(config):
    """The parts of `config.json` that name a file, at any depth."""
    if isinstance(config, dict):
        if isinstance(config.get("file"), str):
            yield config
        for part in config.values():
            yield from parts(part)


def with_sums(folder, config):
    """The configuration with the sums of the files that are there."""
    named = list(parts(config))
    for part in named:
        if (folder / part["file"]).is_file():
            part["sha256"] = sha256(folder / part["file"])
    if not named:
        files = sorted({path for pattern in LOADED for path in folder.glob(pattern)})
        config["sha256"] = {path.name: sha256(path) for path in files}
    return config


def write_sums(folder):
    """Brings the sums in the `config.json` of a folder up to date."""
    file = Path(folder) / "config.json"
    config = with_sums(Path(folder), json.loads(file.read_text()))
    file.write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", nargs="+", help="its folder")
    for folder in parser.parse_args().bundle:
        write_sums(folder)


if __name__ == "__main__":
    main()
