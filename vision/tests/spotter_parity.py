"""Holds the spotter to the Python package whose graphs it runs, on pictures of your own.

    make base && cargo build --release -p foveate-vision --example spot
    python3 -m venv /tmp/rapidocr && /tmp/rapidocr/bin/pip install rapidocr==3.10.0 onnxruntime
    /tmp/rapidocr/bin/python vision/tests/spotter_parity.py \
        --spot target/release/examples/spot PICTURE...

Both see the same pixels: each picture is decoded by the package and handed to ours as PNG. A line
of theirs is matched with the line of ours whose corners are nearest. Printed are lines with the
same text, corners within 2 pixels, lines that only one has, and seconds a picture; `-v` prints
every difference.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time

import cv2
import numpy as np
from rapidocr import RapidOCR

# Corners further apart than this, as a part of the line's height, are another line's.
SAME_LINE = 1.0


def reference(engine, image):
    """Lines of the package: corners [4, 2], text, confidence; and the seconds it took."""
    begin = time.perf_counter()
    out = engine(image)
    seconds = time.perf_counter() - begin
    if out.boxes is None:
        return [], seconds
    lines = zip(out.boxes, out.txts, out.scores)
    return [
        dict(quad=np.array(q, float), text=t, confidence=float(c)) for q, t, c in lines
    ], seconds


def distance(a, b):
    """The largest distance of corners, whichever corner comes first."""
    turns = [np.roll(b, turn, axis=0) for turn in range(4)]
    return min(np.abs(a - turn).max() for turn in turns)


def matched(theirs, ours):
    """Pairs of lines and the distance of their corners; None where one has no such line."""
    pairs, free = [], list(range(len(ours)))
    for line in theirs:
        quad = line["quad"]
        height = min(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[0] - quad[3]))
        near = [(distance(quad, np.array(ours[i]["quad"])), i) for i in free]
        if near and min(near)[0] <= max(4.0, SAME_LINE * height):
            gap, i = min(near)
            free.remove(i)
            pairs.append((line, ours[i], gap))
        else:
            pairs.append((line, None, None))
    return pairs + [(None, ours[i], None) for i in free]


def shown(line):
    return (
        "-"
        if line is None
        else f"{line['text']!r} {line['confidence']:.3f} "
        f"{np.array(line['quad']).astype(int).tolist()}"
    )


# Where ours goes beyond the package: what it does there.
AS_THEIRS = {"min_confidence": 0.5, "doubtful": 0.0, "max_windows": 1, "space": 1.0}


def bundle(model, folder):
    """The bundle with the package's options, in a folder."""
    with open(os.path.join(model, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    spotter = config["spotter"]
    spotter["options"] = {**spotter.get("options", {}), **AS_THEIRS}
    for graph in (spotter["detector"], spotter["classifier"], spotter["recognizer"]):
        os.symlink(
            os.path.abspath(os.path.join(model, graph["file"])), os.path.join(folder, graph["file"])
        )
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    return folder


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spot", default="target/release/examples/spot")
    parser.add_argument("--model", default="models/base")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("pictures", nargs="+")
    args = parser.parse_args()
    engine = RapidOCR(params={"Global.log_level": "critical"})
    count = dict.fromkeys(
        ["lines", "same text", "within 2 px", "only theirs", "only ours", "pictures", "refused"], 0
    )
    spent = 0.0
    with tempfile.TemporaryDirectory() as folder:
        theirs = {}
        for number, path in enumerate(args.pictures):
            try:
                image = engine.load_img(path)
            except Exception as refusal:
                print(f"{path}: the package refuses it: {refusal}")
                count["refused"] += 1
                continue
            png = os.path.join(folder, f"{number}.png")
            cv2.imwrite(png, image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            lines, seconds = reference(engine, image)
            theirs[png] = (path, lines)
            spent += seconds
        model = bundle(args.model, folder)
        begin = time.perf_counter()
        out = subprocess.run(
            [args.spot, "--model", model, *theirs], stdout=subprocess.PIPE, check=True
        ).stdout
        ours_spent = time.perf_counter() - begin
    for row in map(json.loads, out.splitlines()):
        path, lines = theirs[row["picture"]]
        count["pictures"] += 1
        for a, b, gap in matched(lines, row["lines"]):
            count["lines"] += a is not None
            count["only theirs"] += b is None
            count["only ours"] += a is None
            if a is None or b is None:
                trouble = "only ours" if a is None else "only theirs"
            else:
                same, near = a["text"] == b["text"], gap <= 2
                count["same text"] += same
                count["within 2 px"] += near
                trouble = "" if same and near else "text" if not same else f"{gap:.0f} px"
            if args.v and trouble:
                print(f"{os.path.basename(path)}: {trouble}: {shown(a)} | {shown(b)}")
    n = max(1, count["lines"])
    print(" ".join(f"{key} {value}" for key, value in count.items()))
    print(
        f"same text {count['same text'] / n:.2%}, "
        f"corners within 2 px {count['within 2 px'] / n:.2%}"
    )
    pictures = max(1, count["pictures"])
    print(
        f"seconds a picture: theirs {spent / pictures:.2f}, "
        f"ours with PNG decoding and loading {ours_spent / pictures:.2f}"
    )


if __name__ == "__main__":
    main()
