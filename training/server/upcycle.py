"""Sparse upcycling: a decoder of parallel tracks out of a dense one (Komatsuzaki et al. 2022,
arXiv:2212.05055).

    tracks = upcycled(dense, c)
    losses = train(tracks, dense, batches, tokens)

- Every track begins as a copy of the dense decoder's layers. What distinguishes tracks at the start
  is a share of noise on their weights, as without it all would stay equal for ever.
- In layers with experts each expert is a copy of the dense feed-forward layer, cut to
  `expert_dim` hidden units: those of its own part, where experts are narrower. The router is new.
- Layers that share K and V have none of their own in a dense decoder; here each gets a copy of
  the last one's, and `fit_keys` the matrices that come nearest to what it read there.

With one track, dense layers alone and no noise the tracks say what the dense decoder says; with
experts as wide as the dense layer too, whatever the router picks, since shares add up to 1
(test_upcycle.py). On the last tenth of the tokens the loss is the divergence from the dense
decoder's answers beside that of the tokens: by then the router has settled.
"""

import torch
import torch.nn.functional as F
from torch import nn

from decoder import Decoder, RMSNorm
from quantize import QuantEmbedding, QuantLinear

from .ptmoe import Experts, Tracks

# Share of a weight's own size that tells tracks and experts apart at the start [set by hand].
NOISE = 0.01
# Standard deviation of a router's scores at the start: picks differ, and shares are nearly equal.
ROUTER = 0.02
# Of the mean square of a row's numbers, added for K and V by regression [set by hand].
RIDGE = 1e-5
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
    and `down` grows so that the parts of a row together are as large as the whole.

    Where a row picks as many experts as there are parts, and each part has two, the two have
    opposite scores: then the highest scores are always of one expert a part, and the layer begins
    as the dense one."""
    n, dim, width = experts.gate.shape
    parts = ffn.gate.weight.shape[0] // width
    for e in range(n):
        own = slice(e % parts * width, (e % parts + 1) * width)
        experts.gate[e] = ffn.gate.weight[own].T
        experts.up[e] = ffn.up.weight[own].T
        experts.down[e] = ffn.down.weight[:, own].T * parts
    experts.router.normal_(0, ROUTER / dim**0.5)
    if experts.k == parts and n == 2 * parts:
        experts.router[:, parts:] = -experts.router[:, :parts]


@torch.no_grad()
def plain(decoder):
    """A decoder with the values that another's weights, quantized or not, stand for, as float."""
    out, state = Decoder(decoder.c), {}
    for name, module in decoder.named_modules():
        if isinstance(module, QuantLinear | QuantEmbedding):
            state[f"{name}.weight"] = module.w.value()
        elif isinstance(module, RMSNorm | nn.Linear | nn.Embedding):
            state[f"{name}.weight"] = module.weight
    out.load_state_dict(state)
    return out.eval()


@torch.no_grad()
def normed_rows(dense, batches):
    """What each layer of a dense decoder makes K and V of, `norm1`'s rows [rows, dim] in the order
    of layers, over batches of ids, valid [n, t] and extra [n, t, dim]."""
    seen = [[] for _ in layers_of(dense)]
    hooks = [own.norm1.register_forward_hook(lambda _, __, y, to=to: to.append(y))
             for (own, _), to in zip(layers_of(dense), seen)]  # fmt: skip
    there = []
    for ids, extra, valid in batches:
        every = torch.arange(ids.shape[1], device=ids.device).expand(len(ids), -1)
        dense(ids, extra, valid, every)
        there.append(valid)
    for hook in hooks:
        hook.remove()
    return [torch.cat([y[v] for y, v in zip(to, there)]) for to in seen]


@torch.no_grad()
def fit_keys(tracks, dense, batches):
    """Gives the layers that share K and V in the dense decoder the matrices of their own that come
    nearest, by ridge regression over the rows of `batches` (`normed_rows`), to what they shared.
    -> the share of the variance that they miss, {layer: (of k, of v)}."""
    rows, c, missed = normed_rows(dense, batches), dense.c, {}
    last = dense.block1[-1]
    shared = [m(rows[c.n_layers_kv - 1]) for m in (last.k, last.v)]
    for i in range(c.n_layers_kv, len(rows)):
        h = rows[i]
        square = h.T @ h
        square += RIDGE * square.diagonal().mean() * torch.eye(c.dim, device=h.device)
        fitted = [torch.linalg.solve(square, h.T @ y) for y in shared]
        for layer in (layers(track)[i] for track in tracks.tracks):
            layer.k.weight.copy_(fitted[0].T)
            layer.v.weight.copy_(fitted[1].T)
        missed[i] = tuple(((h @ w - y).var(0).sum() / y.var(0).sum()).item()
                          for w, y in zip(fitted, shared))  # fmt: skip
    return missed


def layers(track):
    """All layers of a track, over its blocks."""
    return [layer for block in track for layer in block.layers]


@torch.no_grad()
def upcycled(dense, c, noise=NOISE, seed=0):
    """Tracks of the sizes `c` (`TracksConfig`) that begin as `dense` (`decoder.Decoder`) is."""
    check(dense.c, c)
    torch.manual_seed(seed)
    tracks, pairs = Tracks(c), layers_of(dense)
    tracks.embed.load_state_dict(dense.embed.state_dict())
    tracks.norm.load_state_dict(dense.norm.state_dict())
    for blocks in tracks.tracks:
        for layer, (own, keys) in zip(layers(blocks), pairs):
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
