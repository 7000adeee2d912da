"""Trains the decoder to read and to fill in fields from image tokens: simulated ones (no pictures,
so cheap), and those of the encoder that `collect.py` wrote.

    python train_decoder.py --generator ../target/release/foveate-datasets --run ../runs/decoder
"""

import argparse

import numpy as np
import torch

import loop
import losses
from checkpoint import load_decoder
from connector import GlyphDecoder
from device import add_device, chosen, fastest
from examples import Collected, batches, simulated
from optim import Masters
from quantize import is_quantized, quantize_decoder
from records import Stream, add_generator
from sizes import add_sizes, decoder_config

EVAL_BATCHES = 6


def started(path):
    """The quantized twin of a checkpoint's last weights, to be trained on."""
    model = load_decoder(path, weights="masters").train()
    if not is_quantized(model.decoder):
        quantize_decoder(model.decoder)
    return model


def model_of(args):
    """The model to train, before its checkpoint is read."""
    if args.quantize:
        return started(args.quantize)
    return GlyphDecoder(decoder_config(args.sizes))


def held_out(args, device):
    """Batches of the split that training does not see, the same every time."""
    options = ["--kind", args.kind, "--size", "1344", "--split", args.eval_split]
    transform = simulated(5, args.longest, args.tags_only)
    with Stream(args.generator, options, 777, with_pixels=False, transform=transform) as stream:
        return [b for b, _ in zip(batches(stream, args.tokens, device), range(EVAL_BATCHES))]


def training_batches(args, step, device):
    """Endless batches of the training split, and the stream that they come from."""
    options = ["--kind", args.kind, "--size", "1344", "--split", "train"]
    transform = simulated(step, args.longest, args.tags_only)
    seed = args.seed * 1_000_000 + step
    stream = Stream(args.generator, options, seed, with_pixels=False, transform=transform)
    collected = None
    if args.tokens_from:
        # Collected flyers may be twice as long: most of the long ones are among them.
        longest = args.longest * 2
        collected = Collected(args.tokens_from, args.seed + step, longest, args.tags_only)
    of = batches(stream, args.tokens, device, collected=collected, share=args.share)
    return of, stream


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    add_generator(parser)
    add_device(parser)
    loop.add_schedule(parser, lr=1.5e-3)
    parser.add_argument("--run", required=True, help="folder of the checkpoint, decoder.pt")
    parser.add_argument("--kind", default="flyers", help="the generator's kind of picture")
    parser.add_argument("--tokens", type=int, default=6000, help="padded tokens a batch")
    parser.add_argument("--longest", type=int, default=500, help="glyphs a picture")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--eval-every", type=int, default=300, help="steps")
    parser.add_argument("--tokens-from", help="folder of collect.py's shards")
    parser.add_argument("--share", type=float, default=0.5, help="share of examples from there")
    parser.add_argument(
        "--tags-only", action="store_true", help="train the mixer and its tags alone: 10x as fast"
    )
    parser.add_argument(
        "--tags-apart",
        type=int,
        default=0,
        help="first steps, in which the tags' loss teaches only their own head: a decoder restored "
        "without one begins with a new one, whose gradients are large",
    )
    parser.add_argument(
        "--quantize",
        metavar="CHECKPOINT",
        help="float or quantized, to begin quantization-aware training from",
    )
    add_sizes(parser)
    return parser.parse_args()


def main():
    args = parsed()
    torch.manual_seed(args.seed)
    device = chosen(args.device)
    model = model_of(args).to(device)
    decay = 0.0 if args.quantize else 0.01
    half = fastest(device) == torch.bfloat16
    masters = Masters(model, args.lr, weight_decay=decay, half=half)
    run = loop.start(
        args.run, "decoder.pt", masters, model.c, args, device, eval_every=args.eval_every
    )
    tests = held_out(args, device)
    of = losses.tag_losses if args.tags_only else losses.losses

    def evaluate(step):
        means = np.mean([[float(x) for x in of(model, b)] for b in tests], 0)
        print(f"{step} HELD-OUT {losses.report(means, None, None)}", flush=True)

    examples, stream = training_batches(args, run.step, device)
    with stream:
        loop.train(
            run,
            examples,
            lambda b, taken: of(model, b, taken < args.tags_apart),
            losses.report,
            evaluate,
        )


if __name__ == "__main__":
    main()
