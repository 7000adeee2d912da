"""Turns a record into what the decoder is taught: image tokens, then turns that read the text and fill in fields.

Image tokens are either simulated from the generator's glyphs (no picture needed, with the mistakes an encoder makes) or come from the
real encoder. Both give the same arrays, so one decoder trainer serves both.
"""

import json
import os
from dataclasses import dataclass, field

import numpy as np

from charset import GLYPHS, token_ids
from glyphs import line_order
from records import IGNORE

SPECIAL, CHAR_ID = token_ids()
FIELDS = json.load(open(os.path.join(os.path.dirname(__file__), "fields.json")))
GLYPH_IDS = np.array([CHAR_ID[c] for c in GLYPHS])
FORCED, FIELD, GOES_ON, DECISIVE = 0.05, 2.0, 10.0, 12.0  # weights of the tokens of a typed answer
LINE_START, LINE_END, TEXT_END = 6.0, 2.0, 12.0  # of a transcript's, whose letters weigh 1
LATE, MISREAD = 0.4, 0.3  # shares of the transcripts that leave lines out at first, and that misread letters as the encoder does
INDEX = {c: i for i, c in enumerate(GLYPHS)}
N_ASCII = 94  # the first so many GLYPHS are ASCII
TAGS = [*FIELDS, "name", "job", "company"]  # what a glyph may be part of; tag 0 is none, 1 + 2i begins TAGS[i], 2 + 2i goes on with it
EVENT = ["title", "date", "start", "end", "venue"]
QUESTIONS = {
    "title": ["What is the event?", "What is this flyer for?", "What is the title?"],
    "date": ["When is it?", "What is the date?", "On which day is it?"],
    "start": ["What time does it start?", "When does it begin?", "At what time?"],
    "end": ["When does it end?", "Until when?"],
    "venue": ["Where is it?", "What is the venue?", "Where does it take place?"],
    "price": ["How much is it?", "What does it cost?"],
    "phone": ["What is the phone number?"],
    "email": ["What is the email address?"],
    "website": ["What is the website?"],
    "address": ["What is the address?"],
}
LOOKALIKES = ["O0oQDC", "l1I|!ií", "S5s$", "B8R", "Z2z", "G6C", "g9q", "T7", "uvU", "nhm", "ceoa", "rtf", ".,·'`’", "-–—_", ":;i", "VvYy", "Ww", "Xx", "Kk", "Pp", "MN", "EF", "“\"”", "éèêe", "àáâäa", "üúùu", "öóòo", "({[", ")}]"]
CONFUSED = {}
for _group in LOOKALIKES:
    for _c in _group:
        CONFUSED.setdefault(_c, []).extend(x for x in _group if x != _c)


@dataclass
class ImageTokens:
    """What the picture gives the decoder. weights [n, len(GLYPHS)]: probabilities of the characters; place [n, 4] canvas pixels;
    truth [n]: the record's glyph index or -1; feature [n, d] or None: the adapter's slot features."""

    weights: np.ndarray
    place: np.ndarray
    truth: np.ndarray
    feature: np.ndarray | None = None


@dataclass
class Example:
    """ids [t]; feed [t]: index of the image token whose place is added, or -1; target, pointer [t]: next token and 0 = none or
    1 + image token, IGNORE where there is no loss; weight [t]: what the loss of that token counts; tag [n]: of every image token."""

    image: ImageTokens
    ids: list = field(default_factory=list)
    feed: list = field(default_factory=list)
    target: list = field(default_factory=list)
    pointer: list = field(default_factory=list)
    tag: np.ndarray | None = None
    weight: list = field(default_factory=list)


def char_tokens(c):
    """The token ids of one character."""
    known = CHAR_ID.get(c)
    return [known] if known is not None else list(c.encode())


def another(c, rng):
    """A character that one takes `c` for: mostly a lookalike, sometimes the other case, else any."""
    others = CONFUSED.get(c)
    if others and rng.random() < 0.6:
        return others[rng.integers(len(others))]
    if c.isalpha() and len(c.swapcase()) == 1 and rng.random() < 0.2:
        return c.swapcase()
    return GLYPHS[rng.integers(N_ASCII)]


