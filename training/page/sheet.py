"""Sets text into lines on a sheet, so that every character has a place and a field."""

from .facts import drawn
from .page import Line, Page

WIDTH = 1000.0
# Mean advance of a character, a share of the em size: common sans-serif print.
ADVANCE = 0.52


class Sheet:
    """Lines from the top; `ink` draws the chances of setting."""

    def __init__(self, ink, align=None):
        self.ink, self.rng = ink, ink.rng
        self.y = self.rng.uniform(10, 120)
        self.align = align or self.rng.choice(["centre", "centre", "left", "mixed"])
        self.left = self.rng.uniform(20, 120)
        self.lines, self.fields, self.asks, self.count = [], {}, [], 0
        self.told = set()  # kinds of facts

    def add(self, size, *segments, span=(0.0, 1.0), gap=None):
        """Sets segments, text or `(text, field)`, in as many lines as they take.

        `span`: the share of the width that they may use. The next text comes below.
        """
        self.y = self.put(size, self.y, segments, span) + size * (
            self.rng.uniform(0.1, 0.9) if gap is None else gap
        )
        return self

    def put(self, size, y, segments, span=(0.0, 1.0)):
        """Sets segments with their top at `y`; the bottom of the last line."""
        width = WIDTH * (span[1] - span[0]) - self.left
        for words in self.broken(pieces(segments), max(int(width / size / ADVANCE), 6)):
            self.line(words, size, y, span)
            y += size * 1.25
        return y

    def broken(self, words, most):
        """Words in lines of at most `most` characters; a title may break early."""
        line, length = [], 0
        for word in words:
            n = len(word) + 1
            if line and length + n > most:
                yield line
                line, length = [], 0
            line.append(word)
            length += n
        if line:
            yield line

    def line(self, words, size, y, span):
        chars, space = [], []
        for n, word in enumerate(words):
            for i, (char, name) in enumerate(word):
                if name:
                    self.mark(name, self.count + len(chars))
                chars.append(char)
                space.append(i == 0 and n > 0)
        if not chars:
            return
        width = (len(chars) + sum(space)) * size * ADVANCE
        left, right = WIDTH * span[0], WIDTH * span[1]
        x = left + self.left
        if self.align == "centre" or (self.align == "mixed" and self.rng.random() < 0.5):
            x = max((left + right - width) / 2, left)
        self.lines.append(Line(chars, space, (x, y, min(x + width, WIDTH), y + size), self.count))
        self.count += len(chars)

    def mark(self, name, at):
        ranges = self.fields.setdefault(name, [])
        if ranges and ranges[-1][1] == at:
            ranges[-1] = (ranges[-1][0], at + 1)
        else:
            ranges.append((at, at + 1))

    def pair(self, size, left, right, to=None):
        """Two texts on one line, as names and amounts of receipts; `right` ends at `to`."""
        self.put(size, self.y, left if isinstance(left, list) else [left])
        to = to or self.rng.uniform(0.7, 1.0)
        text = right if isinstance(right, str) else right[0]
        x = max(to * WIDTH - len(text) * size * ADVANCE, 300)
        self.beside(size, x, right, 1.2)
        self.y += size * 1.4

    def beside(self, size, x, text, to):
        """Sets a text that begins at `x` on the line at hand, and goes on below at `to` widths."""
        keep = self.left, self.align
        self.left, self.align = 0, "left"
        self.put(size, self.y + self.rng.uniform(-1, 1), [text], (x / WIDTH, to))
        self.left, self.align = keep

    def row(self, size, cells):
        """Cells `(column, text)` on one line, as far to the right as columns of characters say."""
        for column, text in cells:
            # Nothing goes on in a second line.
            self.beside(size, self.left + column * size * ADVANCE, text, 1e3)
        self.y += size * self.rng.uniform(1.1, 1.7)

    def ask(self, question, name, lead=""):
        self.asks.append((question, name, lead))

    def fact(self, size, kind=None, **how):
        """Sets a sentence, and keeps the questions that it answers."""
        kind, segments, asks = drawn(self.ink, kind)
        self.told.add(kind)
        prefix = f"fact {len(self.told)} {kind} "
        self.add(
            size, *[(s[0], prefix + s[1]) if isinstance(s, tuple) else s for s in segments], **how
        )
        for question, name, lead in asks:
            self.ask(question, prefix + name, lead)

    def page(self, kind):
        height = max(self.y + self.rng.uniform(0, 100), self.rng.uniform(500, 1400))
        page = Page(self.lines, self.fields, kind, (WIDTH, height), self.asks, self.told)
        return page.sorted()


def pieces(segments):
    """Words as lists of `(character, field)`."""
    words, new = [], True
    for segment in segments:
        text, name = segment if isinstance(segment, tuple) else (segment, None)
        for char in text:
            if char.isspace():
                new = True
                continue
            if new:
                words.append([])
                new = False
            words[-1].append((char, name))
    return words
