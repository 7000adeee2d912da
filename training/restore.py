"""Makes training checkpoints from a bundle, so that training can go on from what ships.

    python restore.py ../models/nano --vision ../runs/vision/vision.pt \\
        --decoder ../runs/decoder/decoder.pt

The weights come back as the bundle stores them (float16, packed levels), without moments. Scales of
packed weights come back rounded. A weight that the bundle lacks is named and starts afresh.
"""

import argparse
import dataclasses
import os

import numpy as np
import onnx
import torch
from safetensors.numpy import load_file

import checkpoint
from connector import GlyphDecoder
from packed import load_packed
from quantize import quantize_decoder
from sizes import add_sizes, decoder_config, vision_config
from vision import Vision

# Names in fusion.safetensors and training.safetensors -> parameters of the connector.
FUSION = {
    "slots.weight": "slot.weight",
    "place.weight": "place.own.weight",
    "place.bias": "place.own.bias",
    "before.weight": "place.before.weight",
    "pointer.query": "pointer.query.weight",
    "pointer.key": "pointer.key.weight",
    "pointer.null": "pointer.null",
    "tag.weight": "tag.weight",
    "tag.bias": "tag.bias",
}
STEP = 1000  # of a restored run: beyond the warm-up


def graph_weights(path, prefix=""):
    """{name without prefix: float32 tensor} of a graph's named weights; {} of no file."""
    out = {}
    for name, value in graph_values(path).items():
        value = torch.from_numpy(value.copy())
        if name.endswith(".T"):
            name, value = name[:-2], value.T
        if name.startswith(prefix) and value.is_floating_point():
            out[name[len(prefix) :]] = value.float().contiguous()
    return out


def graph_values(path):
    """{name: array} of a graph's weights; those rounded to integers (`int8.py`) as float32."""
    graph = onnx.load(path).graph if os.path.exists(path) else onnx.GraphProto()
    found = {w.name: onnx.numpy_helper.to_array(w) for w in graph.initializer}
    axes = {n.input[0]: a.i for n in graph.node for a in n.attribute if a.name == "axis"}
    columns = {n.input[1] for n in graph.node if n.op_type == "MatMulInteger"}
    rounded = [name for name in found if name.endswith("_quantized")]
    bases = [*rounded, *(name.removesuffix("_quantized") for name in rounded)]
    forms = {base + end for base in bases for end in ("_scale", "_zero_point")}
    out = {}
    for name, value in found.items():
        if name in forms:
            continue
        base = name.removesuffix("_quantized")
        scale = found.get(f"{base}_scale", found.get(f"{name}_scale"))
        if base != name and scale is not None:
            shape = [1] * value.ndim
            if value.ndim:
                shape[axes.get(name, value.ndim - 1)] = -1
            value = value.astype(np.float32) * scale.reshape(shape if scale.size > 1 else -1)
            if name in columns and not base.endswith(".T"):
                value = value.T
        out[base.removesuffix(".f16")] = value
    return out


def connector_weights(bundle):
    """{parameter of the connector: float32 tensor}."""
    found = {}
    for file in ("fusion.safetensors", "training.safetensors"):
        if os.path.exists(path := os.path.join(bundle, file)):
            found |= load_file(path)
    named = {FUSION[n]: torch.from_numpy(x.copy()).float() for n, x in found.items() if n in FUSION}
    mixer = graph_weights(os.path.join(bundle, "mixer.onnx"))
    return named | {k: v for k, v in mixer.items() if k.startswith("mixer.")}


def filled(model, found):
    """The model's state with the weights found; says which are missing."""
    state = {}
    for name, p in model.named_parameters():
        if name in found and found[name].numel() == p.numel():
            state[name] = found[name].reshape(p.shape)
        else:
            print("not in the bundle:", name)
            state[name] = p.detach().clone()
    return state


def vision_of(bundle, config):
    """The encoder and adapter of a bundle, and their state."""
    found = graph_weights(os.path.join(bundle, "vision.onnx"))
    adapter = graph_weights(os.path.join(bundle, "adapter.onnx"))
    found |= {k: v for k, v in adapter.items() if k.startswith("adapter.")}
    vision = Vision(config)
    return vision, filled(vision, found)


def decoder_of(bundle, config):
    """The decoder of a bundle, quantized if the bundle's is packed, and its state."""
    model, packed = GlyphDecoder(config), os.path.join(bundle, "decoder.safetensors")
    found = {f"connector.{k}": v for k, v in connector_weights(bundle).items()}
    if os.path.exists(packed):
        decoder = load_packed(quantize_decoder(model.decoder), packed)
        weights = {k: v.detach() for k, v in decoder.state_dict().items()}
    else:
        weights = graph_weights(os.path.join(bundle, "decoder.onnx"), "d.")
    return model, filled(model, found | {f"decoder.{k}": v for k, v in weights.items()})


def save(path, config, state, buffers=()):
    """A checkpoint without moments whose average is its weights."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    state = {"masters": state, "ema": state, "buffers": dict(buffers), "optimizers": []}
    content = {"state": state, "step": STEP, "config": dataclasses.asdict(config)}
    checkpoint.write(path, content)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("--vision", required=True, help="checkpoint to write")
    parser.add_argument("--decoder", required=True, help="checkpoint to write")
    add_sizes(parser)
    args = parser.parse_args()
    model, state = vision_of(args.bundle, vision_config(args.sizes))
    save(args.vision, model.c, state)
    model, state = decoder_of(args.bundle, decoder_config(args.sizes))
    save(args.decoder, model.c, state, model.named_buffers())


if __name__ == "__main__":
    main()
