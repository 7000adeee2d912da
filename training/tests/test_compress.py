"""Fewer bits: methods, what they cost alone, the choice under a budget, recovery, the page."""

import itertools
import json
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from test_page import gguf_file  # noqa: F401

from compress import choose, feedback, html, measure, model, recover, sensitivity, stored
from compress import table, text
from compress.__main__ import main
from compress.methods import Method, bytes_of, compressed
from compress.palette import k_means, nearest, shared
from page.train import export

METHODS = ["round 4 32", "round 2 row", "palette 4 16", "palette 2 16", "float palette 3 16"]


@pytest.fixture(scope="module")
def page_file(gguf_file, tmp_path_factory):  # noqa: F811
    """An update of random factors over the tiny decoder."""
    from page.page import FEATURES
    from page.smollm import RANK, SCALE, SmolLM, open_gguf

    torch.manual_seed(1)
    net = SmolLM(*open_gguf(gguf_file), FEATURES)
    for p in net.parameters():
        p.data.normal_(0, 0.02)
    path = tmp_path_factory.mktemp("page") / "page.safetensors"
    export(net, path, {"rank": RANK, "scale": SCALE})
    return path


def weights(rows=48, cols=96, seed=0):
    return np.random.default_rng(seed).normal(0, 0.05, (rows, cols)).astype(np.float32)


def error(w, name):
    return float(((compressed(w, Method.named(name)) - w) ** 2).sum() / (w**2).sum())


@pytest.mark.parametrize("name", METHODS)
def test_values_are_few_and_bytes_are_counted(name):
    w, method = weights(), Method.named(name)
    values = compressed(w, method)
    assert values.shape == w.shape and values.dtype == np.float32
    span = method.span or w.shape[1]
    if method.kind == "round":
        groups = values.reshape(-1, span)
        scales = groups.shape[0]
        assert all(len(np.unique(g)) <= 2**method.bits for g in groups)
        assert bytes_of(method, *w.shape) == w.size * method.bits // 8 + 2 * scales
    elif method.kind == "float palette":
        assert len(np.unique(values[:16])) <= 2**method.bits
        assert bytes_of(method, *w.shape) == w.size * method.bits // 8 + 3 * 2 * 2**method.bits
    else:
        assert all(len(np.unique(row)) <= 2**method.bits for row in values)
        extra = 2 * 48 + 3 * 2**method.bits
        assert bytes_of(method, *w.shape) == w.size * method.bits // 8 + extra


def test_more_bits_and_smaller_groups_err_less():
    w = weights(64, 128)
    for kind in ("round {} 32", "round {} row", "palette {} 16"):
        errors = [error(w, kind.format(bits)) for bits in (2, 3, 4)]
        assert errors == sorted(errors, reverse=True), kind
    assert error(w, "palette 2 16") < error(w, "round 2 row") * 1.05
    # A normal distribution's four best values leave 0.1175 of its square (Max 1960).
    assert abs(error(weights(256, 512), "palette 2 16") - 0.1175) < 0.004


def test_a_palette_is_integers_times_a_rows_scale():
    w = weights() * np.linspace(0.2, 3, 48, dtype=np.float32)[:, None]
    entries, scale, codes = shared(w[:16], 4)
    assert np.array_equal(entries, np.rint(entries)) and np.abs(entries).max() == 127
    assert codes.max() <= 15 and len(scale) == 16
    assert np.array_equal(scale, scale.astype(np.float16).astype(np.float32))
    assert error(w, "palette 4 16") < error(w, "float palette 4 16")


def test_few_rounds_of_k_means_are_enough():
    values = np.random.default_rng(2).normal(0, 1, 9216)
    left = lambda c: ((values - c[nearest(values, c)]) ** 2).sum()  # noqa: E731
    assert left(k_means(values, 16)) < 1.01 * left(k_means(values, 16, 1000))
    assert len(k_means(np.zeros(50), 4)) == 4


def test_a_value_far_out_has_an_entry_of_its_own():
    w = weights(16, 576)
    w[3, 40] = 2.0  # 40 standard deviations
    assert abs(compressed(w, Method.named("palette 4 16"))[3, 40] - 2.0) < 0.02
    assert abs(compressed(w, Method.named("float palette 4 16"))[3, 40] - 2.0) < 0.02


@pytest.mark.parametrize("name", ["round 1 32", "round 4", "palette x 16", "svd 4 16"])
def test_other_methods_are_refused(name):
    with pytest.raises(ValueError, match="expected one like"):
        Method.named(name)


