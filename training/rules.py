"""The constants of reading that training and the Rust library share: `models/rules.json`.

Both sides read the one file, so that the image tokens of training are those of the library. What
each number means and where it comes from stands in models/FORMAT.md, "rules.json".
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).resolve().parent.parent / "models" / "rules.json"


@dataclass(frozen=True)
class Tiling:
    """Canvases and views, in pixels."""

    rapid: int
    balanced: int
    high: int
    view: int
    pad: tuple
    max_upscale: float


@dataclass(frozen=True)
class Slots:
    """Which glyph slots become image tokens."""

    overview_min_em: float
    detail_max_em: float
    overview_share: float
    same_across: float
    same_down: float
    same_letter: float
    other_letter: float
    small_em: float
    min_presence: float
    max_glyphs: int


@dataclass(frozen=True)
class Box:
    """A glyph's box around its centre, in em sizes."""

    above: float
    below: float


@dataclass(frozen=True)
class Lines:
    """Neighbours on a line, in em sizes; `row` in canvas pixels."""

    drift: float
    growth: float
    gap: float
    row: float


@dataclass(frozen=True)
class Place:
    """Wavelengths of the place embedding; `longest` in canvas pixels."""

    longest: float
    octaves: float
    size_gain: float


@dataclass(frozen=True)
class Rules:
    """All of `rules.json`."""

    tiling: Tiling
    slots: Slots
    box: Box
    lines: Lines
    place: Place


def parse(text, where="rules.json"):
    """The rules in a JSON text. Missing and unknown names and wrong types are refused."""
    given = json.loads(text)
    sections = {f.name: f.type for f in dataclasses.fields(Rules)}
    check_names(given, sections, where)
    return Rules(
        **{name: section(kind, given[name], f"{where}: {name}") for name, kind in sections.items()}
    )


def section(kind, given, where):
    """One section as its dataclass."""
    fields = {f.name: f.type for f in dataclasses.fields(kind)}
    check_names(given, fields, where)
    return kind(**{name: value(of, given[name], f"{where}.{name}") for name, of in fields.items()})


def check_names(given, wanted, where):
    names = set(given) if isinstance(given, dict) else set()
    if missing := sorted(set(wanted) - names):
        raise ValueError(f"{where} lacks {', '.join(missing)} (models/FORMAT.md lists the names)")
    if unknown := sorted(names - set(wanted)):
        raise ValueError(f"{where} has unknown names: {', '.join(unknown)} (models/FORMAT.md)")


def value(kind, given, where):
    """`given` as `kind`: int, float or tuple (of three bytes)."""
    if kind is tuple:
        if isinstance(given, list) and len(given) == 3 and all(type(x) is int for x in given):
            return tuple(given)
        raise ValueError(f"{where} is {given!r}, expected a list of three integers")
    if type(given) is int or (kind is float and type(given) is float):
        return kind(given)
    raise ValueError(f"{where} is {given!r}, expected a number of type {kind.__name__}")


RULES = parse(PATH.read_text(), str(PATH))
