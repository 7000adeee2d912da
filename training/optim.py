"""bfloat16 training with float32 master weights, and the optimisers over them."""

import torch

import device  # noqa: F401  sets how denormals are computed, before the first parallel work

ADAM_ONLY = ("embed", "classes", "geometry", "pos", "registers", "log_f", "stem.down.0")


class Masters:
    """float32 copies of a model's parameters, which compute in bfloat16 (or not: `half`).

    Muon moves the matrices, AdamW the rest and what `adam_only` names (parts of parameter names). A
    convolution's kernel [out, in, 3, 3] is a matrix [out, in * 9] to Muon.

    Weights held in bfloat16 run three times as fast on a CPU as float32 weights under autocast
    (measured: a transformer layer of width 256 over 6,400 tokens, forward and backward, 63 ms
    against 200 ms).
    """

    def __init__(self, model, lr, weight_decay=0.01, half=True, adam_only=ADAM_ONLY):
        self.names = [n for n, p in model.named_parameters() if p.requires_grad]
        self.live = [p for p in model.parameters() if p.requires_grad]
        self.masters = [torch.nn.Parameter(copy(p)) for p in self.live]
        if half:
            for p in self.live:
                p.data = p.data.bfloat16()
        # float32: a buffer is an average, and moves by less than bfloat16 resolves.
        self.buffers = dict(model.named_buffers())
        matrix, rest = [], []
        for name, m in zip(self.names, self.masters):
            (matrix if m.ndim > 1 and not any(a in name for a in adam_only) else rest).append(m)
        kernels = [m for m in matrix if m.ndim > 2]
        self.kernels = [(m, torch.nn.Parameter(m.detach().view(len(m), -1))) for m in kernels]
        matrix = [m for m in matrix if m.ndim == 2] + [flat for _, flat in self.kernels]
        self.optimizers = [adam(rest, lr, weight_decay)]
        if matrix:
            self.optimizers.append(muon(matrix, lr, weight_decay))
        self.lr = lr
        self.ema = [m.detach().clone() for m in self.masters]

    def step(self, scale, clip=1.0, ema=0.998):
        """One update at `scale` times the base rate. -> the gradients' norm before clipping.

        A step with non-finite gradients is skipped.
        """
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
        return {
            "masters": dict(zip(self.names, self.masters)),
            "ema": dict(zip(self.names, self.ema)),
            "buffers": self.buffers,
            "optimizers": [o.state_dict() for o in self.optimizers],
        }

    def load(self, state):
        """Takes a saved state. Weights whose name or shape changed keep their fresh start, and all
        moments with them; a state of which no weight fits is refused."""
        fresh = [
            n for n, m in zip(self.names, self.masters) if not fits(state["masters"].get(n), m)
        ]
        if len(fresh) == len(self.names):
            raise ValueError(
                f"the checkpoint has none of the model's weights (such as {fresh[0]}): it is of "
                "another model or of an older layout; restore.py makes one of a bundle"
            )
        for kind, mine in (("masters", self.masters), ("ema", self.ema)):
            for name, m in zip(self.names, mine):
                if name not in fresh:
                    m.data.copy_(state[kind][name])
        for name in fresh:
            print("fresh weight", name, flush=True)
        for name, buffer in self.buffers.items():
            if name in state.get("buffers", {}):
                buffer.data.copy_(state["buffers"][name])
        self.load_moments(state.get("optimizers", []), not fresh)
        self.publish(self.masters)

    def load_moments(self, moments, clean):
        """Takes the optimisers' states if the weights are all there and laid out as here."""
        saved = [len(g["params"]) for s in moments for g in s["param_groups"]]
        own = [len(g["params"]) for o in self.optimizers for g in o.param_groups]
        if clean and saved == own:
            for o, s in zip(self.optimizers, moments):
                o.load_state_dict(s)
        elif moments:
            print("fresh moments", flush=True)


def fits(saved, m):
    return saved is not None and saved.shape == m.shape


def copy(p):
    """A parameter as a contiguous float32 tensor of its own."""
    return p.detach().float().clone(memory_format=torch.contiguous_format)


def adam(parameters, lr, weight_decay):
    """AdamW, without decay of vectors."""
    groups = [
        {"params": [p for p in parameters if p.ndim > 1]},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), weight_decay=weight_decay)


def muon(matrices, lr, weight_decay):
    """Muon at the rates that suit AdamW."""
    return torch.optim.Muon(
        matrices,
        lr=lr,
        weight_decay=weight_decay,
        momentum=0.95,
        adjust_lr_fn="match_rms_adamw",
    )