def test_a_matrix_is_exchanged_and_put_back(gguf_file):  # noqa: F811
    m = model.Model(gguf_file)
    assert len(m.matrices) == 1 + 2 * 7
    q = next(x for x in m.matrices if x.name == "layers.1.q")
    before = m.linear(q).weight.clone()
    m.put(q, np.zeros((q.rows, q.cols), np.float32))
    assert not m.linear(q).weight.any()
    m.ship(q)
    assert torch.equal(m.linear(q).weight, before)


def test_a_change_is_measured_from_its_layer_on(gguf_file):  # noqa: F811
    m = model.Model(gguf_file)
    inputs = text.plain([list(range(5, 25)), list(range(30, 50))])
    trace = measure.Trace(m.net, inputs, inputs[0] >= 0)
    with torch.no_grad():
        before = m.net.logits(m.net.hidden(*inputs)).flatten(0, 1).log_softmax(-1)
    assert abs(trace.divergence(1)) < 1e-6
    for name in ("layers.1.ffn.up", model.EMBEDDING):
        matrix = next(x for x in m.matrices if x.name == name)
        m.put(matrix, compressed(m.value(matrix.file), Method.named("palette 2 16")))
        with torch.no_grad():
            logits = m.net.logits(m.net.hidden(*inputs)).flatten(0, 1)
        whole = measure.divergence(before, logits).item()
        assert whole > 0 and abs(trace.divergence(matrix.layer) - whole) < 1e-5
        m.ship(matrix)


def test_perplexity_is_of_the_tokens_after_the_first(gguf_file):  # noqa: F811
    m = model.Model(gguf_file)
    windows = [list(range(5, 37)), list(range(8, 40)), list(range(40, 50))]
    losses = []
    for window in windows:
        with torch.no_grad():
            rows = m.net.logits(m.net.hidden(*text.plain([window])))[0].log_softmax(-1)
        losses += [-rows[i, t].item() for i, t in enumerate(window[1:])]
    assert measure.perplexity(m.net, windows) == pytest.approx(np.exp(np.mean(losses)), rel=1e-3)


def test_what_is_measured_is_never_calibrated_on():
    assert not set(text.files()[: text.FILES]) & set(text.files()[text.FILES :])
    assert len(text.files()) > text.FILES


def test_a_budget_takes_the_least_loss():
    rng = np.random.default_rng(4)
    known = {}
    for i in range(6):
        size, hurt = int(rng.integers(10, 40)), rng.random()
        known[str(i)] = [(2 * size, hurt, "2"), (3 * size, hurt / 6, "3"), (4 * size, 0.0, "4")]
    least, most = (sum(r[at][0] for r in known.values()) for at in (0, 2))
    for budget in np.linspace(least, most, 9).astype(int):
        chosen = choose.choose(known, budget)
        assert choose.size(known, chosen) <= budget
        best = min(
            sum(r[1] for r in rows)
            for rows in itertools.product(*known.values())
            if sum(r[0] for r in rows) <= budget
        )
        assert choose.loss(known, chosen) <= best + 0.25
    assert set(choose.choose(known, most).values()) == {"4"}
    with pytest.raises(ValueError, match="allow more bits"):
        choose.choose(known, least - 1)


def test_feedback_lowers_the_error_of_outputs():
    w, method = weights(32, 96), Method.named("palette 2 16")
    x = torch.randn(400, 96) @ torch.randn(96, 96)  # inputs that depend on each other
    gram = feedback.Gram()
    gram.append(x)
    before, after = compressed(w, method), feedback.compressed(w, method, gram.total)
    lost = lambda v: (x @ torch.from_numpy(v - w).T).square().sum()  # noqa: E731
    assert lost(after) < 0.7 * lost(before)
    assert all(len(np.unique(row)) <= 4 for row in after)
    with pytest.raises(ValueError, match="no feedback"):
        feedback.compressed(w, Method.named("round 2 row"), gram.total)


def test_recovery_starts_as_the_best_update(gguf_file):  # noqa: F811
    m = model.Model(gguf_file)
    for x, _ in m.linears():
        m.put(x, compressed(m.value(x.file), Method.named("round 2 row")))
    inputs = {x.name: torch.randn(64, x.cols) * torch.rand(x.cols) for x, _ in m.linears()}
    grams = {name: x.T @ x for name, x in inputs.items()}
    factors = recover.start(m, grams)
    for x, _ in m.linears():
        a, b = factors[x.name]
        x_in = inputs[x.name]
        lost = recover.error_of(m, x)
        before, left = (x_in @ lost.T).norm(), (x_in @ (lost - b @ a).T).norm()
        assert a.shape == (recover.RANK, x.cols) and left < 0.75 * before


