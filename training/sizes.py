"""The named sizes that scripts take with `--sizes`: `nano` ships, `tiny` is for tests."""

from charset import N_CLASSES
from decoder import DecoderConfig
from vision import VisionConfig

TINY_VISION = dict(
    dim=32, n_layers=2, n_heads=2, ffn_dim=48, n_registers=2, global_layers=(1,), global_grid=4,
    stem=(8, 12, 16), stem_pairs=(0, 1, 1, 0), glyph_dim=16,
)  # fmt: skip
TINY_DECODER = dict(
    dim=64, n_layers_kv=2, n_layers_shared=1, n_heads=4, n_kv_heads=2, head_dim=16, ffn_dim=96,
    context=4096, n_freq=4, pointer_dim=16, feature_dim=16, n_mixer_layers=1,
)  # fmt: skip


def vision_config(name):
    """`nano`'s sizes are the defaults of `VisionConfig`."""
    return VisionConfig(**(TINY_VISION if name == "tiny" else {}), n_glyphs=N_CLASSES)


def decoder_config(name):
    """`nano`'s sizes are the defaults of `DecoderConfig`."""
    return DecoderConfig(**(TINY_DECODER if name == "tiny" else {}))


def add_sizes(parser):
    """Adds `--sizes` to a script's options."""
    parser.add_argument("--sizes", choices=("nano", "tiny"), default="nano", help="of the model")
