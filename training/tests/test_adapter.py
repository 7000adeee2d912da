"""An adapter is trained for a few steps on a frozen tiny decoder, stopped, taken up again, saved, and merged."""

import argparse
import itertools
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import tiny
from dialogue import example, simulate
from lora import attach, load_adapter, merge, save_adapter, signature
from quantize import quantize_decoder
from records import GLYPH, Record
from train_adapter import TASKS, chooser, make, prepared, train
from train_decoder import collate, losses

FIELDS = TASKS["business-card"][2]
CARD = {"name": "Ada Byron", "job": "Analyst", "phone": "020 7946 01", "email": "ada@engine.uk"}


def card():
    """A record without pixels: a field a line."""
    glyphs, lines, fields = [], [], {}
    for line, (field, text) in enumerate(CARD.items()):
        start = len(glyphs)
        glyphs += [(ord(c), 30 + 12 * i, 40 + 32 * line, 12, 24, 0, line) for i, c in enumerate(text) if c != " "]
        lines.append({"text": text, "glyphs": [start, len(glyphs)]})
        fields[field] = {"text": text, "glyphs": [[start, len(glyphs)]]}
    meta = {"text": "\n".join(CARD.values()), "lines": lines, "fields": fields}
    return Record(meta, np.array(glyphs, GLYPH), 672, 672, None)


def batches(seed):
    transform = make(seed, FIELDS)
    return itertools.cycle([collate([transform(card()) for _ in range(4)], "cpu")])


def test_questions_are_about_the_tasks_fields():
    rng, shown = np.random.default_rng(0), set()
    record = card()
    for _ in range(50):
        ids = example(record, simulate(record, rng), rng, names=chooser(FIELDS)).ids
        text = bytes(t for t in ids if t < 256).decode(errors="replace")
        assert '{"' in text and "venue" not in text
        shown |= {f for f in FIELDS if f'"{f}":' in text}
    assert shown == set(FIELDS)


def test_it_learns_stops_goes_on_and_is_saved(tmp_path):
    torch.manual_seed(0)
    _, decoder = tiny.tiny_models()
    before, base = {k: v.clone() for k, v in decoder.state_dict().items()}, signature(decoder)
    updates, masters = prepared(decoder, 4, 8.0, 1e-2)
    path = str(tmp_path / "adapter.pt")
    args = argparse.Namespace(steps=40, minutes=1e9)
    assert train(decoder, masters, batches(1), 0, argparse.Namespace(steps=20, minutes=1e9), path) == 20
    saved = torch.load(path)
    again, masters_again = prepared(tiny.tiny_models()[1], 4, 8.0, 1e-2)
    masters_again.load(saved["state"])
    for name in updates:
        torch.testing.assert_close(again[name].b, updates[name].b)
    assert saved["step"] == 20 and train(decoder, masters, batches(1), 20, args, path) == 40
    masters.publish(masters.masters)
    for name, p in decoder.named_parameters():
        name = name.replace(".base.", ".")
        assert p.requires_grad or torch.equal(p.float(), before[name].bfloat16().float()), f"{name} moved"
    assert all(u.b.abs().max() > 0 for u in updates.values())

    out = tmp_path / "adapters" / "card"
    save_adapter(updates, str(out), base, "card", 4, 8.0, "Cards.", "MIT OR Apache-2.0")
    described = json.load(open(out / "adapter.json"))
    assert described["base"] == base and set(described["targets"]) == set(updates)
    tensors = load_file(out / "adapter.safetensors")
    assert tensors["block1.0.ffn.gate.lora_a"].shape == (4, 64) and tensors["block1.0.ffn.gate.lora_b"].shape == (96, 4)

    fresh = tiny.tiny_models()[1]
    loaded = load_adapter(fresh, str(out))
    rows = torch.randint(0, 400, (1, 9)), torch.zeros(1, 9, 64), torch.ones(1, 9, dtype=torch.bool), torch.arange(9)[None]
    with torch.no_grad():
        beside = fresh.logits(fresh(*rows))
        merge(loaded)
        torch.testing.assert_close(fresh.logits(fresh(*rows)), beside, atol=1e-3, rtol=1e-3)


def test_the_loss_falls():
    torch.manual_seed(0)
    _, decoder = tiny.tiny_models()
    _, masters = prepared(decoder, 8, 16.0, 2e-2)
    batch = next(batches(3))
    totals = []
    for _ in range(60):
        out = losses(decoder, batch)
        out[0].backward()
        masters.step(1.0)
        totals.append(float(out[1].detach()))
    assert totals[-1] < 0.8 * totals[0], totals[::10]


def test_another_decoders_adapter_is_refused(tmp_path):
    a, b = tiny.tiny_models(0)[1], tiny.tiny_models(7)[1]
    assert signature(a) != signature(b) and signature(a) == signature(tiny.tiny_models(0)[1])
    save_adapter(attach(a, 2, 2.0, ("q",)), str(tmp_path), signature(tiny.tiny_models(0)[1]), "x", 2, 2.0, "", "")
    with pytest.raises(ValueError, match="was trained on the model"):
        load_adapter(b, str(tmp_path))
    with pytest.raises(ValueError, match="float32"):
        signature(a.bfloat16())


@pytest.mark.parametrize("name", ["place.weight", "before.weight", "place.bias", "pointer_query.weight", "pointer_key.weight", "pointer_null"])
def test_the_signature_covers_what_fusion_holds(name):
    decoder = tiny.tiny_models(0)[1]
    known = signature(decoder)
    with torch.no_grad():
        decoder.get_parameter(name).flatten()[0] += 1
    assert signature(decoder) != known


def test_an_update_works_on_a_quantized_decoder():
    decoder = quantize_decoder(tiny.tiny_models()[1]).eval()
    rows = torch.randint(0, 400, (1, 5)), torch.zeros(1, 5, 64), torch.ones(1, 5, dtype=torch.bool), torch.arange(5)[None]
    with torch.no_grad():
        plain = decoder(*rows)
        updates = attach(decoder, 2, 2.0)
        torch.testing.assert_close(decoder(*rows), plain)
        for update in updates.values():
            update.b.fill_(0.1)
        assert not torch.allclose(decoder(*rows), plain)
