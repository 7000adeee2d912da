"""Files stay readable: 100 columns, 400 lines, and words that a stranger knows."""

import re
from pathlib import Path

import pytest

TRAINING = Path(__file__).resolve().parent.parent
KINDS = ("*.py", "*.sh", "tests/*.py", "server/*.py")
FILES = sorted(path for kind in KINDS for path in TRAINING.glob(kind))
PRIVATE = re.compile(r"\b(heard|looked at|second look|two looks|spent|mended truth|ghosts? at)\b")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_file_is_readable(path):
    lines = path.read_text().splitlines()
    long = [n for n, line in enumerate(lines, 1) if len(line) > 100]
    assert not long, f"lines over 100 columns: {long}"
    assert len(lines) <= 400
    if path != Path(__file__):
        private = [n for n, line in enumerate(lines, 1) if PRIVATE.search(line)]
        assert not private, f"lines with words of our own: {private}"
