"""Perplexity, answers right, and the divergence from the shipped decoder."""

import math

import torch
import torch.nn.functional as F

from page.smollm import rms
from page.train import KINDS, score

from .text import BY_HAND, plain


@torch.no_grad()
def perplexity(net, windows, batch=2):
    """Of each token after the first of its window, all of one length but perhaps the last."""
    total = count = 0
    for at in range(0, len(windows), batch):
        part = windows[at : at + batch]
        for group in [part] if len({len(w) for w in part}) == 1 else [[w] for w in part]:
            inputs = plain(group)
            logits = net.logits(net.hidden(*inputs)[:, :-1])
            target = inputs[0][:, 1:]
            total += F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="sum").item()
            count += target.numel()
    return math.exp(total / count)


def answers(net, dev):
    """Shares of answers of which every token is the likeliest, by kind, and of all."""
    net.eval()
    out = score(net, dev)
    kinds = {k: out[BY_HAND + k] for k in KINDS if BY_HAND + k in out}
    counts = {k: sum(form.count(BY_HAND + k) for _, form in dev) for k in kinds}
    right = sum(round(kinds[k] * counts[k]) for k in kinds)
    return kinds | {"right": right, "of": sum(counts.values()), "dev loss": round(out["loss"], 4)}


class Trace:
    """One run of the shipped decoder, so that a change in layer i is run from layer i on.

    `rows [b, t]`: which rows' logits are compared.
    """

    @torch.no_grad()
    def __init__(self, net, inputs, rows):
        ids, features, positions, mask = inputs
        bias = torch.zeros(mask.shape, dtype=net.head.dtype).masked_fill(~mask, -1e4)
        self.net, self.rows, self.inputs = net, rows, inputs
        self.bias, self.turns = bias[:, None, None], net.turns(positions)
        self.states = [net.embedding[ids] + features @ net.place]
        for layer in net.layers:
            self.states.append(layer(self.states[-1], self.turns, self.bias))
        self.log_p = F.log_softmax(self.logits(self.states[-1]), -1)

    def logits(self, x):
        hidden = rms(x, self.net.norm, self.net.sizes.eps).to(self.net.head.dtype)
        return self.net.logits(hidden[self.rows])

    @torch.no_grad()
    def divergence(self, layer):
        """Nats a row, KL(shipped, as it is now), of a decoder changed in `layer` alone (-1: the
        embedding, or everywhere)."""
        x = self.states[max(layer, 0)]
        if layer < 0:
            ids, features, _, _ = self.inputs
            x = self.net.embedding[ids] + features @ self.net.place
        for one in self.net.layers[max(layer, 0) :]:
            x = one(x, self.turns, self.bias)
        return divergence(self.log_p, self.logits(x)).item()


def divergence(log_p, logits):
    """Mean KL of rows, in nats."""
    log_q = F.log_softmax(logits, -1)
    return F.kl_div(log_q, log_p, log_target=True, reduction="batchmean")
