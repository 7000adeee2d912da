"""Measures how well an encoder reads each font family of the training split, and writes the share that each is to get (`stream --shares`):
families that it reads well are drawn more seldom, so that the same hours show it more of what it cannot read yet.

    python families.py --generator ../target/release/foveate-datasets --vision ../runs/vision/vision.pt --out ../runs/shares.tsv
"""

import argparse
import collections

import numpy as np
import torch

from export import load_vision
from optim import fastest
from records import Stream
from train_vision import batch_of, labels

LEAST = 40  # glyphs; a family of which fewer were seen keeps its full share
FULL = 2.0  # times the mean error at which a family gets its full share
FLOOR = 0.15  # share of the families that are read without a mistake


def labelled(record):
    """The example with the family's name of every glyph slot, "" for blank ones."""
    classes, geometry, index = labels(record)
    names = np.array([*(record.meta["fonts"][line["font"]] for line in record.meta["lines"]), ""], dtype=object)
    line = np.append(record.glyphs["line"].astype(np.int64), -1)
    return record.pixels, classes, geometry, names[line[index]]


@torch.no_grad()
def count(model, stream, pictures, dtype):
    """-> {family: [glyphs, misread or missed ones]}."""
    found = collections.defaultdict(lambda: [0, 0])
    for done in range(0, pictures, 8):
        examples = stream.take(8)
        pixels, classes, _ = batch_of([e[:3] for e in examples], "cpu", dtype)
        wrong = (model(pixels)[0].argmax(-1) != classes).numpy()
        glyph = (classes > 0).numpy()
        for family, miss in zip(np.stack([e[3] for e in examples])[glyph], wrong[glyph]):
            found[family][0] += 1
            found[family][1] += int(miss)
        if done % 200 == 0:
            print(f"{done} of {pictures} pictures, {len(found)} families", flush=True)
    return found


def shares(found):
    """-> [(family, share, error, glyphs)], the worst read first."""
    seen = {f: (wrong / n, n) for f, (n, wrong) in found.items() if n >= LEAST}
    mean = float(np.mean([e for e, _ in seen.values()]))
    rows = [(f, float(np.clip(e / (FULL * mean), FLOOR, 1)), e, n) for f, (e, n) in seen.items()]
    return sorted(rows, key=lambda r: -r[2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--generator", required=True)
    parser.add_argument("--vision", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--pictures", type=int, default=1600)
    parser.add_argument("--seed", type=int, default=4242)
    args = parser.parse_args()
    dtype = fastest("cpu")
    model = load_vision(args.vision).to(dtype).to(memory_format=torch.channels_last).eval()
    stream = Stream(args.generator, ["--kind", "crops", "--split", "train", "--size", "448"], args.seed, transform=labelled)
    rows = shares(count(model, stream, args.pictures, dtype))
    stream.stop = True
    with open(args.out, "w") as out:
        out.writelines(f"{family}\t{share:.3f}\n" for family, share, _, _ in rows)
    for family, share, error, n in rows:
        print(f"{error:.3f} of {n} wrong, share {share:.2f}: {family}")
    print(f"{len(rows)} families, mean error {np.mean([r[2] for r in rows]):.4f}, mean share {np.mean([r[1] for r in rows]):.3f}")


if __name__ == "__main__":
    main()
