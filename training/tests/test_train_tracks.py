"""Tracks are trained for a few steps from a tiny bundle, resumed, and written."""

import json
import os
import sys

import torch
from safetensors.numpy import load_file

from server import nano_server, train_tracks

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
TINY = os.path.join(ROOT, "tests", "data", "tiny")
GENERATOR = os.path.join(os.path.dirname(__file__), "generator.py")


def trained(monkeypatch, run, steps):
    options = ["--generator", GENERATOR, "--run", str(run), "--sizes", "tiny", "--device", "cpu",
               "--steps", str(steps), "--tokens", "600", "--log-every", "1"]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["train_tracks.py", TINY, *options])
    train_tracks.main()


def test_tracks_are_trained_resumed_and_written(tmp_path, monkeypatch, capsys):
    trained(monkeypatch, tmp_path, 2)
    said = capsys.readouterr().out
    assert "K and V miss" in said and "0 HELD-OUT" in said
    trained(monkeypatch, tmp_path, 3)
    said = capsys.readouterr().out
    steps = [line.split()[0] for line in said.splitlines() if " loss " in line]
    assert "K and V miss" not in said and steps == ["3"]
    path, out = tmp_path / "tracks.pt", tmp_path / "bundle"
    nano_server.write_tracks([path], TINY, out, "tiny")
    sizes = json.loads((out / "tracks.json").read_text())
    assert [sizes[k] for k in ("n_tracks", "n_blocks", "depth", "global_layer")] == [2, 1, 3, 2]
    stored = load_file(out / "track1.block0.safetensors")
    assert stored["layers.1.ffn.gate.i8"].shape == (4, 48, 64)
    # Connector, embedding and last norm are the teacher's, and are not trained.
    names = torch.load(path, weights_only=True)["state"]["masters"]
    assert names and not any("embed" in n or n == "tracks.norm.weight" for n in names)
