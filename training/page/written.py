"""Pages written one by one, with questions in free words: what drawn pages do not have.

A language model wrote them; it had seen no picture that anything is measured on.

`written/*.txt`, or another folder's (`page/adapter.py`), of which `*.dev.txt` is only scored. A
page is

    == poster                        its kind
    6 | WINTER LANTERN WALK          a line and its relative size
    1 | 09:15   Harbour   Gate 4     cells of a table, parted by two spaces or more
    E title > WINTER LANTERN WALK    a field of an event (`F`: of anything else)
    E phone > -                      a field that somebody would ask for and that is not there
    Q Can I take my dog? > yes: Dogs on a leash are welcome
    Q When is it over? > -           the page does not say it
    L bands ; Which bands play? > The Owls | Ida Moss       all of a kind, in the page's order
    L sponsors ; Who pays for it? > -                       there are none

Values and answers are pieces of the page. Figures change from one drawing to the next, the same
ones everywhere on a page and in its questions.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from .printed import Ink
from .sheet import WIDTH, Sheet

FOLDER = Path(__file__).parent / "written"
LINE = re.compile(r"(\d+) \| (.*)")
SAID = re.compile(r"([EFQL]) (.*) > (.*)")
LEAD = re.compile(r"(yes|no): ")
# What a page has on it if it has such a field.
SIGNS = {
    "phone": r"\d{3}|call|tel|phone|ring",
    "email": r"@|mail",
    "website": r"www|http|\.\w{2,}\b/?|@|#|site|online",
    "price": r"[$€£¥₹]|free|\bRs|\d[.,]\d\d\b|ticket|entry|admission|donation|fee|price|cost",
    "age": r"\bages?\b|\d\+|years|under|over|adult|kid|child|old",
    "sponsor": r"spons|support|thank|present|partner|courtesy|fund",
    "hashtag": r"#",
    "deadline": r"\bby\b|before|until|deadline|due|last|latest|close|rsvp|regist|apply|submit",
}
CELLS = 0.8  # of pages whose tables have cells apart
FIGURES = re.compile(r"(?<![\d:.])\d{1,2}(?=:\d\d)|(?<=\d:)\d\d|\d+")


@dataclass
class Written:
    kind: str
    lines: list = field(default_factory=list)  # (relative size, text)
    fields: dict = field(default_factory=dict)  # name: value
    missing: list = field(default_factory=list)  # names of fields that are not there
    asks: list = field(default_factory=list)  # (question, answer); "-" where there is none
    lists: list = field(default_factory=list)  # (name, question, items)
    event: bool = False

    @property
    def text(self):
        return " ".join(text for _, text in self.lines)

    def add(self, what, name, said):
        """A field of an event ("E") or of anything ("F"), a question ("Q"), or a list ("L")."""
        if what == "L":
            name, question = name.split(" ; ")
            return self.lists.append((name, question, [] if said == "-" else said.split(" | ")))
        if what == "Q":
            return self.asks.append((name, said))
        self.event |= what == "E"
        if said == "-":
            return self.missing.append(name)
        self.fields[name] = said

    def lacks(self):
        """Names of fields that are surely not there: as written, and by the signs that their
        kinds have."""
        known = {*self.missing, *self.fields}
        by_sign = (k for k, sign in SIGNS.items() if not re.search(sign, self.text, re.I))
        return self.missing + [k for k in by_sign if k not in known]


def pages_of(path):
    """The pages of a file. Raises `ValueError` with the line that is not understood."""
    out = []
    for n, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("== "):
            out.append(Written(line[3:].strip()))
        elif out and (found := LINE.fullmatch(line)):
            out[-1].lines.append((int(found[1]), found[2].strip()))
        elif out and (found := SAID.fullmatch(line)):
            what, name, said = found[1], found[2].strip(), found[3].strip()
            own = said.split(" | ") if what == "L" else [LEAD.sub("", said)]
            lost = [piece for piece in own if piece not in out[-1].text]
            if said != "-" and lost:
                raise ValueError(f"{path}:{n}: {lost[0]!r} is no piece of its page")
            if what == "L" and name.count(" ; ") != 1:
                raise ValueError(f"{path}:{n}: found {name!r}, expected 'NAME ; QUESTION'")
            out[-1].add(what, name, said)
        elif line.strip():
            expected = "'==', 'N |', 'E', 'F', 'Q' or 'L'"
            raise ValueError(f"{path}:{n}: found {line!r}, expected {expected}")
    return out


@cache
def pages(split, folder=FOLDER, often=()):
    """All pages of a split, "train" or "dev"; those of the files named in `often` three times."""
    files = sorted(p for p in folder.glob("*.txt") if (".dev." in p.name) == (split == "dev"))
    files += 2 * [folder / name for name in often]
    return [page for file in files for page in pages_of(file)]


class Figures:
    """Other figures for those of a text: the same for the same, of as many digits."""

    def __init__(self, rng):
        self.rng, self.known = rng, {}

    def __call__(self, text):
        return FIGURES.sub(lambda m: self.other(m[0], m.string[m.start() - 1 : m.start()]), text)

    def other(self, figure, before):
        if (figure, before == ":") not in self.known:
            self.known[figure, before == ":"] = self.drawn(figure, before == ":")
        return self.known[figure, before == ":"]

    def drawn(self, figure, minutes):
        """Years stay within some years, days of a month such days, minutes quarters."""
        value, rng = int(figure), self.rng
        if minutes and len(figure) == 2:
            return rng.choice(["00", "15", "30", "45"])
        if len(figure) == 1 or value == 0:
            return figure
        if len(figure) == 2 and value < 29:
            return f"{rng.randrange(10, 29)}" if value > 9 else f"0{rng.randrange(1, 10)}"
        if len(figure) == 4 and 1900 <= value < 2100:
            return str(value + rng.randrange(-4, 5))
        zeros = len(figure) - len(figure.rstrip("0")) if value > 28 else 0
        kept = figure[: len(figure) - zeros]
        first = str(rng.randrange(1, 10)) if kept[0] != "0" else "0"
        return first + "".join(rng.choice("0123456789") for _ in kept[1:]) + "0" * zeros


def ranges_of(piece, text, after=0):
    """Half-open range of a piece's characters among those of a text, spaces not counted.

    `after`: where a later one of the same begins at the earliest, if there is one.
    """
    whole = re.compile(rf"(?<!\w){re.escape(piece)}(?!\w)")
    whole = whole.search(text, after) or whole.search(text)
    at = whole.start() if whole else text.index(piece)
    first = sum(not c.isspace() for c in text[:at])
    return [(first, first + sum(not c.isspace() for c in piece))]


def cells_of(text):
    """Cells of a line of a table, each with the column that it begins in."""
    return [(m.start(), m[0]) for m in re.finditer(r"\S+(?: \S+)*", text)]


def drawn(rng, written):
    """A `Page` of what was written, set on a sheet. Spotters read cells of tables as lines of their
    own, but where they stand close together: so do the cells of most pages."""
    change = Figures(rng) if rng.random() < 0.7 else str
    sheet = Sheet(Ink(rng))
    unit = rng.uniform(15, 24)
    steps = rng.uniform(0.3, 0.7)
    apart = rng.random() < CELLS
    for size, text in written.lines:
        cells = cells_of(change(text)) if apart else []
        even = 1.0 if len(cells) > 1 else rng.uniform(0.92, 1.1)  # columns are straight
        size = unit * (1 + steps * (size - 1)) * even
        # A line stays one where it can.
        size = max(min(size, 0.9 * (WIDTH - sheet.left) / (0.55 * len(text))), 0.6 * unit)
        if len(cells) > 1:
            sheet.row(size, cells)
        else:
            sheet.add(size, change(text))
    # A changed text is as long as it was.
    for name, value in written.fields.items():
        sheet.fields[name] = ranges_of(value, written.text)
    for n, (question, answer) in enumerate(written.asks):
        lead = LEAD.match(answer)
        if answer != "-":
            sheet.fields[f"ask {n}"] = ranges_of(LEAD.sub("", answer), written.text)
        sheet.ask(change(question), f"ask {n}" if answer != "-" else "", lead[1] if lead else "")
    lists = []
    for n, (name, question, items) in enumerate(written.lists):
        keys = [f"list {n} {i}" for i in range(len(items))]
        at = 0
        for key, item in zip(keys, items, strict=True):
            at = written.text.find(item, at)  # behind the item before it, where it is there
            sheet.fields[key] = ranges_of(item, written.text, max(at, 0))
            at = max(at, 0) + len(item)
        lists.append((name, change(question), keys))
    page = sheet.page("event" if written.event else "written")
    page.by_hand, page.missing, page.lists = True, written.lacks(), lists
    return page
