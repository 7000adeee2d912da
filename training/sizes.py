"""The named sizes that scripts take with `--sizes`: `nano` ships, `tiny` is for tests. `large` is
an encoder alone: 20M parameters, three times nano's, for as many crops as only a GPU sees.
`server` is nano's encoder with plain attention in every layer, and takes nano's weights."""

from charset import N_CLASSES
from decoder import DecoderConfig
from vision import VisionConfig

TINY_VISION = dict(
    dim=32, n_layers=2, n_heads=2, ffn_dim=48, n_registers=2, global_layers=(1,), global_grid=4,
    stem=(8, 12, 16), stem_pairs=(0, 1, 1, 0), glyph_dim=16,
)  # fmt: skip
LARGE_VISION = dict(dim=384, n_layers=8, n_heads=6, ffn_dim=1536, stem=(48, 96, 192))
SERVER_VISION = dict(global_layers=(0, 1, 2, 3, 4))
TINY_DECODER = dict(
    dim=64, n_layers_kv=2, n_layers_shared=1, n_heads=4, n_kv_heads=2, head_dim=16, ffn_dim=96,
    context=4096, n_freq=4, pointer_dim=16, feature_dim=16, n_mixer_layers=1,
)  # fmt: skip


def vision_config(name):
    """`nano`'s sizes are the defaults of `VisionConfig`."""
    sizes = {"nano": {}, "tiny": TINY_VISION, "large": LARGE_VISION, "server": SERVER_VISION}[name]
    return VisionConfig(**sizes, n_glyphs=N_CLASSES)


def decoder_config(name):
    """`nano`'s sizes are the defaults of `DecoderConfig`."""
    return DecoderConfig(**(TINY_DECODER if name == "tiny" else {}))


def add_sizes(parser, *more):
    """Adds `--sizes` to a script's options; `more` names beside `nano` and `tiny`."""
    names = ("nano", "tiny", *more)
    parser.add_argument("--sizes", choices=names, default="nano", help="of the model")
