"""Trains the decoder to read and to fill in fields from simulated image tokens (no pictures, so cheap).

    python train_decoder.py --generator ../target/release/foveate-datasets --run ../runs/decoder [--minutes 60]
"""

import argparse
import dataclasses
import glob
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

from decoder import Decoder, DecoderConfig
from dialogue import DECISIVE, GLYPH_IDS, SPECIAL, ImageTokens, example, simulate
from export import load_decoder
from optim import Masters, Stopping, closing, fastest, save, schedule
from quantize import QuantEmbedding, quantize_decoder
from records import GLYPH, IGNORE, Record, Stream


def collate(examples, device):
    """Pads to the longest: a dict of tensors, as `forward` takes them."""
    n, t = len(examples), max(len(e.ids) for e in examples)
    g = max(1, max(len(e.image.place) for e in examples))
    k = len(GLYPH_IDS)
    m = max(1, max(sum(x != IGNORE for x in e.target) for e in examples))
    b = {"ids": np.full((n, t), SPECIAL["<|pad|>"], np.int64), "valid": np.zeros((n, t), bool), "feed": np.full((n, t), -1, np.int64),
         "weights": np.zeros((n, g, k), np.float32), "place": np.zeros((n, g, 4), np.float32),
         "n_image": np.array([len(e.image.place) for e in examples]), "select": np.zeros((n, m), np.int64),
         "target": np.full((n, m), IGNORE, np.int64), "pointer": np.full((n, m), IGNORE, np.int64),
         "weight": np.zeros((n, m), np.float32), "tag": np.full((n, g), IGNORE, np.int64)}
    width = max((e.image.feature.shape[1] for e in examples if e.image.feature is not None), default=0)
    if width:
        b["feature"] = np.zeros((n, g, width), np.float32)
    for i, e in enumerate(examples):
        j, l = len(e.image.place), len(e.ids)
        b["ids"][i, :l], b["valid"][i, :l], b["feed"][i, :l] = e.ids, True, e.feed
        b["weights"][i, :j], b["place"][i, :j], b["tag"][i, :j] = e.image.weights, e.image.place, e.tag
        if e.image.feature is not None:
            b["feature"][i, :j] = e.image.feature
        rows = np.nonzero(np.array(e.target) != IGNORE)[0]
        b["select"][i, : len(rows)] = rows
        b["target"][i, : len(rows)] = np.array(e.target)[rows]
        b["pointer"][i, : len(rows)] = np.array(e.pointer)[rows]
        b["weight"][i, : len(rows)] = np.array(e.weight)[rows]
    return {name: torch.from_numpy(a).to(device) for name, a in b.items()}


def mixed(model, b):
    """-> image tokens as the decoder sees them [n, g, dim], zeros where there is none, and which there are [n, g]."""
    feature = b["feature"].to(model.place.weight.dtype) if "feature" in b else None
    tokens = model.image_tokens(torch.from_numpy(GLYPH_IDS).to(b["place"].device), b["weights"], b["place"], feature)
    there = torch.arange(tokens.shape[1], device=tokens.device)[None] < b["n_image"][:, None]
    return model.mix(tokens, there) * there[..., None], there


def tag_loss(model, b, tokens, apart=False):
    """Which field each image token begins or goes on with: a label for every glyph, where an answer decides a few times a picture.
    `apart`: it teaches only the head of the tags.

    -> loss (averaged over fields and the rest apart), share of the beginnings that are found, share of the fields' glyphs that are.
    """
    tag = b["tag"].flatten()
    scores = model.tag(tokens.detach() if apart else tokens).flatten(0, 1).float()
    each, guess = F.cross_entropy(scores, tag, ignore_index=IGNORE, reduction="none"), scores.argmax(-1)
    part = lambda which: each[which].mean() if which.any() else each.sum() * 0
    begins, inside = (tag > 0) & (tag % 2 == 1), (tag > 0) & (tag % 2 == 0)
    share = lambda which: (guess[which] == tag[which]).float().mean() if which.any() else each.new_ones(())
    return part(begins) + part(inside) + part(tag == 0), share(begins), share(tag > 0)


def forward(model, b):
    """-> logits [n, m, vocab], pointer scores [n, m, 1+g], guided attention scores [n, m, t], image tokens [n, g, dim]."""
    n, t = b["ids"].shape
    g = b["place"].shape[1]
    places = model.place_embedding(b["place"])
    tokens, there = mixed(model, b)
    fed = torch.gather(places, 1, b["feed"].clamp_min(0)[..., None].expand(-1, -1, places.shape[-1])) * (b["feed"] >= 0)[..., None]
    extra = fed + F.pad(tokens, (0, 0, 1, t - 1 - g))
    hidden, guide = model(b["ids"], extra, b["valid"], b["select"], guided=True)
    scores = model.pointer_scores(hidden, tokens).float()
    scores[..., 1:] = scores[..., 1:].masked_fill(~there[:, None], -1e4)
    return model.logits(hidden), scores, guide, tokens


