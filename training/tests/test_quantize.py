"""The fake-quantized decoder computes what the packed file's reference arithmetic computes."""

import numpy as np
import pytest
import torch

import tiny
from quantize import clipping_search, levels, quantize_decoder, save_packed

reference = pytest.importorskip("reference")


def test_levels_are_the_four_of_the_format():
    w = torch.linspace(-3, 3, 101)[None]
    assert sorted(set((levels(w, torch.ones(1, 1), 2)).flatten().tolist())) == [-1.5, -0.5, 0.5, 1.5]


def test_the_search_beats_the_widest_scale():
    w = torch.randn(8, 256, generator=torch.Generator().manual_seed(0))
    top = w.abs().amax(1, keepdim=True)

    def error(f):
        scale = f * top / 1.5
        return (levels(w, scale, 2) * scale - w).square().sum()

    assert error(clipping_search(w, 2)) < 0.5 * error(torch.ones(8, 1))


def test_packed_logits_equal_the_fake_quantized_ones(tmp_path):
    _, decoder = tiny.tiny_models()
    decoder = quantize_decoder(decoder).train()
    ids = torch.randint(0, 400, (1, 20), generator=torch.Generator().manual_seed(1))
    extra = torch.zeros(1, 20, decoder.c.dim)
    everything = torch.ones(1, 20, dtype=torch.bool), torch.arange(20)[None]
    with torch.no_grad():
        decoder(ids, extra, *everything)  # the observers see K and V
        hidden = decoder.eval()(ids, extra, *everything)
        wanted = decoder.logits(hidden)[0].numpy()
    save_packed(decoder, str(tmp_path / "decoder.safetensors"))
    config, weights, attention = reference.load(str(tmp_path / "decoder.safetensors"))
    got, _ = reference.run(config, weights, "f32", ids[0].numpy())
    close = np.abs(got - wanted) < 0.05 * np.abs(wanted).max()
    assert close.mean() > 0.99 and (got.argmax(1) == wanted.argmax(1)).mean() >= 0.9
    assert attention == "int8"
