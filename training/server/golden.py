"""Writes the small decoders of parallel tracks that the Rust tests run on, and what PyTorch says.

cd training && python -m server.golden ../language/tests/tracks
cd training && python -m server.golden --wide ../language/tests/tracks   (for the kernels, alone)
cd training && python -m server.golden --textures ../language/tests/tracks  (its weights as ASTC)
cd training && python -m server.golden --long DIR    (one of 65,536 positions, to measure)
cd training && python -m server.golden --experts DIR (16 experts, top 2, to measure)
"""

import argparse
import json
import os
from dataclasses import replace

import torch
from safetensors.numpy import save_file

from decoder import Decoder, DecoderConfig

from .export_tracks import export_tracks, kernel_weights
from .ptmoe import Tracks, TracksConfig

TINY = TracksConfig(
    dim=16, n_tracks=2, n_blocks=2, depth=4, n_heads=2, n_kv_heads=1, head_dim=8, ffn_dim=24,
    n_experts=4, experts_per_token=2, expert_dim=12, window=8, slack=4, vocab_size=48, context=512,
)  # fmt: skip
# One track, one expert, every layer local with a window beyond the context: the dense decoder.
SINGLE = replace(
    TINY, n_tracks=1, n_blocks=1, n_experts=1, experts_per_token=1, expert_dim=24, cycle=99,
    window=512,
)  # fmt: skip
# Sizes that the integer kernels take.
WIDE = replace(
    TINY, dim=32, n_tracks=1, n_blocks=1, head_dim=16, ffn_dim=32, expert_dim=32,
)  # fmt: skip
EXPERTS = replace(
    WIDE, dim=512, n_heads=8, n_kv_heads=2, head_dim=64, ffn_dim=1024, n_experts=16,
    experts_per_token=2, expert_dim=1024, window=4096, slack=64, context=8192,
)  # fmt: skip
LONG = replace(TINY, n_blocks=1, window=1024, slack=64, context=65_536)


@torch.no_grad()
def random_tracks(c, seed=0):
    """Random weights as the graphs store them, large enough that every layer matters."""
    torch.manual_seed(seed)
    model = Tracks(c).eval()
    for p in model.parameters():
        if p.ndim > 1:
            p.mul_(1.5)
        p.copy_(p.half().float())
    return model


@torch.no_grad()
def dense_of(model):
    """The on-device decoder of `decoder.py` with the weights of a single track's one expert."""
    c = model.c
    names = ("dim", "n_heads", "n_kv_heads", "head_dim", "ffn_dim", "vocab_size", "context")
    sizes = {name: getattr(c, name) for name in names}
    dense = Decoder(DecoderConfig(**sizes, n_layers_kv=c.n_layers, n_layers_shared=0)).eval()
    dense.embed.weight.copy_(model.embed.weight)
    dense.norm.weight.copy_(model.norm.weight)
    layers = [layer for block in model.tracks[0] for layer in block.layers]
    for ours, theirs in zip(layers, dense.block1):
        weights = ours.state_dict()
        if hasattr(ours.ffn, "router"):
            del weights["ffn.router"]
            for name in ("gate", "up", "down"):
                weights[f"ffn.{name}.weight"] = weights.pop(f"ffn.{name}")[0].T
        theirs.load_state_dict(weights)
    return dense


@torch.no_grad()
def said(model, rows, seed=1):
    """Random rows and what the model says of them under one mask: lists, for JSON."""
    torch.manual_seed(seed)
    ids = torch.randint(0, model.c.vocab_size, (rows,))
    extra = (torch.randn(rows, model.c.dim) * 0.1).half().float()
    if isinstance(model, Tracks):
        hidden = model(ids, extra)
    else:
        valid = torch.ones(1, rows, dtype=torch.bool)
        hidden = model(ids[None], extra[None], valid, torch.arange(rows)[None])[0]
    values = {"ids": ids, "extra": extra, "hidden": hidden, "logits": model.logits(hidden)}
    return {name: value.tolist() for name, value in values.items()}


@torch.no_grad()
def last_rows(model, rows=8192, wanted=64):
    """What the model says of the last `wanted` of so many rows under one mask; row i has the id
    7919 i modulo the vocabulary, as `language/examples/long_context.rs` has it."""
    ids = torch.arange(rows) * 7919 % model.c.vocab_size
    hidden = model(ids, torch.zeros(rows, model.c.dim))[-wanted:]
    return {"rows": rows, "hidden": hidden.tolist()}


def write(model, out, golden, kernels=False):
    """A bundle and its golden answers."""
    export_tracks(model, out, kernels)
    with open(os.path.join(out, "golden.json"), "w") as f:
        json.dump(golden, f)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", help="folder of the bundles")
    parser.add_argument("--long", action="store_true", help="a bundle of 65,536 positions instead")
    parser.add_argument("--wide", action="store_true", help="the bundle for the kernels alone")
    parser.add_argument("--textures", action="store_true", help="the same weights as textures")
    parser.add_argument("--experts", action="store_true", help="a bundle of 16 experts instead")
    args = parser.parse_args()
    if args.experts:
        return export_tracks(random_tracks(EXPERTS), args.out, kernels=True)
    if args.wide:
        model = random_tracks(WIDE, 3)
        return write(model, os.path.join(args.out, "wide"), said(model, 48), kernels=True)
    if args.textures:
        block = random_tracks(WIDE, 3).tracks[0][0]
        path = os.path.join(args.out, "textures.safetensors")
        return save_file(kernel_weights(block, rank=2), path)
    if args.long:
        model = random_tracks(LONG)
        return write(model, args.out, last_rows(model))
    tiny, single = random_tracks(TINY), random_tracks(SINGLE, 2)
    write(tiny, os.path.join(args.out, "tiny"), said(tiny, 96))
    write(single, os.path.join(args.out, "single"), said(dense_of(single), 40))


if __name__ == "__main__":
    main()