def simulated_weights(chars, error, rng):
    """Probabilities [n, len(GLYPHS)] of an encoder that takes a share `error` of the characters for others."""
    n = len(chars)
    weights = np.zeros((n, len(GLYPHS)), np.float32)
    wrong, sure = rng.random(n) < error, rng.uniform(0.75, 1.0, n)
    unsure, rest = rng.uniform(0.4, 0.95, n), rng.random(n)
    for i, c in enumerate(chars):
        other = another(c, rng)
        first, second = (other, c) if wrong[i] else (c, other)
        p = unsure[i] if wrong[i] else sure[i]
        weights[i, INDEX.get(second, 0)] += (1 - p) * rest[i]
        weights[i, INDEX.get(first, 0)] += p
    return weights


def simulated_place(g, record, rng):
    """Canvas places [n, 4] of the glyphs in a mode and position of their own, with the jitter of an encoder."""
    zoom = min(1.0, 1344 / max(record.width, record.height)) * (1.0 if rng.random() < 0.7 else rng.uniform(0.4, 1.0))
    place = np.stack([g["cx"], g["cy"], g["w"], g["h"]], 1).astype(np.float32) * zoom
    if rng.random() < 0.3:
        place[:, 0] += rng.uniform(0, max(1e-6, 1344 - zoom * record.width))
        place[:, 1] += rng.uniform(0, max(1e-6, 1344 - zoom * record.height))
    jitter = rng.normal(0, 1, place.shape) * np.array([0.04, 0.03, 0.05, 0.04]) * rng.uniform(0.2, 1.5)
    place[:, :2] += jitter[:, :2] * place[:, 3:4]
    place[:, 2:] *= np.exp(jitter[:, 2:])
    return place.astype(np.float32), zoom


def simulate(record, rng):
    """Image tokens as an encoder of random quality would give them: mistaken, lost and invented glyphs."""
    g = record.glyphs
    keep = np.nonzero(rng.random(len(g)) >= rng.choice([0.0, 0.005, 0.02, 0.05]))[0]
    weights = simulated_weights([chr(c) for c in g["char"][keep]], rng.choice([0.0, 0.01, 0.03, 0.08, 0.15]), rng)
    place, zoom = simulated_place(g[keep], record, rng)
    ghosts = rng.poisson(rng.choice([0.0, 0.0, 1.0, 6.0]))
    odd = np.stack([rng.uniform(0, zoom * record.width, ghosts), rng.uniform(0, zoom * record.height, ghosts), *rng.uniform(8, 60, (2, ghosts))], 1)
    weights = np.concatenate([weights, simulated_weights([GLYPHS[i] for i in rng.integers(0, N_ASCII, ghosts)], 0.3, rng)])
    place, truth = np.concatenate([place, odd]).astype(np.float32), np.concatenate([keep, np.full(ghosts, -1)]).astype(np.int64)
    again = np.nonzero(rng.random(len(place)) < rng.choice([0.0, 0.01, 0.05, 0.15]))[0]  # one glyph claimed by two patches
    double = place[again] + np.array([1, 0, 0, 0]) * (rng.choice([-1, 1], len(again)) * rng.uniform(0.4, 0.7, len(again)) * place[again, 2])[:, None]
    weights, truth = np.concatenate([weights, weights[again]]), np.concatenate([truth, np.full(len(again), -1)])
    place = np.concatenate([place, double]).astype(np.float32)
    order = line_order(place)
    return ImageTokens(weights[order], place[order], truth[order])


