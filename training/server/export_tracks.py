"""Writes a decoder of parallel tracks as graphs: one a track block, one for both ends.

    ends.onnx               ids [t], extra [t, dim], rows [m, dim]
                            -> embedded [t, dim], hidden [m, dim], logits [m, vocab_size]
    track{t}.block{b}.onnx  rows [t, dim], positions [t], past_k_i, past_v_i
                            -> through [t, dim], present_k_i, present_v_i; i in 0..depth

Embedding and logits share one weight and therefore one graph; the side that is not wanted is given
no rows. `tracks.json` holds the sizes.

    track{t}.block{b}.safetensors   the same block's weights for the integer kernels, which round
                                    them when they are opened: as float16, or their matrices as
                                    integers or ASTC textures; beside the graphs or in their place
"""

import json
import os
import warnings

import numpy as np
import onnx
import torch
from onnxscript import opset20 as op
from safetensors.numpy import save_file
from torch import nn
from torch.export import Dim

from compress import astc
from graph import OPSET, halve

FREE = Dim.DYNAMIC


def experts_graph(x, share, gate, up, down):
    """`ptmoe.grouped_experts` in ONNX: for each expert its rows are gathered, multiplied as one
    matrix, and added to where they came from."""
    out = op.ConstantOfShape(op.Shape(x), value=onnx.numpy_helper.from_array(ZERO))
    for e in range(gate.shape[0]):
        of_expert = op.Constant(value_int=e)
        mine = op.Gather(share, of_expert, axis=1)
        rows = op.Transpose(op.NonZero(mine))
        h = op.GatherND(x, rows)
        g = op.MatMul(h, op.Gather(gate, of_expert, axis=0))
        u = op.MatMul(h, op.Gather(up, of_expert, axis=0))
        y = op.MatMul(op.Mul(op.Mul(g, op.Sigmoid(g)), u), op.Gather(down, of_expert, axis=0))
        y = op.Mul(y, op.Unsqueeze(op.GatherND(mine, rows), op.Constant(value_ints=[1])))
        out = op.ScatterND(out, rows, y, reduction="add")
    return out


ZERO = torch.zeros(1).numpy()


class Ends(nn.Module):
    """ends.onnx."""

    def __init__(self, model):
        super().__init__()
        self.embed, self.norm = model.embed, model.norm

    def forward(self, ids, extra, rows):
        hidden = self.norm(rows)
        return self.embed(ids) + extra, hidden, hidden @ self.embed.weight.T


def write(module, args, path, inputs, outputs, dynamic):
    """As `graph.write_onnx`, with experts as `experts_graph`. Not optimised here: folding would cut
    the experts' weights apart, and their names would be lost."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(),
            args,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=dynamic,
            opset_version=OPSET,
            dynamo=True,
            optimize=False,
            verbose=False,
            custom_translation_table={torch.ops.foveate.experts.default: experts_graph},
        )
    program.save(path, external_data=False)
    halve(path, module)


def export_block(block, path):
    """One track block."""
    c = block.c
    t, held = 3, 5
    args = [torch.randn(t, c.dim), torch.arange(held, held + t)]
    args += [torch.randn(c.n_kv_heads, held, c.head_dim) for _ in range(2 * c.depth)]
    names = [f"{kind}_{i}" for i in range(c.depth) for kind in ("k", "v")]
    inputs = ["rows", "positions", *("past_" + n for n in names)]
    outputs = ["through", *("present_" + n for n in names)]
    axes = ({0: FREE}, {0: FREE}, tuple({1: FREE} for _ in names))
    write(block, tuple(args), path, inputs, outputs, axes)


def export_ends(model, path):
    """ends.onnx."""
    dim = model.c.dim
    args = (torch.zeros(3, dtype=torch.int64), torch.zeros(3, dim), torch.zeros(2, dim))
    axes = ({0: FREE}, {0: FREE}, {0: FREE})
    outputs = ["embedded", "hidden", "logits"]
    write(Ends(model), args, path, ["ids", "extra", "rows"], outputs, axes)


def kinds(block):
    """What makes two blocks' graphs differ beside their weights."""
    return tuple((layer.is_global, hasattr(layer.ffn, "router")) for layer in block.layers)


def with_weights(model, block):
    """A block's graph with the weights of another block of the same kinds, by their names."""
    for w in model.graph.initializer:
        value = block.state_dict().get(w.name.removesuffix(".f16"))
        if value is not None:
            value = value.numpy().astype(onnx.numpy_helper.to_array(w).dtype)
            w.CopyFrom(onnx.numpy_helper.from_array(value, w.name))
    return model


def integers(value):
    """A matrix [.., rows, columns] as int8 and the float16 scale of each row."""
    scale = np.maximum(np.abs(value).max(-1) / 127, 2.0**-14).astype(np.float16)
    codes = np.round(value / scale.astype(np.float32)[..., None]).clip(-127, 127)
    return {"i8": codes.astype(np.int8), "scale": scale}


def kernel_weights(block, rank=None, int8=False):
    """A block's weights by the names of `runtime/kernels/src/tracks/file.rs`: matrices row by row
    of what they give, experts as [n, rows, columns]. With a `rank` matrices but the router's are
    textures beside an update of that rank (`compress/astc.py`), with `int8` integers."""
    out = {}
    for name, value in block.state_dict().items():
        if name.endswith(("ffn.router", "ffn.gate", "ffn.up", "ffn.down")):
            value = value.transpose(-1, -2)  # kept for products from the other side
        value, name = np.ascontiguousarray(value.numpy()), name.removesuffix(".weight")
        if value.ndim < 2 or name.endswith("router") or (rank is None and not int8):
            out[name] = value.astype(np.float16)
        else:
            parts = integers(value) if int8 else astc.stored(value, rank)
            out |= {f"{name}.{end}": part for end, part in parts.items()}
    return out


@torch.no_grad()
def export_tracks(model, out, kernels=False, rank=None):
    """Every file of the decoder, into the folder `out`. Each kind of block is traced once. With
    `kernels` weights for them too, with a `rank` as textures."""
    os.makedirs(out, exist_ok=True)
    traced = {}
    for t, track in enumerate(model.tracks):
        for b, block in enumerate(track):
            path = os.path.join(out, f"track{t}.block{b}.onnx")
            first = traced.setdefault(kinds(block), path)
            if first == path:
                export_block(block, path)
            else:
                onnx.save(with_weights(onnx.load(first), block), path)
            if kernels:
                save_file(kernel_weights(block, rank), path.replace(".onnx", ".safetensors"))
    write_ends(model, out)


@torch.no_grad()
def export_for_kernels(model, out):
    """The decoder without the blocks' graphs: their weights as integers, for the kernels alone."""
    os.makedirs(out, exist_ok=True)
    for t, track in enumerate(model.tracks):
        for b, block in enumerate(track):
            path = os.path.join(out, f"track{t}.block{b}.safetensors")
            save_file(kernel_weights(block, int8=True), path)
    write_ends(model, out)


def write_ends(model, out):
    """What is not of a block: embedding, logits, sizes."""
    export_ends(model, os.path.join(out, "ends.onnx"))
    with open(os.path.join(out, "tracks.json"), "w") as f:
        json.dump(model.c.to_json(), f, indent=1)
        f.write("\n")
