"""Tests of the wheel as it is installed: `make test-ways` runs them."""

import pathlib

import pytest

import foveate

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def model():
    return foveate.load()


@pytest.fixture(scope="session")
def forgetful():
    """Encodes every picture anew, so that questions take their time."""
    return foveate.load(remembered_images=0)


@pytest.fixture(scope="session")
def flyers():
    return ROOT / "examples/flyers"


@pytest.fixture(scope="session")
def jazz(flyers):
    return flyers / "jazz.png"
