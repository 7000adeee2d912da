"""What the tokens of an answer weigh."""

from dialogue import DECISIVE, FIELD, FORCED, GOES_ON, json_pieces


def test_going_on_in_the_next_line_weighs_nearly_what_ending_does():
    fields = {"venue": {"text": 'The "Fox" Inn', "glyphs": [[2, 10], [12, 15]]}}  # Inn is on the second line
    line = [0] * 10 + [1] * 8
    pieces = json_pieces(fields, [("where", "venue"), ("title", "title")], line)
    told = [(c, weight) for text, _, weights in pieces for c, weight in zip(text, weights, strict=True)]
    assert "".join(c for c, _ in told) == '{"where":"The \\"Fox\\" Inn","title":null}'
    heavy = [(c, weight) for c, weight in told if weight > FIELD]
    assert heavy == [('"', DECISIVE), ("T", DECISIVE), (" ", GOES_ON), ("I", GOES_ON), ('"', DECISIVE), ("n", DECISIVE)]
    assert {weight for c, weight in told if c in "{:,}"} == {FORCED}
    read = [glyph for text, glyphs, _ in pieces for glyph in glyphs or []]
    assert [g for g in read if g >= 0] == [*range(2, 10), *range(12, 15)]
