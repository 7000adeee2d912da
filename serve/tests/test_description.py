"""Schemathesis against the description: two thousand requests, right and wrong ones."""

import pathlib
import re
import subprocess
import sys

import pytest

pytest.importorskip("schemathesis")

# For each operation and phase; with it there are some 2,500 requests.
EXAMPLES = 150
CASES = 2000


def test_answers_are_as_described(server, tmp_path):
    st = pathlib.Path(sys.executable).parent / "st"
    command = [
        st, "run", f"{server.url}/openapi.json", "--max-examples", str(EXAMPLES), "--seed", "1",
        # A text that has the form of a picture need not be one.
        "--exclude-checks", "positive_data_acceptance",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    print(ran.stdout[-1500:])
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert int(re.search(r"(\d+) generated", ran.stdout)[1]) >= CASES
