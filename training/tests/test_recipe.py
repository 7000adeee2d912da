"""The recipe holds together: every step of `--tiny` runs, and a second run does nothing again."""

import os
import subprocess
import sys
from pathlib import Path

import onnx

from restore import graph_weights

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
STEPS = ["generator", "vision-crops", "shares", "vision-shares", "decoder", "tokens"]
STEPS += ["decoder-2bit", "decoder-keep", "decoder-longer", "export", "adapter", "int8", "score"]


def recipe(runs, *steps):
    """Runs the steps. -> what was printed"""
    env = os.environ | {"RUNS": str(runs), "DEVICE": "cpu", "PYTHON": sys.executable}
    env |= {"GENERATOR": str(HERE / "generator.py")}
    command = [str(ROOT / "training" / "recipe.sh"), "--tiny", *steps]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_tiny_recipe_makes_a_bundle(tmp_path):
    printed = recipe(tmp_path, *STEPS)
    assert "vision-crops: should reach" in printed and "8 HELD-OUT crops" in printed
    bundle = tmp_path / "nano"
    names = {"config.json", "tokenizer.json", "vision.onnx", "adapter.onnx", "mixer.onnx"}
    names |= {"decoder.safetensors", "fusion.safetensors", "training.safetensors"}
    assert names <= {p.name for p in bundle.iterdir()}
    assert (bundle / "adapters" / "business-card" / "adapter.json").exists()
    # Rounded graphs still hold every weight by its name.
    for name in ("vision.onnx", "adapter.onnx", "mixer.onnx"):
        weights = graph_weights(bundle / name)
        assert "_quantized" in "".join(w.name for w in onnx.load(bundle / name).graph.initializer)
        assert not any("quantized" in n for n in weights if n.startswith(("encoder", "mixer")))
    again = recipe(tmp_path, *STEPS)
    assert [line for line in again.splitlines() if not line.endswith("done before")] == []
