"""A bundle of random weights, a few hundred kilobytes, with golden tensors of every stage and an adapter: what the Rust tests run on.

    python tiny.py ../tests/data/tiny [--adapter]    (--adapter: that alone)
"""

import copy
import os
import sys

import numpy as np
import torch
from PIL import Image, ImageDraw
from safetensors.numpy import load_file, save_file

import glyphs
from charset import GLYPHS, N_CLASSES, token_ids
from decoder import Decoder, DecoderConfig
from export import FeaturesToSlots, export_bundle
from lora import attach, merge, save_adapter, signature
from quantize import quantize_decoder, save_packed
from vision import Vision, VisionConfig

TINY_VISION = dict(dim=32, n_layers=2, n_heads=2, ffn_dim=48, n_registers=2, global_layers=(1,), global_grid=4, stem=(8, 12, 16), stem_pairs=(0, 1, 1, 0), glyph_dim=16, n_glyphs=N_CLASSES)
TINY_DECODER = dict(dim=64, n_layers_kv=2, n_layers_shared=1, n_heads=4, n_kv_heads=2, head_dim=16, ffn_dim=96, context=4096, n_freq=4, pointer_dim=16, feature_dim=16, n_mixer_layers=1)


def tiny_models(seed=0):
    """Random models whose blank class is likely enough that tens of slots a window are kept."""
    torch.manual_seed(seed)
    vision, decoder = Vision(VisionConfig(**TINY_VISION)), Decoder(DecoderConfig(**TINY_DECODER))
    with torch.no_grad():
        for p in [*vision.parameters(), *decoder.parameters()]:
            if p.ndim > 1:
                p.normal_(0, 0.4 / p.shape[-1] ** 0.5 if p.ndim == 2 else 0.1)
        decoder.embed.weight.normal_(0, 0.3)
        for layer in decoder.mixer:
            layer.o.weight.mul_(0.3)
        vision.adapter.classes.weight.mul_(4)
        vision.adapter.classes.bias[0] = 8.6
        vision.adapter.geometry.bias.copy_(torch.tensor([0.5, 0.5, -0.2, 0.4]))
        decoder.pointer_null.normal_(0, 1)
        for p in [*vision.parameters(), *decoder.parameters()]:
            p.copy_(p.half().float())  # as the graphs store them
    return vision.eval(), decoder.eval()


def test_picture():
    """A small drawing, the same everywhere (no fonts)."""
    image = Image.new("RGB", (150, 110), (240, 235, 220))
    draw = ImageDraw.Draw(image)
    for i in range(9):
        draw.rectangle([8 + 15 * i, 10 + 7 * (i % 3), 16 + 15 * i, 50 + 5 * i], fill=(20 * i, 60, 200 - 20 * i))
    draw.ellipse([60, 60, 120, 100], outline=(10, 10, 10), width=4)
    return image


@torch.no_grad()
def golden(vision, decoder, image, mode):
    """Every stage's tensors for one picture: the prompt is `Read the text.`, the answer's first rows are forced."""
    special, chars = token_ids()
    u8 = glyphs.views(image, mode)
    pixels = torch.from_numpy(u8).permute(0, 3, 1, 2).float() / 127.5 - 1
    features = vision.encoder(pixels)
    letters, feature, place, presence = FeaturesToSlots(vision)(features)
    slots = glyphs.Slots(place[:, 0].long().numpy(), place[:, 1:].numpy(), presence.numpy())
    kept, canvas, claimed = glyphs.choose(slots, glyphs.far_tiles(image.size, mode))
    pooled, shown = (glyphs.pool(x.numpy(), claimed, slots.presence) for x in (letters, feature))
    where, weights = torch.from_numpy(canvas), torch.from_numpy(glyphs.probabilities(pooled))
    ids = torch.tensor([chars[c] for c in GLYPHS])
    image_tokens = decoder.image_tokens(ids, weights[None], where[None], torch.from_numpy(shown)[None])
    image_tokens = decoder.mix(image_tokens, torch.ones(1, len(kept), dtype=torch.bool))[0]
    glyph = ids[weights.argmax(-1)]
    prompt = [special["<|user|>"], *b"Read the text.", special["<|answer|>"], *b"ab c"]
    ids = torch.tensor([special["<|begin|>"], *[special["<|image|>"]] * len(kept), *prompt])
    extra = torch.zeros(len(ids), decoder.c.dim)
    extra[1 : 1 + len(kept)] = image_tokens
    fed = [2, 3, 3, 5]
    for row, j in zip(range(len(ids) - 4, len(ids)), fed):
        extra[row] = decoder.place_embedding(where[j])
    select = torch.arange(len(ids) - 5, len(ids))
    hidden = decoder(ids[None], extra[None], torch.ones(1, len(ids), dtype=torch.bool), select[None])
    out = {"views": u8, "features": features, "letters": letters, "slots": feature, "place": place, "presence": presence, "glyph": glyph, "kept": kept, "canvas": canvas,
           "ids": ids, "extra": extra, "select": select, "hidden": hidden[0], "logits": decoder.logits(hidden)[0],
           "pointer": decoder.pointer_scores(hidden, image_tokens[None])[0]}
    return {k: np.ascontiguousarray(x.numpy() if isinstance(x, torch.Tensor) else x) for k, x in out.items()}


