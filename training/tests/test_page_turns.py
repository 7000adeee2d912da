"""An update for the turns of a task alone, and lists of strings, one of the tasks."""

import json
import random
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from test_page import gguf_file, writer  # noqa: F401
from test_page_adapter import bundle  # noqa: F401

from page import adapter, smollm, turns, written
from page.kinds import drawn as drawn_kind
from page.lists import asked, in_words, listed, lists_of
from page.page import FEATURES, noisy
from page.train import batch_of, losses, matrices, writer_of

TRAINING = Path(__file__).parents[1]
PAGE = """== poster
3 | Pond Night
2 | The Owls, Ida Moss & The Owls
1 | Tea by Ida Moss
L bands ; Which bands play? > The Owls | Ida Moss | The Owls
L sponsors ; Who pays for it? > -
"""


def test_it_learns_is_resumed_and_written(tmp_path, bundle):  # noqa: F811
    out = tmp_path / "out"
    command = [sys.executable, "-m", "page.turns", "--bundle", bundle, "--out", out, "--rank", "4"]
    for steps in (1, 2):
        said = subprocess.run([*command, "--steps", str(steps)], cwd=TRAINING,
                              capture_output=True, text=True)  # fmt: skip
        assert said.returncode == 0, said.stderr
        first, last = (json.loads(line) for line in said.stdout.splitlines())
        assert (first["step"], last["step"]) == (steps - 1, steps)
        assert last["schemas"][0] > 0 and sum(last["lists"][-2:]) > 0
    tensors = load_file(out / "turns.safetensors")
    assert len(tensors) == 2 * 7 * 2 and tensors["layers.1.ffn.down.a"].shape == (4, 48)
    assert tensors["layers.0.q.b"].abs().max() > 0


