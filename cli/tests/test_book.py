"""The blocks of the book.

Shell lines are run and held against what they print; JSON and TOML are parsed; Python is run where
the wheel is. The Rust blocks are documentation tests of the crate `foveate` (`cargo test --doc -p
foveate`). Blocks of `console` install things or go on for ever, and are not run: `make packages`
does what they say.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tomllib

import pytest

from conftest import BINARY, ENVIRONMENT, ROOT

PAGES = {page.stem: page.read_text() for page in sorted((ROOT / "book/src").glob("*.md"))}
BLOCK = re.compile(r"^```([\w,]+)\n(.*?)^```$(?:\n```text\n(.*?)^```$)?", re.S | re.M)
# An interpreter that has the wheel.
PYTHON = os.environ.get("FOVEATE_PYTHON") or sys.executable


def blocks(kind):
    found = {name: [b for b in BLOCK.findall(text) if b[0] == kind] for name, text in PAGES.items()}
    return {name: all_of for name, all_of in found.items() if all_of}


def having(kind):
    found = blocks(kind)
    return pytest.mark.parametrize("page", found.values(), ids=found)


@pytest.fixture
def folder(tmp_path, flyers):
    """A reader's own folder: a flyer, and a folder of them."""
    shutil.copy(flyers / "jazz.png", tmp_path / "flyer.png")
    (tmp_path / "flyers").mkdir()
    for name in ("jazz.png", "lecture.png", "market.png"):
        shutil.copy(flyers / name, tmp_path / "flyers")
    return tmp_path


@pytest.fixture(scope="module")
def url():
    """A server, as the page has it."""
    command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--deadline", "600"]
    served = subprocess.Popen(command, env=ENVIRONMENT,
        stderr=subprocess.PIPE, text=True)
    said = served.stderr.readline()
    yield re.search(r"http://127\.0\.0\.1:\d+", said)[0]
    served.send_signal(signal.SIGTERM)
    assert served.wait(60) == 0


@having("sh")
def test_shell_lines(page, folder, request):
    # `foveate` is the command under test, whatever is installed.
    binaries = folder / "bin"
    binaries.mkdir()
    (binaries / "foveate").symlink_to(pathlib.Path(BINARY).resolve())
    environment = {**ENVIRONMENT, "PATH": f"{binaries}:{os.environ['PATH']}"}
    if any("$URL" in lines for _, lines, _ in page):
        environment["URL"] = request.getfixturevalue("url")
    for _, lines, prints in page:
        ran = subprocess.run(["bash", "-euo", "pipefail", "-c", lines], cwd=folder,
            env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, f"{lines}\n{ran.stderr}"
        if prints:
            assert ran.stdout.replace("\r\n", "\n") == prints, lines


@having("json")
def test_json_is_json(page):
    for _, text, _ in page:
        json.loads(text)


@having("toml")
def test_toml_is_toml(page):
    for _, text, _ in page:
        tomllib.loads(text)


@having("python")
def test_python(page, folder):
    has = subprocess.run([PYTHON, "-c", "import foveate"], cwd=folder, capture_output=True)
    if has.returncode:
        pytest.skip(f"{PYTHON} has no wheel of foveate (FOVEATE_PYTHON names one that has)")
    for _, text, _ in page:
        ran = subprocess.run([PYTHON, "-c", text], cwd=folder, capture_output=True, text=True)
        assert ran.returncode == 0, f"{text}\n{ran.stderr}"


def test_every_block_is_of_a_kind_that_is_known():
    known = {"sh", "console", "json", "toml", "python", "rust", "text"}
    assert {kind for text in PAGES.values() for kind, _, _ in BLOCK.findall(text)} <= known
    # Every rust block is run: none is marked not to be.
    assert all(text.count("```") % 2 == 0 for text in PAGES.values())


def test_pages_and_pictures_are_there_and_small():
    summary = set(re.findall(r"\((\w+)\.md\)", PAGES["SUMMARY"]))
    assert summary == set(PAGES) - {"SUMMARY"}
    for text in PAGES.values():
        for name in re.findall(r"!\[[^]]+\]\((pictures/[^)]+)\)", text):
            assert 0 < (ROOT / "book/src" / name).stat().st_size < 100_000, name