@torch.no_grad()
def golden_adapter(decoder, out):
    """adapters/loud: a random update of every matrix, and what the decoder with the updates merged says to the golden rows."""
    base = signature(decoder)
    golden = {k: torch.from_numpy(x) for k, x in load_file(os.path.join(out, "golden.safetensors")).items() if k in ("ids", "extra", "select", "logits")}
    rows = golden["ids"][None], golden["extra"][None], torch.ones(1, len(golden["ids"]), dtype=torch.bool), golden["select"][None]
    torch.testing.assert_close(decoder.logits(decoder(*rows))[0], golden["logits"], atol=1e-4, rtol=0)
    torch.manual_seed(1)
    updates = attach(decoder, rank=4, alpha=6.0)
    for update in updates.values():
        update.b.normal_(0, 0.2)
        for p in (update.a, update.b):
            p.copy_(p.half().float())  # as the file stores them
    save_adapter(updates, os.path.join(out, "adapters", "loud"), base, "loud", 4, 6.0, "Random updates, to be seen.", "MIT OR Apache-2.0")
    merge(updates)
    hidden = decoder(*rows)
    print("the update moves logits by", float((decoder.logits(hidden)[0] - golden["logits"]).abs().max()), "of", float(golden["logits"].abs().max()))
    save_file({"logits": decoder.logits(hidden)[0].numpy(), "hidden": hidden[0].numpy()}, os.path.join(out, "golden_adapter.safetensors"))


@torch.no_grad()
def golden_packed(decoder, out):
    """packed/decoder.safetensors: the decoder at 2 bits, and what its fake-quantized twin says to the golden rows."""
    golden = {k: torch.from_numpy(x) for k, x in load_file(os.path.join(out, "golden.safetensors")).items() if k in ("ids", "extra", "select")}
    rows = golden["ids"][None], golden["extra"][None], torch.ones(1, len(golden["ids"]), dtype=torch.bool), golden["select"][None]
    twin = quantize_decoder(decoder).train()
    twin(*rows)  # the observers see K and V
    hidden = twin.eval()(*rows)
    folder = os.path.join(out, "packed")
    os.makedirs(folder, exist_ok=True)
    save_packed(twin, os.path.join(folder, "decoder.safetensors"))
    save_file({"logits": twin.logits(hidden)[0].numpy(), "hidden": hidden[0].numpy()}, os.path.join(folder, "golden.safetensors"))


def main():
    out = sys.argv[1]
    vision, decoder = tiny_models()
    if sys.argv[2:] == ["--adapter"]:
        return golden_adapter(decoder, out)
    export_bundle(vision, decoder, out, "tiny", side=224)
    image = test_picture()
    image.save(os.path.join(out, "picture.png"))
    tensors = golden(vision, decoder, image, "rapid")
    print({k: x.shape for k, x in tensors.items()})
    save_file(tensors, os.path.join(out, "golden.safetensors"))
    golden_packed(copy.deepcopy(decoder), out)
    golden_adapter(decoder, out)


if __name__ == "__main__":
    main()
