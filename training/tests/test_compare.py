"""`compare.py` tells files that are the same from files that compute the same, and from others."""

import json
import shutil
from pathlib import Path

import onnx

from compare import BYTES, DIFFERS, GRAPH, MISSING, SUMS, compare
from sums import write_sums

TINY = Path(__file__).resolve().parents[2] / "tests" / "data" / "tiny"


def renamed(path):
    """Gives every value within a graph another name."""
    model = onnx.load(path)
    shown = {x.name for x in model.graph.output} | {x.name for x in model.graph.input}
    shown |= {w.name for w in model.graph.initializer} | {""}
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [x if x in shown else f"other {x}" for x in names]
    onnx.save(model, path)


def test_two_bundles_are_compared_file_by_file(tmp_path):
    other = tmp_path / "tiny"
    shutil.copytree(TINY, other)
    assert set(compare(TINY, other).values()) == {BYTES}
    renamed(other / "mixer.onnx")
    write_sums(other)
    (other / "tokenizer.json").unlink()
    found = compare(TINY, other)
    changed = {name: how for name, how in found.items() if how != BYTES}
    expected = {"mixer.onnx": GRAPH, "config.json": SUMS, "tokenizer.json": MISSING}
    assert changed == expected
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"format": 2}))
    assert compare(TINY, other)["config.json"] == DIFFERS
