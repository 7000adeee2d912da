"""Runs a trained encoder over rendered flyers and keeps their image tokens, so that the decoder learns on what the encoder really sees.

    python collect.py --vision ../runs/vision/vision.pt --generator ... --kind flyers --count 2000 --out ../runs/tokens

Writes shards of 50 flyers; a shard that is there is not made again. `train_decoder.py --tokens-from DIR` reads them.
"""

import argparse
import os
import time

import numpy as np
import torch
from PIL import Image

import glyphs
from dialogue import INDEX, ImageTokens
from export import load_vision
from optim import fastest
from records import Stream

SHARD = 50


def slots_of(vision, views, covered):
    """u8 views [v, s, s, 3] and the part of each that is looked at -> Slots and, row by row, letters' log-probabilities [n, letters] and
    slot features [n, d]."""
    shown = [i for i, (rows, _) in enumerate(covered) if rows]
    slots, letters, features = zip(*(slots_of_view(vision, views[i, None, : covered[i][0], : covered[i][1]]) for i in shown))
    view = np.repeat(shown, [len(s.place) for s in slots])
    whole = glyphs.Slots(view, np.concatenate([s.place for s in slots]), np.concatenate([s.presence for s in slots]))
    return whole, np.concatenate(letters), np.concatenate(features)


@torch.no_grad()
def slots_of_view(vision, views):
    """u8 views [v, h, w, 3] -> what `slots_of` gives."""
    dtype = next(vision.parameters()).dtype
    pixels = (torch.from_numpy(views).permute(0, 3, 1, 2).to(dtype) / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    logits, raw, slot = vision(pixels)
    blank = logits.float().softmax(-1)[..., 0]
    view, row, col, k = (blank < glyphs.BLANK_LIMIT).nonzero().unbind(-1)
    letters = logits[view, row, col, k][:, 1:].float().log_softmax(-1).clamp_min(glyphs.LETTER_FLOOR).numpy()
    g = raw[view, row, col, k].float()
    size = g[:, 2:].clamp(-4, 5).exp() * 16
    place = torch.stack([(col + g[:, 0]) * 16, (row + g[:, 1]) * 16, size[:, 0], size[:, 1]], -1).numpy()
    presence = (1 - blank[view, row, col, k]).numpy()
    return glyphs.Slots(view.numpy(), place, presence), letters, slot[view, row, col, k].float().numpy()


def tokens_of(vision, image, mode):
    """PIL picture -> ImageTokens without truth, and the scale canvas/picture."""
    slots, letters, feature = slots_of(vision, glyphs.views(image, mode), glyphs.covered(image.size, mode))
    kept, place, claimed = glyphs.choose(slots, glyphs.far_tiles(image.size, mode))
    letters, feature = (glyphs.pool(x, claimed, slots.presence) for x in (letters, feature))
    _, scale = glyphs.fitted(image.size, glyphs.CANVAS[mode])
    return ImageTokens(glyphs.probabilities(letters), place, np.full(len(kept), -1, np.int64), feature), scale


def match(place, truth):
    """For each token the index of the true glyph (canvas pixels, [m, 4]) whose place it claims, or -1; each glyph at most once."""
    out = np.full(len(place), -1, np.int64)
    if not len(place) or not len(truth):
        return out
    dx = np.abs(place[:, None, 0] - truth[None, :, 0]) / np.maximum(truth[None, :, 2], 0.3 * truth[None, :, 3])
    dy = np.abs(place[:, None, 1] - truth[None, :, 1]) / truth[None, :, 3]
    cost = np.where((dx < 0.6) & (dy < 0.4), dx + dy, np.inf)
    order = np.argsort(cost, axis=None)
    taken = np.zeros(len(truth), bool)
    for flat in order:
        i, j = divmod(int(flat), len(truth))
        if not np.isfinite(cost[i, j]):
            break
        if out[i] < 0 and not taken[j]:
            out[i], taken[j] = j, True
    return out


def legible_small(record):
    """Whether nine glyphs of ten are still 9 px in the 672 canvas."""
    h = record.glyphs["h"] * 672 / max(record.width, record.height)
    return len(h) > 0 and np.quantile(h, 0.1) >= 9


def collect(vision, record, rng):
    """One flyer's image tokens with their truth, in a mode that it can be read in."""
    mode = "balanced" if legible_small(record) and rng.random() < 0.15 else "high"
    tokens, scale = tokens_of(vision, Image.fromarray(record.pixels), mode)
    g = record.glyphs
    truth = np.stack([g["cx"], g["cy"], g["w"], g["h"]], 1) * scale
    tokens.truth = match(tokens.place, truth)
    return tokens


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vision", required=True)
    parser.add_argument("--generator", required=True)
    parser.add_argument("--kind", default="flyers")
    parser.add_argument("--split", default="train")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=50_000_000)
    parser.add_argument("--out", required=True)
    parser.add_argument("--weights", choices=("ema", "masters"), default="ema", help="as in export.py")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    vision = load_vision(args.vision, weights=args.weights).to(fastest("cpu")).to(memory_format=torch.channels_last)
    for shard in range((args.count + SHARD - 1) // SHARD):
        path = os.path.join(args.out, f"{args.split}-{args.seed + shard}.pt")
        if os.path.exists(path):
            continue
        rng, began = np.random.default_rng(args.seed + shard), time.time()
        stream = Stream(args.generator, ["--kind", args.kind, "--split", args.split, "--size", "1344", "--count", str(SHARD)], args.seed + shard, ahead=4)
        kept, found, right, total, ghosts = [], 0, 0, 0, 0
        for record in stream.take(SHARD):
            tokens = collect(vision, record, rng)
            hit = tokens.truth >= 0
            names = [tokens.weights[i].argmax() for i in np.nonzero(hit)[0]]
            chars = record.glyphs["char"][tokens.truth[hit]]
            right += sum(INDEX.get(chr(c), -1) == n for c, n in zip(chars, names))
            found, total, ghosts = found + hit.sum(), total + len(record.glyphs), ghosts + (~hit).sum()
            kept.append({"meta": record.meta, "chars": torch.from_numpy(record.glyphs["char"].astype(np.int32)), "weights": torch.from_numpy(tokens.weights).half(),
                         "place": torch.from_numpy(tokens.place), "truth": torch.from_numpy(tokens.truth), "feature": torch.from_numpy(tokens.feature).half()})
        stream.stop = True
        torch.save(kept, path + ".tmp")
        os.replace(path + ".tmp", path)
        print(f"{path}: {total} glyphs, found {found / total:.4f}, right {right / total:.4f}, invented {ghosts / total:.4f}, {SHARD / (time.time() - began):.2f} flyers/s", flush=True)


if __name__ == "__main__":
    main()
