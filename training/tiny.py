"""A bundle of random weights, a few hundred kilobytes, with golden tensors of every stage and an
adapter: what the Rust tests run on.

    python tiny.py ../tests/data/tiny [--adapter]    (--adapter: that alone)
"""

import copy
import os
import sys

import numpy as np
import torch
from PIL import Image, ImageDraw
from safetensors.numpy import load_file, save_file

import slots
import tiling
from charset import GLYPHS, token_ids
from connector import GlyphDecoder
from export import export_bundle
from lora import attach, merge, save_adapter, signature
from packed import save_packed
from quantize import quantize_decoder
from sizes import decoder_config, vision_config
from vision import Vision


@torch.no_grad()
def tiny_models(seed=0):
    """Random models whose blank class is likely enough that tens of slots a window are kept."""
    torch.manual_seed(seed)
    vision, model = Vision(vision_config("tiny")), GlyphDecoder(decoder_config("tiny"))
    parameters = [*vision.parameters(), *model.parameters()]
    for p in parameters:
        if p.ndim > 1:
            p.normal_(0, 0.4 / p.shape[-1] ** 0.5 if p.ndim == 2 else 0.1)
    model.decoder.embed.weight.normal_(0, 0.3)
    for layer in model.connector.mixer:
        layer.o.weight.mul_(0.3)
    vision.adapter.classes.weight.mul_(4)
    vision.adapter.classes.bias[0] = 8.6
    vision.adapter.geometry.bias.copy_(torch.tensor([0.5, 0.5, -0.2, 0.4]))
    model.connector.pointer.null.normal_(0, 1)
    for p in parameters:
        p.copy_(p.half().float())  # as the graphs store them
    return vision.eval(), model.eval()


def test_picture():
    """A small drawing, the same everywhere (no fonts)."""
    image = Image.new("RGB", (150, 110), (240, 235, 220))
    draw = ImageDraw.Draw(image)
    for i in range(9):
        box = [8 + 15 * i, 10 + 7 * (i % 3), 16 + 15 * i, 50 + 5 * i]
        draw.rectangle(box, fill=(20 * i, 60, 200 - 20 * i))
    draw.ellipse([60, 60, 120, 100], outline=(10, 10, 10), width=4)
    return image


def every_stage(vision, model, image, mode):
    """A picture's image tokens and the tensors on the way to them."""
    u8 = tiling.views(image, mode)
    features = vision.encoder(torch.from_numpy(u8).permute(0, 3, 1, 2).float() / 127.5 - 1)
    letters, feature, place, presence = vision.adapter.found(features)
    view, best = place[:, 0].long(), letters.argmax(-1)
    found = slots.Slots(view.numpy(), place[:, 1:].numpy(), presence.numpy(), best.numpy())
    kept, canvas, members = slots.choose(found, tiling.far_tiles(image.size, mode))
    letter, shown = (slots.pool(x.numpy(), members, found.presence) for x in (letters, feature))
    weights = torch.from_numpy(slots.probabilities(letter))[None]
    _, chars = token_ids()
    ids = torch.tensor([chars[c] for c in GLYPHS])
    at, shown = torch.from_numpy(canvas)[None], torch.from_numpy(shown)[None]
    tokens = model.image_tokens(ids, weights, at, shown)
    tokens = model.connector.mix(tokens, torch.ones(1, len(kept), dtype=torch.bool))[0]
    stages = {
        "views": u8, "features": features, "letters": letters, "slots": feature, "place": place,
        "presence": presence, "glyph": ids[weights[0].argmax(-1)], "kept": kept, "canvas": canvas,
    }  # fmt: skip
    return tokens, stages


