"""Upcycling: tracks begin as the dense decoder, tell apart, and learn from it at the end."""

from dataclasses import replace

import pytest
import torch

from decoder import Decoder, DecoderConfig
from quantize import quantize_decoder
from server.ptmoe import TracksConfig
from server.upcycle import (
    check, dense_logits, divergence, fit_keys, plain, train, upcycled,
)  # fmt: skip

DENSE = DecoderConfig(
    dim=16, n_layers_kv=4, n_layers_shared=0, n_heads=2, n_kv_heads=1, head_dim=8, ffn_dim=24,
    vocab_size=48, context=64,
)  # fmt: skip
# Every layer local, with a window beyond the rows: the dense decoder's attention.
TRACKS = TracksConfig(
    dim=16, n_tracks=2, n_blocks=2, depth=2, n_heads=2, n_kv_heads=1, head_dim=8, ffn_dim=24,
    n_experts=4, experts_per_token=2, expert_dim=24, cycle=99, window=64, slack=4, vocab_size=48,
    context=64,
)  # fmt: skip


def dense_decoder(c=DENSE):
    torch.manual_seed(1)
    dense = Decoder(c).eval()
    for p in dense.parameters():
        if p.ndim > 1:
            p.data.normal_(0, p.shape[-1] ** -0.5)
    return dense


def rows(t=20, seed=2):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, 48, (t,), generator=generator)
    return ids, torch.randn(t, 16, generator=generator) * 0.1


@torch.no_grad()
def apart(tracks, dense):
    ids, extra = rows()
    return (tracks.logits(tracks(ids, extra)) - dense_logits(dense, ids, extra)).abs().max().item()


@pytest.mark.parametrize("experts", [0, 4])
@pytest.mark.parametrize("tracks", [1, 3])
def test_tracks_begin_as_the_dense_decoder(tracks, experts):
    dense = dense_decoder()
    c = replace(TRACKS, n_tracks=tracks, n_experts=experts)
    assert apart(upcycled(dense, c, noise=0), dense) < 1e-4
    assert apart(upcycled(dense, c, noise=0.05), dense) > 1e-3


def test_layers_without_keys_get_copies_of_the_last_ones():
    dense = dense_decoder(replace(DENSE, n_layers_kv=2, n_layers_shared=2))
    last = upcycled(dense, TRACKS, noise=0).tracks[1][1].layers[1]
    assert torch.equal(last.k.weight, dense.block1[-1].k.weight)
    assert torch.equal(last.q.weight, dense.block2[-1].q.weight)


def test_keys_of_their_own_come_nearer_than_copies():
    dense = dense_decoder(replace(DENSE, n_layers_kv=2, n_layers_shared=2))
    c = replace(TRACKS, n_experts=0)
    tracks = upcycled(dense, c, noise=0)
    before = apart(tracks, dense)
    drawn = [(rows(20, seed)[0][None], rows(20, seed)[1][None], torch.ones(1, 20, dtype=torch.bool))
             for seed in range(10, 30)]  # fmt: skip
    missed = fit_keys(tracks, dense, drawn)
    assert set(missed) == {2, 3} and all(0 < m < 1 for pair in missed.values() for m in pair)
    assert apart(tracks, dense) < before


def test_pairs_of_experts_begin_as_the_dense_layer():
    # Two halves, two experts of each: a row's two highest scores are of one of each half.
    c = replace(TRACKS, expert_dim=12)
    dense = dense_decoder()
    assert apart(upcycled(dense, c, noise=0), dense) < 0.05
    share = upcycled(dense, c).tracks[0][0].layers[1].ffn.shares(torch.randn(64, 16)) > 0
    assert (share[:, 0] ^ share[:, 2]).all() and (share[:, 1] ^ share[:, 3]).all()


def test_a_quantized_decoder_has_a_plain_twin():
    dense = quantize_decoder(dense_decoder())
    ids, extra = rows()
    for _ in range(2):  # what observes K and V sees some
        dense_logits(dense.train(), ids, extra)
    dense.eval()
    twin = plain(dense)
    assert torch.equal(twin.block1[1].ffn.up.weight, dense.block1[1].ffn.up.w.value())
    said = [dense_logits(d, ids, extra).flatten() for d in (twin, dense)]
    # Activations, K and V of the one have 8 bits.
    assert torch.corrcoef(torch.stack(said))[0, 1] > 0.99


def test_narrow_experts_are_parts_of_the_dense_layer():
    dense = dense_decoder()
    c = replace(TRACKS, n_tracks=1, expert_dim=12, n_experts=2)
    tracks = upcycled(dense, c, noise=0)
    ffn, dense_ffn = tracks.tracks[0][0].layers[1].ffn, dense.block1[1].ffn
    x = torch.randn(7, 16)
    # Both parts with equal shares are the whole.
    ffn.router.data.zero_()
    torch.testing.assert_close(ffn(x), dense_ffn(x), atol=1e-5, rtol=0)


def test_tracks_and_experts_are_told_apart_by_noise():
    tracks = upcycled(dense_decoder(), TRACKS)
    one, other = (t[0].layers[1].ffn.gate for t in tracks.tracks)
    assert not torch.equal(one, other) and not torch.equal(one[0], one[1])
    share = tracks.tracks[0][0].layers[1].ffn.shares(torch.randn(64, 16))
    assert (share > 0).any(0).all()


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match="n_layers of 8; the dense decoder's 4"):
        check(DENSE, replace(TRACKS, depth=4))
    with pytest.raises(ValueError, match="experts of 10 hidden units"):
        check(DENSE, replace(TRACKS, expert_dim=10))


def test_the_last_tenth_is_distilled_and_brings_them_nearer():
    dense = dense_decoder()
    tracks = upcycled(dense, TRACKS, noise=0.3)
    ids, extra = rows(40)
    with torch.no_grad():
        taught = dense_logits(dense, ids, extra)
        before = divergence(taught, tracks.logits(tracks(ids, extra)))
    log = train(tracks, dense, iter([rows(40)] * 50), tokens=20 * 40, lr=3e-3)
    assert [distil for _, distil, _ in log] == [False] * 18 + [True] * 2
    assert len(log) == 20 and log[17][2] < log[0][2]
    # From where they began, with nothing but the teacher's part at work.
    tracks = upcycled(dense, TRACKS, noise=0.3)
    optimizer = torch.optim.AdamW(tracks.parameters(), 1e-3)
    for _ in range(10):
        optimizer.zero_grad()
        divergence(taught, tracks.logits(tracks(ids, extra))).backward()
        optimizer.step()
    with torch.no_grad():
        assert divergence(taught, tracks.logits(tracks(ids, extra))) < before
