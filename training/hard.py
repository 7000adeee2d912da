"""Crops without text in which the encoder sees letters, kept to be shown again (hard negative
mining).
"""

import random

import torch

CLAIM = 0.1  # presence from which on the product counts a slot: several claims to one glyph add up


class Hard:
    """The crops without text that were seen worst, by the presences that were invented in them when
    last shown.
    """

    def __init__(self, seed, room=256, least=3):
        self.rng, self.room, self.least = random.Random(seed), room, least
        self.kept = []  # (presences invented, example)
        self.again = None

    def mixed(self, examples, share):
        """With probability `share` one of the batch's examples gives way to one seen badly
        before.
        """
        self.again = None
        if len(self.kept) > 8 and self.rng.random() < share:
            weights = [n for n, _ in self.kept]
            at = self.rng.choices(range(len(self.kept)), weights)[0]
            self.again = self.kept.pop(at)[1]
            examples = [*examples[:-1], self.again]
        return examples

    @torch.no_grad()
    def look(self, examples, logits, classes):
        """Keeps what of a batch was seen badly. Logits [n, h, w, slots, k] and classes [n, h, w,
        slots] are the batch's. -> presences invented in crops
        without text that were drawn anew, and how many such crops there were."""
        presence = 1 - logits.float().softmax(-1)[..., 0]
        invented = (presence * (presence > CLAIM)).flatten(1).sum(1).tolist()
        bare = (classes == 0).flatten(1).all(1).tolist()
        new = [n for e, n, b in zip(examples, invented, bare) if b and e is not self.again]
        self.kept += [(n, e) for e, n, b in zip(examples, invented, bare) if b and n >= self.least]
        self.kept.sort(key=lambda k: -k[0])
        del self.kept[self.room :]
        return sum(new), len(new)
