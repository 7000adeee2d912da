"""The fake-quantized decoder computes what the packed file's reference arithmetic computes."""

import numpy as np
import pytest
import torch

import tiny
from checkpoint import load_decoder, save
from export import export_bundle
from optim import Masters
from packed import load_packed, reference, save_packed
from quantize import clipping_search, levels, quantize_decoder
from restore import decoder_of


def rows(n, dim, seed=1, dtype=torch.float32):
    """Random tokens as the decoder's arguments."""
    ids = torch.randint(0, 400, (1, n), generator=torch.Generator().manual_seed(seed))
    valid = torch.ones(1, n, dtype=torch.bool)
    return ids, torch.zeros(1, n, dim, dtype=dtype), valid, torch.arange(n)[None]


def observed(seed=0):
    """A quantized tiny decoder whose observers have seen K and V."""
    decoder = quantize_decoder(tiny.tiny_models(seed)[1].decoder).train()
    with torch.no_grad():
        decoder(*rows(20, decoder.c.dim))
    return decoder


def test_levels_are_the_four_of_the_format():
    w = torch.linspace(-3, 3, 101)[None]
    found = levels(w, torch.ones(1, 1), 2).flatten().tolist()
    assert sorted(set(found)) == [-1.5, -0.5, 0.5, 1.5]


def test_the_search_beats_the_widest_scale():
    w = torch.randn(8, 256, generator=torch.Generator().manual_seed(0))
    top = w.abs().amax(1, keepdim=True)

    def error(f):
        scale = f * top / 1.5
        return (levels(w, scale, 2) * scale - w).square().sum()

    assert error(clipping_search(w, 2)) < 0.5 * error(torch.ones(8, 1))


def test_packed_logits_equal_the_fake_quantized_ones(tmp_path):
    decoder, path = observed(), str(tmp_path / "decoder.safetensors")
    tokens = rows(20, decoder.c.dim)
    with torch.no_grad():
        hidden = decoder.eval()(*tokens)
        wanted = decoder.logits(hidden)[0].numpy()
    save_packed(decoder, path)
    config, weights, attention = reference.load(path)
    got, _ = reference.run(config, weights, "f32", tokens[0][0].numpy())
    close = np.abs(got - wanted) < 0.05 * np.abs(wanted).max()
    assert close.mean() > 0.99 and (got.argmax(1) == wanted.argmax(1)).mean() >= 0.9
    assert attention == "int8"


def test_a_run_begins_from_float_goes_on_and_is_exported_packed(tmp_path, monkeypatch):
    vision, model = tiny.tiny_models()
    path, bundle = str(tmp_path / "decoder.pt"), tmp_path / "bundle"
    save(path, Masters(model, 1e-3), 7, model.c)
    twin = load_decoder(path, weights="masters").train()
    decoder = quantize_decoder(twin.decoder)
    masters = Masters(twin, 1e-3, weight_decay=0.0)
    for _ in range(2):
        hidden = decoder(*rows(20, twin.c.dim, dtype=torch.bfloat16))
        decoder.logits(hidden).float().square().mean().backward()
        masters.step(1.0)
    save(path, masters, 9, twin.c)
    again = load_decoder(path, weights="masters")
    assert float(again.decoder.block1[0].see_k.top) > 0 and again.decoder.embed.w.bits == 4
    for name, p in twin.named_parameters():
        assert torch.equal(p.float(), again.get_parameter(name)), name
    for graph in ("export_vision", "export_adapter"):  # test_round_trip.py exports them
        monkeypatch.setattr(f"export.{graph}", lambda *_: None)
    export_bundle(vision, again, str(bundle), "tiny", side=224)
    assert (bundle / "decoder.safetensors").exists() and not (bundle / "decoder.onnx").exists()
    _, state = decoder_of(str(bundle), again.c)
    for name in ("tag.weight", "place.before.weight", "mixer.0.q.weight"):
        stored, own = state[f"connector.{name}"], again.connector.get_parameter(name)
        assert torch.allclose(stored, own, atol=1e-3), f"{name} is not restored"


def test_a_packed_file_is_restored_and_packed_the_same(tmp_path):
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    save_packed(observed(), first)
    save_packed(load_packed(quantize_decoder(tiny.tiny_models(5)[1].decoder), first), second)
    (_, a, _), (_, b, _) = reference.load(first), reference.load(second)
    for name, w in a.items():
        if isinstance(w, reference.Matrix):
            assert np.array_equal(w.codes, b[name].codes), name
            np.testing.assert_allclose(w.scale, b[name].scale, rtol=1e-5, err_msg=name)
        else:
            np.testing.assert_allclose(w, b[name], rtol=1e-5, err_msg=name)


def test_a_missing_matrix_is_named(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_packed(observed(), str(tmp_path / "none"))