def losses(model, b, tags_apart=False):
    """-> total, token loss, pointer loss, right tokens, right pointers (among glyphs), values begun at the right glyph, tags right.

    `tags_apart`: the tags' loss teaches only their own head.
    """
    logits, scores, guide, tokens = forward(model, b)
    tagging, _, tagged = tag_loss(model, b, tokens, tags_apart)
    target, pointer = b["target"].flatten(), b["pointer"].flatten()
    logits, scores = logits.flatten(0, 1).float(), scores.flatten(0, 1)
    weight = b["weight"].flatten()
    mean = lambda each, w: (each * w).sum() / w.sum().clamp_min(1e-6)
    token = mean(F.cross_entropy(logits, target, ignore_index=IGNORE, reduction="none"), weight * (target != IGNORE))
    point = mean(F.cross_entropy(scores, pointer, ignore_index=IGNORE, reduction="none"), weight * (pointer != IGNORE))
    # Image token j stands at row 1 + j of the sequence, so a pointer target is also the row that the guided head should look at.
    looked = (pointer > 0).nonzero()[:, 0]
    look = mean(F.cross_entropy(guide.flatten(0, 1)[looked].float(), pointer[looked], reduction="none"), weight[looked])
    with torch.no_grad():
        right = (logits.argmax(-1) == target)[target != IGNORE].float().mean()
        glyphs = pointer > 0
        pointed = (scores.argmax(-1) == pointer)[glyphs].float().mean()
        first = glyphs & (weight >= DECISIVE)
        begun = mean((scores.argmax(-1) == pointer)[first].float(), torch.ones_like(weight[first]))
    return token + 0.5 * point + 0.3 * look + 0.2 * tagging, token, point, right, pointed, begun, tagged


def tag_losses(model, b, tags_apart=False):
    """Of the mixer alone, in the places that `losses` has. -> total, then zeros, values begun at the right glyph, tags right."""
    total, begun, tagged = tag_loss(model, b, mixed(model, b)[0], tags_apart)
    zero = total.detach() * 0
    return total, zero, zero, zero, zero, begun, tagged


def only_mixer(model):
    """Forgets the gradients of all but the mixer and its tags."""
    for name, p in model.named_parameters():
        if not name.startswith(("mixer", "tag")):
            p.grad = None


def lines_of(record, rng, longest):
    """A run of whole lines of the record, so that short pictures are seen too. Fields are kept only with the whole."""
    lines = record.meta["lines"]
    if len(record.glyphs) <= longest and rng.random() < 0.7:
        return record
    if len(lines) < 2:
        return record if len(record.glyphs) <= longest else None
    a = int(rng.integers(len(lines)))
    room = int(rng.integers(min(30, longest), longest + 1))
    b = a
    while b < len(lines) and lines[b]["glyphs"][1] - lines[a]["glyphs"][0] <= room:
        b += 1
    if b == a:
        return None
    first, last = lines[a]["glyphs"][0], lines[b - 1]["glyphs"][1]
    meta = {"text": "\n".join(l["text"] for l in lines[a:b])}
    return dataclasses.replace(record, meta=meta, glyphs=record.glyphs[first:last])


def make(seed, longest, tags_only=False):
    """The stream's transform: record -> example or None."""
    rng = np.random.default_rng(seed)

    def transform(record):
        if tags_only:
            return example(record, simulate(record, rng), rng, read=False, fill=False) if 0 < len(record.glyphs) <= longest else None
        part = lines_of(record, rng, longest)
        if part is None or len(part.glyphs) == 0:
            return None
        image = simulate(part, rng)
        direct = part.meta.get("fields") and rng.random() < 0.15
        return example(part, image, rng, read=not direct)

    return transform


class Collected:
    """Examples from the real encoder's image tokens, as `collect.py` left them; newly written shards join at the next round."""

    def __init__(self, folder, seed, longest, tags_only=False):
        self.folder, self.rng, self.longest, self.tags_only, self.round = folder, np.random.default_rng(seed), longest, tags_only, []

    def take(self, n):
        out = []
        while len(out) < n:
            if not self.round:
                shards = sorted(glob.glob(os.path.join(self.folder, "train-*.pt")))
                self.rng.shuffle(shards)
                self.round = shards
            flyers = torch.load(self.round.pop(), weights_only=False)
            self.rng.shuffle(flyers)
            out += [e for e in map(self.example, flyers) if e is not None]
        return out

    def example(self, f):
        if len(f["chars"]) > self.longest:
            return None
        glyphs = np.zeros(len(f["chars"]), GLYPH)
        glyphs["char"] = f["chars"].numpy()
        image = ImageTokens(f["weights"].float().numpy(), f["place"].numpy(), f["truth"].numpy(), f["feature"].float().numpy())
        read = not self.tags_only and self.rng.random() > 0.15
        return example(Record(f["meta"], glyphs, 0, 0, None), image, self.rng, read=read, fill=not self.tags_only)


