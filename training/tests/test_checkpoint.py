"""Checkpoints are whole or absent, resumed, averaged, and refused with a reason."""

import os

import pytest
import torch
from torch import nn

import checkpoint
import restore
from optim import Masters
from sizes import decoder_config
from tiny import tiny_models


@pytest.fixture
def model():
    return tiny_models()[1]


def test_a_save_that_fails_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = str(tmp_path / "run.pt")
    checkpoint.write(path, {"step": 1})

    def fails(content, out):
        out.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(torch, "save", fails)
    with pytest.raises(OSError, match="no space"):
        checkpoint.write(path, {"step": 2})
    assert torch.load(path) == {"step": 1}


def test_a_run_is_saved_when_it_is_due(tmp_path, model):
    path = str(tmp_path / "run.pt")
    masters = Masters(model, 1e-3)
    often = checkpoint.Saver(path, masters, model.c, minutes=0)
    seldom = checkpoint.Saver(path, masters, model.c, minutes=60)
    assert often.due() and not seldom.due() and not os.path.exists(path)
    often.save(7)
    assert checkpoint.resume(path, Masters(tiny_models(3)[1], 1e-3)) == 7
    assert checkpoint.resume(str(tmp_path / "none.pt"), masters) == 0


def test_the_mean_of_checkpoints_is_read_as_a_model(tmp_path, model):
    paths = []
    for seed in (0, 1):
        path = str(tmp_path / f"{seed}.pt")
        other = tiny_models(seed)[1]
        state = dict(other.state_dict())
        restore.save(path, other.c, state)
        paths.append(path)
    mean = checkpoint.load_decoder(*paths)
    a, b = (tiny_models(seed)[1].decoder.embed.weight for seed in (0, 1))
    torch.testing.assert_close(mean.decoder.embed.weight, (a + b) / 2)
    assert mean.c == decoder_config("tiny")


def test_checkpoints_of_different_models_have_no_mean(tmp_path):
    paths = [str(tmp_path / name) for name in ("a.pt", "b.pt")]
    vision, decoder = tiny_models()
    for path, other in zip(paths, (vision, decoder)):
        restore.save(path, other.c, dict(other.state_dict()))
    with pytest.raises(ValueError, match="b.pt is of another model"):
        checkpoint.average(paths)


def test_what_is_no_checkpoint_is_refused_with_what_makes_one(tmp_path):
    path = str(tmp_path / "odd.pt")
    for content in ({"weights": 1}, {"state": {}, "step": 0, "config": {}}):
        torch.save(content, path)
        with pytest.raises(ValueError, match="restore.py"):
            checkpoint.read(path)
    with open(path, "wb") as f:
        f.write(b"PK\x03\x04 nonsense")
    with pytest.raises(ValueError, match="odd.pt is no checkpoint"):
        checkpoint.read(path)


def test_a_checkpoint_of_another_model_is_not_resumed(tmp_path, model):
    path = str(tmp_path / "run.pt")
    checkpoint.save(path, Masters(nn.Linear(2, 2), 1e-3), 5, model.c)
    with pytest.raises(ValueError, match="none of the model's weights"):
        checkpoint.resume(path, Masters(model, 1e-3))
