"""Measures how well an encoder reads each font family of the training split, and writes the share
that each is to get (`stream --shares`).

Families that it reads well are drawn less often, so that the same hours show it more of what it
cannot read yet.

    python families.py --generator ../target/release/foveate-datasets \
        --vision ../runs/vision/vision.pt --out ../runs/shares.tsv
"""

import argparse
import collections

import numpy as np
import torch

from checkpoint import load_vision
from device import add_device, chosen, fastest
from records import Stream
from train_vision import batch_of, labels

LEAST = 40  # glyphs; a family of which fewer were seen keeps its full share
FULL = 2.0  # times the mean error at which a family gets its full share
FLOOR = 0.15  # share of the families that are read without a mistake


def labelled(record):
    """The example with the family's name of every glyph slot, "" for blank ones."""
    classes, geometry, index = labels(record)
    fonts = [record.meta["fonts"][line["font"]] for line in record.meta["lines"]]
    names = np.array([*fonts, ""], dtype=object)
    line = np.append(record.glyphs["line"].astype(np.int64), -1)
    return record.pixels, classes, geometry, names[line[index]]


@torch.no_grad()
def count(model, stream, pictures, device, dtype):
    """-> {family: [glyphs, misread or missed ones]}."""
    found = collections.defaultdict(lambda: [0, 0])
    for done in range(0, pictures, 8):
        examples = stream.take(8)
        pixels, classes, _ = batch_of([e[:3] for e in examples], device, dtype)
        wrong = (model(pixels)[0].argmax(-1) != classes).cpu().numpy()
        glyph = (classes > 0).cpu().numpy()
        for family, miss in zip(np.stack([e[3] for e in examples])[glyph], wrong[glyph]):
            found[family][0] += 1
            found[family][1] += int(miss)
        if done % 200 == 0:
            print(f"{done} of {pictures} pictures, {len(found)} families", flush=True)
    return found


def shares(found):
    """-> [(family, share, error, glyphs)], the worst read first."""
    seen = {f: (wrong / n, n) for f, (n, wrong) in found.items() if n >= LEAST}
    mean = float(np.mean([e for e, _ in seen.values()])) if seen else 0.0
    full = max(FULL * mean, 1e-9)
    rows = [(f, float(np.clip(e / full, FLOOR, 1)), e, n) for f, (e, n) in seen.items()]
    return sorted(rows, key=lambda r: -r[2])


def main():
    parser = argparse.ArgumentParser(description="Measures font families; writes their shares.")
    parser.add_argument("--generator", required=True, help="the binary foveate-datasets")
    add_device(parser)
    parser.add_argument("--vision", required=True, help="checkpoint")
    parser.add_argument("--out", required=True, help="file of shares")
    parser.add_argument("--pictures", type=int, default=1600)
    parser.add_argument("--size", type=int, default=448, help="side of a crop in pixels")
    parser.add_argument("--seed", type=int, default=4242)
    args = parser.parse_args()
    device = chosen(args.device)
    dtype = fastest(device)
    model = load_vision(args.vision).to(device, dtype).to(memory_format=torch.channels_last)
    options = ["--kind", "crops", "--split", "train", "--size", str(args.size)]
    with Stream(args.generator, options, args.seed, transform=labelled) as stream:
        rows = shares(count(model, stream, args.pictures, device, dtype))
    with open(args.out, "w") as out:
        out.writelines(f"{family}\t{share:.3f}\n" for family, share, _, _ in rows)
    for family, share, error, n in rows:
        print(f"{error:.3f} of {n} wrong, share {share:.2f}: {family}")
    share, error = (np.mean([r[i] for r in rows]) if rows else 0.0 for i in (1, 2))
    print(f"{len(rows)} families, mean error {error:.4f}, mean share {share:.3f}")


if __name__ == "__main__":
    main()
