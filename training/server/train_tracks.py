"""Trains the decoder of parallel tracks of `nano-server` from nano's, which teaches it all along.

    cd training && python -m server.train_tracks ../models/nano --run ../runs/tracks \\
        --generator ../target/release/foveate-datasets --tokens-from ../runs/tokens

The tracks begin as nano's decoder (`upcycle.py`). Connector, embedding and last norm stay nano's:
its `fusion.safetensors` and `mixer.onnx` go with them. The loss is that of the answers' tokens and
of the pointer, and the divergence of both from nano's. The published recipe teaches on the last
tenth of the tokens alone; a decoder that starts so near its teacher has the more from it the longer
it is taught.
"""

import argparse
import os

import numpy as np
import torch

import loop
from checkpoint import Saver, resume
from device import add_device, chosen
from examples import Collected, batches, simulated
from losses import IGNORE, POINTER, entered, entropy, pointed_at
from optim import Masters
from records import Stream, add_generator
from restore import decoder_of
from sizes import add_sizes, decoder_config

from .ptmoe import TracksConfig
from .upcycle import TAUGHT, divergence, fit_keys, plain, upcycled

# Tracks, and experts of half a feed-forward layer, of which a row picks two of four.
TRACKS, EXPERTS, PICKED = 2, 4, 2
# The global layer of each four: the third, which misses positions least (server/LOG.md).
GLOBAL = 2
# Batches that K and V are fitted on, and those of the split dev that are scored.
FITTED, SCORED = 8, 6
WARM_UP = 20  # steps


def tracks_config(c):
    """Sizes of tracks that take the place of a dense decoder of the sizes `c`: in two blocks, or
    in one where its layers are no even number."""
    same = ("dim", "n_heads", "n_kv_heads", "head_dim", "ffn_dim", "vocab_size", "rope_theta",
            "norm_eps", "context")  # fmt: skip
    layers = c.n_layers_kv + c.n_layers_shared
    blocks = 1 + (layers % 2 == 0)
    return TracksConfig(
        **{name: getattr(c, name) for name in same}, n_tracks=TRACKS, n_blocks=blocks,
        depth=layers // blocks, n_experts=EXPERTS, experts_per_token=PICKED,
        expert_dim=c.ffn_dim // 2, global_layer=GLOBAL, window=c.context,
    )  # fmt: skip


def taught_by(bundle, sizes="nano"):
    """The frozen model of a bundle."""
    teacher, state = decoder_of(bundle, decoder_config(sizes))
    teacher.load_state_dict(state, strict=False)
    return teacher.eval().requires_grad_(False)


class Taught(torch.nn.Module):
    """Tracks, and the frozen model that they learn from."""

    def __init__(self, teacher, c):
        super().__init__()
        # In a list: no parameters of this module.
        self.teacher, self.dense = [teacher], [plain(teacher.decoder)]
        self.tracks = upcycled(self.dense[0], c)
        for p in (*self.tracks.embed.parameters(), *self.tracks.norm.parameters()):
            p.requires_grad = False

    def fit(self, drawn):
        """K and V of the layers that had none of their own."""
        with torch.no_grad():
            rows = [(b["ids"], entered(self.teacher[0], b)[0], b["valid"]) for b in drawn]
        return fit_keys(self.tracks, self.dense[0], rows)

    def hidden(self, b, extra):
        """Hidden rows [n, m, dim] of the selected rows, one sequence at a time: none is padded."""
        lengths = b["valid"].sum(1)
        rows = [self.tracks(ids[:n], x[:n])[s]
                for ids, x, s, n in zip(b["ids"], extra, b["select"], lengths)]  # fmt: skip
        return torch.stack(rows)

    def losses(self, b):
        """total, token, pointer, divergence from the teacher, right tokens, right pointers."""
        teacher = self.teacher[0]
        with torch.no_grad():
            extra, tokens, there = entered(teacher, b)
            known = teacher.decoder(b["ids"], extra, b["valid"], b["select"])
            said = teacher.decoder.logits(known), pointed_at(teacher, known, tokens, there)
        hidden = self.hidden(b, extra)
        says = teacher.decoder.logits(hidden), pointed_at(teacher, hidden, tokens, there)
        target, pointer, weight = (b[name].flatten() for name in ("target", "pointer", "weight"))
        logits, scores = (x.flatten(0, 1).float() for x in says)
        token, point = entropy(logits, target, weight), entropy(scores, pointer, weight)
        asked = target != IGNORE
        apart = [divergence(was.flatten(0, 1)[asked], now[asked])
                 for was, now in zip(said, (logits, scores))]  # fmt: skip
        taught = apart[0] + POINTER * apart[1]
        total = token + POINTER * point + TAUGHT * taught
        right = (logits.argmax(-1) == target)[asked].float().mean()
        at = pointer > 0
        pointed = (scores.argmax(-1) == pointer)[at].float().mean()
        return total, token, point, taught, right, pointed


