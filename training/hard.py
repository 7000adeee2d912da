"""Crops without text in which the encoder sees glyphs, kept to be shown again (hard negative
mining).
"""

import random

import torch

from vision import BLANK_LIMIT

CLAIM = 1 - BLANK_LIMIT  # presence from which on a slot leaves the graph
ROOM = 256  # crops kept: 160 MB of pixels at 448 px
LEAST = 3.0  # presences invented in a crop that is kept
ENOUGH = 8  # crops kept from which on some are shown again


def without_text(classes):
    """Classes [n, h, w, slots] -> which pictures [n] have blank slots only."""
    return (classes == 0).flatten(1).all(1)


def invented(logits):
    """Logits [n, h, w, slots, k] of pictures without text -> presences invented in each [n]."""
    presence = 1 - logits.float().softmax(-1)[..., 0]
    return (presence * (presence > CLAIM)).flatten(1).sum(1)


class Hard:
    """The crops without text that were seen worst, each with the presences that were invented in it
    when it was last shown."""

    def __init__(self, seed, room=ROOM, least=LEAST):
        self.rng, self.room, self.least = random.Random(seed), room, least
        self.kept = []  # (presences invented, example), the worst first
        self.again = False  # whether the last of the batch was shown before

    def mixed(self, batch, share):
        """A batch of CPU tensors (pixels, classes, ...), of which, with probability `share`, the
        last example gives way to one that was seen badly before."""
        self.again = len(self.kept) > ENOUGH and self.rng.random() < share
        if self.again:
            weights = [n for n, _ in self.kept]
            at = self.rng.choices(range(len(self.kept)), weights)[0]
            for part, kept in zip(batch, self.kept.pop(at)[1]):
                part[-1] = kept
        return batch

    @torch.no_grad()
    def look(self, batch, logits):
        """Keeps what of the batch that `mixed` gave was seen badly. Logits [n, h, w, slots, k].

        -> presences invented in the crops without text that were new, and how many those were.
        """
        bare = without_text(batch[1]).nonzero()[:, 0].tolist()
        if not bare:
            return 0.0, 0
        found = dict(zip(bare, invented(logits[bare]).tolist()))
        for i, n in found.items():
            if n >= self.least:
                self.kept.append((n, [part[i].clone() for part in batch]))
        self.kept.sort(key=lambda k: -k[0])
        del self.kept[self.room :]
        if self.again:
            found.pop(len(batch[1]) - 1, None)
        return sum(found.values()), len(found)
