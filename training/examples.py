"""Training examples of the decoder: from simulated or collected image tokens to padded batches."""

import dataclasses
import glob
import os

import numpy as np
import torch

from dialogue import GLYPH_IDS, SPECIAL, example
from records import GLYPH, IGNORE, Record
from simulate import ImageTokens, simulate

DIRECT = 0.15  # share of the examples whose fields are filled in without a transcript


def lines_of(record, rng, longest):
    """A run of whole lines of the record, so that short pictures are seen too; None if none fits.

    Fields are kept only with the whole.
    """
    lines = record.meta["lines"]
    if len(record.glyphs) <= longest and rng.random() < 0.7:
        return record
    if len(lines) < 2:
        return record if len(record.glyphs) <= longest else None
    a = int(rng.integers(len(lines)))
    room = int(rng.integers(min(30, longest), longest + 1))
    b, first = a, lines[a]["glyphs"][0]
    while b < len(lines) and lines[b]["glyphs"][1] - first <= room:
        b += 1
    if b == a:
        return None
    meta = {"text": "\n".join(line["text"] for line in lines[a:b])}
    glyphs = record.glyphs[first : lines[b - 1]["glyphs"][1]]
    return dataclasses.replace(record, meta=meta, glyphs=glyphs)


def simulated(seed, longest, tags_only=False):
    """The stream's transform: record -> example or None. `longest`: glyphs of a picture."""
    rng = np.random.default_rng(seed)

    def of_tags(record):
        if not 0 < len(record.glyphs) <= longest:
            return None
        return example(record, simulate(record, rng), rng, read=False, fill=False)

    def whole(record):
        part = lines_of(record, rng, longest)
        if part is None or len(part.glyphs) == 0:
            return None
        image = simulate(part, rng)
        direct = part.meta.get("fields") and rng.random() < DIRECT
        return example(part, image, rng, read=not direct)

    return of_tags if tags_only else whole


class Collected:
    """Examples from the encoder's own image tokens, as `collect.py` writes them.

    Shards that are written meanwhile join at the next round.
    """

    def __init__(self, folder, seed, longest, tags_only=False):
        self.folder, self.longest, self.tags_only = folder, longest, tags_only
        self.rng, self.round = np.random.default_rng(seed), []

    def take(self, n):
        """n examples or a few more."""
        out = []
        while len(out) < n:
            if not self.round:
                self.round = self.shards()
            flyers = torch.load(self.round.pop(), weights_only=False)
            self.rng.shuffle(flyers)
            out += [e for e in map(self.example, flyers) if e is not None]
        return out

    def shards(self):
        """The folder's shards in a new order."""
        found = sorted(glob.glob(os.path.join(self.folder, "train-*.pt")))
        if not found:
            raise FileNotFoundError(f"{self.folder} has no train-*.pt: collect.py writes them")
        self.rng.shuffle(found)
        return found

    def example(self, f):
        """A flyer of a shard as an example; None if it is too long."""
        if len(f["chars"]) > self.longest:
            return None
        glyphs = np.zeros(len(f["chars"]), GLYPH)
        glyphs["char"] = f["chars"].numpy()
        weights, feature = (f[name].float().numpy() for name in ("weights", "feature"))
        image = ImageTokens(weights, f["place"].numpy(), f["truth"].numpy(), feature)
        record = Record(f["meta"], glyphs, 0, 0, None)
        read = not self.tags_only and self.rng.random() > DIRECT
        return example(record, image, self.rng, read=read, fill=not self.tags_only)


def collate(examples, device):
    """A dict of tensors, padded to the longest example.

    ids, feed [n, t] i64, valid [n, t] bool: the sequences. weights [n, g, k], place [n, g, 4],
    feature [n, g, d] if there is one, tag [n, g] i64, n_image [n]: the image tokens. select,
    target, pointer [n, m] i64, weight [n, m]: the rows that have a target, and what it counts.
    """
    n, t = len(examples), max(len(e.ids) for e in examples)
    g = max(1, max(len(e.image.place) for e in examples))
    m = max(1, max(sum(x != IGNORE for x in e.target) for e in examples))
    b = {
        "ids": np.full((n, t), SPECIAL["<|pad|>"], np.int64),
        "feed": np.full((n, t), -1, np.int64),
        "valid": np.zeros((n, t), bool),
        "weights": np.zeros((n, g, len(GLYPH_IDS)), np.float32),
        "place": np.zeros((n, g, 4), np.float32),
        "tag": np.full((n, g), IGNORE, np.int64),
        "n_image": np.array([len(e.image.place) for e in examples]),
        "select": np.zeros((n, m), np.int64),
        "target": np.full((n, m), IGNORE, np.int64),
        "pointer": np.full((n, m), IGNORE, np.int64),
        "weight": np.zeros((n, m), np.float32),
    }
    widths = [e.image.feature.shape[1] for e in examples if e.image.feature is not None]
    if widths:
        b["feature"] = np.zeros((n, g, max(widths)), np.float32)
    for i, e in enumerate(examples):
        put({name: a[i] for name, a in b.items() if name != "n_image"}, e)
    return {name: torch.from_numpy(a).to(device) for name, a in b.items()}


def put(row, e):
    """Writes an example into its row of every array of a batch."""
    length, j = len(e.ids), len(e.image.place)
    row["ids"][:length], row["feed"][:length], row["valid"][:length] = e.ids, e.feed, True
    row["weights"][:j], row["place"][:j], row["tag"][:j] = e.image.weights, e.image.place, e.tag
    if e.image.feature is not None:
        row["feature"][:j] = e.image.feature
    taught = np.nonzero(np.array(e.target) != IGNORE)[0]
    row["select"][: len(taught)] = taught
    for name in ("target", "pointer", "weight"):
        row[name][: len(taught)] = np.array(getattr(e, name))[taught]


def grouped(examples, tokens):
    """Groups of examples of like length, each of at most `tokens` padded tokens."""
    groups, group = [], []
    for e in sorted(examples, key=lambda e: len(e.ids)):
        if group and len(e.ids) * (len(group) + 1) > tokens:
            groups.append(group)
            group = []
        group.append(e)
    return [*groups, group] if group else groups


def batches(stream, tokens, device, pool=48, collected=None, share=0.5):
    """Endless batches of at most `tokens` padded tokens; a `share` of the examples `collected`."""
    rng = np.random.default_rng(0)
    while True:
        drawn = stream.take(round(pool * (1 - share)) if collected else pool)
        drawn += collected.take(round(pool * share)) if collected else []
        groups = grouped([e for e in drawn if e is not None], tokens)
        rng.shuffle(groups)
        for group in groups:
            yield collate(group, device)
