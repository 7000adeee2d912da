"""The wheel in an environment with nothing else in it."""

import os
import pathlib
import re
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "python/README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)
WHEEL = os.environ.get("FOVEATE_WHEEL")


def test_the_lines_of_the_readme(tmp_path):
    program = tmp_path / "readme.py"
    program.write_text("\n".join(BLOCKS).replace("examples/", f"{ROOT}/examples/"))
    said = subprocess.run([sys.executable, program], capture_output=True, text=True, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "DTSTART:2027" in said.stdout and len(said.stdout.splitlines()) > 10


@pytest.mark.skipif(not WHEEL, reason="FOVEATE_WHEEL names no wheel")
def test_three_lines_read_a_flyer_in_a_fresh_environment(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env/bin/python"
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "pip", "install", *quiet, WHEEL], check=True)
    lines = BLOCKS[0].replace("examples/", f"{ROOT}/examples/")
    assert len(lines.strip().splitlines()) == 3
    # Nothing of a checkout or of another ONNX Runtime is to be found.
    other = ("ORT_", "FOVEATE_", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONPATH")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(other)}
    said = subprocess.run(
        [python, "-c", lines], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    assert "SUMMARY:Summer Jazz Night" in said.stdout and "DTSTART:" in said.stdout


@pytest.mark.skipif(not WHEEL, reason="FOVEATE_WHEEL names no wheel")
def test_what_the_wheel_holds():
    with zipfile.ZipFile(WHEEL) as wheel:
        names = {name.removeprefix("foveate/"): wheel.getinfo(name).file_size
                 for name in wheel.namelist()}
    model = {name for name in names if name.startswith("models/nano/")}
    assert {"models/nano/vision.onnx", "models/nano/decoder.safetensors"} <= model
    assert names["models/nano/vision.onnx"] > 1_000_000, "a file, not a link"
    assert "models/nano/training.safetensors" not in names
    assert {"py.typed", "_native.pyi", "_native.abi3.so"} <= set(names)
    assert any(name.endswith("LICENSE-MIT") for name in names)
    assert sum(names.values()) < 100_000_000, "what the package index takes"
