"""Pages as text, what is asked of them, and a tiny decoder that learns and is exported."""

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import pre_tokenizers

from page import facts, kinds, mean, smollm, tasks, things, written
from page.examples import Writer, sequences
from page.page import FEATURES, Line, Page, noisy, place, rows_of
from page.printed import Ink
from page.train import DEV_SEED, batch_of, losses

TRAINING = Path(__file__).parents[1]
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


@pytest.fixture(scope="module")
def gguf_file(tmp_path_factory):
    """A Llama of random weights over bytes."""
    import gguf

    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    w = gguf.GGUFWriter(path, "llama")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    dim, heads, kv, ffn = 32, 4, 2, 48
    w.add_embedding_length(dim)
    w.add_block_count(2)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_rope_freq_base(10000.0)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_tokenizer_model("gpt2")
    w.add_token_list([*SPECIALS, *letters, "an"])
    w.add_token_merges(["a n"])
    rng = np.random.default_rng(3)

    def add(name, *shape):
        w.add_tensor(name, rng.normal(0, 0.1, shape).astype(np.float32))

    add("token_embd.weight", len(SPECIALS) + len(letters) + 1, dim)
    add("output_norm.weight", dim)
    for i in range(2):
        shapes = {"attn_q": dim, "attn_k": dim * kv // heads, "attn_v": dim * kv // heads}
        for name, rows in (shapes | {"attn_output": dim, "ffn_gate": ffn, "ffn_up": ffn}).items():
            add(f"blk.{i}.{name}.weight", rows, dim)
        add(f"blk.{i}.ffn_down.weight", dim, ffn)
        add(f"blk.{i}.attn_norm.weight", dim)
        add(f"blk.{i}.ffn_norm.weight", dim)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return path


@pytest.fixture(scope="module")
def writer(gguf_file):
    reader, _ = smollm.open_gguf(gguf_file)
    names = smollm.field(reader, "tokenizer.ggml.tokens")
    return Writer(smollm.tokenizer_of(reader), {n: names.index(n) for n in SPECIALS})


def test_names_of_training_and_dev_are_apart():
    train, dev = tasks.NAMES["train"], tasks.NAMES["dev"]
    known = {name for names in train.values() for name in names}
    assert set(dev) <= set(train)
    assert not known & {name for names in dev.values() for name in names}


def test_renamed_fields_are_those_of_the_page():
    rng = random.Random(3)
    page = kinds.drawn(rng)
    while page.kind != "event":
        page = kinds.drawn(rng)
    prompt, pieces = tasks.renamed(page, rng)
    said = json.loads("".join(text for text, _ in pieces))
    told = {page.says(name) for name in page.fields}
    assert [line.rstrip("?") for line in prompt.splitlines()[1:]] == list(said)
    assert {value for value in said.values() if value} <= told


def test_a_place_is_told_as_the_reader_tells_it():
    # The same numbers stand in fusion/src/readers/page/place.rs.
    line = Line(list("ab"), [False, False], (100, 200, 500, 260), 0)
    told = place(line, Page([line], {}, "x", (1000.0, 800.0)), 30.0)
    at = {i: round(float(x), 4) for i, x in enumerate(told) if x}
    expected = {4: 0.6875, 5: 0.3125, 18: 0.9, 19: 0.1, 30: 1.0, 37: 0.0589, 38: 0.9411}
    assert at == expected and len(told) == FEATURES


@pytest.mark.parametrize("draw", [draw for draw, _ in kinds.KINDS])
def test_fields_stand_on_the_page_also_when_it_is_misread(draw):
    for seed in range(40):
        page = draw(Ink(random.Random(seed)))
        text = " ".join(line.text for line in page.lines)
        for name in page.fields:
            said = page.says(name)
            assert said and all(word in text for word in said.split()), (seed, name, said)
        misread = noisy(page, random.Random(seed), 0.03)
        chars = sum(len(line.chars) for line in misread.lines)
        assert all(b <= chars for ranges in misread.fields.values() for _, b in ranges)


@pytest.mark.parametrize("kind", facts.FACTS)
def test_a_facts_questions_name_its_parts(kind):
    for seed in range(20):
        _, segments, asks = facts.drawn(Ink(random.Random(seed)), kind)
        names = {s[1] for s in segments if isinstance(s, tuple)}
        assert asks and all(name in names and lead in ("", "yes", "no") for _, name, lead in asks)


def test_answers_are_words_of_the_page_or_say_that_it_does_not_tell():
    found = absent = 0
    for seed in range(200):
        rng = random.Random(seed)
        page = kinds.drawn(rng)
        text = " ".join(line.text for line in page.lines)
        for _, [(answer, _)] in tasks.questions(page, rng):
            absent += answer == tasks.NOT_FOUND
            found += answer != tasks.NOT_FOUND
            words = answer.removeprefix("yes: ").removeprefix("no: ").split()
            assert answer == tasks.NOT_FOUND or all(word in text for word in words), answer
    assert 0.25 < absent / (found + absent) < 0.55


def test_a_schema_is_told_in_lines():
    fields = [("title", False, ""), ("date", True, "Its day."), ("items", False, "(list)")]
    assert tasks.described(fields) == "Fill in:\ntitle\ndate?: Its day.\nitems: (list)"
    pieces = tasks.weighed({"a": "x", "b": None})
    assert "".join(text for text, _ in pieces) == '{"a":"x","b":null}'


def test_branches_see_the_page_and_themselves(writer):
    sequence = next(sequences(writer, "", "train", 5))
    (ids, _, positions, mask), target, weight = batch_of([sequence])
    branch = torch.tensor(sequence.branch)
    last = int((branch == 2).nonzero()[-1])
    seen = mask[0, last].nonzero().flatten()
    assert set(branch[seen].tolist()) == {0, 2}
    page = int((branch == 0).sum())
    assert positions[0, (branch == 2).nonzero()[0]].item() == page
    assert ids.shape[1] % 32 == 0 and target[0, last].item() == writer.end and weight[0, last] == 1


def test_rows_of_a_page_are_those_of_its_lines(writer):
    page = things.card(Ink(random.Random(1)))
    ids, places = rows_of(page, writer.encode, writer.newline[0])
    assert len(ids) == len(places)
    assert writer.tokenizer.decode(ids) == "\n".join(line.text for line in page.lines)


def test_it_learns_is_resumed_and_exported(tmp_path, gguf_file):
    run = [sys.executable, "-m", "page.train", "--gguf", gguf_file, "--out", tmp_path]
    for steps in ("1", "2"):
        command = [*run, "--steps", steps]
        said = subprocess.run(command, cwd=TRAINING, capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
        assert f'"step": {steps}' in said.stdout
    tensors = load_file(tmp_path / "page.safetensors")
    assert tensors["place"].shape == (FEATURES, 32)
    assert tensors["layers.1.ffn.down.a"].shape == (smollm.RANK, 48)
    assert tensors["layers.0.k.b"].shape == (16, smollm.RANK)
    assert tensors["layers.0.q.b"].abs().max() > 0


def test_an_update_of_nothing_changes_nothing(gguf_file, writer):
    reader, value = smollm.open_gguf(gguf_file)
    model = smollm.SmolLM(reader, value, FEATURES)
    sequence = next(sequences(writer, "", "dev", DEV_SEED))
    inputs, target, weight = batch_of([sequence])
    with torch.no_grad():
        before, _ = losses(model, inputs, target, weight)
        model.layers[0].q.a.fill_(9)  # b is zero
        after, _ = losses(model, inputs, target, weight)
    assert torch.equal(before, after)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_answers_of_pages_written_by_hand_stand_on_them(split):
    pages = written.pages(split)
    assert len(pages) > 50
    for page in pages:
        assert 2 <= len(page.lines) and page.asks, page.text
    others = {p.text for p in written.pages("dev" if split == "train" else "train")}
    assert not others & {p.text for p in pages}


def test_a_page_written_by_hand_says_its_fields_when_it_is_set():
    rng = random.Random(5)
    for one in written.pages("dev"):
        page = written.drawn(rng, one)
        said = {name: page.says(name) for name in page.fields}
        assert all(said.values())
        for name, value in one.fields.items():
            letters = lambda text: [c for c in text if c.isalpha()]  # noqa: E731
            assert letters(said[name]) == letters(value)
        for question, key, lead in page.asks:
            assert not key or said[key], question
            assert lead in ("", "yes", "no")


def test_what_is_not_there_is_asked_for_by_hand_and_by_sign():
    page = written.Written("poster", [(1, "Fair"), (1, "Mill Hall, call 0123 456")])
    for what, name, said in [("E", "title", "Fair"), ("E", "end", "-"), ("Q", "Who?", "-")]:
        page.add(what, name, said)
    assert page.event and page.fields == {"title": "Fair"} and page.asks == [("Who?", "-")]
    lacks = page.lacks()
    assert lacks[0] == "end" and "email" in lacks and "price" in lacks
    assert not {"phone", "title", "venue"} & set(lacks)
    rng = random.Random(4)
    asked = [tasks.some_fields(written.drawn(rng, page), {"title": "Fair"}, rng) for _ in range(20)]
    assert any(key in lacks for fields in asked for key, *_ in fields)


def test_figures_change_alike_everywhere():
    change = written.Figures(random.Random(2))
    text = change("Doors 7:30 pm, room 1240, 24 May 2024, $1500")
    assert len(text) == len("Doors 7:30 pm, room 1240, 24 May 2024, $1500")
    assert change("Where is 1240?").split()[2][:4] in text
    assert 2020 <= int(text.split(", $")[0][-4:]) <= 2028


def test_what_is_no_page_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("== poster\n1 | Hello\nQ Who? > Nobody\n")
    with pytest.raises(ValueError, match="a.txt:3: 'Nobody' is no piece of its page"):
        written.pages_of(path)
    path.write_text("== poster\nHello\n")
    with pytest.raises(ValueError, match="a.txt:2: found 'Hello'"):
        written.pages_of(path)


def test_a_mean_of_two_runs_is_between_them(tmp_path):
    one, two = ({"layers.0.q.a": torch.full((2, 2), x), "place": torch.ones(1)} for x in (1.0, 3.0))
    save_file(one, tmp_path / "a", {"step": "1"})
    save_file(two, tmp_path / "b", {"step": "2"})
    tensors, metadata = mean.mean(tmp_path / "a", tmp_path / "b", 0.75)
    assert tensors["layers.0.q.a"].tolist() == [[2.5, 2.5]] * 2 and metadata["step"] == "2"
    known = metadata["taught"].split(",")
    assert {*tasks.EVENT, "starttime"} <= {*known} and "commences" not in known
    for name in "ab":
        save_file({"q.a": torch.ones(1)}, tmp_path / name, {"step": "2"})
    assert mean.mean(tmp_path / "a", tmp_path / "b", 0.5)[1] == {"step": "2"}
    save_file({"other": torch.zeros(1)}, tmp_path / "c")
    with pytest.raises(ValueError, match="other tensors"):
        mean.mean(tmp_path / "a", tmp_path / "c", 0.5)
