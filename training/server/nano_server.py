"""Writes the bundle `nano-server`: an encoder with plain attention, trained on nano's weights, that
reads pages once more in crops at twice the canvas' scale, and nano's mixer and decoder.

    cd training && python -m server.nano_server ../models/nano ../runs/server/vision.pt \\
        --out ../models/nano-server

Then `int8.py` rounds its graphs, and `sums.py` writes their sums. The encoder is trained with
`train_vision.py --sizes server --kind closer --start` and nano's weights (`restore.py`).
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
SHARED = ("mixer.onnx", "decoder.safetensors", "fusion.safetensors", "tokenizer.json",
          "training.safetensors")  # fmt: skip


def write(vision, nano, out, max_glyphs):
    """The bundle: graphs of `vision`, the rest of `nano`."""
    out.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        shutil.copy(nano / name, out / name)
    export_vision(vision, str(out / "vision.onnx"), SIDE)
    export_adapter(vision, str(out / "adapter.onnx"), SIDE)
    config = json.loads((nano / "config.json").read_text())
    config |= {"name": "nano-server", "tier": "server"}
    config["image"]["default_mode"] = "high"
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
