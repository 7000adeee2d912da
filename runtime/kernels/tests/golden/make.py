"""Writes the golden decoders beside this file and their logits, by `reference.py`. Run it when
FORMAT.md changes.
"""

import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))
import reference as ref  # noqa: E402

CONFIG = dict(
    dim=32,
    n_layers_kv=2,
    n_layers_shared=1,
    n_heads=4,
    n_kv_heads=2,
    head_dim=12,
    ffn_dim=80,
    vocab_size=40,
)
CONFIG |= dict(rope_theta=500000.0, norm_eps=1e-5, context=128)
FORMS = {
    "two-bit": {},
    "eight-bit-groups": dict(bits=8, embed_bits=8, groups=2),
    "float": dict(bits=None, embed_bits=None, attention="f32"),
}

for name, form in FORMS.items():
    model = ref.random_decoder(CONFIG, seed=1, **form)
    ref.save(HERE / f"{name}.safetensors", *model)
    ids = [(7 * i + 3) % 40 for i in range(70)]
    logits, _ = ref.run(*model, ids, select=[0, 64, 69])
    logits.astype("<f4").tofile(HERE / f"{name}.f32")
