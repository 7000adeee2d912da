"""Writes a bundle (models/FORMAT.md) from training checkpoints, for the Rust side; `tiny.py` makes the golden tensors.

    python export.py --vision runs/vision/vision.pt --decoder runs/decoder/decoder.pt --out models/nano
"""

import argparse
import json
import os
import warnings

import numpy as np
import onnx
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.export import Dim

import glyphs
from charset import GLYPHS, SPECIALS, build_tokenizer, token_ids
from decoder import Decoder, DecoderConfig, rope_angles, rotate
from lora import SIZES
from quantize import QuantEmbedding, quantize_decoder, save_packed
from vision import Vision, VisionConfig

OPSET = 20


class PixelsToFeatures(nn.Module):
    """vision.onnx."""

    def __init__(self, vision):
        super().__init__()
        self.encoder = vision.encoder

    def forward(self, pixels):
        return self.encoder(pixels)


class FeaturesToSlots(nn.Module):
    """adapter.onnx: features [views, gh, gw, d] -> letters [n, letters], slots [n, glyph_dim], place [n, 5], presence [n]."""

    def __init__(self, vision):
        super().__init__()
        self.adapter, self.patch = vision.adapter, vision.c.patch

    def forward(self, features):
        logits, raw, slot = self.adapter(features)
        blank = logits.softmax(-1)[..., 0]
        at = (blank < glyphs.BLANK_LIMIT).nonzero()
        view, row, col, k = at.unbind(-1)
        letters = logits[view, row, col, k][:, 1:].log_softmax(-1).clamp(min=glyphs.LETTER_FLOOR)
        g = raw[view, row, col, k]
        cx, cy = (col + g[:, 0]) * self.patch, (row + g[:, 1]) * self.patch
        size = g[:, 2:].clamp(-4, 5).exp() * 16
        place = torch.stack([view.to(g.dtype), cx, cy, size[:, 0], size[:, 1]], -1)
        return letters, slot[view, row, col, k], place, 1 - blank[view, row, col, k]


class TokensToTokens(nn.Module):
    """mixer.onnx: image tokens [n, dim] with their places -> the same tokens, each having seen the others."""

    def __init__(self, decoder):
        super().__init__()
        self.mixer, self.c = decoder.mixer, decoder.c

    def forward(self, tokens):
        c, x = self.c, tokens
        cos, sin = rope_angles(torch.arange(x.shape[0]), c.head_dim, c.rope_theta)
        for layer in self.mixer:
            h = layer.norm1(x)
            x = one_layer(layer, x, *layer.keys_values(h, cos, sin), 0.0, cos, sin, h)
        return x


def one_layer(layer, x, k, v, bias, cos, sin, h):
    """A decoder layer over one sequence x [t, dim]; h is norm1(x), k and v [kv_heads, s, hd], bias [t, s]."""
    q = layer.q_norm(rotate(layer.heads(layer.q(h), layer.c.n_heads), cos, sin))
    x = x + layer.o(attend_one(q, k, v, bias))
    return x + layer.ffn(layer.norm2(x))


