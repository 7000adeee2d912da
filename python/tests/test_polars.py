"""The example of a Polars expression."""

import pathlib
import sys

import pytest

pytest.importorskip("polars")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/polars"))
import read_paths  # noqa: E402


def test_a_column_of_paths(flyers):
    rows = read_paths.read([str(flyers / "jazz.png"), "/nowhere.png"]).to_dicts()
    assert (rows[0]["title"], rows[0]["error"]) == ("Summer Jazz Night", None)
    assert rows[1]["title"] is None and rows[1]["error"].startswith("invalid_image: ")