@torch.no_grad()
def golden(vision, model, image, mode):
    """Every stage's tensors for one picture: the prompt is `Read the text.`, the answer's first
    rows are forced."""
    tokens, stages = every_stage(vision, model, image, mode)
    special, n = token_ids()[0], len(tokens)
    prompt = [special["<|user|>"], *b"Read the text.", special["<|answer|>"], *b"ab c"]
    ids = torch.tensor([special["<|begin|>"], *[special["<|image|>"]] * n, *prompt])
    extra = torch.zeros(len(ids), model.c.dim)
    extra[1 : 1 + n] = tokens
    for row, j in zip(range(len(ids) - 4, len(ids)), [2, 3, 3, 5]):  # read from these glyphs
        extra[row] = model.connector.place(torch.from_numpy(stages["canvas"])[j])
    select = torch.arange(len(ids) - 5, len(ids))
    hidden = model.decoder(*batched(ids, extra, select))
    out = stages | {
        "ids": ids, "extra": extra, "select": select, "hidden": hidden[0],
        "logits": model.decoder.logits(hidden)[0],
        "pointer": model.connector.pointer(hidden, tokens[None])[0],
    }  # fmt: skip
    arrays = {k: x.numpy() if isinstance(x, torch.Tensor) else x for k, x in out.items()}
    return {k: np.ascontiguousarray(x) for k, x in arrays.items()}


def batched(ids, extra, select):
    """One sequence as the decoder's arguments."""
    return ids[None], extra[None], torch.ones(1, len(ids), dtype=torch.bool), select[None]


def golden_rows(out):
    """The golden sequence in the folder `out` as the decoder's arguments, and its logits."""
    names = ("ids", "extra", "select", "logits")
    stored = load_file(os.path.join(out, "golden.safetensors"))
    ids, extra, select, logits = (torch.from_numpy(stored[name]) for name in names)
    return batched(ids, extra, select), logits


def save_rows(decoder, rows, path):
    """What a decoder says to the golden rows. -> its logits."""
    hidden = decoder(*rows)
    logits = decoder.logits(hidden)[0]
    save_file({"logits": logits.numpy(), "hidden": hidden[0].numpy()}, path)
    return logits


@torch.no_grad()
def golden_adapter(model, out):
    """adapters/loud: a random update of every matrix, and what the decoder with the updates merged
    says to the golden rows."""
    base = signature(model)
    rows, logits = golden_rows(out)
    decoder = model.decoder
    torch.testing.assert_close(decoder.logits(decoder(*rows))[0], logits, atol=1e-4, rtol=0)
    torch.manual_seed(1)
    updates = attach(model, rank=4, alpha=6.0)
    for update in updates.values():
        update.b.normal_(0, 0.2)
        for p in (update.a, update.b):
            p.copy_(p.half().float())  # as the file stores them
    about = "Random updates, to be seen.", "MIT OR Apache-2.0"
    save_adapter(updates, os.path.join(out, "adapters", "loud"), base, "loud", *about)
    merge(updates)
    moved = save_rows(decoder, rows, os.path.join(out, "golden_adapter.safetensors")) - logits
    print("the update moves logits by", float(moved.abs().max()), "of", float(logits.abs().max()))


@torch.no_grad()
def golden_packed(decoder, out):
    """packed/decoder.safetensors: the decoder at 2 bits, and what its fake-quantized twin says to
    the golden rows."""
    rows, _ = golden_rows(out)
    twin = quantize_decoder(decoder).train()
    twin(*rows)  # the observers see K and V
    folder = os.path.join(out, "packed")
    os.makedirs(folder, exist_ok=True)
    save_packed(twin.eval(), os.path.join(folder, "decoder.safetensors"))
    save_rows(twin, rows, os.path.join(folder, "golden.safetensors"))


def main():
    out = sys.argv[1]
    vision, model = tiny_models()
    if sys.argv[2:] == ["--adapter"]:
        return golden_adapter(model, out)
    export_bundle(vision, model, out, "tiny", side=224)
    image = test_picture()
    image.save(os.path.join(out, "picture.png"))
    tensors = golden(vision, model, image, "rapid")
    print({k: x.shape for k, x in tensors.items()})
    save_file(tensors, os.path.join(out, "golden.safetensors"))
    golden_packed(copy.deepcopy(model.decoder), out)
    golden_adapter(model, out)


if __name__ == "__main__":
    main()