def attend_one(q, k, v, bias):
    """q [heads, t, hd] over k, v [kv_heads, s, hd], additive bias [t, s] -> [t, heads*hd]."""
    heads, t, hd = q.shape
    q = q.reshape(k.shape[0], heads // k.shape[0], t, hd)
    weights = (q * hd**-0.5) @ k[:, None].transpose(-1, -2) + bias
    return (weights.softmax(-1) @ v[:, None]).reshape(heads, t, hd).transpose(0, 1).reshape(t, heads * hd)


class DecoderStep(nn.Module):
    """decoder.onnx: rows and past K, V -> logits and hidden of the selected rows and the present K, V."""

    def __init__(self, decoder):
        super().__init__()
        self.d = decoder

    def forward(self, ids, extra, positions, select, *past):
        d, c = self.d, self.d.c
        x = d.embed(ids) + extra
        cos, sin = rope_angles(positions, c.head_dim, c.rope_theta)
        keys = torch.arange(past[0].shape[1] + ids.shape[0])
        bias = torch.where(keys[None] <= (past[0].shape[1] + torch.arange(ids.shape[0]))[:, None], 0.0, -1e9)
        present = []
        for i, layer in enumerate(d.block1):
            h = layer.norm1(x)
            k, v = layer.keys_values(h, cos, sin)
            k, v = torch.cat([past[2 * i], k], 1), torch.cat([past[2 * i + 1], v], 1)
            present += [k, v]
            x = one_layer(layer, x, k, v, bias, cos, sin, h)
        x, bias, cos, sin = x[select], bias[select], cos[select], sin[select]
        for layer in d.block2:
            x = one_layer(layer, x, k, v, bias, cos, sin, layer.norm1(x))
        hidden = d.norm(x)
        return (d.logits(hidden), hidden, *present)


def write_onnx(module, args, path, inputs, outputs, dynamic):
    """Exports with named, dynamic axes; quietly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(module.eval(), args, input_names=inputs, output_names=outputs, dynamic_shapes=dynamic, opset_version=OPSET, dynamo=True, optimize=True, verbose=False)
    program.save(path, external_data=False)
    halve(path, module)


def weight_names(module):
    """Bytes of every parameter and buffer of float32, as it is and transposed -> its name (`.T` for the transpose)."""
    names = {}
    for name, p in module.state_dict().items():
        value = p.detach().float().numpy()
        names[value.tobytes()] = name
        if value.ndim == 2:
            names[np.ascontiguousarray(value.T).tobytes()] = name + ".T"
    return names


def name_weights(model, module):
    """Gives the graph's anonymous constants the names of the weights that they are, so that `restore.py` finds them again."""
    names, renamed = weight_names(module), {}
    taken = {w.name for w in model.graph.initializer}
    for w in model.graph.initializer:
        name = names.get(onnx.numpy_helper.to_array(w).tobytes())
        if w.data_type == onnx.TensorProto.FLOAT and name and name not in taken:
            renamed[w.name] = name
            taken.add(name)
            w.name = name
    for node in model.graph.node:
        for i, x in enumerate(node.input):
            node.input[i] = renamed.get(x, x)


def forget_origins(model):
    """Drops the exporter's notes on every node: source lines and folders of the machine that exported."""
    for part in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""


def halve(path, module, least=1024):
    """Stores the weights of at least so many numbers as float16 behind a Cast, which ONNX Runtime folds away on loading: half the file.

    Rounding to float16 costs less than 0.05% of a weight; the graph still computes in float32.
    """
    model = onnx.load(path)
    name_weights(model, module)
    casts, kept = [], []
    for w in model.graph.initializer:
        if w.data_type != onnx.TensorProto.FLOAT or np.prod(w.dims) < least:
            kept.append(w)
            continue
        kept.append(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(w).astype(np.float16), w.name + ".f16"))
        casts.append(onnx.helper.make_node("Cast", [w.name + ".f16"], [w.name], to=onnx.TensorProto.FLOAT))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)
    del model.graph.value_info[:]
    forget_origins(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def export_vision(vision, path, side):
    example = torch.zeros(2, 3, side, side)
    write_onnx(PixelsToFeatures(vision), (example,), path, ["pixels"], ["features"], {"pixels": {0: Dim.DYNAMIC, 2: Dim.DYNAMIC, 3: Dim.DYNAMIC}})


def export_bundle(vision, decoder, out, name, side=448):
    """Every file of the bundle but its card."""
    os.makedirs(out, exist_ok=True)
    vision, decoder = vision.float().eval(), decoder.float().eval()
    export_vision(vision, os.path.join(out, "vision.onnx"), side)
    features = torch.randn(2, side // 16, side // 16, vision.c.dim)
    write_onnx(FeaturesToSlots(vision), (features,), os.path.join(out, "adapter.onnx"), ["features"], ["letters", "slots", "place", "presence"],
               {"features": {0: Dim.DYNAMIC, 1: Dim.DYNAMIC, 2: Dim.DYNAMIC}})
    if decoder.c.n_mixer_layers:
        write_onnx(TokensToTokens(decoder), (torch.randn(5, decoder.c.dim),), os.path.join(out, "mixer.onnx"), ["tokens"], ["mixed"], {"tokens": {0: Dim.DYNAMIC}})
    if isinstance(decoder.embed, QuantEmbedding):
        save_packed(decoder, os.path.join(out, "decoder.safetensors"))
    else:
        export_decoder(decoder, os.path.join(out, "decoder.onnx"))
    save_file(fusion_weights(decoder), os.path.join(out, "fusion.safetensors"))
    tags = {name: p.detach().numpy().astype(np.float16) for name, p in decoder.named_parameters() if name.startswith("tag.")}
    save_file(tags, os.path.join(out, "training.safetensors"))
    with open(os.path.join(out, "tokenizer.json"), "w") as f:
        json.dump(build_tokenizer(), f, ensure_ascii=False)
    with open(os.path.join(out, "config.json"), "w") as f:
        json.dump(bundle_config(vision.c, decoder.c, name), f, indent=1)
        f.write("\n")


def fusion_weights(decoder):
    """What `fusion.safetensors` holds. The letters' embeddings are the decoder's own, quantized if it is."""
    _, chars = token_ids()
    ids = torch.tensor([chars[c] for c in GLYPHS])
    weights = {"place.weight": decoder.place.weight, "place.bias": decoder.place.bias, "before.weight": decoder.before.weight,
               "letters.ids": ids, "letters.weight": decoder.embed(ids), "slots.weight": decoder.feature.weight,
               "pointer.query": decoder.pointer_query.weight, "pointer.key": decoder.pointer_key.weight, "pointer.null": decoder.pointer_null}
    return {name: np.ascontiguousarray(w.detach().numpy()) for name, w in weights.items()}


def export_decoder(decoder, path):
    c = decoder.c
    t, past = 3, 5
    args = [torch.zeros(t, dtype=torch.int64), torch.zeros(t, c.dim), torch.arange(past, past + t), torch.tensor([1, 2])]
    args += [torch.zeros(c.n_kv_heads, past, c.head_dim) for _ in range(2 * c.n_layers_kv)]
    names = [f"{kind}_{i}" for i in range(c.n_layers_kv) for kind in ("k", "v")]
    dynamic = [{0: Dim.DYNAMIC}] * 4 + [tuple({1: Dim.DYNAMIC} for _ in names)]
    write_onnx(DecoderStep(decoder), tuple(args), path, ["ids", "extra", "positions", "select", *("past_" + n for n in names)],
               ["logits", "hidden", *("present_" + n for n in names)], tuple(dynamic))


def bundle_config(v: VisionConfig, d: DecoderConfig, name):
    decoder = {k: x for k, x in d.to_json().items() if k in SIZES}
    return {"format": 1, "name": name, "tier": "on-device",
            "image": {"patch": v.patch, "window": v.window, "mean": [0.5] * 3, "std": [0.5] * 3, "pad": list(glyphs.PAD), "max_upscale": glyphs.MAX_UPSCALE, "default_mode": "auto"},
            "adapter": {"slots": v.slots, "overview_min_em": glyphs.OVERVIEW_MIN_EM, "detail_max_em": glyphs.DETAIL_MAX_EM, "max_glyphs": glyphs.MAX_GLYPHS,
                        "letters": v.n_glyphs - 1, "slot_dim": v.glyph_dim},
            "fusion": {"n_freq": d.n_freq, "pointer_dim": d.pointer_dim, "mixer": d.n_mixer_layers > 0},
            "decoder": decoder,
            "tokens": {s[2:-2]: s for s in SPECIALS},
            "prompts": {"ocr": "Read the text.", "fields": "Fill in {fields}"}}


def load_vision(path, *others, weights="ema"):
    """The encoder of a checkpoint, or the mean of those of several of one run (training/LOG.md)."""
    saved = [torch.load(p, map_location="cpu", weights_only=True) for p in (path, *others)]
    model = Vision(VisionConfig(**saved[0]["config"]))
    states = [s["state"][weights] for s in saved]
    model.load_state_dict({k: sum(s[k].float() for s in states) / len(states) for k in states[0]})
    return model.eval()


def load_decoder(*paths, weights="ema"):
    """The decoder of a checkpoint, or the mean of those of several of one run; what was observed of keys and values is the last one's."""
    several = [torch.load(p, map_location="cpu", weights_only=True) for p in paths]
    saved, states = several[-1], [s["state"][weights] for s in several]
    model, state = Decoder(DecoderConfig(**saved["config"])), {k: sum(s[k].float() for s in states) / len(states) for k in states[0]}
    if "embed.w.weight" in state:
        model = quantize_decoder(model)
        # Rounded to bfloat16, in which training computes with them unless float32 is faster (`optim.fastest`), so that the packed levels are those
        # that were trained; after float32 steps a weight that lies next to a level's edge may fall beyond it.
        state = {k: v.bfloat16().float() for k, v in state.items()} | saved["state"]["buffers"]
    model.load_state_dict(state)
    return model.eval()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vision", required=True, nargs="+", help="a checkpoint, or several of one run: their mean")
    parser.add_argument("--decoder", required=True, nargs="+", help="as --vision")
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", default="nano")
    parser.add_argument("--weights", choices=("ema", "masters"), default="ema", help="the average over training, or the last step's")
    args = parser.parse_args()
    export_bundle(load_vision(*args.vision, weights=args.weights), load_decoder(*args.decoder, weights=args.weights), args.out, args.name)


if __name__ == "__main__":
    main()
