"""Writes the bundle `nano-server`: nano, and an encoder with plain attention, trained on nano's
weights, that reads pages of small print once more in crops at twice the canvas' scale.

    cd training && python -m server.nano_server ../models/nano ../runs/server/vision.pt \\
        --out ../models/nano-server

Then `int8.py --graphs closer.onnx,closer-adapter.onnx` rounds the encoder's graphs, and `sums.py`
writes their sums. It is trained with `train_vision.py --sizes server --kind closer --start` and
nano's weights (`restore.py`).
"""

import argparse
import json
import shutil
from pathlib import Path

from checkpoint import load_vision
from export import export_adapter, export_vision
from sums import write_sums

SIDE = 448  # px, of the view that the graphs are traced with; others are as good
CLOSER = 2.0  # scale of the crops for that of the canvas: that of training (stream/closer.rs)
SHARED = ("vision.onnx", "adapter.onnx", "mixer.onnx", "decoder.safetensors",
          "fusion.safetensors", "tokenizer.json", "training.safetensors")  # fmt: skip


def write(vision, nano, out, max_glyphs):
    """The bundle: `nano`, and graphs of `vision` for crops."""
    out.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        shutil.copy(nano / name, out / name)
    export_vision(vision, str(out / "closer.onnx"), SIDE)
    export_adapter(vision, str(out / "closer-adapter.onnx"), SIDE)
    config = json.loads((nano / "config.json").read_text())
    config |= {"name": "nano-server", "tier": "server"}
    config["adapter"] |= {"closer": CLOSER, "max_glyphs": max_glyphs}
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    write_sums(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("nano", type=Path, help="nano's bundle")
    parser.add_argument("vision", nargs="+", help="checkpoints; of several the mean")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--max-glyphs", type=int, default=2400, help="most of a page")
    args = parser.parse_args()
    write(load_vision(*args.vision), args.nano, args.out, args.max_glyphs)


if __name__ == "__main__":
    main()
