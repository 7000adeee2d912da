"""Parallel tracks: cached pieces equal the masked whole, one track of one expert the dense decoder,
and no token is dropped."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from server.export_tracks import export_for_kernels
from server.golden import SINGLE, TINY, WIDE, dense_of, random_tracks, said
from server.ptmoe import Experts, TracksConfig, fuse, grouped_experts


@torch.no_grad()
def in_pieces(model, ids, extra, pieces):
    """The step form: track blocks on pieces of the rows, with caches -> hidden [t, dim]."""
    c = model.c
    empty = torch.zeros(c.n_kv_heads, 0, c.head_dim)
    caches = {(t, b): [empty] * (2 * c.depth) for t in range(c.n_tracks) for b in range(c.n_blocks)}
    hidden, at = [], 0
    for n in pieces:
        x, positions = model.embed(ids[at : at + n]) + extra[at : at + n], torch.arange(at, at + n)
        for b in range(c.n_blocks):
            rows = []
            for t, track in enumerate(model.tracks):
                y, *caches[t, b] = track[b](x, positions, *caches[t, b])
                rows.append(y)
            x = fuse(rows)
        hidden.append(model.norm(x))
        at += n
    return torch.cat(hidden), caches


def test_pieces_with_bounded_caches_equal_the_whole_under_one_mask():
    model = random_tracks(TINY)
    golden = said(model, 60)
    ids, extra = torch.tensor(golden["ids"]), torch.tensor(golden["extra"])
    hidden, caches = in_pieces(model, ids, extra, [1, 20, 1, 1, 30, 7])
    torch.testing.assert_close(hidden, torch.tensor(golden["hidden"]), atol=1e-4, rtol=0)
    held = [k.shape[1] for k in caches[0, 0][::2]]
    assert held == [TINY.keep] * 3 + [60]


def test_one_track_with_one_expert_is_the_dense_decoder():
    model = random_tracks(SINGLE, 2)
    ours, theirs = said(model, 30), said(dense_of(model), 30)
    for name in ("hidden", "logits"):
        a, b = torch.tensor(ours[name]), torch.tensor(theirs[name])
        torch.testing.assert_close(a, b, atol=1e-4, rtol=0)


@torch.no_grad()
def test_every_token_goes_through_all_its_experts():
    torch.manual_seed(0)
    layer = Experts(replace(TINY, n_experts=5, experts_per_token=3))
    x = torch.randn(40, TINY.dim)
    x[:20] = x[0]  # half of the tokens want the same experts: there is no capacity to exceed
    share = layer.shares(x)
    assert (share > 0).sum(1).eq(3).all()
    torch.testing.assert_close(share.sum(1), torch.ones(40))
    one = [
        sum(
            share[i, e] * ((torch.nn.functional.silu(r @ layer.gate[e]) * (r @ layer.up[e]))
            @ layer.down[e])
            for e in range(5)
        )
        for i, r in enumerate(x)
    ]  # fmt: skip
    y = grouped_experts(x, share, layer.gate, layer.up, layer.down)
    torch.testing.assert_close(y, torch.stack(one), atol=1e-5, rtol=1e-5)


def test_layers_are_of_the_published_kinds():
    c = TracksConfig()
    assert [c.is_global(i) for i in range(8)] == [False, False, False, True] * 2
    assert [c.has_experts(i) for i in range(4)] == [False, True, False, True]


@pytest.mark.parametrize("tracks", [1, 2, 4])
def test_fusion_is_the_mean(tracks):
    rows = torch.randn(tracks, 3, 4)
    torch.testing.assert_close(fuse(list(rows)), rows.mean(0))


def test_the_global_layer_may_be_another_of_the_cycle():
    c = TracksConfig(global_layer=2)
    assert [c.is_global(i) for i in range(8)] == [False, False, True, False] * 2


def test_weights_for_the_kernels_alone_are_integers(tmp_path):
    model = random_tracks(replace(WIDE, n_tracks=2, n_blocks=2))
    export_for_kernels(model, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "ends.onnx", "tracks.json",
        *(f"track{t}.block{b}.safetensors" for t in (0, 1) for b in (0, 1)),
    }  # fmt: skip
    stored = load_file(tmp_path / "track1.block1.safetensors")
    # What decides which experts a row goes through is not rounded.
    assert stored["layers.1.ffn.router"].dtype == np.float16
    codes, scale = stored["layers.1.ffn.down.i8"], stored["layers.1.ffn.down.scale"]
    assert codes.dtype == np.int8 and scale.shape == codes.shape[:2]
    weight = model.tracks[1][1].layers[1].ffn.down.detach().transpose(-1, -2).numpy()
    near = np.abs(codes * scale[..., None].astype(np.float32) - weight)
    assert (near <= 0.501 * scale[..., None]).all()
