"""Writes a bundle (models/FORMAT.md) from training checkpoints; `tiny.py` makes golden tensors.

    python export.py --vision runs/vision/vision.pt --decoder runs/decoder/decoder.pt \\
        --out models/nano
"""

import argparse
import json
import os

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.export import Dim

from charset import GLYPHS, SPECIALS, build_tokenizer, token_ids
from checkpoint import load_decoder, load_vision
from decoder import MASKED, DecoderConfig, rope_angles
from graph import write_onnx
from packed import save_packed
from quantize import is_quantized
from rules import RULES
from sums import write_sums
from vision import VisionConfig

FREE = Dim.DYNAMIC
# Scale of crops of small print for that of the canvas (log, crowded-1).
CLOSER = 1.5


class PixelsToFeatures(nn.Module):
    """vision.onnx."""

    def __init__(self, vision):
        super().__init__()
        self.encoder = vision.encoder

    def forward(self, pixels):
        return self.encoder(pixels)


class FeaturesToSlots(nn.Module):
    """adapter.onnx."""

    def __init__(self, vision):
        super().__init__()
        self.adapter = vision.adapter

    def forward(self, features):
        return self.adapter.found(features)


class TokensToTokens(nn.Module):
    """mixer.onnx: image tokens [n, dim] with their places -> the same tokens after the mixer."""

    def __init__(self, model):
        super().__init__()
        self.mixer = model.connector.mixer

    def forward(self, tokens):
        return self.mixer(tokens, torch.zeros(()))


class DecoderStep(nn.Module):
    """decoder.onnx: rows and past K, V -> logits and hidden of the selected rows, present K, V."""

    def __init__(self, model):
        super().__init__()
        self.d = model.decoder

    def forward(self, ids, extra, positions, select, *past):
        d, c = self.d, self.d.c
        x, n, t = d.embed(ids) + extra, past[0].shape[1], ids.shape[0]
        rope = rope_angles(positions, c.head_dim, c.rope_theta)
        seen = torch.arange(n + t)[None] <= (n + torch.arange(t))[:, None]
        bias = torch.where(seen, 0.0, MASKED)
        hidden, present, _ = d.run(x, rope, bias, select, past)
        return (d.logits(hidden), hidden, *present)


def export_vision(vision, path, side):
    """vision.onnx, traced on views of `side` pixels."""
    example = torch.zeros(2, 3, side, side)
    axes = {"pixels": {0: FREE, 2: FREE, 3: FREE}}
    write_onnx(PixelsToFeatures(vision), (example,), path, ["pixels"], ["features"], axes)