def batches(stream, tokens, device, pool=48, collected=None, share=0.5):
    """Endless batches of at most `tokens` padded tokens, examples of like length together; a `share` of them from `collected`."""
    rng = np.random.default_rng(0)
    while True:
        simulated = stream.take(round(pool * (1 - share)) if collected else pool)
        real = collected.take(round(pool * share)) if collected else []
        examples = sorted((e for e in simulated + real if e is not None), key=lambda e: len(e.ids))
        groups, group = [], []
        for e in examples:
            if group and len(e.ids) * (len(group) + 1) > tokens:
                groups.append(group)
                group = []
            group.append(e)
        if group:
            groups.append(group)
        rng.shuffle(groups)
        for group in groups:
            yield collate(group, device)


def started(path):
    """The quantized twin of a checkpoint's last weights, to be trained on; of a quantized one, that itself."""
    decoder = load_decoder(path, weights="masters").train()
    return decoder if isinstance(decoder.embed, QuantEmbedding) else quantize_decoder(decoder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--generator", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--kind", default="flyers")
    parser.add_argument("--tokens", type=int, default=6000, help="padded tokens a batch")
    parser.add_argument("--longest", type=int, default=500, help="glyphs a picture")
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--total", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--fall", type=float, default=0, help="minutes at the end in which the rate falls to 5%%")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--eval-every", type=int, default=300)
    parser.add_argument("--tokens-from", help="folder of collect.py's shards")
    parser.add_argument("--tags-only", action="store_true", help="train the mixer alone on the fields of every glyph: ten times the pictures a second")
    parser.add_argument("--tags-apart", type=int, default=0,
                        help="steps in which the tags' loss teaches only their own head: a decoder restored without one begins with a new one, whose gradients are large")
    parser.add_argument("--quantize", help="checkpoint, float or quantized, to begin quantization-aware training from; --run keeps the quantized one")
    parser.add_argument("--share", type=float, default=0.5, help="share of the examples that come from --tokens-from")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    os.makedirs(args.run, exist_ok=True)
    config = DecoderConfig()
    path, step = os.path.join(args.run, "decoder.pt"), 0
    model = (started(args.quantize) if args.quantize else Decoder(config)).to(device)
    masters = Masters(model, args.lr, weight_decay=0.0 if args.quantize else 0.01, half=fastest(device) == torch.bfloat16)
    if os.path.exists(path):
        saved = torch.load(path, map_location=device)
        masters.load(saved["state"])
        step = saved["step"]
    common = ["--kind", args.kind, "--size", "1344"]
    stream = Stream(args.generator, [*common, "--split", "train"], args.seed * 1_000_000 + step, with_pixels=False, transform=make(step, args.longest, args.tags_only))
    held = Stream(args.generator, [*common, "--split", "test"], 777, with_pixels=False, transform=make(5, args.longest, args.tags_only))
    tests = [b for b, _ in zip(batches(held, args.tokens, device), range(6))]
    held.stop = True
    of = tag_losses if args.tags_only else losses
    began = shown = time.time()
    stopping = Stopping()
    sums, seen = np.zeros(7), 0
    collected = Collected(args.tokens_from, args.seed + step, args.longest * 2, args.tags_only) if args.tokens_from else None
    for b in batches(stream, args.tokens, device, collected=collected, share=args.share):
        out = of(model, b, seen < args.tags_apart)
        out[0].backward()
        if args.tags_only:
            only_mixer(model)
        norm = masters.step(schedule(step, 200, args.total) * closing(args, began) * min(1.0, (seen + 1) / 100))
        step += 1
        seen += 1
        sums += [float(x.detach()) for x in out]
        if seen % 25 == 0:
            s = sums / 25
            print(f"{step} loss {s[0]:.3f} token {s[1]:.3f} pointer {s[2]:.3f} right {s[3]:.4f} pointed {s[4]:.4f} begun {s[5]:.4f} tagged {s[6]:.4f} norm {norm:.2f} {(time.time() - shown) / 25:.2f} s/step queue {stream.queue.qsize()}", flush=True)
            sums[:], shown = 0, time.time()
        if seen % args.eval_every == 0:
            save(path, masters, step, config)
            masters.publish(masters.ema)
            with torch.no_grad():
                s = np.mean([[float(x) for x in of(model, t)] for t in tests], 0)
            print(f"{step} HELD-OUT token {s[1]:.3f} pointer {s[2]:.3f} right {s[3]:.4f} pointed {s[4]:.4f} begun {s[5]:.4f} tagged {s[6]:.4f}", flush=True)
            masters.publish(masters.masters)
        if stopping.asked or time.time() - began > args.minutes * 60 or (args.total and step >= args.total):
            break
    save(path, masters, step, config)
    stream.stop = True


if __name__ == "__main__":
    main()
