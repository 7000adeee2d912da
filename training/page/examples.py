"""Training sequences: a page, and branches that each see the page and themselves alone."""

import random
import struct
import subprocess
from dataclasses import dataclass

import numpy as np

from .kinds import drawn
from .lists import asked as asked_list
from .lists import listed
from .page import FEATURES, from_record, noisy, rows_of
from .tasks import extraction, questions, renamed
from .written import FOLDER, pages
from .written import drawn as drawn_written

GLYPH = np.dtype([("char", "<u4"), ("cx", "<f4"), ("cy", "<f4"), ("w", "<f4"), ("h", "<f4"),
                  ("angle", "<f4"), ("line", "<u4")])  # fmt: skip
MOST_REFUSED = 1000  # pages in a row


@dataclass
class Sequence:
    """`branch [t]`: 0 the page, 1.. its branches; `weight [t]`: of the loss on the token after."""

    ids: np.ndarray
    places: np.ndarray
    positions: np.ndarray
    branch: np.ndarray
    target: np.ndarray
    weight: np.ndarray


class Writer:
    """Tokens of turns, as the template of the served model puts them."""

    def __init__(self, tokenizer, specials):
        self.tokenizer = tokenizer
        self.encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
        start, self.end = specials["<|im_start|>"], specials["<|im_end|>"]
        self.newline = self.encode("\n")
        assert len(self.newline) == 1
        self.user = [start, *self.encode("user\n")]
        self.answer = [self.end, *self.newline, start, *self.encode("assistant\n")]

    def pieces(self, pieces):
        """Ids and weights of a text in weighed pieces, each tokenised by itself: at a piece's end
        a grammar takes over or lets go."""
        ids, own = [], []
        for text, weight in pieces:
            said = self.encode(text)
            ids += said
            own += [weight] * len(said)
        return ids, own

    def turns(self, turns):
        """Ids of turns `(prompt, pieces)` one after another, without the last end; weights of the
        loss on the token after each."""
        ids, weight = [], []
        for prompt, pieces in turns:
            # An answer's end is part of the context of the next question.
            before = [self.end] if ids else []
            asked = [*before, *self.user, *self.encode(prompt), *self.answer]
            said, own = self.pieces(pieces)
            ids += asked + said
            weight += [0.0] * (len(asked) - 1) + own + [1.0]
        return ids, weight

    def sequence(self, page, branches):
        """`branches`: lists of turns; each list sees the page and itself."""
        page_ids, page_places = rows_of(page, self.encode, self.newline[0])
        head = [*self.user, *page_ids, self.end, *self.newline]
        n = len(head)
        ids, branch, positions = list(head), [0] * n, list(range(n))
        target, weight = [0] * n, [0.0] * n
        for b, turns in enumerate(branches, 1):
            own_ids, own_weight = self.turns(turns)
            positions += range(n, n + len(own_ids))
            branch += [b] * len(own_ids)
            ids += own_ids
            target += own_ids[1:] + [self.end]
            weight += own_weight
        places = np.zeros((len(ids), FEATURES), np.float32)
        places[len(self.user) : len(self.user) + len(page_ids)] = page_places
        return Sequence(*(np.array(x) for x in (ids, places, positions, branch, target)),
                        np.array(weight, np.float32))  # fmt: skip


def flyers(generator, split, seed):
    """Pages of the generator's flyers, without end."""
    command = [generator, "stream", "--kind", "flyers", "--size", "1344", "--no-pixels",
               "--split", split, "--seed", str(seed), "--threads", "1"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        import json

        while header := process.stdout.read(20):
            _, length, n, _, _ = struct.unpack("<4s4I", header)
            record = json.loads(process.stdout.read(length))
            record["width"], record["height"] = struct.unpack("<4s4I", header)[3:]
            glyphs = np.frombuffer(process.stdout.read(n * GLYPH.itemsize), GLYPH)
            yield from_record(record, glyphs).sorted()


def branches_of(page, rng):
    """Lists of turns: most of one, some go on."""
    fields = [extraction(page, rng) for _ in range(2 if rng.random() < 0.4 else 1)]
    if page.lists and rng.random() < 0.6:
        fields.append(rng.choice([listed, asked_list])(page, rng))
    asked = [[turn] for turn in questions(page, rng)]
    out = [[turn] for turn in fields if turn]
    while len(asked) > 1 and rng.random() < 0.35:
        first, second = asked.pop(), asked.pop()
        asked.insert(0, first + second)
    if out and asked and rng.random() < 0.2:
        out[-1] += asked.pop()
    return out + asked


def all_renamed(page, rng, split):
    """Branches that ask for an event's fields by names of many kinds."""
    return [[turn] for turn in (renamed(page, rng, split) for _ in range(5)) if turn]


def sequences(
    writer, generator, split, seed,
    longest=1100, share=0.15, by_hand=0.65, names=0.0, folder=FOLDER, often=(),
):  # fmt: skip
    """Sequences of at most `longest` tokens, without end.

    `by_hand` of their pages were written by hand, in `folder`, and `share` are the generator's
    flyers. Of flyers and other pages of events, `names` are only asked for fields by names of many
    kinds. Pages of the files `often` come three times as often as the others by hand. Raises
    `ValueError` where pages are of no use.
    """
    rng = random.Random(seed)
    records = flyers(generator, split, seed) if generator else None
    written = pages(split, folder, tuple(often))
    refused = 0
    while refused < MOST_REFUSED:
        refused += 1
        n = rng.random()
        if written and n < by_hand:
            page = drawn_written(rng, rng.choice(written))
        else:
            page = next(records) if records and n < by_hand + share else drawn(rng)
        if rng.random() < 0.5:
            page = noisy(page, rng, rng.choice([0.003, 0.006, 0.012, 0.025]))
        many = page.kind in ("event", "flyer") and rng.random() < names
        branches = all_renamed(page, rng, split) if many else branches_of(page, rng)
        if not branches:
            continue
        sequence = writer.sequence(page, branches)
        if len(sequence.ids) <= longest:
            refused = 0
            yield sequence
    raise ValueError(f"{refused} pages in a row have nothing to ask, or over {longest} tokens")
