"""The schedule, and a loop that logs, measures, saves and stops."""

import itertools
import os
import signal

import pytest
import torch
from torch import nn

import checkpoint
import loop
from optim import Masters
from sizes import decoder_config


def test_the_rate_rises_stays_and_falls_by_steps():
    s = loop.Schedule(warmup=10, steps=100, tail=0.25, resume=0)
    assert s.factor(0, 0, 0) == 0.1 and s.factor(9, 9, 0) == 1 == s.factor(75, 75, 0)
    assert s.factor(90, 90, 0) == pytest.approx(0.4) and s.factor(100, 100, 0) == loop.FLOOR
    assert s.is_over(100, 0) and not s.is_over(99, 1e6)


def test_the_rate_falls_by_minutes_and_rises_again_when_resumed():
    s = loop.Schedule(warmup=1, minutes=60, fall=20, resume=100)
    assert s.factor(5000, 0, 0) == pytest.approx(0.01) and s.factor(5000, 99, 10) == 1
    assert s.factor(5000, 500, 50) == pytest.approx(0.5)
    assert s.factor(5000, 500, 60) == loop.FLOOR and s.is_over(5, 60)
    assert loop.Schedule().factor(10**6, 10**6, 10**6) == 1, "without an end there is no fall"


def run_of(path, model, steps, step=0, **more):
    masters = Masters(model, 1e-2, half=False)
    saver = checkpoint.Saver(path, masters, decoder_config("tiny"), minutes=60)
    schedule = loop.Schedule(warmup=1, steps=steps, resume=0)
    return loop.Run(masters, saver, schedule, step, log_every=2, **more)


def squares(model):
    def losses(x, taken):
        loss = model(x).square().mean()
        return loss, torch.tensor(float(taken))

    return losses


def test_it_logs_means_measures_the_average_and_saves(tmp_path, capsys):
    model, path, seen = nn.Linear(3, 1), str(tmp_path / "run.pt"), []
    run = run_of(path, model, 4, eval_every=4)
    first = model.weight.detach().clone()

    def evaluate(step):
        torch.testing.assert_close(model.weight.detach(), run.masters.ema[0])
        seen.append(step)

    report = "{0[1]:.1f}".format
    assert loop.train(run, itertools.repeat(torch.ones(2, 3)), squares(model),
                      lambda means, norm, seconds: report(means), evaluate) == 4  # fmt: skip
    assert capsys.readouterr().out == "2 0.5\n4 2.5\n", "means of the steps taken"
    assert seen == [4] and not torch.equal(first, model.weight)
    torch.testing.assert_close(model.weight.detach(), run.masters.masters[0].detach())
    assert checkpoint.read(path)["step"] == 4
    again = run_of(path, nn.Linear(3, 1), 4, checkpoint.resume(path, run.masters))
    assert loop.train(again, iter([]), None, None) == 4, "a run at its end takes no step"


def test_a_stopped_run_saves_and_fails(tmp_path):
    model, path = nn.Linear(3, 1), str(tmp_path / "run.pt")
    before = signal.getsignal(signal.SIGTERM)

    def batches():
        for i in itertools.count():
            if i == 3:
                os.kill(os.getpid(), signal.SIGTERM)
            yield torch.ones(2, 3)

    with pytest.raises(SystemExit, match="stopped at step 4; the same command goes on"):
        run = run_of(path, model, 100)
        loop.train(run, batches(), squares(model), lambda *_: "")
    assert checkpoint.read(path)["step"] == 4
    assert signal.getsignal(signal.SIGTERM) == before
