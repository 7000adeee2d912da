"""Compares encoders as they may be compared: glyphs right on crops at equally many invented ones,
and what is invented where no text is.

    python equal.py ../runs/a/vision.pt ../runs/b/average-500.pt --photos ../.cache/photos \\
        --generator ../target/release/foveate-datasets

`right` of two encoders means nothing while one calls fewer slots blank than the other (LOG.md). So
each encoder is read with that much added to blank's logit with which it invents as many glyphs a
glyph as the first encoder does as it is; then `right` is compared. Checkpoints joined by + are
averaged. All pictures are of the held-out split: its fonts and its photographs.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import torch

from checkpoint import load_vision
from device import add_device, chosen, fastest
from hard import CLAIM
from records import Stream, add_generator
from train_vision import batch_of, example

BIASES = np.arange(-4, 8.01, 0.25)  # added to blank's logit
UNBIASED = int(np.argmin(np.abs(BIASES)))
# The name of each kind of picture -> the generator's kind, and whether it lies on photographs.
# Pictures without text are read at the bias of FIRST.
KINDS = {
    "crops": ("crops", False),
    "flyercrops": ("flyercrops", False),
    "crops on photographs": ("crops", True),
    "photographs without text": ("bare", True),
    "drawn grounds without text": ("bare", False),
}
FIRST = "crops"
BATCH = 4
HEAD = "| encoder | kind | right | invented | at equally many invented: bias | right, invented |"


def pictures(args, device, dtype):
    """-> {name of KINDS: batches} of the held-out split, the same every time."""
    out = {}
    for name, (kind, on_photos) in KINDS.items():
        options = ["--kind", kind, "--split", args.eval_split, "--size", str(args.size)]
        options += ["--count", str(args.count), *(["--photos", args.photos] if on_photos else [])]
        with Stream(args.generator, options, args.seed, transform=example) as s:
            n = args.count // BATCH
            out[name] = [batch_of(s.take(BATCH), device, dtype) for _ in range(n)]
    return out


@dataclass
class Counts:
    """Of pictures of one kind, for every bias of BIASES: glyphs read right, and glyphs invented."""

    right: np.ndarray
    invented: np.ndarray
    glyphs: int = 0  # in all
    pictures: int = 0

    def rate(self):
        """Invented per glyph, or per picture where there is no text, for every bias."""
        return self.invented / (self.glyphs or self.pictures)

    def bias(self, rate):
        """The bias at which glyphs are invented at `rate`: 0 if they are without any."""
        rates = self.rate()
        return 0.0 if rates[UNBIASED] == rate else float(np.interp(-rate, -rates, BIASES))

    def right_at(self, bias):
        """Share of the glyphs that are right at a bias."""
        return float(np.interp(bias, BIASES, self.right)) / self.glyphs


def above(margins):
    """How many margins every bias leaves above 0."""
    margins = np.sort(margins.cpu().numpy())
    return len(margins) - np.searchsorted(margins, BIASES, side="right")


def presences(logits):
    """Presences that make glyphs, summed, at every bias. Several claims to one glyph add up in the
    product, so that sums count what is invented better than slots do."""
    there = logits[:, 1:].logsumexp(-1) - logits[:, 0]
    found = [torch.sigmoid(there - b) for b in BIASES.tolist()]
    return np.array([p[p > CLAIM].sum().item() for p in found])


@torch.no_grad()
def counts(model, batches):
    """`Counts` of an encoder. Where no text is, the presences that make glyphs are counted."""
    out = Counts(np.zeros(len(BIASES)), np.zeros(len(BIASES)))
    for pixels, classes, _ in batches:
        logits, classes = model(pixels)[0].float().flatten(0, -2), classes.flatten()
        best, guess = logits[:, 1:].max(-1)
        margin, blank = best - logits[:, 0], classes == 0
        has_text = bool((classes > 0).any())
        out.right += above(margin[(classes > 0) & (guess + 1 == classes)])
        out.invented += above(margin[blank]) if has_text else presences(logits[blank])
        out.glyphs += int((classes > 0).sum())
        out.pictures += len(pixels)
    return out


def rows(path, found, wanted):
    """Lines of the table for one encoder. `found` {kind: Counts}; `wanted` {kind: rate of invented
    glyphs}, which the first encoder fills in."""
    bias = {}
    for kind, c in found.items():
        rate = float(c.rate()[UNBIASED])
        if c.glyphs:
            bias[kind] = at = c.bias(wanted.setdefault(kind, rate))
            share = f"{c.right_at(0):.4f} | {rate:.4f}"
            yield f"| {path} | {kind} | {share} | {at:.2f} | {c.right_at(at):.4f} |"
        else:
            at = bias[FIRST]
            there = float(np.interp(at, BIASES, c.rate()))
            share = f"| {rate:.2f} a picture | {at:.2f} | {there:.2f} a picture"
            yield f"| {path} | {kind} | {share} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("encoders", nargs="+", help="checkpoints; a+b is the mean of a and b")
    add_generator(parser)
    add_device(parser)
    parser.add_argument("--photos", required=True, help="folder of photographs (fetch_photos.py)")
    parser.add_argument("--count", type=int, default=48, help="pictures of each kind")
    parser.add_argument("--size", type=int, default=448, help="side of a picture in pixels")
    parser.add_argument("--seed", type=int, default=777)
    args = parser.parse_args()
    device = chosen(args.device)
    dtype = fastest(device)
    tests, wanted = pictures(args, device, dtype), {}
    print(HEAD + "\n|---|---|---|---|---|---|")
    for path in args.encoders:
        model = load_vision(*path.split("+")).to(device, dtype)
        model = model.to(memory_format=torch.channels_last)
        found = {kind: counts(model, batches) for kind, batches in tests.items()}
        print("\n".join(rows(path, found, wanted)), flush=True)


if __name__ == "__main__":
    main()