class Writer:
    """Appends tokens to an example. Tokens written by the model carry a target, a pointer target and the place fed back."""

    def __init__(self, image, n_glyphs):
        self.e = Example(image)
        self.at = np.full(n_glyphs + 1, -1, np.int64)
        self.at[image.truth[image.truth >= 0]] = np.nonzero(image.truth >= 0)[0]
        self.last = -1
        self.misreads = {}  # of a record's glyph the token that is written instead of the right one
        self.given(SPECIAL["<|begin|>"])
        for _ in range(len(image.place)):
            self.given(SPECIAL["<|image|>"])

    def given(self, token):
        self.e.ids.append(token)
        self.e.feed.append(-1)
        self.e.target.append(IGNORE)
        self.e.pointer.append(IGNORE)
        self.e.weight.append(0.0)

    def wrote(self, token, glyph=-1, weight=1.0):
        """The model writes `token`, read from record glyph `glyph` (-1: none)."""
        j = int(self.at[glyph]) if glyph >= 0 else -1
        self.e.target[-1], self.e.weight[-1] = token, weight
        # A glyph that the encoder lost has no token to point at: no pointer loss there.
        self.e.pointer[-1] = IGNORE if glyph >= 0 and j < 0 else j + 1
        if j >= 0:
            self.last = j
        self.e.ids.append(self.misreads.get(glyph, token))
        self.e.feed.append(self.last)
        self.e.target.append(IGNORE)
        self.e.pointer.append(IGNORE)
        self.e.weight.append(0.0)

    def misread(self, record, rng):
        """Half of the letters that the encoder takes for others are written so, and the right ones taught: what a reader sees of its own
        transcript holds mistakes."""
        seen = GLYPH_IDS[self.e.image.weights.argmax(1)] if len(self.e.image.weights) else []
        for glyph, token in zip(self.e.image.truth, seen):
            known = glyph >= 0 and CHAR_ID.get(chr(record.glyphs["char"][glyph]))
            if known and known != token and rng.random() < 0.5:
                self.misreads[int(glyph)] = int(token)

    def turn(self, prompt, pieces, end=1.0):
        """`pieces`: (text, glyph index of each non-space character or None, and if not 1 the weight of each character); `end`: what the
        answer's end weighs."""
        self.given(SPECIAL["<|user|>"])
        for c in prompt:
            for t in char_tokens(c):
                self.given(t)
        self.given(SPECIAL["<|answer|>"])
        self.last = -1
        for text, glyphs, *weights in pieces:
            k = 0
            for n, c in enumerate(text):
                glyph = -1
                if glyphs is not None and not c.isspace():
                    glyph, k = glyphs[k], k + 1
                for i, t in enumerate(char_tokens(c)):
                    self.wrote(t, glyph if i == 0 else -1, weights[0][n] if weights else 1.0)
        self.wrote(SPECIAL["<|end|>"], weight=end)


def line_of(text):
    """The line that each glyph of `text` is on."""
    return [n for n, line in enumerate(text.split("\n")) for c in line if not c.isspace()]


