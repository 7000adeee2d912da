"""The fake-quantized decoder computes what the packed file's reference arithmetic computes."""

import numpy as np
import pytest
import torch

import tiny
from export import export_bundle, load_decoder
from optim import Masters, save
from quantize import clipping_search, levels, load_packed, quantize_decoder, save_packed
from restore import decoder_of

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


def test_a_run_begins_from_float_goes_on_and_is_exported_packed(tmp_path):
    vision, decoder = tiny.tiny_models()
    path = str(tmp_path / "decoder.pt")
    save(path, Masters(decoder, 1e-3), 7, decoder.c)
    twin = quantize_decoder(load_decoder(path, weights="masters").train())
    masters = Masters(twin, 1e-3, weight_decay=0.0)
    ids, everything = torch.randint(0, 400, (1, 20)), (torch.ones(1, 20, dtype=torch.bool), torch.arange(20)[None])
    for _ in range(2):
        hidden = twin(ids, torch.zeros(1, 20, twin.c.dim, dtype=torch.bfloat16), *everything)
        twin.logits(hidden).float().square().mean().backward()
        masters.step(1.0)
    save(path, masters, 9, twin.c)
    again = load_decoder(path, weights="masters")
    assert float(again.block1[0].see_k.top) > 0 and again.embed.w.bits == 4
    for name, p in twin.named_parameters():
        assert torch.equal(p.float(), again.get_parameter(name)), name
    export_bundle(vision, again, str(tmp_path / "bundle"), "tiny", side=224)
    assert (tmp_path / "bundle" / "decoder.safetensors").exists() and not (tmp_path / "bundle" / "decoder.onnx").exists()
    _, state = decoder_of(str(tmp_path / "bundle"), again.c)
    assert torch.allclose(state["tag.weight"], again.tag.weight, atol=1e-3), "the head that only training has is restored too"


def test_a_packed_file_is_restored_and_packed_the_same(tmp_path):
    _, decoder = tiny.tiny_models()
    decoder = quantize_decoder(decoder).train()
    with torch.no_grad():
        decoder(torch.randint(0, 400, (1, 20)), torch.zeros(1, 20, decoder.c.dim), torch.ones(1, 20, dtype=torch.bool), torch.arange(20)[None])
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    save_packed(decoder, first)
    fresh = load_packed(quantize_decoder(tiny.tiny_models(seed=5)[1]), first)
    save_packed(fresh, second)
    (_, a, _), (_, b, _) = reference.load(first), reference.load(second)
    for name, w in a.items():
        if isinstance(w, reference.Matrix):
            assert np.array_equal(w.codes, b[name].codes) and np.allclose(w.scale, b[name].scale, rtol=1e-5), name
        else:
            assert np.allclose(w, b[name], rtol=1e-5), name
