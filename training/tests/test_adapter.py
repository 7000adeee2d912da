"""An adapter is trained for a few steps on a frozen tiny decoder, resumed, saved and merged."""

import itertools
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import checkpoint
import loop
import tiny
from dialogue import example
from examples import collate
from lora import attach, load_adapter, merge, save_adapter, signature
from losses import losses
from quantize import quantize_decoder
from records import GLYPH, Record
from simulate import simulate
from train_adapter import CARD_FIELDS, EMA, chooser, prepared, schedule, simulated, train

CARD = {"name": "Ada Byron", "job": "Analyst", "phone": "020 7946 01", "email": "ada@engine.uk"}
ABOUT = "Cards.", "MIT OR Apache-2.0"


def card():
    """A record without pixels: a field a line."""
    glyphs, lines, fields = [], [], {}
    for line, (field, text) in enumerate(CARD.items()):
        start, y = len(glyphs), 40 + 32 * line
        letters = [
            (ord(c), 30 + 12 * i, y, 12, 24, 0, line) for i, c in enumerate(text) if c != " "
        ]
        glyphs += letters
        lines.append({"text": text, "glyphs": [start, len(glyphs)]})
        fields[field] = {"text": text, "glyphs": [[start, len(glyphs)]]}
    meta = {"text": "\n".join(CARD.values()), "lines": lines, "fields": fields}
    return Record(meta, np.array(glyphs, GLYPH), 672, 672, None)


def batches(seed):
    transform = simulated(seed, CARD_FIELDS)
    return itertools.cycle([collate([transform(card()) for _ in range(4)], "cpu")])


def rows(n, seed=0):
    ids = torch.randint(0, 400, (1, n), generator=torch.Generator().manual_seed(seed))
    valid = torch.ones(1, n, dtype=torch.bool)
    return ids, torch.zeros(1, n, 64), valid, torch.arange(n)[None]


def run_of(model, masters, path, steps, step=0):
    saver = checkpoint.Saver(path, masters, model.c)
    return loop.Run(masters, saver, schedule(steps), step, log_every=10, ema=EMA)


def test_questions_are_about_the_tasks_fields():
    rng, shown = np.random.default_rng(0), set()
    record = card()
    for _ in range(50):
        ids = example(record, simulate(record, rng), rng, names=chooser(CARD_FIELDS)).ids
        text = bytes(t for t in ids if t < 256).decode(errors="replace")
        assert '{"' in text and "venue" not in text
        shown |= {f for f in CARD_FIELDS if f'"{f}":' in text}
    assert shown == set(CARD_FIELDS)


def test_it_learns_is_resumed_and_saved(tmp_path):
    torch.manual_seed(0)
    _, model = tiny.tiny_models()
    before, base = {k: v.clone() for k, v in model.state_dict().items()}, signature(model)
    updates, masters = prepared(model, 4, 8.0, 1e-2)
    path, examples = str(tmp_path / "adapter.pt"), batches(1)
    assert train(model, run_of(model, masters, path, 10), examples) == 10
    again, masters_again = prepared(tiny.tiny_models()[1], 4, 8.0, 1e-2)
    assert checkpoint.resume(path, masters_again) == 10
    for name in updates:
        torch.testing.assert_close(again[name].b, updates[name].b)
    assert train(model, run_of(model, masters, path, 20, 10), examples) == 20
    for name, p in model.named_parameters():
        name = name.replace(".base.", ".")
        same = p.requires_grad or torch.equal(p.float(), before[name].bfloat16().float())
        assert same, f"{name} moved"
    assert all(u.b.abs().max() > 0 for u in updates.values())

    out = tmp_path / "adapters" / "card"
    save_adapter(updates, str(out), base, "card", *ABOUT)
    described = json.load(open(out / "adapter.json"))
    assert described["base"] == base and set(described["targets"]) == set(updates)
    assert (described["rank"], described["alpha"]) == (4, 8.0)
    tensors = load_file(out / "adapter.safetensors")
    assert tensors["block1.0.ffn.gate.lora_a"].shape == (4, 64)
    assert tensors["block1.0.ffn.gate.lora_b"].shape == (96, 4)

    fresh = tiny.tiny_models()[1]
    loaded, decoder = load_adapter(fresh, str(out)), fresh.decoder
    with torch.no_grad():
        beside = decoder.logits(decoder(*rows(9)))
        merge(loaded)
        torch.testing.assert_close(decoder.logits(decoder(*rows(9))), beside, atol=1e-3, rtol=1e-3)


def test_the_loss_falls():
    torch.manual_seed(0)
    _, model = tiny.tiny_models()
    _, masters = prepared(model, 8, 16.0, 2e-2)
    batch, totals = next(batches(3)), []
    for _ in range(40):
        out = losses(model, batch)
        out.total.backward()
        masters.step(1.0)
        totals.append(float(out.token.detach()))
    assert totals[-1] < 0.8 * totals[0], totals[::10]


def test_another_decoders_adapter_is_refused(tmp_path):
    a, b = tiny.tiny_models(0)[1], tiny.tiny_models(7)[1]
    base = signature(tiny.tiny_models(0)[1])
    assert signature(a) != signature(b) and signature(a) == base
    save_adapter(attach(a, 2, 2.0, ("q",)), str(tmp_path), base, "x", "", "")
    with pytest.raises(ValueError, match="was trained on the model"):
        load_adapter(b, str(tmp_path))
    with pytest.raises(ValueError, match="float32"):
        signature(a.bfloat16())


@pytest.mark.parametrize(
    "name",
    ["place.own.weight", "place.before.weight", "place.own.bias", "pointer.query.weight"]
    + ["pointer.key.weight", "pointer.null"],
)
def test_the_signature_covers_what_fusion_holds(name):
    model = tiny.tiny_models(0)[1]
    known = signature(model)
    with torch.no_grad():
        model.connector.get_parameter(name).flatten()[0] += 1
    assert signature(model) != known


def test_an_update_works_on_a_quantized_decoder():
    model = tiny.tiny_models()[1]
    decoder = quantize_decoder(model.decoder).eval()
    with torch.no_grad():
        plain = decoder(*rows(5))
        updates = attach(model, 2, 2.0)
        torch.testing.assert_close(decoder(*rows(5)), plain)
        for update in updates.values():
            update.b.fill_(0.1)
        assert not torch.allclose(decoder(*rows(5)), plain)
