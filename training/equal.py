"""Compares encoders as they may be compared: letters right on crops at an equal number of made-up
ones, and what is made up where no text is.

    python equal.py ../runs/a/vision.pt ../runs/b/average-500.pt --generator ../target/release/foveate-datasets --photos ../.cache/photos

`right` of two encoders means nothing while one calls fewer slots blank than the other (LOG.md). So
each encoder is read here with that much added to blank's logit with which it invents as many glyphs
a glyph as the first one does as it is; then `right` is compared. Several checkpoints joined by +
are averaged. All pictures are of the test split: its fonts, and the tenth of the photographs that
training does not see.
"""

import argparse

import numpy as np
import torch

from hard import CLAIM
from optim import fastest
from records import Stream
from train_vision import batch_of, example
from vision import Vision, VisionConfig

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
BIASES = np.arange(-4, 8.01, 0.25)
KINDS = ("crops", "flyercrops", "crops on photographs", "photographs without text", "drawn grounds without text")


def load(paths):
    """The mean of the averaged weights of the checkpoints `a+b`."""
    saved = [torch.load(p, map_location="cpu", weights_only=True) for p in paths.split("+")]
    states = [s["state"]["ema"] for s in saved]
    model = Vision(VisionConfig(**saved[0]["config"]))
    model.load_state_dict({k: sum(s[k].float() for s in states) / len(states) for k in states[0]})
    return model.eval().to(memory_format=torch.channels_last)


def pictures(args, dtype):
    """-> {kind: batches of 4} of the test split, the same every time."""
    on = ["--photos", args.photos]
    kinds = dict(zip(KINDS, (["crops"], ["flyercrops"], ["crops", *on], ["bare", *on], ["bare"])))
    out = {}
    for name, (kind, *more) in kinds.items():
        stream = Stream(args.generator, ["--kind", kind, "--split", "test", "--size", "448", "--count", str(args.count), *more], args.seed, transform=example)
        out[name] = [batch_of(stream.take(4), DEVICE, dtype) for _ in range(args.count // 4)]
        stream.stop = True
    return out


@torch.no_grad()
def counts(model, batches):
    """-> for every bias of blank: glyphs right, and glyphs made up (where no text is, the presences
    that the product adds up to glyphs); then
    glyphs and pictures in all."""
    right, invented, glyphs, seen = np.zeros(len(BIASES)), np.zeros(len(BIASES)), 0, 0
    for pixels, classes, _ in batches:
        logits = model(pixels)[0].float()
        best, guess = logits[..., 1:].max(-1)
        margin = (best - logits[..., 0]).flatten()
        classes, guess = classes.flatten(), guess.flatten() + 1
        hit = margin[(classes > 0) & (guess == classes)].cpu().numpy()
        made_up = margin[classes == 0].cpu().numpy()
        there = (logits[..., 1:].logsumexp(-1) - logits[..., 0]).flatten()[classes == 0].cpu()
        right += [(hit > b).sum() for b in BIASES]
        if (classes > 0).any():
            invented += [(made_up > b).sum() for b in BIASES]
        else:
            presences = [torch.sigmoid(there - b) for b in BIASES.tolist()]
            invented += [p[p > CLAIM].sum().item() for p in presences]
        glyphs += int((classes > 0).sum())
        seen += len(pixels)
    return right, invented, glyphs, seen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("encoders", nargs="+", help="checkpoints; a+b is the mean of a and b")
    parser.add_argument("--generator", required=True)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--count", type=int, default=48, help="pictures of each kind")
    parser.add_argument("--seed", type=int, default=777)
    args = parser.parse_args()
    dtype = fastest(DEVICE)
    tests = pictures(args, dtype)
    at, zero, limit = {}, int(np.argmin(np.abs(BIASES))), {}
    print("| encoder | kind | right | invented | at an equal invented: bias | right |\n|---|---|---|---|---|---|")
    for path in args.encoders:
        model = load(path).to(DEVICE, dtype)
        for kind, batches in tests.items():
            right, invented, glyphs, seen = counts(model, batches)
            if not glyphs:
                made_up = np.interp(at["crops"], BIASES, invented) / seen
                print(f"| {path} | {kind} | | {invented[zero] / seen:.2f} a picture | {at['crops']:.2f} | {made_up:.2f} a picture |", flush=True)
                continue
            limit.setdefault(kind, invented[zero] / glyphs)
            at[kind] = float(np.interp(-limit[kind], -invented / glyphs, BIASES))
            equal = np.interp(at[kind], BIASES, right) / glyphs
            print(f"| {path} | {kind} | {right[zero] / glyphs:.4f} | {invented[zero] / glyphs:.4f} | {at[kind]:.2f} | {equal:.4f} |", flush=True)


if __name__ == "__main__":
    main()