def export_adapter(vision, path, side):
    """adapter.onnx, traced on the features of views of `side` pixels."""
    features = torch.randn(2, side // 16, side // 16, vision.c.dim)
    axes, outputs = (
        {"features": {0: FREE, 1: FREE, 2: FREE}},
        ["letters", "slots", "place", "presence"],
    )
    write_onnx(FeaturesToSlots(vision), (features,), path, ["features"], outputs, axes)


def export_mixer(model, path):
    """mixer.onnx."""
    tokens = torch.randn(5, model.c.dim)
    write_onnx(TokensToTokens(model), (tokens,), path, ["tokens"], ["mixed"], {"tokens": {0: FREE}})


def export_decoder(model, path):
    """decoder.onnx."""
    c = model.c
    t, past = 3, 5
    args = [torch.zeros(t, dtype=torch.int64), torch.zeros(t, c.dim)]
    args += [torch.arange(past, past + t), torch.tensor([1, 2])]
    args += [torch.zeros(c.n_kv_heads, past, c.head_dim) for _ in range(2 * c.n_layers_kv)]
    names = [f"{kind}_{i}" for i in range(c.n_layers_kv) for kind in ("k", "v")]
    inputs = ["ids", "extra", "positions", "select", *("past_" + n for n in names)]
    outputs = ["logits", "hidden", *("present_" + n for n in names)]
    axes = [{0: FREE}] * 4 + [tuple({1: FREE} for _ in names)]
    write_onnx(DecoderStep(model), tuple(args), path, inputs, outputs, tuple(axes))


def numpy(tensors):
    """{name: contiguous array}, as `save_file` takes them."""
    return {name: np.ascontiguousarray(t.detach().numpy()) for name, t in tensors.items()}


def fusion_weights(model):
    """What `fusion.safetensors` holds; letters' embeddings are the decoder's, quantized or not."""
    _, chars = token_ids()
    ids = torch.tensor([chars[c] for c in GLYPHS])
    place, pointer = model.connector.place, model.connector.pointer
    return numpy({
        "place.weight": place.own.weight, "place.bias": place.own.bias,
        "before.weight": place.before.weight,
        "letters.ids": ids, "letters.weight": model.decoder.embed(ids),
        "slots.weight": model.connector.slot.weight,
        "pointer.query": pointer.query.weight, "pointer.key": pointer.key.weight,
        "pointer.null": pointer.null,
    })  # fmt: skip


def training_weights(model):
    """What `training.safetensors` holds: the head that only training has, in float16."""
    tag = model.connector.tag
    return numpy({"tag.weight": tag.weight.half(), "tag.bias": tag.bias.half()})


def bundle_config(v: VisionConfig, d: DecoderConfig, name):
    """config.json."""
    tiling, slots = RULES.tiling, RULES.slots
    return {
        "format": 1, "name": name, "tier": "on-device",
        "image": {
            "patch": v.patch, "window": v.window, "mean": [0.5] * 3, "std": [0.5] * 3,
            "pad": list(tiling.pad), "max_upscale": tiling.max_upscale, "default_mode": "auto",
        },
        "adapter": {
            "slots": v.slots, "overview_min_em": slots.overview_min_em,
            "detail_max_em": slots.detail_max_em, "closer": CLOSER,
            "max_glyphs": slots.max_glyphs,
            "letters": v.n_glyphs - 1, "slot_dim": v.glyph_dim,
        },
        "fusion": {
            "n_freq": d.n_freq, "pointer_dim": d.pointer_dim, "mixer": d.n_mixer_layers > 0,
        },
        "decoder": d.sizes(),
        "tokens": {s[2:-2]: s for s in SPECIALS},
        "prompts": {"ocr": "Read the text.", "fields": "Fill in {fields}"},
    }  # fmt: skip


def export_bundle(vision, model, out, name, side=448):
    """Every file of the bundle but its card, on the CPU in float32."""
    os.makedirs(out, exist_ok=True)
    vision, model = vision.cpu().float().eval(), model.cpu().float().eval()

    def at(file):
        return os.path.join(out, file)

    export_vision(vision, at("vision.onnx"), side)
    export_adapter(vision, at("adapter.onnx"), side)
    if model.c.n_mixer_layers:
        export_mixer(model, at("mixer.onnx"))
    if is_quantized(model.decoder):
        save_packed(model.decoder, at("decoder.safetensors"))
    else:
        export_decoder(model, at("decoder.onnx"))
    save_file(fusion_weights(model), at("fusion.safetensors"))
    save_file(training_weights(model), at("training.safetensors"))
    with open(at("tokenizer.json"), "w") as f:
        json.dump(build_tokenizer(), f, ensure_ascii=False)
    with open(at("config.json"), "w") as f:
        json.dump(bundle_config(vision.c, model.c, name), f, indent=1)
        f.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--vision", required=True, nargs="+", help="a checkpoint, or several: their mean"
    )
    parser.add_argument("--decoder", required=True, nargs="+", help="as --vision")
    parser.add_argument("--out", required=True, help="the bundle's folder")
    parser.add_argument("--name", default="nano")
    parser.add_argument(
        "--weights",
        choices=("ema", "masters"),
        default="ema",
        help="the average over training, or the last step's",
    )
    args = parser.parse_args()
    vision = load_vision(*args.vision, weights=args.weights)
    model = load_decoder(*args.decoder, weights=args.weights)
    export_bundle(vision, model, args.out, args.name)
    write_sums(args.out)


if __name__ == "__main__":
    main()
