"""What the tokens of an answer weigh."""

import numpy as np
import pytest

from charset import GLYPHS
from dialogue import (
    DECISIVE,
    FIELD,
    FORCED,
    GOES_ON,
    LINE_END,
    LINE_START,
    Writer,
    char_tokens,
    json_pieces,
    left_out,
    line_of,
    text_pieces,
)
from records import GLYPH, Record
from simulate import ImageTokens


def test_going_on_in_the_next_line_weighs_nearly_what_ending_does():
    fields = {
        "venue": {"text": 'The "Fox" Inn', "glyphs": [[2, 10], [12, 15]]}
    }  # Inn is on the second line
    line = [0] * 10 + [1] * 8
    pieces = json_pieces(fields, [("where", "venue"), ("title", "title")], line)
    told = [
        (c, weight) for text, _, weights in pieces for c, weight in zip(text, weights, strict=True)
    ]
    assert "".join(c for c, _ in told) == '{"where":"The \\"Fox\\" Inn","title":null}'
    heavy = [(c, weight) for c, weight in told if weight > FIELD]
    assert heavy == [
        ('"', DECISIVE),
        ("T", DECISIVE),
        (" ", GOES_ON),
        ("I", GOES_ON),
        ('"', DECISIVE),
        ("n", DECISIVE),
    ]
    assert {weight for c, weight in told if c in "{:,}"} == {FORCED}
    read = [glyph for text, glyphs, _ in pieces for glyph in glyphs or []]
    assert [g for g in read if g >= 0] == [*range(2, 10), *range(12, 15)]


def test_lines_left_out_come_last_or_never_and_leaving_them_out_is_not_taught():
    text = "MON\n22\nMay 3"
    assert line_of(text) == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    whole = text_pieces(text)
    assert "".join(t for t, *_ in whole) == text
    assert [g for _, glyphs, _ in whole for g in glyphs or []] == list(range(9))
    assert [w[0] for _, _, w in whole] == [LINE_START, LINE_END] * 2 + [LINE_START]
    late = text_pieces(text, {1})
    assert [(t, list(g or []), w[0]) for t, g, w in late if t != "\n"] == [
        ("MON", [0, 1, 2], LINE_START),
        ("May 3", [5, 6, 7, 8], 0.0),
        ("22", [3, 4], LINE_START),
    ]
    assert text_pieces(text, {1}, dropped=True) == late[:3]
    rng = np.random.default_rng(1)
    assert all(len(left_out(text.split("\n"), rng)) == 1 for _ in range(9)), (
        "a quarter of the lines, and one at least"
    )


@pytest.mark.parametrize("misread", [True, False])
def test_a_misread_letter_is_seen_and_the_right_one_taught(misread):
    weights = np.zeros((40, len(GLYPHS)), np.float32)
    weights[:, GLYPHS.index("B")] = 1
    glyphs = np.zeros(40, GLYPH)
    glyphs["char"] = ord("A")
    w = Writer(ImageTokens(weights, np.zeros((40, 4), np.float32), np.arange(40)), 40)
    rng = np.random.default_rng(0)
    while misread and not w.misreads:
        w.misread(Record({}, glyphs, 0, 0, None), rng)
    given = len(w.e.ids)
    w.turn("", [("A" * 40, range(40))])
    (right,), (wrong,) = char_tokens("A"), char_tokens("B")
    said, taught = w.e.ids[given + 2 : -1], w.e.target[given + 1 : -2]
    assert taught == [right] * 40
    assert set(said) == ({right, wrong} if misread else {right})