@pytest.mark.parametrize("name", ["palette 4 16", "palette 3 16", "palette 2 16"])
def test_palettes_as_stored_are_the_values(name):
    w, method = weights(rows=40), Method.named(name)
    w[3] = 0
    after = compressed(w, method)
    held = stored.stored(w, after, method)
    bits = 2 if method.bits == 2 else 4
    assert held["codes"].shape == (40, 96 * bits // 8) and held["table"].shape == (3, 2**bits)
    for r in range(40):
        fields = [held["codes"][r] >> (bits * i) & (2**bits - 1) for i in range(8 // bits)]
        entries = held["table"][r // 16][np.stack(fields, 1).ravel()].astype(np.float32)
        assert np.array_equal(entries * held["scale"][r].astype(np.float32), after[r])


def test_methods_without_a_file_are_refused():
    w = weights()
    with pytest.raises(ValueError, match="'round 4 32' has no file"):
        stored.stored(w, w, Method.named("round 4 32"))


def test_recovery_and_the_page_are_one_update(gguf_file, page_file, tmp_path):  # noqa: F811
    m = model.Model(gguf_file)
    page = model.read_update(m, page_file)
    torch.manual_seed(2)
    more = {n: tuple(torch.randn_like(t.float()) for t in pair) for n, pair in page.items()}
    recover.keep(more, tmp_path / "recovery.safetensors")
    stored.with_recovery(page_file, tmp_path / "recovery.safetensors", tmp_path / "both")
    both = model.read_update(m, tmp_path / "both")
    for name, (a, b) in both.items():
        parts = [pair[name] for pair in (page, more)]
        expected = sum(b.float() @ a.float() for a, b in parts)
        assert (b.float() @ a.float() - expected).norm() < 0.02 * expected.norm()


def run(what, gguf, page, out, *more):
    command = ["compress", what, "--gguf", gguf, "--page", page]
    command += ["--out", out, "--tokens", "200", "--pages", "1", "--calibration", "64", *more]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", list(map(str, command)))
        main()


def test_from_the_table_to_the_page(gguf_file, page_file, tmp_path, capsys):  # noqa: F811
    go = lambda what, *more: run(what, gguf_file, page_file, tmp_path, *more)  # noqa: E731
    row = f"round 2 row{table.KEPT}"
    go("table", "--only", f"as shipped;{row}")
    rows = table.read(tmp_path / "table.jsonl")
    assert [r["method"] for r in rows] == ["as shipped", row]
    assert rows[0]["bits"] == 32 and 2 < rows[1]["bits"] < 32
    go("sensitivity")
    assert len(sensitivity.read(tmp_path / "sensitivities.jsonl")) == 15
    go("mixed", "--bits", "5")
    held = json.loads((tmp_path / "choices.json").read_text())
    assert len(held) == 2
    go("recover", "--row", row, "--steps", "2", "--minutes", "1")
    assert (tmp_path / "round-2-row-embedding-as-shipped" / "recovery.safetensors").exists()
    go("export", "--row", f"palette 4 16{table.KEPT}")
    held = load_file(tmp_path / "palette-4-16-embedding-as-shipped" / stored.PALETTES)
    assert held["blk.1.attn_q.weight.codes"].shape == (32, 16) and len(held) == 3 * 14
    times = tmp_path / "times.jsonl"
    line = {"form": "w2", "rows": 32, "cols": 32, "bytes": 9, "decode": 1.0, "prefill": 0.5}
    times.write_text(json.dumps(line) + "\n")
    capsys.readouterr()
    go("show", "--times", times)
    said = capsys.readouterr().out
    assert said.count("\n") == 2 + 2 + 4 + 2 and row + " + recovery" in said
    go("html", "--times", times)
    shown = (tmp_path / "compress.html").read_text()
    assert "null;" not in shown.split("const data = ")[1][:8]
    assert "http:" not in shown and "https:" not in shown and "src=" not in shown


def test_times_are_those_of_the_forms(gguf_file):  # noqa: F811
    m = model.Model(gguf_file)
    sizes = {(x.rows, x.cols) for x in m.matrices}
    times = {(r, c, f): (2.0, 1.0) for r, c in sizes for f in ("p2g", "p4g", "q4_1", "q8_0")}
    chosen = {x.name: "palette 2 16" for x in m.matrices}
    assert html.rate(m, chosen, times) == pytest.approx(1e6 / (2.0 * len(m.matrices)))
    assert html.rate(m, dict.fromkeys(chosen, "as shipped"), times) is not None
    assert html.rate(m, dict.fromkeys(chosen, "round 3 32"), times) is None
