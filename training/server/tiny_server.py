"""Writes a bundle of the server tier with random weights, a few hundred kilobytes, and golden
tensors of every stage: plain ViT, overview and 2x2 tiles, published adapter, parallel tracks.

    cd training && python -m server.tiny_server ../tests/data/tiny-server
"""

import json
import os
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save_file

from charset import SPECIALS, build_tokenizer, token_ids
from graph import halve
from tiny import test_picture

from .export_tracks import export_tracks
from .export_vit import export_adapter, export_vit
from .golden import random_tracks
from .ptmoe import TracksConfig
from .vit import PooledAdapter, Vit, VitConfig

VIT = VitConfig(width=16, n_layers=2, n_heads=2, ffn_dim=32, grid=6)
TRACKS = TracksConfig(
    dim=16, n_tracks=2, n_blocks=1, depth=4, n_heads=2, n_kv_heads=1, head_dim=8, ffn_dim=24,
    n_experts=4, experts_per_token=2, expert_dim=12, window=48, slack=8, vocab_size=512,
    context=1024,
)  # fmt: skip
POOLED = 3  # tokens a side of a view; the published adapter has 12
SIDE = VIT.grid * VIT.patch
MEAN, STD, PAD, MAX_UPSCALE = [0.5] * 3, [0.5] * 3, (127, 127, 127), 2.0
ASKED = "Where is it?"
ANSWERED = 24  # tokens of the golden answer


def letterbox(image, content, side):
    """The picture at the size `content`, at the top left of a square of padding."""
    canvas = Image.new("RGB", (side, side), PAD)
    canvas.paste(image.resize(content, Image.Resampling.BICUBIC), (0, 0))
    return np.asarray(canvas)


def views_of(image):
    """Overview and 2x2 tiles, u8 [5, SIDE, SIDE, 3]: tiles are the quarters of a canvas of twice
    the side, row by row."""
    scale = min(2 * SIDE / max(image.size), MAX_UPSCALE)
    content = [[round(s * f) for s in image.size] for f in (scale / 2, scale)]
    overview, whole = (letterbox(image, c, n * SIDE) for n, c in enumerate(content, 1))
    tiles = [whole[y : y + SIDE, x : x + SIDE] for y in (0, SIDE) for x in (0, SIDE)]
    return np.stack([overview, *tiles])


@torch.no_grad()
def random_encoder(seed=3):
    """A ViT and an adapter, large enough in their weights that every layer matters."""
    torch.manual_seed(seed)
    vit, adapter = Vit(VIT), PooledAdapter(VIT, TRACKS.dim, POOLED)
    for p in [*vit.parameters(), *adapter.parameters()]:
        if p.ndim > 1:
            p.normal_(0, 1.2 / p[0].numel() ** 0.5)
        p.copy_(p.half().float())  # as the graphs store them
    return vit.eval(), adapter.eval()


def marks(view):
    """The tokens before a view: `<|image|>`, then its place in words."""
    row, column = divmod(view - 1, 2)
    label = "overview:" if view == 0 else f"tile {row},{column}:"
    return [token_ids()[0]["<|image|>"], *label.encode()]


@torch.no_grad()
def prompt(model, tokens):
    """The conversation up to its first answer: ids and the rows, `embed(ids)` or in its place."""
    special, ids, rows = token_ids()[0], [], []

    def said(part):
        ids.extend(part)
        rows.append(model.embed(torch.tensor(part)))

    said([special["<|begin|>"]])
    for view, own in enumerate(tokens):
        said(marks(view))
        ids.extend([special["<|end|>"]] * len(own))
        rows.append(own)
    said([special["<|user|>"], *ASKED.encode(), special["<|answer|>"]])
    return ids, torch.cat(rows)


@torch.no_grad()
def hidden_of(model, rows):
    """Rows [t, dim] in the place of embeddings -> hidden [t, dim]; full attention, masked."""
    return model(torch.zeros(len(rows), dtype=torch.int64), rows - model.embed.weight[0])


@torch.no_grad()
def answer(model, rows):
    """Greedy tokens; special ones other than the end are never said."""
    special = token_ids()[0]
    never = [i for name, i in special.items() if name != "<|end|>"]
    spare = list(range(1 + max(special.values()), TRACKS.vocab_size))
    written = []
    while len(written) < ANSWERED:
        logits = model.logits(hidden_of(model, rows)[-1])
        logits[never + spare] = -torch.inf
        written.append(int(logits.argmax()))
        if written[-1] == special["<|end|>"]:
            break
        rows = torch.cat([rows, model.embed.weight[written[-1:]]])
    return written


def config():
    return {
        "format": 2,
        "name": "tiny-server",
        "architecture": "tiled",
        "tier": "server",
        "image": {
            "patch": VIT.patch, "window": VIT.grid, "mean": MEAN, "std": STD, "pad": list(PAD),
            "max_upscale": MAX_UPSCALE, "default_mode": "high",
        },
        "vision": {"width": VIT.width, "n_heads": VIT.n_heads, "ffn_dim": VIT.ffn_dim},
        "views": {"overview": "overview:", "tile": "tile {row},{column}:"},
        "tokens": {name.strip("<|>"): name for name in SPECIALS},
        "prompts": {"ocr": "Read the text.", "fields": "Fill in {fields}"},
    }  # fmt: skip


@torch.no_grad()
def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    vit, adapter = random_encoder()
    model = random_tracks(TRACKS, 4)
    graph = os.path.join(out, "vision.onnx")
    export_vit(vit, graph, large=False)
    halve(graph, vit)
    export_adapter(adapter, VIT, os.path.join(out, "adapter.onnx"))
    export_tracks(model, out)
    for name, value in {"tokenizer": build_tokenizer(), "config": config()}.items():
        with open(os.path.join(out, f"{name}.json"), "w") as f:
            indent = 1 if name == "config" else None
            json.dump(value, f, ensure_ascii=False, indent=indent)
            f.write("\n")
    views = views_of(test_picture())
    pixels = (torch.from_numpy(views).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5
    features = vit(pixels)
    tokens = adapter(features)
    ids, rows = prompt(model, tokens)
    hidden = hidden_of(model, rows)[-1:]
    written = answer(model, rows)
    golden = {
        "views": views, "features": features.unflatten(1, (VIT.grid, VIT.grid)).numpy(),
        "tokens": tokens.numpy(), "ids": np.array(ids), "hidden": hidden.numpy(),
        "logits": model.logits(hidden).numpy(), "answer": np.array(written),
    }  # fmt: skip
    print({k: v.shape for k, v in golden.items()}, written)
    golden = {k: np.ascontiguousarray(v) for k, v in golden.items()}
    save_file(golden, os.path.join(out, "golden.safetensors"))


if __name__ == "__main__":
    main()
