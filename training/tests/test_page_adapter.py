"""An adapter of a page bundle: trained on top of what the bundle was taught, resumed, written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_page import gguf_file, writer  # noqa: F401

from page import adapter, smollm, written
from page.examples import sequences
from page.page import FEATURES
from page.train import DEV_SEED, batch_of, begin_with, export, losses, taught, writer_of
from sums import write_sums

TRAINING = Path(__file__).parents[1]
PAGE = """== notice
3 | Boat club
1 | Opens on Sunday at 10
F name > Boat club
Q When does it open? > Sunday at 10
Q Is it free? > -
"""


@pytest.fixture
def bundle(tmp_path, gguf_file):  # noqa: F811
    """A tiny decoder, what it was taught at random, and a `config.json` with their sums."""
    torch.manual_seed(5)
    reader, value = smollm.open_gguf(gguf_file)
    model = smollm.SmolLM(reader, value, FEATURES)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "tiny.gguf").write_bytes(gguf_file.read_bytes())
    meta = {"rank": smollm.RANK, "scale": smollm.SCALE, "step": 1}
    export(model, folder / "page.safetensors", meta)
    config = {"decoder": {"file": "tiny.gguf"}, "weights": {"file": "page.safetensors"}}
    (folder / "config.json").write_text(json.dumps(config))
    write_sums(folder)
    return folder


@pytest.fixture
def run(tmp_path, bundle):
    """Trains, with more arguments. -> what it said, and the adapter's folder"""
    pages, out = tmp_path / "pages", tmp_path / "adapter"
    pages.mkdir()
    (pages / "a.txt").write_text(PAGE)
    (pages / "a.dev.txt").write_text(PAGE.replace("Boat", "Chess"))

    def train(*more):
        command = [sys.executable, "-m", "page.adapter", "--bundle", bundle, "--written", pages,
                   "--out", out, "--name", "notices", "--rank", "4", *more]  # fmt: skip
        return subprocess.run(command, cwd=TRAINING, capture_output=True, text=True), out

    return train


def test_it_learns_is_resumed_and_written(run, bundle):
    for steps in ("1", "2"):
        said, out = run("--steps", steps)
        assert said.returncode == 0, said.stderr
        scored = json.loads(said.stdout)
        assert scored["step"] == int(steps) and scored["loss"] > 0
    card = json.loads((out / "adapter.json").read_text())
    config = json.loads((bundle / "config.json").read_text())
    assert card["base"] == adapter.signature(config)
    assert (card["format"], card["name"], card["rank"], card["alpha"]) == (1, "notices", 4, 8.0)
    assert len(card["targets"]) == 2 * 7 and "layers.1.ffn.down" in card["targets"]
    tensors = load_file(out / "adapter.safetensors")
    assert set(tensors) == {f"{t}.lora_{x}" for t in card["targets"] for x in "ab"}
    assert all(t.dtype == torch.float16 for t in tensors.values())
    assert tensors["layers.1.ffn.down.lora_a"].shape == (4, 48)
    assert tensors["layers.0.k.lora_b"].shape == (16, 4)
    assert tensors["layers.0.q.lora_b"].abs().max() > 0
    # The map of places is the bundle's still, and a run of another rank is not gone on with.
    state = torch.load(out / "state.pt", weights_only=True)["model"]
    held = load_file(bundle / "page.safetensors")
    assert torch.equal(state["place"], held["place"].float())
    said, _ = run("--steps", "3", "--rank", "2")
    assert said.returncode and "remove it, or name another folder" in said.stderr


def test_what_is_refused_is_named(run, bundle):
    said, _ = run("--steps", "1", "--rank", "250")
    assert "ranks add up to 266, at most 256" in said.stderr
    said, _ = run("--steps", "1", "--written", bundle)
    assert "holds no pages; expected *.txt" in said.stderr
    config = json.loads((bundle / "config.json").read_text())
    palettes = config | {"palettes": {"file": "palettes.safetensors"}}
    (bundle / "config.json").write_text(json.dumps(palettes))
    said, _ = run("--steps", "1")
    assert "has palettes, which training does not read" in said.stderr
    (bundle / "config.json").write_text(json.dumps(config))
    (bundle / "page.safetensors").write_bytes(b"another")
    said, _ = run("--steps", "1")
    assert "page.safetensors is not the one that config.json names" in said.stderr


def test_it_begins_as_what_the_bundle_was_taught(bundle, gguf_file):  # noqa: F811
    reader, value = smollm.open_gguf(gguf_file)
    kept, merged = (smollm.SmolLM(reader, value, FEATURES, rank) for rank in (smollm.RANK, 4))
    begin_with(kept, bundle / "page.safetensors")
    adapter.merge(merged, bundle / "page.safetensors")
    sequence = next(sequences(writer_of(reader), "", "dev", DEV_SEED))
    inputs, target, weight = batch_of([sequence])
    with torch.no_grad():
        expected, _ = losses(kept, inputs, target, weight)
        found, _ = losses(merged, inputs, target, weight)
        fresh, _ = losses(smollm.SmolLM(reader, value, FEATURES), inputs, target, weight)
    exact = smollm.WORK == torch.float32
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4 if exact else 0.05)
    assert (fresh - expected).abs().max() > 0.1
    assert not merged.place.requires_grad and len(taught(merged)["layers.0.q.a"]) == 4


def test_a_signature_is_of_the_decoders_sum_and_the_weights():
    # The same stands in fusion/src/readers/page/config.rs.
    file = lambda digit: {"file": "a", "sha256": digit * 64}  # noqa: E731
    both = "6bc4427dd69ba2890039563e1605a0513be9f34bcf77eec944f3551ac6468e45"
    swapped = "0f84451438169c778fe3b82d29316743c5d0022210a76241d79f6048e604ea34"
    with_palettes = "9a64e7a4db90e990040d5ae69de2902ffe7dc1ca56ad9e50cc797aca4a6b43c4"
    none = "81dc786984c730d9fa38184eadb0cf6bfe22ef769f65b9b09bff9cb85c11dee3"
    for decoder, weights, expected in [
        (file("a"), file("b"), both),
        (file("b"), file("a"), swapped),
        ({"file": "a"}, {"file": "a"}, none),
    ]:
        assert adapter.signature({"decoder": decoder, "weights": weights}) == expected
    parts = {"decoder": file("a"), "weights": file("b"), "palettes": file("c")}
    assert adapter.signature(parts) == with_palettes


def test_pages_of_use_are_needed(writer, tmp_path):  # noqa: F811
    path = tmp_path / "a.txt"
    path.write_text("1 | Hello\n")
    with pytest.raises(ValueError, match="a.txt:1: found '1 | Hello', expected '=='"):
        written.pages_of(path)
    folder = tmp_path / "long"
    folder.mkdir()
    (folder / "a.txt").write_text("== page\n1 | " + "word " * 400 + "\nQ What? > word\n")
    with pytest.raises(ValueError, match="have nothing to ask, or over 1100 tokens"):
        next(sequences(writer, "", "train", 1, by_hand=1, folder=folder))
