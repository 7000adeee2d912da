"""The plain ViT says what timm, transformers and open_clip say, at small random sizes.

The packages are no requirement of training: tests of one that is missing are skipped.
"""

import os

import onnx
import onnxruntime
import pytest
import torch
import torch.nn.functional as F

from server.export_vit import export_vit
from server.int8_vit import rewrite
from server.vit import PooledAdapter, Vit, VitConfig, averages, resized
from server.vit_names import load_into, vit_state

TOLERANCE = dict(atol=2e-5, rtol=2e-4)  # float32, sums in another order
SMALL = dict(width=48, n_layers=3, n_heads=3, patch=14, grid=4)


def shaken(model):
    """A model whose every weight is random: norms and scales at 1 or 0 would hide mistakes."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn(p.shape, generator=generator) * 0.1)
    return model.eval()


def pixels(side=56):
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def check(config, theirs, wanted):
    vit = load_into(Vit(config), theirs.state_dict())
    torch.testing.assert_close(vit(pixels()), wanted, **TOLERANCE)


@torch.no_grad()
def test_open_clip_agrees():
    transformer = pytest.importorskip("open_clip.transformer")
    theirs = transformer.VisionTransformer(
        image_size=56, patch_size=14, width=48, layers=3, heads=3, mlp_ratio=3.5, output_dim=24,
        output_tokens=True,
    )  # fmt: skip
    _, wanted = shaken(theirs)(pixels())
    check(VitConfig(**SMALL, ffn_dim=168), theirs, wanted)


@torch.no_grad()
def test_timm_agrees_on_dinov2():
    timm = pytest.importorskip("timm")
    theirs = timm.models.vision_transformer.VisionTransformer(
        img_size=56, patch_size=14, embed_dim=48, depth=3, num_heads=3, mlp_ratio=4, num_classes=0,
        init_values=0.5, mlp_layer=timm.layers.SwiGLUPacked, act_layer=torch.nn.SiLU,
    )  # fmt: skip
    features = shaken(theirs).forward_features(pixels())
    config = VitConfig(
        **SMALL, ffn_dim=96, swiglu=True, norm_before=False, layer_scale=True, patch_bias=True,
        eps=1e-6,
    )  # fmt: skip
    check(config, theirs, features[:, 1:])


@torch.no_grad()
@pytest.mark.parametrize("registers", [0, 4])
def test_transformers_agrees_on_dinov2(registers):
    transformers = pytest.importorskip("transformers")
    kind = "Dinov2WithRegisters" if registers else "Dinov2"
    more = {"num_register_tokens": registers} if registers else {}
    sizes = getattr(transformers, f"{kind}Config")(
        hidden_size=48, num_hidden_layers=3, num_attention_heads=3, mlp_ratio=4, image_size=56,
        patch_size=14, use_swiglu_ffn=True, **more,
    )  # fmt: skip
    theirs = shaken(getattr(transformers, f"{kind}Model")(sizes))
    wanted = theirs(pixels()).last_hidden_state[:, 1 + registers :]
    config = VitConfig(
        **SMALL, ffn_dim=128, swiglu=True, norm_before=False, layer_scale=True, patch_bias=True,
        n_registers=registers, eps=1e-6,
    )  # fmt: skip
    check(config, theirs, wanted)


def test_pooling_is_that_of_torch():
    x = torch.randn(2, 5, 16, 16)
    pool = averages(16, 12)
    torch.testing.assert_close(pool @ x @ pool.T, F.adaptive_avg_pool2d(x, 12))
    config = VitConfig(**SMALL, ffn_dim=64)
    tokens = PooledAdapter(config, dim=10, side=3)(torch.randn(2, 16, 48))
    assert tokens.shape == (2, 9, 10)


def test_positions_are_resized_around_the_class_token():
    positions = torch.randn(17, 6)
    assert resized(positions, 4) is positions
    larger = resized(positions, 8)
    assert larger.shape == (65, 6) and torch.equal(larger[0], positions[0])
    torch.testing.assert_close(resized(torch.ones(17, 6), 9), torch.ones(82, 6))


def test_odd_names_are_refused():
    with pytest.raises(ValueError, match="no ViT layout"):
        vit_state({"encoder.weight": torch.ones(2)})
    with pytest.raises(ValueError, match="blocks.0.attn.odd.weight has no place"):
        vit_state({"pos_embed": torch.ones(1, 5, 4), "blocks.0.attn.odd.weight": torch.ones(2)})
    with pytest.raises(RuntimeError, match="Missing key"):
        load_into(Vit(VitConfig(**SMALL, ffn_dim=8)), {"pos_embed": torch.ones(1, 17, 48)})


def test_int8_says_about_the_same(tmp_path):
    config = VitConfig(**SMALL, ffn_dim=168)
    folders = [str(tmp_path / kind) for kind in ("float32", "int8")]
    os.makedirs(folders[0])
    files = [os.path.join(folder, "vision.onnx") for folder in folders]
    export_vit(shaken(Vit(config)), files[0])
    assert rewrite(*folders) == 4 * config.n_layers
    kinds = [node.op_type for node in onnx.load(files[1]).graph.node]
    assert kinds.count("MultiHeadAttention") == config.n_layers and "Softmax" not in kinds
    feed = {"pixels": pixels().numpy()}
    wanted, got = (
        torch.from_numpy(onnxruntime.InferenceSession(file).run(None, feed)[0])
        for file in files
    )
    assert F.cosine_similarity(wanted.flatten(), got.flatten(), dim=0) > 0.99
