"""Runs a trained encoder over rendered flyers and keeps their image tokens, so that the decoder
learns on what the encoder gives.

    python collect.py --vision ../runs/vision/vision.pt --kind flyers --count 2000 \\
        --generator ../target/release/foveate-datasets --out ../runs/tokens

Writes shards of 50 flyers; a shard that is there is not made again. `train_decoder.py
--tokens-from DIR` reads them.
"""

import argparse
import os
import time

import numpy as np
import torch
from PIL import Image

import checkpoint
import slots
import tiling
from device import add_device, chosen, fastest
from records import Stream
from simulate import INDEX, ImageTokens

SHARD = 50
BALANCED = 0.15  # share of the flyers legible in mode `balanced` that are read in it


def slots_of(vision, views, covered):
    """u8 views [v, s, s, 3] and the part of each that is encoded -> Slots and, row by row, letters'
    log-probabilities [n, letters] and slot features [n, d]."""
    encoded = [i for i, (rows, _) in enumerate(covered) if rows]
    parts = [views[i, : covered[i][0], : covered[i][1]] for i in encoded]
    places, letters, features, presence = zip(*(slots_of_view(vision, part) for part in parts))
    view = np.repeat(encoded, [len(p) for p in places])
    letters = np.concatenate(letters)
    place, presence = np.concatenate(places), np.concatenate(presence)
    return slots.Slots(view, place, presence, letters.argmax(-1)), letters, np.concatenate(features)


@torch.no_grad()
def slots_of_view(vision, view):
    """u8 view [h, w, 3] -> of its slots: places [n, 4] in pixels, letters, features, presences."""
    p = next(vision.parameters())
    pixels = torch.from_numpy(view).to(p.device).permute(2, 0, 1)[None].to(p.dtype) / 127.5 - 1
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    found = vision.adapter.found(vision.encoder(pixels))
    letters, features, place, presence = (x.cpu().numpy() for x in found)
    return place[:, 1:], letters, features, presence


def tokens_of(vision, image, mode):
    """PIL picture -> ImageTokens without truth, and the scale canvas/picture."""
    covered = tiling.covered(image.size, mode)
    found, letters, feature = slots_of(vision, tiling.views(image, mode), covered)
    kept, place, members = slots.choose(found, tiling.far_tiles(image.size, mode))
    letters, feature = (slots.pool(x, members, found.presence) for x in (letters, feature))
    _, scale = tiling.fitted(image.size, tiling.CANVAS[mode])
    truth = np.full(len(kept), -1, np.int64)
    return ImageTokens(slots.probabilities(letters), place, truth, feature), scale


def match(place, truth):
    """For each token the index of the true glyph (canvas pixels, [m, 4]) that it stands on, or -1;
    each glyph at most once, the nearest pairs first."""
    out = np.full(len(place), -1, np.int64)
    if not len(place) or not len(truth):
        return out
    wide = np.maximum(truth[None, :, 2], 0.3 * truth[None, :, 3])
    dx = np.abs(place[:, None, 0] - truth[None, :, 0]) / wide
    dy = np.abs(place[:, None, 1] - truth[None, :, 1]) / truth[None, :, 3]
    cost = np.where((dx < 0.6) & (dy < 0.4), dx + dy, np.inf)
    taken = np.zeros(len(truth), bool)
    for flat in np.argsort(cost, axis=None):
        i, j = divmod(int(flat), len(truth))
        if not np.isfinite(cost[i, j]):
            break
        if out[i] < 0 and not taken[j]:
            out[i], taken[j] = j, True
    return out


def legible_small(record):
    """Whether nine glyphs of ten are still 9 px in the 672 canvas."""
    h = record.glyphs["h"] * tiling.CANVAS["balanced"] / max(record.width, record.height)
    return len(h) > 0 and np.quantile(h, 0.1) >= 9


def collect(vision, record, rng):
    """One flyer's image tokens with their truth, in a mode that it can be read in."""
    mode = "balanced" if legible_small(record) and rng.random() < BALANCED else "high"
    tokens, scale = tokens_of(vision, Image.fromarray(record.pixels), mode)
    g = record.glyphs
    truth = np.stack([g["cx"], g["cy"], g["w"], g["h"]], 1) * scale
    tokens.truth = match(tokens.place, truth)
    return tokens


class Tally:
    """Counts over a shard: true glyphs, those found, those read right, tokens on none."""

    def __init__(self):
        self.glyphs = self.found = self.right = self.invented = 0

    def add(self, record, tokens):
        hit = tokens.truth >= 0
        chars = record.glyphs["char"][tokens.truth[hit]]
        read = tokens.weights[hit].argmax(1) if hit.any() else []
        self.right += sum(INDEX.get(chr(c), -1) == n for c, n in zip(chars, read))
        self.glyphs += len(record.glyphs)
        self.found += hit.sum()
        self.invented += (~hit).sum()

    def __str__(self):
        n = max(1, self.glyphs)
        shares = f"found {self.found / n:.4f}, right {self.right / n:.4f}"
        return f"{self.glyphs} glyphs, {shares}, invented {self.invented / n:.4f}"


def stored(record, tokens):
    """A flyer as a shard holds it."""
    return {
        "meta": record.meta,
        "chars": torch.from_numpy(record.glyphs["char"].astype(np.int32)),
        "weights": torch.from_numpy(tokens.weights).half(),
        "place": torch.from_numpy(tokens.place),
        "truth": torch.from_numpy(tokens.truth),
        "feature": torch.from_numpy(tokens.feature).half(),
    }


def write_shard(vision, args, seed, path):
    """Draws the flyers of one seed and writes their tokens."""
    rng, began, kept, tally = np.random.default_rng(seed), time.time(), [], Tally()
    options = ["--kind", args.kind, "--split", args.split, "--size", "1344"]
    n = min(SHARD, args.count)
    with Stream(args.generator, [*options, "--count", str(n)], seed, ahead=4) as stream:
        for record in stream.take(n):
            tokens = collect(vision, record, rng)
            tally.add(record, tokens)
            kept.append(stored(record, tokens))
    checkpoint.write(path, kept)
    print(f"{path}: {tally}, {n / (time.time() - began):.2f} flyers/s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(",")[0])
    parser.add_argument("--vision", required=True, help="checkpoint")
    parser.add_argument("--generator", required=True, help="the binary foveate-datasets")
    add_device(parser)
    parser.add_argument("--kind", default="flyers")
    parser.add_argument("--split", default="train")
    parser.add_argument("--count", type=int, default=1000, help="flyers, in shards of 50")
    parser.add_argument("--seed", type=int, default=50_000_000)
    parser.add_argument("--out", required=True, help="folder of the shards")
    parser.add_argument("--weights", choices=("ema", "masters"), default="ema", help="as export.py")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    device = chosen(args.device)
    vision = checkpoint.load_vision(args.vision, weights=args.weights).to(device, fastest(device))
    vision = vision.to(memory_format=torch.channels_last)
    for seed in range(args.seed, args.seed + -(-args.count // SHARD)):
        path = os.path.join(args.out, f"{args.split}-{seed}.pt")
        if not os.path.exists(path):
            write_shard(vision, args, seed, path)


if __name__ == "__main__":
    main()
