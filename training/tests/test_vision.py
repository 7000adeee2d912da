"""The encoder's loss and figures on pictures with and without text, and training on a GPU machine's
terms."""

import sys
from pathlib import Path

import pytest
import torch

import checkpoint
import equal
import records
import train_gpu
import train_vision
from train_vision import BARE_HARDEST, bare_loss, glyph_loss, measure

HERE = Path(__file__).resolve().parent


def batch(n, bare=()):
    """Logits, raw geometry, classes, geometry of n pictures of 10x10 patches with two glyphs."""
    torch.manual_seed(0)
    logits, raw = torch.randn(n, 10, 10, 4, 6), torch.zeros(n, 10, 10, 4, 4)
    classes = torch.zeros(n, 10, 10, 4, dtype=torch.long)
    classes[:, 0, 0, 0], classes[:, 5, 5, 2] = 3, 4
    classes[list(bare)] = 0
    return logits.requires_grad_(), raw, classes, torch.zeros(n, 10, 10, 4, 4)


def test_the_hardest_slots_of_pictures_without_text_count_once_more():
    logits, raw, classes, geometry = batch(3, bare=[1])
    each = -logits[1].log_softmax(-1)[..., 0].flatten()
    hardest = each.sort(descending=True).values[:BARE_HARDEST].mean()
    torch.testing.assert_close(bare_loss(logits, classes), hardest)
    whole = glyph_loss(logits, raw, classes, geometry)[2]
    classes[1, 9, 9, 3] = records.IGNORE  # its text is not known: nothing is sure to be invented
    assert bare_loss(logits, classes) == 0
    assert whole > glyph_loss(logits, raw, classes, geometry)[2]


def test_a_batch_without_a_glyph_teaches_blanks_alone():
    logits, raw, classes, geometry = batch(2, bare=[0, 1])
    total, read, empty, where = glyph_loss(logits, raw, classes, geometry)
    assert read == 0 and where == 0 and total.isfinite() and empty > 0
    total.backward()
    assert logits.grad.isfinite().all() and logits.grad[..., 0].max() < 0


def test_a_picture_with_one_slot_without_text():
    loss = bare_loss(torch.zeros(1, 1, 1, 1, 2), torch.zeros(1, 1, 1, 1, dtype=torch.long))
    assert loss.item() == pytest.approx(0.6931, abs=1e-4)


class Sees(torch.nn.Module):
    """Reads class 3 in the first `n` slots of every picture."""

    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, pixels):
        logits = torch.zeros(len(pixels), 400, 6)
        logits[..., 0], logits[:, : self.n, 3] = 1, 2
        return logits.view(-1, 10, 10, 4, 6), torch.zeros(len(pixels), 10, 10, 4, 4), None


def measured(sees, bare):
    classes, geometry = batch(2, bare)[2:]
    return measure(Sees(sees), [(torch.zeros(2, 3, 160, 160), classes, geometry)])


def test_invented_glyphs_are_counted_per_glyph_or_per_picture():
    right, missed, invented, *_ = measured(3, bare=[])
    assert (right, missed, invented) == (0.5, 0.5, 1.0)
    assert measured(3, bare=[0, 1]) == [0, 0, 3, 0, 0]


def test_the_line_tells_what_was_invented_where_no_text_is():
    line = train_vision.report([1, 1, 1, 1, 6.0, 1.5], 1.0, 1.0)
    assert "invented 4.0 a picture without text, 1.5 a batch" in line
    assert "without text" not in train_vision.report([1, 1, 1, 1, 0.0, 0.0], 1.0, 1.0)


def test_encoders_are_compared_at_equally_many_invented_glyphs():
    class Eager(Sees):
        def forward(self, pixels):
            logits, *more = super().forward(pixels)
            logits[:, 9] = torch.tensor(
                [0, 3.0, 0, 0, 0, 0]
            )  # 40 slots a picture, by a margin of 3
            return logits, *more

    _, _, classes, geometry = batch(2)
    tests = [(torch.zeros(2, 3, 160, 160), classes, geometry)]
    wanted, lines = {}, []
    for model in (Sees(3), Eager(3)):
        found = {"crops": equal.counts(model, tests), "bare": equal.counts(model, [bare_batch()])}
        lines += equal.rows("a.pt", found, wanted)
    assert lines[0] == "| a.pt | crops | 0.5000 | 1.0000 | 0.00 | 0.5000 |"
    rate = 1 + 40 / 2
    assert lines[2].startswith(f"| a.pt | crops | 0.5000 | {rate:.4f} | ")
    bias = float(lines[2].split("|")[5])
    assert 0.5 < bias <= 3, "blank is made likelier until no more is invented"
    assert wanted == {"crops": 1.0} and "a picture" in lines[1]


def bare_batch():
    classes, geometry = batch(2, bare=[0, 1])[2:]
    return torch.zeros(2, 3, 160, 160), classes, geometry


def test_nothing_is_chosen_on_the_test_split():
    assert records.EVAL_SPLIT == "dev"
    for path in HERE.parent.glob("*.py"):
        assert '"--split", "test"' not in path.read_text(), path


def test_a_run_on_workers_begins_with_weights_hands_back_and_is_compared(
    tmp_path, monkeypatch, capsys
):
    common = ["--generator", HERE / "generator.py", "--photos", tmp_path, "--size", 224]
    common += ["--device", "cpu"]
    tiny = [*common, "--sizes", "tiny", "--batch", 2, "--log-every", 1]
    first, second, out = (tmp_path / name for name in ("first", "second", "out"))

    def call(script, *options):
        monkeypatch.setattr(sys, "argv", [script.__name__, *map(str, options)])
        script.main()
        return capsys.readouterr().out.splitlines()

    call(train_gpu, *tiny, "--workers", 1, "--run", first, "--steps", 2, "--out", out)
    (half,) = out.iterdir()
    assert half.name == "encoder.pt.00"
    saved = checkpoint.read(half)
    assert {x.dtype for x in saved["state"]["ema"].values()} == {torch.float16}
    *before, last = call(
        train_gpu, *tiny, "--workers", 0, "--run", second, "--steps", 3, "--start", half
    )
    assert last.startswith("3 loss"), "it goes on from step 2"
    assert not any(line.startswith("fresh") for line in before)
    encoders = [first / "vision.pt", f"{half}+{second / 'vision.pt'}"]
    table = call(equal, *encoders, *common, "--count", 4)
    assert len(table) == 2 + 2 * len(equal.KINDS)
    row = [cell.strip() for cell in table[2].split("|")[1:-1]]
    assert row[1] == "crops" and row[4] == "0.00" and row[2] == row[5], "the first as it is"