def left_out(lines, rng):
    """Which one to three of two or more `lines` a careless reader would leave out at first: short ones rather than long ones."""
    odds = np.array([4.0 if len(line) <= 4 else 1.0 for line in lines])
    n = min(int(rng.integers(1, 4)), max(1, len(lines) // 4))
    return set(rng.choice(len(lines), n, replace=False, p=odds / odds.sum()).tolist())


def text_pieces(text, late=(), dropped=False):
    """A transcript's lines as pieces, those in `late` behind all others, or never where they are `dropped`.

    Where the next line begins weighs more than a letter: it is one token in thirty, and when it weighed the same, one line in fifteen of
    the test split was begun elsewhere. Leaving a line out is not taught (weight 0); coming back to it is, and so is filling in fields that
    the transcript lacks.
    """
    lines = text.split("\n")
    ends = np.cumsum([sum(not c.isspace() for c in line) for line in lines]).tolist()
    early = [n for n in range(len(lines)) if n not in late]
    order = early if dropped else [*early, *sorted(late)]
    out = []
    for i, n in enumerate(order):
        skipped = n not in late and n > 0 and n - 1 in late
        weights = [0.0 if skipped else LINE_START] + [1.0] * (len(lines[n]) - 1)
        out.append((lines[n], range(ends[n - 1] if n else 0, ends[n]), weights[: len(lines[n])]))
        if i + 1 < len(order):
            out.append(("\n", None, [LINE_END]))
    return out


def glyph_indices(spans):
    return [i for a, b in spans for i in range(a, b)]


def value_pieces(f, line):
    """The characters of a field's value as pieces; `line[glyph]` is the line that a glyph is on.

    A value that goes on in the next line weighs there nearly what one that ends weighs: with less, most values ended with the line.
    """
    at, out = glyph_indices(f["glyphs"]), []
    n = 0
    for k, c in enumerate(f["text"]):
        escaped = json.dumps(c, ensure_ascii=False)[1:-1]
        turns = 0 < n < len(at) and line[at[n]] != line[at[n - 1]]  # the space, and what follows it
        heavy = [DECISIVE if k == 0 else GOES_ON if turns else FIELD] * len(escaped)
        out.append((escaped, None if c.isspace() else [at[n]] + [-1] * (len(escaped) - 1), heavy))
        n += not c.isspace()
    return out


def json_pieces(fields, names, line):
    """Compact JSON of (shown name, field or None) as pieces; `line[glyph]` as for `value_pieces`.

    What the grammar forces weighs next to nothing. Where an answer goes right or wrong weighs most: whether there is a value, the glyph
    it begins at, and where it ends. They are one token in forty, and with equal weights the letters were right while the lines were not.
    """
    out = []
    for i, (shown, f) in enumerate(names):
        lead = ("{" if i == 0 else ",") + json.dumps(shown) + ":"
        forced = [FORCED] * len(lead)
        if f is None or f not in fields:
            out.append((lead + "null", None, [*forced, DECISIVE, FORCED, FORCED, FORCED]))
            continue
        out.append((lead + '"', None, [*forced, DECISIVE]))
        out += value_pieces(fields[f], line)
        out.append(('"', None, [DECISIVE]))
    out.append(("}", None, [FORCED]))
    return out


def tags(record, image):
    """Tag of every image token [n]: which field its glyph begins or goes on with. IGNORE all over where the fields are not known."""
    fields = record.meta.get("fields")
    if not fields:
        return np.full(len(image.truth), IGNORE, np.int64)
    of = np.zeros(len(record.glyphs) + 1, np.int64)  # the last is that of image tokens without a glyph
    for name, f in fields.items():
        if name in TAGS:
            at = glyph_indices(f["glyphs"])
            of[at] = 2 + 2 * TAGS.index(name)
            of[at[0]] -= 1
    return of[image.truth]


def choose_names(fields, rng):
    """Which fields a schema asks for, under which names."""
    if rng.random() < 0.5:
        return [(f, f) for f in EVENT]
    chosen = list(FIELDS)
    rng.shuffle(chosen)
    present = [f for f in chosen if f in fields]
    absent = [f for f in chosen if f not in fields]
    names = present[: rng.integers(1, 7)] + absent[: rng.integers(0, 3)]
    if rng.random() < 0.5:
        rng.shuffle(names)
    return [(FIELDS[f][rng.integers(len(FIELDS[f]))] if rng.random() < 0.6 else f, f) for f in names]


def fields_prompt(names):
    return "Fill in {" + ",".join(json.dumps(shown) for shown, _ in names) + "}"


def example(record, image, rng, read=True, fill=True, names=choose_names, late=LATE, misread=MISREAD):
    """The training sequence of one picture; `names(fields, rng)` says which fields are asked for, `late` and `misread` how many transcripts
    have those faults."""
    w = Writer(image, len(record.glyphs))
    w.e.tag = tags(record, image)
    meta = record.meta
    if read:
        lines = meta["text"].split("\n")
        missing = left_out(lines, rng) if len(lines) > 1 and rng.random() < late else ()
        dropped = bool(missing) and rng.random() < 0.3
        if rng.random() < misread:
            w.misread(record, rng)
        w.turn("Read the text.", text_pieces(meta["text"], missing, dropped), 0.0 if dropped else TEXT_END)
        w.misreads = {}
    fields = meta.get("fields") or {}
    if fill and fields:
        shown = names(fields, rng)
        w.turn(fields_prompt(shown), json_pieces(fields, shown, line_of(meta["text"])))
        asked = [f for f in QUESTIONS if f in fields]
        if asked and rng.random() < 0.3:
            f = asked[rng.integers(len(asked))]
            prompts = QUESTIONS[f]
            w.turn(prompts[rng.integers(len(prompts))], [(fields[f]["text"], glyph_indices(fields[f]["glyphs"]))])
    return w.e
