"""A tiny model is trained for a few steps, exported, and says the same through ONNX Runtime."""

import numpy as np
import onnxruntime
import pytest
import torch

import tiny
from charset import GLYPHS, SPECIALS, build_tokenizer
from dialogue import example
from examples import collate
from export import export_bundle
from losses import losses
from optim import Masters
from records import GLYPH, Record
from restore import decoder_of, vision_of
from simulate import simulate
from train_vision import glyph_loss


def page(rng, n_lines=4):
    """A record without pixels: lines of random letters, and a title field over the first."""
    glyphs, lines, y = [], [], 40
    for line in range(n_lines):
        text = " ".join("".join(rng.choice(list("abcdeXYZ019"), 4)) for _ in range(2))
        start, x = len(glyphs), 20
        for c in text:
            if c != " ":
                glyphs.append((ord(c), x + 6, y, 12, 24, 0, line))
            x += 12
        y += 32
        lines.append({"text": text, "glyphs": [start, len(glyphs)]})
    fields = {"title": {"text": lines[0]["text"], "glyphs": [lines[0]["glyphs"]]}}
    meta = {"text": "\n".join(line["text"] for line in lines), "lines": lines, "fields": fields}
    return Record(meta, np.array(glyphs, GLYPH), 672, 672, None)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    out = str(tmp_path_factory.mktemp("bundle"))
    vision, model = tiny.tiny_models()
    export_bundle(vision, model, out, "tiny", side=224)
    return out, vision, model


def run(path, feeds, name):
    session = onnxruntime.InferenceSession(f"{path}/{name}", providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


def test_the_encoder_says_the_same_at_every_size(bundle):
    path, vision, _ = bundle
    for views, height, width in ((1, 224, 224), (2, 448, 672), (3, 672, 672)):
        pixels = torch.randn(views, 3, height, width)
        with torch.no_grad():
            wanted = vision.encoder(pixels).numpy()
        np.testing.assert_allclose(
            run(path, {"pixels": pixels.numpy()}, "vision.onnx")[0], wanted, atol=1e-3
        )


def test_the_adapter_keeps_the_same_slots(bundle):
    path, vision, _ = bundle
    features = torch.randn(2, 14, 14, vision.c.dim)
    with torch.no_grad():
        wanted = vision.adapter.found(features)
    for got, want in zip(run(path, {"features": features.numpy()}, "adapter.onnx"), wanted):
        np.testing.assert_allclose(got, want.numpy(), atol=2e-3)


def test_the_exported_mixer_agrees(bundle):
    path, _, model = bundle
    tokens = torch.randn(11, model.c.dim)
    with torch.no_grad():
        everywhere = torch.ones(1, 11, dtype=torch.bool)
        wanted = model.connector.mix(tokens[None], everywhere)[0].numpy()
    assert np.abs(wanted - tokens.numpy()).max() > 0.01
    [got] = run(path, {"tokens": tokens.numpy()}, "mixer.onnx")
    np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_tags_are_those_of_the_fields():
    rng = np.random.default_rng(0)
    record = page(rng)
    e = example(record, simulate(record, rng), rng)
    at = record.meta["fields"]["title"]["glyphs"][0]
    of_title = (e.image.truth >= at[0]) & (e.image.truth < at[1])
    assert set(e.tag[of_title]) <= {1, 2} and not e.tag[~of_title].any()
    assert (e.tag == 1).sum() == (e.image.truth == at[0]).sum()


def test_a_restored_bundle_has_the_same_weights(bundle):
    path, vision, model = bundle
    _, restored = vision_of(path, vision.c)
    _, more = decoder_of(path, model.c)
    for name, p in [*vision.named_parameters(), *model.named_parameters()]:
        if name != "encoder.global_pos":  # so small here that the exporter transposes it
            stored = (restored | more)[name]
            torch.testing.assert_close(stored, p.detach(), atol=1e-3, rtol=1e-3, msg=name)


def test_steps_with_a_cache_equal_the_whole_at_once(bundle):
    path, _, model = bundle
    c, decoder = model.c, model.decoder
    ids, extra = torch.randint(0, 400, (9,)), torch.randn(9, c.dim) * 0.1
    select = torch.tensor([2, 4, 7, 8])
    with torch.no_grad():
        hidden = decoder(*tiny.batched(ids, extra, select))
        wanted = decoder.logits(hidden)[0].numpy()
    names = [f"{k}_{i}" for i in range(c.n_layers_kv) for k in "kv"]
    empty = np.zeros((c.n_kv_heads, 0, c.head_dim), np.float32)
    past = {f"past_{n}": empty for n in names}
    got = []
    for a, b in ((0, 5), (5, 9)):
        rows = np.array([s - a for s in select.tolist() if a <= s < b])
        fed = {"ids": ids[a:b].numpy(), "extra": extra[a:b].numpy(), "positions": np.arange(a, b)}
        out = run(path, fed | {"select": rows} | past, "decoder.onnx")
        got.append(out[0])
        past = {f"past_{n}": p for n, p in zip(names, out[2:])}
    np.testing.assert_allclose(np.concatenate(got), wanted, atol=1e-3)


def test_the_decoder_learns_a_page_by_heart():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    _, model = tiny.tiny_models()
    masters = Masters(model.train(), 1e-2)
    records = [page(rng) for _ in range(4)]
    batch = collate([example(r, simulate(r, rng), rng) for r in records], "cpu")
    first = None
    for _ in range(40):
        out = losses(model, batch)
        first = first or float(out.token.detach())
        out.total.backward()
        masters.step(1.0)
    assert float(out.token.detach()) < 0.6 * first


def test_the_encoder_learns_where_glyphs_are():
    torch.manual_seed(0)
    vision, _ = tiny.tiny_models()
    masters = Masters(vision.train(), 3e-3)
    pixels = torch.rand(2, 3, 224, 224).bfloat16() * 2 - 1
    classes = torch.zeros(2, 14, 14, 4, dtype=torch.int64)
    classes[:, ::3, ::4, 0] = 5
    geometry = torch.zeros(2, 14, 14, 4, 4)
    totals = []
    for _ in range(25):
        logits, raw, _ = vision(pixels)
        total, *_ = glyph_loss(logits, raw, classes, geometry)
        total.backward()
        masters.step(1.0)
        totals.append(float(total.detach()))
    assert totals[-1] < 0.7 * totals[0]


def test_every_byte_and_every_character_has_its_token():
    from json import dumps

    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(dumps(build_tokenizer()))
    text = "Grüße, 7–9 pm • \U0001f389 ok\n"
    assert tokenizer.decode(tokenizer.encode(text).ids) == text
    assert all(len(tokenizer.encode(c).ids) == 1 for c in GLYPHS)
    assert [tokenizer.token_to_id(s) for s in SPECIALS] == list(range(480, 480 + len(SPECIALS)))
