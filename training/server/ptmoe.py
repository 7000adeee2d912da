"""The server decoder: parallel tracks with mixtures of experts, small parts first.

[P] published for Apple's 2025 server model, [U] not published and chosen here, as in AFM.md:
- Tracks are small transformers. They run independently and synchronise only at the borders of track
  blocks of `depth` layers [P]. The rule of fusion is [U]: the mean of the tracks' rows.
- In every second layer a mixture of experts, local to its track, takes the feed-forward layer's
  place [P]. The router picks `experts_per_token` of them and drops no token [P]; their shares are a
  softmax over the picked scores [U].
- Attention in a cycle of 3 layers with a sliding window and RoPE and 1 global layer without
  positions [P]. The window counts the row itself. Norms of q and k as on the device [U].

A track block run on rows and past keys and values (`TrackBlock.forward`) is what is exported; the
whole sequence at once under one mask (`Tracks.forward`) is training's form, and the oracle.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

from decoder import MASKED, FeedForward, RMSNorm, attend, rope_angles, rotate


@dataclass
class TracksConfig:
    """Sizes of the decoder; names as in config.json."""

    dim: int = 256  # of the rows, in every track
    n_tracks: int = 4
    n_blocks: int = 2
    depth: int = 4  # layers of a track block, D
    n_heads: int = 4  # of a track
    n_kv_heads: int = 2
    head_dim: int = 64
    ffn_dim: int = 512
    n_experts: int = 8  # of a track's layer
    experts_per_token: int = 2
    expert_dim: int = 512
    cycle: int = 4  # every so many layers one is global [P]
    global_layer: int | None = None  # which of a cycle, from 0; the last where none is named [P]
    window: int = 4096  # rows that a local layer sees, its own among them [P]
    slack: int = 64  # rows kept beyond the window, so that guesses can be cut off again
    vocab_size: int = 512
    rope_theta: float = 500_000.0
    norm_eps: float = 1e-5
    context: int = 65_536  # [P]

    @property
    def n_layers(self):
        return self.n_blocks * self.depth

    @property
    def keep(self):
        """Rows of keys and values that a local layer keeps."""
        return self.window - 1 + self.slack

    def is_global(self, layer):
        """Whether a layer, counted over all blocks, is global."""
        which = self.cycle - 1 if self.global_layer is None else self.global_layer
        return layer % self.cycle == which

    def has_experts(self, layer):
        """Whether a layer, counted over all blocks, has experts: every second."""
        return self.n_experts > 0 and layer % 2 == 1

    def to_json(self):
        return asdict(self)


def grouped_experts(x, share, gate, up, down):
    """Every expert's SwiGLU on the rows routed to it, one product an expert and matrix.

    x [t, dim], share [t, n_experts] (0: not routed), gate and up [n_experts, dim, expert_dim], down
    [n_experts, expert_dim, dim] -> [t, dim].
    """
    out = torch.zeros_like(x)
    for e in range(gate.shape[0]):
        rows = share[:, e].nonzero()[:, 0]
        h = x[rows]
        y = (F.silu(h @ gate[e]) * (h @ up[e])) @ down[e]
        out = out.index_add(0, rows, y * share[rows, e, None])
    return out


@torch.library.custom_op("foveate::experts", mutates_args=())
def experts_op(
    x: torch.Tensor,
    share: torch.Tensor,
    gate: torch.Tensor,
    up: torch.Tensor,
    down: torch.Tensor,
) -> torch.Tensor:
    """`grouped_experts` as one node, which the export writes as a graph of its own."""
    return grouped_experts(x, share, gate, up, down)


@experts_op.register_fake
def _(x, share, gate, up, down):
    return torch.empty_like(x)


class Experts(nn.Module):
    """A mixture of experts in a feed-forward layer's place."""

    def __init__(self, c: TracksConfig):
        super().__init__()
        self.k = c.experts_per_token
        self.router = nn.Parameter(torch.randn(c.dim, c.n_experts) * c.dim**-0.5)
        for name, (rows, cols) in {
            "gate": (c.dim, c.expert_dim),
            "up": (c.dim, c.expert_dim),
            "down": (c.expert_dim, c.dim),
        }.items():
            weight = torch.randn(c.n_experts, rows, cols) * rows**-0.5
            self.register_parameter(name, nn.Parameter(weight))

    def shares(self, x):
        """x [t, dim] -> [t, n_experts]: the softmax over the k best scores, 0 elsewhere."""
        best, which = (x @ self.router).topk(self.k, -1)
        share = torch.zeros(x.shape[0], self.router.shape[1], dtype=x.dtype, device=x.device)
        return share.scatter(1, which, best.softmax(-1))

    def forward(self, x):
        """x [t, dim] -> [t, dim]."""
        run = experts_op if torch.compiler.is_exporting() else grouped_experts
        return run(x, self.shares(x), self.gate, self.up, self.down)


