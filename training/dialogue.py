"""Turns a record and its image tokens into what the decoder is taught: turns that read the text and
fill in fields.

Image tokens are simulated (`simulate.py`) or come from the encoder (`collect.py`); both give the
same arrays, so one trainer serves both.
"""

import json
import os
from dataclasses import dataclass, field

import numpy as np

from charset import GLYPHS, token_ids
from records import IGNORE
from simulate import ImageTokens

SPECIAL, CHAR_ID = token_ids()
with open(os.path.join(os.path.dirname(__file__), "fields.json")) as _f:
    FIELDS = json.load(_f)
GLYPH_IDS = np.array([CHAR_ID[c] for c in GLYPHS])
# Weights of the tokens of a typed answer, and of a transcript, whose letters weigh 1
# (training/LOG.md, "Field decisions were drowned" and "A perfect transcript hid the mistakes").
FORCED, FIELD, GOES_ON, DECISIVE = 0.05, 2.0, 10.0, 12.0
LINE_START, LINE_END, TEXT_END = 6.0, 2.0, 12.0
# Shares of the transcripts that leave lines out at first, and that misread letters as the encoder.
LATE, MISREAD = 0.4, 0.3
# What a glyph may be part of; tag 0 is none, 1 + 2i begins TAGS[i], 2 + 2i continues it.
TAGS = [*FIELDS, "name", "job", "company"]
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


@dataclass
class Example:
    """One training sequence of t tokens over n image tokens.

    ids [t]; feed [t]: index of the image token whose place is added, or -1; target, pointer [t]:
    next token, and 0 = none or 1 + image token, IGNORE where there is no loss; weight [t]: what the
    loss of that token counts; tag [n]: of every image token.
    """

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


class Writer:
    """Appends tokens to an example.

    Tokens that the model writes carry a target, a pointer target and the place that is fed back.
    """

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
        """Writes half of the letters that the encoder takes for others as it does, and teaches the
        right ones: the transcript that a decoder reads fields from holds mistakes."""
        seen = GLYPH_IDS[self.e.image.weights.argmax(1)] if len(self.e.image.weights) else []
        for glyph, token in zip(self.e.image.truth, seen):
            known = glyph >= 0 and CHAR_ID.get(chr(record.glyphs["char"][glyph]))
            if known and known != token and rng.random() < 0.5:
                self.misreads[int(glyph)] = int(token)

    def turn(self, prompt, pieces, end=1.0):
        """A prompt and its answer.

        `pieces`: (text, glyph index of each non-space character or None, and if not 1 the weight of
        each character); `end`: what the answer's end weighs.
        """
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
    """Which one to three of `lines` a transcript leaves out at first: mostly short ones."""
    odds = np.array([4.0 if len(line) <= 4 else 1.0 for line in lines])
    n = min(int(rng.integers(1, 4)), max(1, len(lines) // 4))
    return set(rng.choice(len(lines), n, replace=False, p=odds / odds.sum()).tolist())


def text_pieces(text, late=(), dropped=False):
    """A transcript's lines as pieces, those in `late` behind all others, or never if `dropped`.

    Where the next line begins weighs more than a letter. It is one token in thirty, and when it
    weighed the same, one line in fifteen of the test split was begun elsewhere. Leaving a line out
    is not taught (weight 0); coming back to it is, and so is filling in fields that the transcript
    lacks.
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

    A value that goes on in the next line weighs there nearly what one that ends weighs: with less,
    most values ended with the line.
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

    What the grammar forces weighs next to nothing. Where an answer goes right or wrong weighs most:
    whether there is a value, the glyph it begins at, and where it ends. They are one token in
    forty; with equal weights the letters were right while the lines were not.
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
    """Tag of every image token [n]: which field its glyph begins or continues.

    IGNORE everywhere if the record has no fields.
    """
    fields = record.meta.get("fields")
    if not fields:
        return np.full(len(image.truth), IGNORE, np.int64)
    of = np.zeros(len(record.glyphs) + 1, np.int64)  # the last: image tokens without a glyph
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

    def shown(f):
        return FIELDS[f][rng.integers(len(FIELDS[f]))] if rng.random() < 0.6 else f

    return [(shown(f), f) for f in names]


def fields_prompt(names):
    return "Fill in {" + ",".join(json.dumps(shown) for shown, _ in names) + "}"


def transcript(w, record, rng, late, misread):
    """Writes the turn that reads the text."""
    lines = record.meta["text"].split("\n")
    missing = left_out(lines, rng) if len(lines) > 1 and rng.random() < late else ()
    dropped = bool(missing) and rng.random() < 0.3
    if rng.random() < misread:
        w.misread(record, rng)
    end = 0.0 if dropped else TEXT_END
    w.turn("Read the text.", text_pieces(record.meta["text"], missing, dropped), end)
    w.misreads = {}


def questions(w, fields, shown, text, rng):
    """Writes the turn that fills in the fields `shown`, and perhaps a question about one."""
    w.turn(fields_prompt(shown), json_pieces(fields, shown, line_of(text)))
    asked = [f for f in QUESTIONS if f in fields]
    if asked and rng.random() < 0.3:
        f = asked[rng.integers(len(asked))]
        prompts, value = QUESTIONS[f], fields[f]
        prompt = prompts[rng.integers(len(prompts))]
        w.turn(prompt, [(value["text"], glyph_indices(value["glyphs"]))])


def example(
    record, image, rng, read=True, fill=True, names=choose_names, late=LATE, misread=MISREAD
):
    """The training sequence of one picture.

    `names(fields, rng)` says which fields are asked for; `late` and `misread` how many transcripts
    leave lines out and misread letters.
    """
    w = Writer(image, len(record.glyphs))
    w.e.tag = tags(record, image)
    if read:
        transcript(w, record, rng, late, misread)
    fields = record.meta.get("fields") or {}
    if fill and fields:
        questions(w, fields, names(fields, rng), record.meta["text"], rng)
    return w.e
