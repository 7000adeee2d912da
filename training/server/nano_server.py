"""Writes the bundle `nano-server`: nano, and an encoder with plain attention, trained on nano's
weights, that reads pages of small print once more in crops at twice the canvas' scale.

    cd training && python -m server.nano_server ../models/nano ../runs/server/vision.pt \\
        --tracks ../runs/tracks/tracks.pt --out ../models/nano-server

Without `vision.pt` the graphs for crops that are in the bundle stay; then `int8.py` is not needed.
With `--tracks` its decoder is one of parallel tracks (`train_tracks.py`), otherwise nano's. Then
`int8.py --graphs closer.onnx,closer-adapter.onnx` rounds the encoder's graphs, and `sums.py` writes
their sums. The encoder is trained with `train_vision.py --sizes server --kind closer --start` and
nano's weights (`restore.py`).
"""

import argparse
import json
import shutil
from pathlib import Path

from checkpoint import average, load_vision
from export import export_adapter, export_vision
from sums import write_sums

from .export_tracks import export_for_kernels
from .ptmoe import Tracks, TracksConfig
from .train_tracks import taught_by
from .upcycle import plain

SIDE = 448  # px, of the view that the graphs are traced with; others are as good
CLOSER = 2.0  # scale of the crops for that of the canvas: that of training (stream/closer.rs)
SHARED = ("vision.onnx", "adapter.onnx", "mixer.onnx", "fusion.safetensors", "tokenizer.json")
DECODER = "decoder.safetensors"


def write_tracks(paths, nano, out, sizes="nano"):
    """The decoder of tracks, the mean of checkpoints, with nano's embedding and last norm."""
    state, last = average(paths)
    tracks = Tracks(TracksConfig(**last["config"]))
    dense = plain(taught_by(nano, sizes).decoder)
    state = {k.removeprefix("tracks."): v for k, v in state.items()}
    state |= {"embed.weight": dense.embed.weight, "norm.weight": dense.norm.weight}
    tracks.load_state_dict(state)
    export_for_kernels(tracks.eval(), str(out))


def write(vision, nano, out, max_glyphs, tracks=()):
    """The bundle: `nano`, and graphs of `vision` for crops, if there is one."""
    out.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        shutil.copy(nano / name, out / name)
    if tracks:
        (out / DECODER).unlink(missing_ok=True)
        write_tracks(tracks, nano, out)
    else:
        shutil.copy(nano / DECODER, out / DECODER)
    if vision is not None:
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
    parser.add_argument("vision", nargs="*", help="checkpoints; of several the mean")
    parser.add_argument("--tracks", nargs="+", default=(), help="checkpoints; of several the mean")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--max-glyphs", type=int, default=2400, help="most of a page")
    args = parser.parse_args()
    vision = load_vision(*args.vision) if args.vision else None
    write(vision, args.nano, args.out, args.max_glyphs, args.tracks)


if __name__ == "__main__":
    main()
