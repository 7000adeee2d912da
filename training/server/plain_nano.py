"""Whether nano's encoder reads with plain attention, as it is: every layer over the whole view, as
the server tier's encoders have it, instead of windows of 14x14 patches in most.

    cd training && python -m server.plain_nano ../models/nano [--out DIR] [PICTURE...]

Overview and 2x2 tiles go through both. Of the slots that windows find (presence over a half), how
many are found at the same place with the same letter, and how alike the features are. `--out`
writes the bundle with plain attention, of the tier `server`, in mode `high`: by conversion alone,
nothing is trained.
"""

import argparse
import dataclasses
import json
import shutil
from pathlib import Path

import torch
from PIL import Image

from export import export_vision
from restore import vision_of
from sizes import vision_config
from sums import write_sums
from tiling import views

FOUND = 0.5  # least presence of a slot that counts; `slots.min_presence` in models/rules.json


def pair(bundle):
    """The encoder as it ships, and with global layers alone; one adapter."""
    c = vision_config("nano")
    shipped, state = vision_of(bundle, c)
    plain, _ = vision_of(bundle, dataclasses.replace(c, global_layers=tuple(range(c.n_layers))))
    for model in (shipped, plain):
        model.load_state_dict(state)
        model.eval()
    return shipped, plain


def letters(vision, features):
    """The likeliest letter of each slot [views, H, W, slots], -1 where there is none."""
    logits = vision.adapter(features)[0].float().softmax(-1)
    there = 1 - logits[..., 0] > FOUND
    return torch.where(there, logits[..., 1:].argmax(-1), -1)


@torch.no_grad()
def compared(shipped, plain, image):
    """(slots found by windows, the same by plain attention, slots found by it, cosine)."""
    pixels = torch.from_numpy(views(image, "high")).permute(0, 3, 1, 2).float() / 127.5 - 1
    # One view after another: scores of a global layer are 50 MB.
    features = [torch.cat([m.encoder(p[None]) for p in pixels]) for m in (shipped, plain)]
    ours, theirs = (letters(m, f) for m, f in zip((shipped, plain), features))
    alike = torch.cosine_similarity(*features, dim=-1).mean().item()
    same = ((ours >= 0) & (ours == theirs)).sum()
    return int((ours >= 0).sum()), int(same), int((theirs >= 0).sum()), alike


def write(plain, bundle, out):
    """The bundle with plain attention: another graph, tier and mode."""
    shutil.copytree(bundle, out, dirs_exist_ok=True)
    export_vision(plain, str(out / "vision.onnx"), 448)
    config = json.loads((out / "config.json").read_text())
    config |= {"name": "nano-server", "tier": "server"}
    config["image"]["default_mode"] = "high"
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    write_sums(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--out", type=Path, help="folder of the converted bundle")
    parser.add_argument("pictures", nargs="*", metavar="PICTURE")
    args = parser.parse_args()
    models, pictures = pair(args.bundle), args.pictures
    if args.out:
        write(models[1], args.bundle, args.out)
    print("| picture | slots | the same by plain attention | slots by it | cosine of features |")
    print("|---|---|---|---|---|")
    for path in pictures:
        found, same, other, alike = compared(*models, Image.open(path))
        share = same / max(found, 1)
        print(f"| {path} | {found} | {same} ({share:.2f}) | {other} | {alike:.3f} |", flush=True)


if __name__ == "__main__":
    main()
