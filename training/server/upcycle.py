"""Sparse upcycling: a decoder of parallel tracks out of a dense one (Komatsuzaki et al. 2022,
arXiv:2212.05055).

    tracks = upcycled(dense, c)
    losses = train(tracks, dense, batches, tokens)

- Every track begins as a copy of the dense decoder's layers. What distinguishes tracks at the start
  is a share of noise on their weights, as without it all would stay equal for ever.
- In layers with experts each expert is a copy of the dense feed-forward layer, cut to
  `expert_dim` hidden units: those of its own part, where experts are narrower. The router is new.
- Two layers that share K and V have none of their own in a dense decoder; here each gets a copy of
  the last one's.

With one track, dense layers alone and no noise the tracks say what the dense decoder says; with
experts as wide as the dense layer too, whatever the router picks, since shares add up to 1
(test_upcycle.py). On the last tenth of the tokens the loss is the divergence from the dense
decoder's answers beside that of the tokens: by then the router has settled.
"""

import torch
import torch.nn.functional as F

from .ptmoe import Experts, Tracks

# Share of a weight's own size that tells tracks and experts apart at the start [set by hand].
NOISE = 0.01
# Standard deviation of a router's scores at the start: picks differ, and shares are nearly equal.
ROUTER = 0.02
# The last share of the tokens, on which the dense decoder teaches, and what its loss counts.
DISTILLED, TAUGHT = 0.1, 1.0


def check(dense, c):
    """Refuses tracks of other sizes than the dense decoder's layers."""
    wanted = {k: getattr(dense, k) for k in ("dim", "n_heads", "n_kv_heads", "head_dim", "ffn_dim",
                                             "vocab_size")}  # fmt: skip
    wanted["n_layers"] = dense.n_layers_kv + dense.n_layers_shared
    for name, value in wanted.items():
        if getattr(c, name) != value:
            raise ValueError(f"tracks with {name} of {getattr(c, name)}; the dense decoder's "
                             f"{value} is expected")  # fmt: skip
    if c.n_experts and c.ffn_dim % c.expert_dim:
        raise ValueError(f"experts of {c.expert_dim} hidden units; a divisor of the dense "
                         f"{c.ffn_dim} is expected")  # fmt: skip


def layers_of(dense):
    """(layer, the layer whose K and V it reads) of a dense decoder, in their order."""
    last = dense.block1[-1]
    return [(layer, layer) for layer in dense.block1] + [(layer, last) for layer in dense.block2]


@torch.no_grad()
def copy_layer(track, layer, keys):
    """Gives a track's layer the weights of a dense one, which reads the K and V of `keys`."""
    for name in ("norm1", "norm2", "q", "o", "q_norm"):
        getattr(track, name).load_state_dict(getattr(layer, name).state_dict())
    for name in ("k", "v", "k_norm"):
        getattr(track, name).load_state_dict(getattr(keys, name).state_dict())
    if isinstance(track.ffn, Experts):
        copy_experts(track.ffn, layer.ffn)
    else:
        track.ffn.load_state_dict(layer.ffn.state_dict())


def copy_experts(experts, ffn):
    """Experts as wide as the dense layer are copies of it. Narrower ones are its parts by turns,
    and `down` grows so that the parts of a row together are as large as the whole."""
    n, dim, width = experts.gate.shape
    parts = ffn.gate.weight.shape[0] // width
    for e in range(n):
        own = slice(e % parts * width, (e % parts + 1) * width)
        experts.gate[e] = ffn.gate.weight[own].T
        experts.up[e] = ffn.up.weight[own].T
        experts.down[e] = ffn.down.weight[:, own].T * parts
    experts.router.normal_(0, ROUTER / dim**0.5)


@torch.no_grad()
def upcycled(dense, c, noise=NOISE, seed=0):
    """Tracks of the sizes `c` (`TracksConfig`) that begin as `dense` (`decoder.Decoder`) is."""
    check(dense.c, c)
    torch.manual_seed(seed)
    tracks, pairs = Tracks(c), layers_of(dense)
    tracks.embed.load_state_dict(dense.embed.state_dict())
    tracks.norm.load_state_dict(dense.norm.state_dict())
    for blocks in tracks.tracks:
        layers = [layer for block in blocks for layer in block.layers]
        for layer, (own, keys) in zip(layers, pairs):
            copy_layer(layer, own, keys)
        for p in blocks.parameters():
            if p.ndim > 1:
                p.add_(torch.randn_like(p) * p.std() * noise)
    return tracks


def divergence(taught, logits):
    """KL(dense, tracks) a row, in nats; logits [t, vocab_size]."""
    taught, logits = (F.log_softmax(x, -1) for x in (taught, logits))
    return F.kl_div(logits, taught, log_target=True, reduction="batchmean")


@torch.no_grad()
def dense_logits(dense, ids, extra):
    """What the dense decoder says of rows ids [t], extra [t, dim]."""
    t = torch.arange(len(ids))[None]
    valid = torch.ones(1, len(ids), dtype=torch.bool)
    return dense.logits(dense(ids[None], extra[None], valid, t)[0])


def loss_of(tracks, dense, ids, extra, distil):
    """The mean loss of the next token over a sequence; with `distil` the dense decoder's too."""
    logits = tracks.logits(tracks(ids, extra))
    loss = F.cross_entropy(logits[:-1], ids[1:])
    if distil:
        loss = loss + TAUGHT * divergence(dense_logits(dense, ids, extra), logits)
    return loss


def train(tracks, dense, batches, tokens, lr=3e-4):
    """Trains on `batches` of ids [t], extra [t, dim] until `tokens` are seen, the last tenth with
    the dense decoder as teacher. -> (tokens before, whether distilled, loss) a step."""
    optimizer, seen, log = torch.optim.AdamW(tracks.parameters(), lr), 0, []
    for ids, extra in batches:
        if seen >= tokens:
            break
        distil = seen >= tokens * (1 - DISTILLED)
        loss = loss_of(tracks, dense, ids, extra, distil)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tracks.parameters(), 1.0)
        optimizer.step()
        log.append((seen, distil, loss.item()))
        seen += len(ids)
    return log
