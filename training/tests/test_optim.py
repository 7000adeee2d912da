"""The masters: what Muon takes, and checkpoints whose moments are laid out otherwise."""

import copy

import torch
from torch import nn

from optim import Masters


def small():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), nn.Flatten(), nn.Linear(16, 2)).to(
        memory_format=torch.channels_last
    )


def stepped(model, masters, n=3):
    for i in range(n):
        x = (
            torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(i))
            .bfloat16()
            .contiguous(memory_format=torch.channels_last)
        )
        model(x).float().square().mean().backward()
        assert masters.step(1.0) > 0


def test_kernels_are_matrices_to_muon():
    model = small()
    masters = Masters(model, 1e-2)
    before = [m.detach().clone() for m in masters.masters]
    [(kernel, flat)] = masters.kernels
    assert (kernel.shape, flat.shape) == ((4, 3, 3, 3), (4, 27))
    stepped(model, masters)
    assert all(not torch.equal(a, b) for a, b in zip(before, masters.masters))
    assert torch.equal(kernel.flatten(1), flat) and torch.equal(model[0].weight, kernel.bfloat16())


def test_a_checkpoint_goes_on_with_its_moments_or_with_fresh_ones(capsys):
    first = Masters(model := small(), 1e-2)
    stepped(model, first)
    state = copy.deepcopy(first.state())
    again = Masters(twin := small(), 1e-2)
    again.load(state)
    assert capsys.readouterr().out == ""
    [(kernel, flat)] = again.kernels
    assert torch.equal(kernel.flatten(1), flat) and torch.equal(kernel, first.kernels[0][0])
    stepped(model, first), stepped(twin, again)
    assert all(torch.equal(a, b) for a, b in zip(first.masters, again.masters))
    # As the moments were laid out before kernels went to Muon.
    state["optimizers"][1]["param_groups"][0]["params"].pop()
    Masters(small(), 1e-2).load(state)
    assert capsys.readouterr().out == "fresh moments\n"
