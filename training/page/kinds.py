"""Kinds of drawn pages, and how often each comes."""

from .posters import poster, talk
from .printed import Ink
from .things import card, menu, notice, receipt, text, timetable

KINDS = [
    (poster, 10),
    (talk, 5),
    (receipt, 3),
    (menu, 2),
    (notice, 2),
    (timetable, 1),
    (card, 1),
    (text, 2),
]


def drawn(rng):
    """A page of some kind."""
    kinds, weights = zip(*KINDS, strict=True)
    return rng.choices(kinds, weights)[0](Ink(rng))
