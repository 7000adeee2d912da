"""The crate's decoder against two others: `reference.py` (the specification in numpy) and Apple's
`mlx_lm.models.afm7`.

pip install numpy pytest mlx-lm 'mlx[cpu]'        # mlx is optional: its tests are skipped without
pytest runtime/kernels/tests/test_parity.py
"""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import reference as ref  # noqa: E402


def config(**changes):
    c = dict(
        dim=64,
        n_layers_kv=3,
        n_layers_shared=2,
        n_heads=4,
        n_kv_heads=2,
        head_dim=16,
        ffn_dim=208,
        vocab_size=100,
    )
    return c | dict(rope_theta=500000.0, norm_eps=1e-5, context=512) | changes


@pytest.fixture(scope="session")
def binary():
    run = ["cargo", "build", "--release", "-q", "-p", "foveate-kernels", "--example", "logits"]
    subprocess.run(run, cwd=HERE, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", HERE.parents[2] / "target")
    return pathlib.Path(target) / "release" / "examples" / "logits"


def ours(binary, file, calls, select, vocab, extra=None, threads=2):
    calls = "/".join(",".join(map(str, ids)) for ids in calls)
    args = [binary, file, str(threads), calls, ",".join(map(str, select))] + (
        [extra] if extra else []
    )
    out = np.frombuffer(subprocess.run(args, check=True, stdout=subprocess.PIPE).stdout, np.float32)
    return out[: len(select) * vocab].reshape(len(select), vocab), out[
        len(select) * vocab :
    ].reshape(len(select), -1)


SIZES = [
    {},
    dict(n_kv_heads=4, n_layers_shared=0),
    dict(n_heads=6, n_kv_heads=1, head_dim=20, dim=96, ffn_dim=96, vocab_size=33),
]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(
    "form",
    [
        dict(),
        dict(bits=4, embed_bits=8, groups=2),
        dict(bits=8, groups=1),
        dict(bits=None, embed_bits=None, attention="f32"),
    ],
)
def test_equals_the_specification(binary, tmp_path, sizes, form):
    c = config(**sizes)
    rng = np.random.default_rng(1)
    model = ref.random_decoder(c, seed=3, **form)
    ref.save(tmp_path / "d.safetensors", *model)
    ids, select = rng.integers(0, c["vocab_size"], 90).tolist(), [0, 20, 49]
    extra = (0.1 * rng.standard_normal((90, c["dim"]))).astype(np.float32)
    extra.tofile(tmp_path / "extra")
    logits, hidden = ref.run(*model, ids, extra, select=[40 + s for s in select])
    got = ours(
        binary,
        tmp_path / "d.safetensors",
        [ids[:40], ids[40:]],
        select,
        c["vocab_size"],
        tmp_path / "extra",
    )
    assert (got[1] == hidden).all() and (got[0] == logits).all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kv_scale", [0.03, 1 / 64])
def test_equals_apples_afm7(binary, tmp_path, seed, kv_scale):
    mx = pytest.importorskip("mlx.core")
    afm7 = pytest.importorskip("mlx_lm.models.afm7")
    rng = np.random.default_rng(seed)
    heads, kv_heads, head_dim = [(4, 2, 16), (8, 2, 32), (2, 1, 64), (4, 4, 32)][seed]
    c = config(
        dim=heads * head_dim,
        n_heads=heads,
        n_kv_heads=kv_heads,
        head_dim=head_dim,
        n_layers_kv=2 + seed,
        n_layers_shared=1 + seed,
    )
    c["ffn_dim"] = int(c["dim"] * 3.25)
    w = ref.random_decoder(c, seed=seed, bits=None, embed_bits=None)[1]
    for i in range(c["n_layers_kv"]):
        w[f"layers.{i}.kv_scale"] = np.array([kv_scale, kv_scale * 1.5], np.float32)
    ref.save(tmp_path / "d.safetensors", c, w, "f32")

    args = dict(
        model_type="afm7",
        vocab_size=c["vocab_size"],
        hidden_dim=c["dim"],
        num_layers=c["n_layers_kv"] + c["n_layers_shared"],
    )
    args |= dict(
        num_kv_reuse_layers=c["n_layers_shared"],
        num_heads=heads,
        num_kv_heads=kv_heads,
        rope_theta=c["rope_theta"],
    )
    model = afm7.Model(afm7.ModelArgs(**args, rms_norm_eps=c["norm_eps"]))
    model.load_weights([(name, mx.array(x)) for name, x in afm7_names(c, w)])
    ids, select = rng.integers(0, c["vocab_size"], 70), [3, 69]
    expected = np.array(model(mx.array(ids)[None]))[0][select]
    got, _ = ours(binary, tmp_path / "d.safetensors", [ids], select, c["vocab_size"])
    assert np.abs(got - expected).max() <= 2e-3 * np.abs(expected).max()
    assert (got.argmax(-1) == expected.argmax(-1)).all()


def afm7_names(c, w):
    """Our names to Apple's."""
    yield "model.embedding.weight", w["embed"]
    yield "model.output_norm.weight", w["norm"]
    for i in range(c["n_layers_kv"] + c["n_layers_shared"]):
        own = i < c["n_layers_kv"]
        to = f"model.layers.{i}." if own else f"model.kv_reuse_layers.{i - c['n_layers_kv']}."
        get = lambda name: w[f"layers.{i}.{name}"]  # noqa: E731
        yield to + "input_layernorm.weight", get("attn_norm")
        yield to + "post_attention_layernorm.weight", get("ffn_norm")
        yield to + "self_attn.q_norm.weight", get("q_norm")
        yield to + "self_attn.out_proj.weight", get("o")
        for name in ("gate", "up", "down"):
            yield f"{to}mlp.{name}_proj.weight", get(name)
        if own:
            yield to + "self_attn.qkv_proj.weight", np.concatenate([get("q"), get("k"), get("v")])
            yield to + "self_attn.k_norm.weight", get("k_norm")
            yield to + "self_attn.quant_key_scale", get("kv_scale")[0]
            yield to + "self_attn.quant_value_scale", get("kv_scale")[1]
        else:
            yield to + "self_attn.q_proj.weight", get("q")
