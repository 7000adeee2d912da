"""Writes the server tier's encoder as `vision.onnx`: pixels of views -> features of their patches,
and the published adapter as `adapter.onnx`: features -> tokens.

    cd training && python -m server.export_vit --out DIR [--checkpoint FILE] [--side 672]
        [--family openclip|dinov2]

The checkpoint is a safetensors file of a layout that `vit_names.py` knows; without one the weights
are random. A view is always whole, so its positions are fixed in the graph. Weights of 1B
parameters are more than an ONNX file may hold: they lie beside it, in `vision.onnx.data`
(`ExternalData::InFolder`).
"""

import argparse
import os
import warnings
from dataclasses import replace

import torch
from torch import nn
from torch.export import Dim

from graph import OPSET, write_onnx

from .vit import DINOV2_G, OPENCLIP_G, Vit, VitConfig
from .vit_names import Tensors, load_into

FAMILIES = {"openclip": OPENCLIP_G, "dinov2": DINOV2_G}
# Small enough to be kept with the tests: patches, positions and layers of the server tier's kind.
TINY = VitConfig(width=16, n_layers=2, n_heads=2, ffn_dim=32, grid=48)


class Views(nn.Module):
    """vision.onnx: pixels [n, 3, side, side] -> features [n, rows, columns, width]."""

    def __init__(self, vit):
        super().__init__()
        self.vit = vit

    def forward(self, pixels):
        grid = self.vit.c.grid
        return self.vit(pixels).unflatten(1, (grid, grid))


def export_vit(vit, path, large=True):
    """vision.onnx of a `Vit`; with `large` its weights lie in another file."""
    side = vit.c.grid * vit.c.patch
    pixels = torch.zeros(2, 3, side, side)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            Views(vit).eval(),
            (pixels,),
            input_names=["pixels"],
            output_names=["features"],
            dynamic_shapes=({0: Dim.DYNAMIC},),
            opset_version=OPSET,
            dynamo=True,
            optimize=False,  # folding would copy 4 GB of weights
            verbose=False,
        )
    program.save(path, external_data=large)


class Pooled(nn.Module):
    """adapter.onnx: features [n, rows, columns, width] -> tokens [n, side * side, dim]."""

    def __init__(self, adapter):
        super().__init__()
        self.adapter = adapter

    def forward(self, features):
        return self.adapter(features.flatten(1, 2))


def export_adapter(adapter, c, path):
    """adapter.onnx of a `PooledAdapter` behind a ViT of the sizes `c`."""
    features = torch.zeros(2, c.grid, c.grid, c.width)
    axes = ({0: Dim.DYNAMIC},)
    write_onnx(Pooled(adapter), (features,), path, ["features"], ["tokens"], axes)


def config_for(family, side):
    """A family's sizes for views of `side` pixels."""
    c = FAMILIES[family]
    if side % c.patch:
        raise SystemExit(f"views of {side} pixels; a multiple of {c.patch} is expected")
    return replace(c, grid=side // c.patch)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="the bundle's folder")
    parser.add_argument("--checkpoint", help="safetensors; random weights if there is none")
    parser.add_argument("--family", choices=FAMILIES, default="openclip")
    parser.add_argument("--side", type=int, default=672, help="pixels of a view's side")
    args = parser.parse_args()
    torch.manual_seed(0)
    vit = Vit(config_for(args.family, args.side)).eval()
    if args.checkpoint:
        load_into(vit, Tensors(args.checkpoint))
    os.makedirs(args.out, exist_ok=True)
    export_vit(vit, os.path.join(args.out, "vision.onnx"))


if __name__ == "__main__":
    main()
