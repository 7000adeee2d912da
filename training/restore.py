"""Makes training checkpoints from a bundle, so that training can go on from what ships (weights rounded to float16, no optimiser state).

    python restore.py ../models/nano --vision ../runs/vision/vision.pt --decoder ../runs/decoder/decoder.pt
"""

import argparse
import dataclasses
import os

import onnx
import torch
from safetensors.numpy import load_file

from charset import N_CLASSES
from decoder import Decoder, DecoderConfig
from quantize import load_packed, quantize_decoder
from vision import Vision, VisionConfig

FUSION = {"slots.weight": "feature.weight", "place.weight": "place.weight", "before.weight": "before.weight", "place.bias": "place.bias", "pointer.query": "pointer_query.weight", "pointer.key": "pointer_key.weight", "pointer.null": "pointer_null"}


def graph_weights(path, prefix=""):
    """{name without prefix: float32 tensor} of a graph's named weights."""
    out = {}
    for w in onnx.load(path).graph.initializer:
        name = w.name.removesuffix(".f16")
        value = torch.from_numpy(onnx.numpy_helper.to_array(w).copy())
        if name.endswith(".T"):
            name, value = name[:-2], value.T
        if name.startswith(prefix) and value.is_floating_point():
            out[name[len(prefix) :]] = value.float().contiguous()
    return out


def filled(model, found):
    """The model's state with the weights found; says which are missing (they keep their fresh start)."""
    state = {}
    for name, p in model.named_parameters():
        if name in found and found[name].numel() == p.numel():
            state[name] = found[name].reshape(p.shape)
        else:
            print("not in the bundle:", name)
            state[name] = p.detach().clone()
    return state


def save(path, config, state, buffers=()):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    state = {"masters": state, "ema": state, "buffers": dict(buffers), "optimizers": []}
    torch.save({"state": state, "step": 1000, "config": dataclasses.asdict(config)}, path)


def decoder_of(bundle, config):
    """The decoder of a bundle, quantized if the bundle's is packed, with the weights found; says which are missing."""
    fusion = load_file(os.path.join(bundle, "fusion.safetensors"))
    found = {theirs: torch.from_numpy(fusion[ours].copy()) for ours, theirs in FUSION.items() if ours in fusion}
    mixer, packed = os.path.join(bundle, "mixer.onnx"), os.path.join(bundle, "decoder.safetensors")
    if os.path.exists(mixer):
        found |= {k: v for k, v in graph_weights(mixer).items() if k.startswith("mixer.")}
    decoder, tags = Decoder(config), os.path.join(bundle, "training.safetensors")
    if os.path.exists(tags):
        found |= {name: torch.from_numpy(p).float() for name, p in load_file(tags).items()}
    if os.path.exists(packed):
        decoder = load_packed(quantize_decoder(decoder), packed)
        found |= {k: v.detach() for k, v in decoder.state_dict().items() if k.startswith(("embed.", "block1.", "block2.", "norm."))}
    else:
        found |= graph_weights(os.path.join(bundle, "decoder.onnx"), "d.")
    return decoder, filled(decoder, found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle")
    parser.add_argument("--vision", required=True)
    parser.add_argument("--decoder", required=True)
    args = parser.parse_args()
    vision_config, decoder_config = VisionConfig(n_glyphs=N_CLASSES), DecoderConfig()
    adapter = graph_weights(os.path.join(args.bundle, "adapter.onnx"))
    found = graph_weights(os.path.join(args.bundle, "vision.onnx")) | {k: v for k, v in adapter.items() if k.startswith("adapter.")}
    save(args.vision, vision_config, filled(Vision(vision_config), found))
    decoder, state = decoder_of(args.bundle, decoder_config)
    save(args.decoder, decoder_config, state, decoder.named_buffers())


if __name__ == "__main__":
    main()