class TrackLayer(nn.Module):
    """One layer of a track; `index` counts over all blocks."""

    def __init__(self, c: TracksConfig, index):
        super().__init__()
        self.c, self.is_global = c, c.is_global(index)
        self.norm1, self.norm2 = RMSNorm(c.dim, c.norm_eps), RMSNorm(c.dim, c.norm_eps)
        self.q = nn.Linear(c.dim, c.n_heads * c.head_dim, bias=False)
        self.k = nn.Linear(c.dim, c.n_kv_heads * c.head_dim, bias=False)
        self.v = nn.Linear(c.dim, c.n_kv_heads * c.head_dim, bias=False)
        self.o = nn.Linear(c.n_heads * c.head_dim, c.dim, bias=False)
        self.q_norm, self.k_norm = RMSNorm(c.head_dim, c.norm_eps), RMSNorm(c.head_dim, c.norm_eps)
        self.ffn = Experts(c) if c.has_experts(index) else FeedForward(c)

    def heads(self, x, n, rope=None):
        """[t, n * head_dim] -> [n, t, head_dim], turned if the layer has positions."""
        x = x.unflatten(-1, (n, self.c.head_dim)).transpose(0, 1)
        return x if rope is None or self.is_global else rotate(x, rope)

    def keys_values(self, h, rope):
        """h = norm1(x) [t, dim] -> k, v [n_kv_heads, t, head_dim]."""
        n = self.c.n_kv_heads
        return self.k_norm(self.heads(self.k(h), n, rope)), self.heads(self.v(h), n)

    def sees(self, queries, keys):
        """[t], [s] positions -> the bias [t, s] of the scores."""
        seen = keys[None] <= queries[:, None]
        if not self.is_global:
            seen = seen & (keys[None] > queries[:, None] - self.c.window)
        return torch.where(seen, 0.0, MASKED)

    def forward(self, x, h, k, v, bias, rope):
        """x [t, dim] and h = norm1(x), attending to k, v -> [t, dim]."""
        q = self.q_norm(self.heads(self.q(h), self.c.n_heads, rope))
        x = x + self.o(attend(q, k, v, bias))
        return x + self.ffn(self.norm2(x))


class TrackBlock(nn.Module):
    """The layers of one track between two borders: one exported graph."""

    def __init__(self, c: TracksConfig, block):
        super().__init__()
        self.c = c
        first = block * c.depth
        self.layers = nn.ModuleList(TrackLayer(c, first + i) for i in range(c.depth))

    def forward(self, rows, positions, *past):
        """rows [t, dim] at consecutive positions [t]; past: k and v [n_kv_heads, held, head_dim] of
        each layer, the rows just before, of a local layer the last `keep` at most.

        -> rows [t, dim], and k and v as `past`, the new rows behind, cut alike.
        """
        c, x, present = self.c, rows, []
        rope = rope_angles(positions, c.head_dim, c.rope_theta)
        for i, layer in enumerate(self.layers):
            h = layer.norm1(x)
            k, v = layer.keys_values(h, rope)
            held = past[2 * i].shape[1]
            k, v = torch.cat([past[2 * i], k], 1), torch.cat([past[2 * i + 1], v], 1)
            keys = positions[0] - held + torch.arange(k.shape[1])
            x = layer(x, h, k, v, layer.sees(positions, keys), rope)
            present += [k, v] if layer.is_global else [k[:, -c.keep :], v[:, -c.keep :]]
        return (x, *present)


class Tracks(nn.Module):
    """Token ids and extra rows -> hidden rows and logits."""

    def __init__(self, c: TracksConfig):
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c.vocab_size, c.dim)
        nn.init.normal_(self.embed.weight, std=0.3)
        self.tracks = nn.ModuleList(
            nn.ModuleList(TrackBlock(c, b) for b in range(c.n_blocks)) for _ in range(c.n_tracks)
        )
        self.norm = RMSNorm(c.dim, c.norm_eps)

    def through(self, block, x):
        """One track block over a whole sequence x [t, dim], each layer under one mask."""
        positions = torch.arange(x.shape[0], device=x.device)
        rope = rope_angles(positions, self.c.head_dim, self.c.rope_theta)
        for layer in block.layers:
            h = layer.norm1(x)
            k, v = layer.keys_values(h, rope)
            x = layer(x, h, k, v, layer.sees(positions, positions), rope)
        return x

    def forward(self, ids, extra):
        """ids [t], extra [t, dim] -> hidden [t, dim]; full attention, masked."""
        x = self.embed(ids) + extra
        for b in range(self.c.n_blocks):
            x = fuse([self.through(track[b], x) for track in self.tracks])
        return self.norm(x)

    def logits(self, hidden):
        """[.., dim] -> [.., vocab_size], by the tied embedding."""
        return hidden @ self.embed.weight.T


def fuse(rows):
    """What happens at a border: the mean of the tracks' rows [t, dim], added in their order."""
    total = rows[0]
    for other in rows[1:]:
        total = total + other
    return total / len(rows)
