"""`sums.py` writes what loading checks; the sums of the bundles of this repository are right."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from sums import parts, write_sums

ROOT = Path(__file__).resolve().parents[2]


def test_the_sums_of_a_changed_file_are_brought_up_to_date(tmp_path):
    bundle = tmp_path / "tiny"
    shutil.copytree(ROOT / "tests" / "data" / "tiny", bundle)
    write_sums(bundle)
    before = json.loads((bundle / "config.json").read_text())["sha256"]
    assert {"vision.onnx", "tokenizer.json", "fusion.safetensors"} <= set(before)
    (bundle / "tokenizer.json").write_text("{}")
    write_sums(bundle)
    after = json.loads((bundle / "config.json").read_text())["sha256"]
    assert after["tokenizer.json"] == hashlib.sha256(b"{}").hexdigest()
    assert {name for name in after if after[name] != before[name]} == {"tokenizer.json"}


@pytest.mark.parametrize("name", ["nano", "nano-server", "base"])
def test_the_sums_of_our_bundles_are_right(tmp_path, name):
    folder = ROOT / "models" / name
    config = json.loads((folder / "config.json").read_text())
    sums = {part["file"]: part["sha256"] for part in parts(config)} | config.get("sha256", {})
    assert len(sums) >= 5
    for file in (folder / file for file in sums if (folder / file).is_file()):
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        assert found == sums[file.name], f"run training/sums.py {folder}"