def test_an_update_for_questions_leaves_the_first_layers_alone(tmp_path, bundle):  # noqa: F811
    out = tmp_path / "out"
    options = "--rank 2 --task asks --from-layer 1 --steps 1 --often signs.txt".split()
    command = [sys.executable, "-m", "page.turns", "--bundle", bundle, "--out", out, *options]
    said = subprocess.run(command, cwd=TRAINING, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    last = json.loads(said.stdout.splitlines()[-1])
    assert last["step"] == 1 and sum(last["alone"][-2:]) > 0 and sum(last["several"][-2:]) > 0
    with safe_open(out / "turns.safetensors", "pt") as held:
        assert held.metadata()["separator"] == "; "
        assert {name.split(".")[1] for name in held.keys()} == {"1"}  # noqa: SIM118


@pytest.fixture
def model(bundle, gguf_file):  # noqa: F811
    reader, value = smollm.open_gguf(gguf_file)
    model = smollm.SmolLM(reader, value, FEATURES, 4)
    adapter.merge(model, bundle / "page.safetensors")
    return model, writer_of(reader)


def test_turns_see_the_page_as_it_was_read(model):
    model, writer = model  # noqa: F811
    sequence = next(turns.sequences(writer, "", "train", 3))

    @torch.no_grad()
    def of_turns():
        past = turns.read(model, sequence)
        return past, [turns.forward(model, past, one)[0] for one in turns.passes(sequence)]

    past, apart = of_turns()
    inputs, target, weight = batch_of([sequence])
    with torch.no_grad():
        whole, _ = losses(model, inputs, target, weight * (weight > turns.OWN))
    exact = smollm.WORK == torch.float32
    close = {"rtol": 0, "atol": 1e-3 if exact else 0.1}
    torch.testing.assert_close(torch.cat(apart).sort().values, whole.sort().values, **close)
    # An update changes turns, and no page.
    for _, matrix in matrices(model):
        torch.nn.init.normal_(matrix.b, 0, 3.0)
    now, changed = of_turns()
    assert all(torch.equal(a, b) for x, y in zip(past, now, strict=True) for a, b in zip(x, y))
    assert (torch.cat(changed) - torch.cat(apart)).abs().max() > 0.1


def test_an_update_begins_as_the_nearest_of_its_rank(model, bundle):  # noqa: F811
    model, _ = model
    held = bundle / "page.safetensors"
    other = load_file(held)
    other["layers.0.q.b"] *= 1.5
    save_file(other, bundle / "other.safetensors")
    turns.begin_with(model, held, bundle / "other.safetensors")
    matrix = dict(matrices(model))["layers.0.q"]
    wanted = other["layers.0.q.b"].float() @ other["layers.0.q.a"].float() / 3
    found = (matrix.b @ matrix.a).detach()
    u, s, v = torch.linalg.svd(wanted)
    nearest = u[:, :4] * s[:4] @ v[:4]
    torch.testing.assert_close(found, nearest, rtol=0, atol=0.05 * s[0].item())


def test_lists_are_all_of_a_kind_in_the_pages_order(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(PAGE)
    (page,) = written.pages_of(path)
    rng = random.Random(1)
    drawn = written.drawn(rng, page)
    bands, sponsors = lists_of(drawn, rng)
    assert bands == ("bands", "Which bands play?", ["The Owls", "Ida Moss", "The Owls"])
    assert sponsors[2] == []
    assert drawn.fields["list 0 1"][0] < drawn.fields["list 0 2"][0]
    said = {prompt: "".join(text for text, _ in answer) for prompt, answer in
            (asked(drawn, rng) for _ in range(20))}  # fmt: skip
    assert {json.loads(answer) == [] for answer in said.values()} == {True, False}
    words = {prompt.lower()[:11]: answer for prompt, [(answer, _)] in in_words(drawn, rng)}
    assert words == {"which bands": "The Owls; Ida Moss; The Owls", "who pays fo": "not found"}
    prompt, answer = listed(drawn, rng)
    assert prompt.startswith("Fill in:\n") and "(list)" in prompt
    filled = json.loads("".join(text for text, _ in answer))
    assert set(map(str.lower, filled)) & {"bands", "sponsors"}


def test_cells_of_tables_are_lines_of_their_own(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("== table\n1 | 09:15   Harbour   Gate 4\n1 | 10:00   Mill      Gate 11\n"
                    "Q When do I get to Mill? > 10:00\n")  # fmt: skip
    (page,) = written.pages_of(path)
    seen = set()
    for seed in range(20):
        drawn = written.drawn(random.Random(seed), page)
        lines = sorted(drawn.lines, key=lambda line: line.box[1])
        seen.add(len(lines))
        if len(lines) == 6:
            time, place, gate = sorted(lines[:3], key=lambda line: line.box[0])
            assert (place.text, gate.text.split()[0]) == ("Harbour", "Gate")
            assert time.box[2] < place.box[0] and place.box[2] < gate.box[0]
            assert abs(time.box[1] - gate.box[1]) < 3 and lines[3].box[1] > time.box[3]
        ((_, key, _),) = drawn.asks
        assert any(line.text.startswith(drawn.says(key)) for line in lines)
    assert seen == {2, 6}


@pytest.mark.parametrize("split", ["train", "dev"])
def test_items_of_pages_written_by_hand_stand_on_them(split):
    rng = random.Random(2)
    with_lists = [page for page in written.pages(split) if page.lists]
    assert len(with_lists) > 100
    for page in with_lists:
        drawn = written.drawn(rng, page)
        lengths = [len(items) for _, _, items in lists_of(drawn, rng)]
        assert lengths == [len(items) for _, _, items in page.lists]


def test_things_of_drawn_pages_are_listed_also_when_they_are_misread():
    rng = random.Random(4)
    pages = (drawn_kind(rng) for _ in range(400))
    pages = [page for page in pages if lists_of(page, rng)]
    assert {page.kind for page in pages} == {"receipt", "menu", "timetable"}
    for page in pages:
        ((_, _, items),) = lists_of(noisy(page, rng, 0.02), rng)
        assert items and all(items)


def test_steps_are_of_whole_pages(writer):  # noqa: F811
    for step in islice(turns.steps(turns.sequences(writer, "", "train", 5)), 2):
        assert sum((s.branch > 0).sum() for s in step) >= turns.TOKENS
        assert all(s.branch.max() >= 1 for s in step)


def test_what_is_no_list_is_named(tmp_path):
    path = tmp_path / "a.txt"
    for line, wrong in {
        "L bands > The Owls": "expected 'NAME ; QUESTION'",
        "L bands ; Who? > The Owls | Nobody": "'Nobody' is no piece",
    }.items():
        path.write_text(f"== poster\n1 | The Owls\n{line}\n")
        with pytest.raises(ValueError, match=wrong):
            written.pages_of(path)
