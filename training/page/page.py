"""A page as the decoder sees it: characters in lines, where each stands, and what fields say.

The rules of this file are those of the reader that serves the model (`fusion/src/readers/page`):
order of lines, one token sequence a line, what is said of a token's place.
"""

from dataclasses import dataclass, field, replace

import numpy as np

# Lines are sorted by rows of this share of the longer side, then from the left: the 84 rows of the
# spotter's canvas (1344 pixels, rows of 16; fusion/src/readers/spotter.rs).
ROWS = 84
# A line's place: hat functions over y and x, over the size relative to the median line (octaves),
# and over the size relative to the longer side (octaves).
Y, X = np.linspace(0, 1, 16), np.linspace(0, 1, 8)
RELATIVE, ABSOLUTE = np.linspace(-2, 3, 11), np.linspace(-7, -2, 6)
FEATURES = len(Y) + len(X) + len(RELATIVE) + len(ABSOLUTE)


@dataclass
class Line:
    """A printed line: `chars` (no spaces), `space` before each, its box in page units."""

    chars: list
    space: list
    box: tuple  # x0, y0, x1, y1
    first: int  # number of its first character on the page

    @property
    def text(self):
        return "".join((" " if s else "") + c for c, s in zip(self.chars, self.space))


@dataclass
class Page:
    """`fields`: of each name the half-open ranges of characters that say it. `kind`: what it is."""

    lines: list
    fields: dict
    kind: str
    size: tuple = (1000.0, 1000.0)  # width, height
    asks: list = field(default_factory=list)  # (question, field, "yes", "no" or "")
    told: set = field(default_factory=set)  # kinds of facts that it holds (facts.py)
    missing: list = field(default_factory=list)  # names of fields known not to be there
    lists: list = field(default_factory=list)  # (name, question, fields of its items)
    by_hand: bool = False  # all its fields and questions are its writer's (written.py)

    def sorted(self):
        """With its lines in reading order, characters numbered anew."""
        row = max(self.size) / ROWS
        height = lambda line: (line.box[1] + line.box[3]) / 2  # noqa: E731
        lines = sorted(self.lines, key=lambda line: (height(line) // row, line.box[0]))
        moved, first, out = {}, 0, []
        for line in lines:
            moved.update({line.first + i: first + i for i in range(len(line.chars))})
            out.append(Line(line.chars, line.space, line.box, first))
            first += len(line.chars)
        fields = {}
        for name, ranges in self.fields.items():
            fields[name] = runs([moved[i] for a, b in ranges for i in range(a, b) if i in moved])
        return replace(self, lines=out, fields=fields)

    def says(self, name):
        """What a field says, as it was read; "" where nothing of it was."""
        chars = [c for line in self.lines for c in line.chars]
        space = [s or (i == 0) for line in self.lines for i, s in enumerate(line.space)]
        out = []
        for n, (a, b) in enumerate(self.fields.get(name, [])):
            for i in range(a, b):
                out.append((" " if (space[i] if i > a else n > 0) else "") + chars[i])
        return "".join(out).strip()


def runs(numbers):
    """Half-open ranges of the numbers, in their order."""
    out = []
    for n in numbers:
        if out and out[-1][1] == n:
            out[-1][1] = n + 1
        else:
            out.append([n, n + 1])
    return [tuple(r) for r in out]


def from_record(record, glyphs):
    """A page of the generator's record (datasets/FORMAT.md); `glyphs`: its structured array."""
    lines = []
    for line in record["lines"]:
        a, b = line["glyphs"]
        chars = [chr(c) for c in glyphs["char"][a:b]]
        space, text = [], line["text"]
        gap = False
        for c in text:
            if c.isspace():
                gap = True
            else:
                space.append(gap and bool(space))
                gap = False
        if len(space) != len(chars):
            continue
        y = float(np.median(glyphs["cy"][a:b]))
        h = float(np.median(glyphs["h"][a:b]))
        x0, x1 = line["box"][0], line["box"][2]
        lines.append(Line(chars, space, (x0, y - h / 2, x1, y + h / 2), a))
    fields = {k: [tuple(r) for r in f["glyphs"]] for k, f in record["fields"].items()}
    fields.pop("description", None)
    size = (float(record["width"]), float(record["height"]))
    return Page(lines, fields, record["kind"], size)


def hats(x, knots):
    """Piecewise linear coordinates over evenly spaced knots: at most two are not zero."""
    step = knots[1] - knots[0]
    x = np.clip(x, knots[0], knots[-1])
    return np.clip(1 - np.abs(x - knots) / step, 0, None)


def place(line, page, median):
    """What is said of the place of a line's tokens, `[FEATURES]`."""
    x0, y0, x1, y1 = line.box
    w, h = page.size
    size = max(y1 - y0, 1e-6)
    return np.concatenate([
        hats((y0 + y1) / 2 / h, Y), hats((x0 + x1) / 2 / w, X),
        hats(np.log2(size / median), RELATIVE), hats(np.log2(size / max(w, h)), ABSOLUTE),
    ]).astype(np.float32)  # fmt: skip


def rows_of(page, encode, newline):
    """Ids and places of a page's tokens. `encode`: text to ids; `newline`: the id between lines."""
    ids, places = [], []
    if not page.lines:
        return ids, np.zeros((0, FEATURES), np.float32)
    median = float(np.median([line.box[3] - line.box[1] for line in page.lines]))
    for n, line in enumerate(page.lines):
        own = ([newline] if n else []) + encode(line.text)
        ids += own
        places += [place(line, page, median)] * len(own)
    return ids, np.stack(places)


# What readers take for one another on real print, both ways.
ALIKE = ["O0", "l1", "I1", "lI", "S5", "B8", "Z2", "G6", "uv", "ce", "oe", "ao", "nm", "rn",
         "tf", "ij", "VY", "hb", ".,", "-—", "'`", "&8", "DO", "QO", "EF", "CG"]  # fmt: skip


def noisy(page, rng, share):
    """The page as a reader may give it: letters misread, spaces lost, lines missed."""
    alike = {}
    for a, b in ALIKE:
        alike.setdefault(a, []).append(b)
        alike.setdefault(b, []).append(a)
    lines = []
    for line in page.lines:
        if rng.random() < share * 2 and len(line.chars) < 40 and not critical(page, line):
            continue
        chars, space = list(line.chars), list(line.space)
        bad = rng.random() < 0.35
        for i, c in enumerate(chars):
            if rng.random() < share * (3 if bad else 0.3):
                chars[i] = rng.choice(alike.get(c, [c.swapcase()]))
            if space[i] and bad and rng.random() < 4 * share:
                space[i] = False
        if bad and rng.random() < 0.15:
            space = [False] * len(space)
        lines.append(Line(chars, space, line.box, line.first))
    return replace(page, lines=lines).sorted()


def critical(page, line):
    """Whether a field stands on the line."""
    a, b = line.first, line.first + len(line.chars)
    return any(x < b and y > a for ranges in page.fields.values() for x, y in ranges)
