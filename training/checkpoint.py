"""Checkpoints: saved atomically every few minutes, resumed, averaged, and read as models.

A checkpoint is a dict: `state` (`masters`, `ema`: {parameter name: float32}, `buffers`,
`optimizers`), `step`, `config` (the sizes of the model as its dataclass has them).
"""

import dataclasses
import os
import time

import torch

from connector import GlyphDecoder
from decoder import DecoderConfig
from quantize import quantize_decoder
from vision import Vision, VisionConfig

QUANTIZED = "decoder.embed.w.weight"  # only a quantized decoder has this parameter


def write(path, content):
    """`torch.save` that leaves the old file or the new one, whatever happens in between."""
    part = f"{path}.part"
    with open(part, "wb") as out:
        torch.save(content, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, path)


def save(path, masters, step, config):
    """A checkpoint of a run's weights, averages and moments."""
    write(path, {"state": masters.state(), "step": step, "config": dataclasses.asdict(config)})


def read(path, device="cpu"):
    """The checkpoint at `path`; tensors on `device`. Nothing but tensors and numbers is read."""
    try:
        saved = torch.load(path, map_location=device, weights_only=True)
        saved["state"]["masters"], saved["step"], saved["config"]  # noqa: B018
    except FileNotFoundError:
        raise
    except Exception as e:
        raise ValueError(f"{path} is no checkpoint ({e}); restore.py makes one of a bundle") from e
    return saved


def resume(path, masters, device="cpu", start=None):
    """Gives `masters` what is saved at `path`, or else at `start` (if one is named, it must exist).
    -> the step to go on from, 0 where nothing is saved."""
    if not os.path.exists(path):
        if not start:
            return 0
        path = start
    saved = read(path, device)
    masters.load(saved["state"])
    return saved["step"]


class Saver:
    """Saves a run at `path` whenever `minutes` have passed since the last time."""

    def __init__(self, path, masters, config, minutes=5.0):
        self.path, self.masters, self.config = path, masters, config
        self.seconds, self.last = 60 * minutes, time.monotonic()

    def due(self):
        return time.monotonic() - self.last >= self.seconds

    def save(self, step):
        save(self.path, self.masters, step, self.config)
        self.last = time.monotonic()


def save_average(path, masters, step, config):
    """The averaged weights alone, for means over several points of a run."""
    state = {
        "masters": {},
        "ema": dict(zip(masters.names, masters.ema)),
        "buffers": masters.buffers,
    }
    write(path, {"state": state, "step": step, "config": dataclasses.asdict(config)})


def save_half(path, saved):
    """The average of a checkpoint in float16, without moments: a run can begin with it (`--start`),
    and it is read as any checkpoint."""
    average = {name: x.half() for name, x in saved["state"]["ema"].items()}
    state = {"masters": average, "ema": average, "buffers": saved["state"].get("buffers", {})}
    write(path, {"state": state, "step": saved["step"], "config": saved["config"]})


def average(paths, weights="ema"):
    """The mean of the `weights` ("ema" or "masters") of checkpoints of one model.

    -> {name: float32}, and the last checkpoint, of which config and buffers are taken.
    """
    saved = [read(path) for path in paths]
    states = [s["state"][weights] for s in saved]
    for path, state in zip(paths, states):
        if {n: p.shape for n, p in state.items()} != {n: p.shape for n, p in states[0].items()}:
            raise ValueError(f"{path} is of another model than {paths[0]}: names or shapes differ")
    mean = {k: sum(s[k].float() for s in states) / len(states) for k in states[0]}
    return mean, saved[-1]


def load_vision(*paths, weights="ema"):
    """The encoder of a checkpoint, or the mean of several."""
    state, last = average(paths, weights)
    model = Vision(VisionConfig(**last["config"]))
    model.load_state_dict(state)
    return model.eval()


def load_decoder(*paths, weights="ema"):
    """The decoder of a checkpoint, or the mean of several.

    What was observed of keys and values is the last checkpoint's. A quantized decoder's weights
    are rounded to bfloat16, in which most training computes, so that the packed levels are those
    that were trained. After training in float32 a weight next to a level's edge may change level.
    """
    state, last = average(paths, weights)
    model = GlyphDecoder(DecoderConfig(**last["config"]))
    if QUANTIZED in state:
        quantize_decoder(model.decoder)
        state = {k: v.bfloat16().float() for k, v in state.items()} | last["state"]["buffers"]
    model.load_state_dict(state)
    return model.eval()