def report(s, norm, seconds):
    """The line that is printed of mean losses."""
    shown = f"loss {s[0]:.4f} token {s[1]:.4f} pointer {s[2]:.4f} apart {s[3]:.5f} "
    shown += f"right {s[4]:.4f} pointed {s[5]:.4f}"
    return shown if norm is None else f"{shown} norm {norm:.2f} {seconds:.1f} s/step"


def drawn(args, device, split, seed, collected=None):
    """A stream of the generator's flyers, and endless batches of it."""
    options = ["--kind", "flyers", "--size", "1344", "--split", split]
    transform = simulated(seed, args.longest)
    stream = Stream(args.generator, options, seed, with_pixels=False, transform=transform)
    return stream, batches(stream, args.tokens, device, collected=collected, share=args.share)


def first(args, device, split, seed, n):
    """The first `n` batches."""
    stream, of = drawn(args, device, split, seed)
    with stream:
        return [b for b, _ in zip(of, range(n))]


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    add_generator(parser)
    add_device(parser)
    loop.add_schedule(parser, lr=2e-4)
    add_sizes(parser)
    parser.add_argument("nano", help="the bundle that teaches")
    parser.add_argument("--run", required=True, help="folder of the checkpoint, tracks.pt")
    parser.add_argument("--tokens", type=int, default=3000, help="padded tokens a batch")
    parser.add_argument("--longest", type=int, default=500, help="glyphs a picture")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--eval-every", type=int, default=50, help="steps")
    parser.add_argument("--tokens-from", help="folder of collect.py's shards")
    parser.add_argument("--share", type=float, default=0.5, help="share of examples from there")
    return parser.parse_args()


def main():
    args = parsed()
    torch.manual_seed(args.seed)
    device = chosen(args.device)
    teacher = taught_by(args.nano, args.sizes).to(device)
    model = Taught(teacher, tracks_config(teacher.c)).to(device)
    os.makedirs(args.run, exist_ok=True)
    path = os.path.join(args.run, "tracks.pt")
    fresh = not os.path.exists(path)
    if fresh:
        print("K and V miss", model.fit(first(args, device, "train", 778, FITTED)), flush=True)
    masters = Masters(model, args.lr, weight_decay=0.0, half=False, adam_only=("",))
    step = resume(path, masters, device)
    tests = first(args, device, "dev", 777, SCORED)

    def evaluate(at):
        with torch.no_grad():
            means = np.mean([[float(x) for x in model.losses(b)] for b in tests], 0)
        print(at, "HELD-OUT", report(means, None, None), flush=True)

    if fresh:
        evaluate(0)
    schedule = loop.Schedule(WARM_UP, args.steps, minutes=args.minutes, fall=args.fall, resume=5)
    saver = Saver(path, masters, model.tracks.c, args.save_every)
    run = loop.Run(masters, saver, schedule, step, args.log_every, args.eval_every, ema=0.98)
    longest = args.longest * 2
    collected = Collected(args.tokens_from, args.seed + step, longest) if args.tokens_from else None
    stream, of = drawn(args, device, "train", args.seed * 1_000_000 + step, collected)
    with stream:
        loop.train(run, of, lambda b, _: model.losses(b), report, evaluate)


if __name__ == "__main__":
    main()
