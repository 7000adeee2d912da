"""Crops without text: which are kept, which are shown again, and what is said of them."""

import pytest
import torch

from hard import CLAIM, Hard, without_text


def batch_of(invented, glyphs=()):
    """A batch of crops of 2x2 patches with a slot each, of which crop i shows `invented[i]` slots
    that look like glyphs, and those in `glyphs` have text. -> batch, logits"""
    n = len(invented)
    classes = torch.zeros(n, 2, 2, 1, dtype=torch.long)
    classes[list(glyphs), 0, 0] = 3
    pixels = torch.arange(n)[:, None, None, None].expand(n, 32, 32, 3).to(torch.uint8).clone()
    logits = torch.zeros(n, 2, 2, 1, 5)
    logits[..., 0] = 20
    for i, k in enumerate(invented):
        logits[i].flatten(0, 2)[:k, 1] = 40
    return [pixels, classes], logits


def test_pictures_without_text_have_blank_slots_alone():
    classes = torch.zeros(3, 2, 2, 4, dtype=torch.long)
    classes[1, 0, 0, 0], classes[2, 1, 1, 3] = 7, -100
    assert without_text(classes).tolist() == [True, False, False]


def test_the_worst_crops_without_text_are_kept():
    hard = Hard(1, room=2)
    batch, logits = batch_of([1, 3, 4, 4, 3], glyphs=[2])
    invented, new = hard.look(batch, logits)
    assert invented == pytest.approx(1 + 3 + 4 + 3, abs=1e-3) and new == 4
    assert [round(n) for n, _ in hard.kept] == [4, 3]
    assert hard.kept[0][1][0].unique().tolist() == [3], "the example itself"
    batch[0].zero_()
    assert hard.kept[0][1][0].unique().tolist() == [3], "a copy"


def test_faint_presences_do_not_count():
    hard = Hard(1, least=0)
    batch, logits = batch_of([0])
    faint = torch.tensor(CLAIM * 0.9).logit() - torch.log(torch.tensor(4.0))
    logits[..., 0], logits[..., 1:] = 0, faint
    assert hard.look(batch, logits) == (0, 1)


def test_a_batch_with_text_alone_says_nothing():
    assert Hard(1).look(*batch_of([4, 4], glyphs=[0, 1])) == (0, 0)


def test_a_crop_is_shown_again_and_not_counted_as_new():
    hard = Hard(1)
    assert hard.mixed(batch_of([0])[0], 1.0)[0].unique().tolist() == [0], "too few are kept"
    batch, logits = batch_of([4] * 9)
    hard.look(batch, logits)
    assert len(hard.kept) == 9
    batch = hard.mixed(batch_of([0, 4], glyphs=[0])[0], 1.0)
    batch[0][0] = 99
    assert len(hard.kept) == 8 and batch[1][1].eq(0).all()
    assert hard.look(batch, batch_of([0, 4])[1]) == (0, 0)
    assert len(hard.kept) == 9, "it is bad still, and kept"
    hard.mixed(batch, 0.0)
    assert not hard.again
