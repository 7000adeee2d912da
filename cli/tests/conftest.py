"""The command as a process, for the tests in a browser and on a terminal: `make test-cli`."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = os.environ.get("FOVEATE", TARGET / "release/foveate")
ENVIRONMENT = {"FOVEATE_CHECKOUT": str(ROOT), **os.environ}


def foveate(*arguments, **options):
    """Runs it to its end, in the root of the repository."""
    options = {"cwd": ROOT, "env": ENVIRONMENT, "capture_output": True, "text": True, **options}
    return subprocess.run([BINARY, *arguments], **options)


@pytest.fixture(scope="session")
def flyers():
    return ROOT / "examples/flyers"
