"""Weights of open ViT checkpoints under the names of `vit.py`.

Four layouts: OpenCLIP (`visual.` or not), DINOv2 as Meta publishes it, timm, and transformers. Each
is recognised by a name that only it has. Files are safetensors and read one tensor at a time.
"""

import re

import torch
from safetensors import safe_open

from .vit import resized

LAYER = {"norm1": "norm1", "norm2": "norm2"}
# Per layout: how its layers are named, the names within one, and the names outside.
OPENCLIP = (
    r"transformer\.resblocks\.(\d+)\.(.+)",
    {
        "ln_1": "norm1", "ln_2": "norm2", "attn.in_proj": "qkv", "attn.out_proj": "out",
        "mlp.c_fc": "ffn.up", "mlp.c_proj": "ffn.down", "ls_1.gamma": "scale.0",
        "ls_2.gamma": "scale.1",
    },
    {
        "conv1": "patches", "class_embedding": "class_token", "positional_embedding": "positions",
        "ln_pre": "norm_before", "ln_post": "norm",
    },
)  # fmt: skip
DINOV2 = (
    r"blocks\.(?:\d+\.)?(\d+)\.(\D.+)",
    LAYER | {
        "attn.qkv": "qkv", "attn.proj": "out", "ls1.gamma": "scale.0", "ls2.gamma": "scale.1",
        "mlp.w12": "ffn.up", "mlp.w3": "ffn.down", "mlp.fc1": "ffn.up", "mlp.fc2": "ffn.down",
    },
    {
        "patch_embed.proj": "patches", "cls_token": "class_token", "pos_embed": "positions",
        "register_tokens": "registers", "reg_token": "registers", "norm": "norm",
    },
)  # fmt: skip
TRANSFORMERS = (
    r"encoder\.layer\.(\d+)\.(.+)",
    LAYER | {
        "attention.output.dense": "out", "layer_scale1.lambda1": "scale.0",
        "layer_scale2.lambda1": "scale.1", "mlp.weights_in": "ffn.up",
        "mlp.weights_out": "ffn.down", "mlp.fc1": "ffn.up", "mlp.fc2": "ffn.down",
        "attention.attention.query": "q", "attention.attention.key": "k",
        "attention.attention.value": "v",
        # As transformers 5 names them, with the halves of SwiGLU apart.
        "attention.q_proj": "q", "attention.k_proj": "k", "attention.v_proj": "v",
        "attention.o_proj": "out", "mlp.gate_proj": "ffn.gate", "mlp.up_proj": "ffn.up",
        "mlp.down_proj": "ffn.down",
    },
    {
        "embeddings.patch_embeddings.projection": "patches", "embeddings.cls_token": "class_token",
        "embeddings.position_embeddings": "positions", "embeddings.register_tokens": "registers",
        "layernorm": "norm",
    },
)  # fmt: skip
SIGNS = {
    "positional_embedding": OPENCLIP,
    "pos_embed": DINOV2,
    "embeddings.position_embeddings": TRANSFORMERS,
}
UNUSED = re.compile(r"(^proj$|mask_token|^head\.|^attn_pool\.|^logit_scale)")


def layout_of(names):
    """The layout of a checkpoint, by the name of its position embedding."""
    for sign, layout in SIGNS.items():
        if sign in names:
            return layout
    signs = ", ".join(SIGNS)
    raise ValueError(f"no ViT layout: none of {signs} among {len(names)} names")


def own_name(name, layout):
    """A checkpoint's name in `vit.py`'s words, or None if the encoder does not use it."""
    pattern, inside, outside = layout
    prefix, rest, table = "", name, outside
    if found := re.fullmatch(pattern, name):
        prefix, rest, table = f"layers.{found[1]}.", found[2], inside
    for part in ("", ".weight", ".bias", "_weight", "_bias"):
        stem = rest[: len(rest) - len(part)]
        if rest.endswith(part) and stem in table:
            return prefix + table[stem] + part.replace("_", ".")
    if UNUSED.search(name):
        return None
    raise ValueError(f"the checkpoint's {name} has no place in this ViT")


def vit_state(tensors):
    """{a checkpoint's names: tensors} -> a state dict of `Vit`."""
    names = {name.removeprefix("visual."): name for name in tensors}
    if any(name.startswith("visual.") for name in tensors):
        names = {short: name for short, name in names.items() if name.startswith("visual.")}
    layout, state = layout_of(names), {}
    for short, name in names.items():
        if own := own_name(short, layout):
            state[own] = tensors[name].float()
    for own in ("class_token", "positions", "registers"):
        if own in state:
            last = state[own].shape[-1]
            state[own] = state[own].reshape(*((-1,) if own != "class_token" else ()), last)
    return joined(state)


def joined(state):
    """`q`, `k` and `v` of a layer as one matrix, and both halves of SwiGLU."""
    out = {name: x for name, x in state.items() if not re.search(r"\.[qkv]\.(weight|bias)$", name)}
    for name in [n for n in state if re.search(r"\.q\.(weight|bias)$", n)]:
        stem, kind = name.rsplit(".q.", 1)
        out[f"{stem}.qkv.{kind}"] = torch.cat([state[f"{stem}.{p}.{kind}"] for p in "qkv"])
    for name in [n for n in state if ".ffn.gate." in n]:
        up = name.replace(".gate.", ".up.")
        out[up] = torch.cat([out.pop(name), state[up]])
    return out


class Tensors(dict):
    """The tensors of a safetensors file, each read when it is asked for."""

    def __init__(self, path):
        self.file = safe_open(path, "pt")
        super().__init__((name, None) for name in self.file.keys())

    def __getitem__(self, name):
        return self.file.get_tensor(name)


def load_into(vit, tensors):
    """Gives a `Vit` a checkpoint's weights; missing and odd names are an error.

    tensors: {name: tensor}, such as `Tensors(path)`. Positions are resized to the encoder's grid.
    """
    state = vit_state(tensors)
    if "positions" in state:
        state["positions"] = resized(state["positions"], vit.c.grid)
    vit.load_state_dict(state, strict=True)
    return vit.eval()
