"""bfloat16 training with float32 master weights, and the optimisers over them."""

import dataclasses
import os
import signal
import time

import torch

# Gradients hold numbers too small for the exponent, over which Intel's processors take far longer: without this the same steps of the encoder
# took 4.4 to 4.6 s there instead of 1.7 to 2.1 (training/LOG.md). Set before the first parallel work, for threads inherit it.
torch.set_flush_denormal(True)


class Masters:
    """float32 copies of the parameters of a model in bfloat16 (or, without `half`, in float32), with Muon on the matrices and kernels and AdamW on the rest.

    A convolution's kernel [out, in, 3, 3] is a matrix [out, in * 9] to Muon.

    Weights held in bfloat16 run three times as fast on a CPU as float32 weights under autocast (measured: a transformer layer of width
    256 over 6,400 tokens, forward and backward, 63 ms against 200 ms).
    """

    def __init__(self, model, lr, weight_decay=0.01, half=True, adam_only=("embed", "classes", "geometry", "pos", "registers", "log_f", "stem.down.0")):
        self.names = [n for n, p in model.named_parameters() if p.requires_grad]
        self.live = [p for p in model.parameters() if p.requires_grad]
        self.masters = [torch.nn.Parameter(p.detach().float().clone(memory_format=torch.contiguous_format)) for p in self.live]
        if half:
            for p in self.live:
                p.data = p.data.bfloat16()
        self.buffers = dict(model.named_buffers())  # float32: an average moves by less than bfloat16 can tell
        matrix, rest = [], []
        for name, m in zip(self.names, self.masters):
            (matrix if m.ndim > 1 and not any(a in name for a in adam_only) else rest).append(m)
        self.kernels = [(m, torch.nn.Parameter(m.detach().view(len(m), -1))) for m in matrix if m.ndim > 2]
        matrix = [m for m in matrix if m.ndim == 2] + [flat for _, flat in self.kernels]
        self.optimizers = [torch.optim.AdamW([{"params": [p for p in rest if p.ndim > 1]}, {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0}],
                                             lr=lr, betas=(0.9, 0.98), weight_decay=weight_decay)]
        if matrix:
            self.optimizers.append(torch.optim.Muon(matrix, lr=lr, weight_decay=weight_decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"))
        self.lr = lr
        self.ema = [m.detach().clone() for m in self.masters]

    def step(self, scale, clip=1.0, ema=0.998):
        """One update at `scale` times the base rate. -> gradient norm before clipping. A step with non-finite gradients is skipped."""
        for m, p in zip(self.masters, self.live):
            m.grad = None if p.grad is None else p.grad.float()
            p.grad = None
        norm = torch.nn.utils.clip_grad_norm_(self.masters, clip)
        if not torch.isfinite(norm):
            return float("nan")
        for m, flat in self.kernels:
            flat.grad = None if m.grad is None else m.grad.reshape(flat.shape)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.lr * scale
            optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.ema, [m.detach() for m in self.masters], 1 - ema)
        self.publish(self.masters)
        return float(norm)

    @torch.no_grad()
    def publish(self, weights):
        """Copies `weights` (masters or their average) into the live model."""
        for p, m in zip(self.live, weights):
            p.data.copy_(m)

    def state(self):
        return {"masters": dict(zip(self.names, self.masters)), "ema": dict(zip(self.names, self.ema)), "buffers": self.buffers,
                "optimizers": [o.state_dict() for o in self.optimizers]}

    def load(self, state):
        """Takes a saved state; weights whose name or shape changed keep their fresh start, and the moments with them."""
        clean = True
        for kind, mine in (("masters", self.masters), ("ema", self.ema)):
            for name, m in zip(self.names, mine):
                saved = state[kind].get(name)
                if saved is not None and saved.shape == m.shape:
                    m.data.copy_(saved)
                else:
                    clean = False
                    print("fresh weight", name, flush=True)
        for name, buffer in self.buffers.items():
            if name in state.get("buffers", {}):
                buffer.data.copy_(state["buffers"][name])
        moments = state.get("optimizers", [])
        if clean and [len(g["params"]) for s in moments for g in s["param_groups"]] == [len(g["params"]) for o in self.optimizers for g in o.param_groups]:
            for o, s in zip(self.optimizers, moments):
                o.load_state_dict(s)
        elif moments:
            print("fresh moments", flush=True)
        self.publish(self.masters)


@torch.no_grad()
def fastest(device, times=3):
    """float32 where the processor convolves in it faster than in bfloat16, as Xeons do whose tile units are hidden from guests; else bfloat16."""
    if device != "cpu":
        return torch.bfloat16
    taken = {}
    for dtype in (torch.bfloat16, torch.float32):
        conv = torch.nn.Conv2d(64, 64, 3, padding=1).to(dtype).to(memory_format=torch.channels_last)
        x = torch.zeros(2, 64, 112, 112, dtype=dtype).contiguous(memory_format=torch.channels_last)
        conv(x)
        began = time.perf_counter()
        for _ in range(times):
            conv(x)
        taken[dtype] = time.perf_counter() - began
    return min(taken, key=taken.get)


def save(path, masters, step, config):
    """A checkpoint that is either the old one or the new one, whatever happens in between."""
    torch.save({"state": masters.state(), "step": step, "config": dataclasses.asdict(config)}, path + ".tmp")
    os.replace(path + ".tmp", path)


class Stopping:
    """Set by SIGTERM or SIGINT, so that a run that is stopped saves what it has."""

    def __init__(self):
        self.asked = False
        for s in (signal.SIGTERM, signal.SIGINT):
            signal.signal(s, self.ask)

    def ask(self, *_):
        self.asked = True


def closing(args, began):
    """1, falling linearly to 0.05 over the last `args.fall` of `args.minutes`: what a run of given length ends with."""
    if not args.fall:
        return 1.0
    left = args.minutes - (time.time() - began) / 60
    return max(0.05, min(1.0, left / args.fall))


def schedule(step, warmup, total, tail=0.25):
    """Warm-up, constant, then a linear fall to 5% over the last `tail` of `total` steps (0 = no fall)."""
    rise = min(1.0, (step + 1) / warmup)
    if not total:
        return rise
    left = max(0.0, (total - step) / (total * tail))
    return rise * max(0.05, min(1.0, left))
