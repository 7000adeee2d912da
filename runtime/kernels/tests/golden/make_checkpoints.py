#!/usr/bin/env python3
"""Writes the golden checkpoints of this folder: one tiny model of random weights for each family,
as GGUF with a mixture of kinds, and its logits by `transformers` in float32 on the values that the
file holds. Also `kinds.gguf`: a tensor of every kind, and its values by the package `gguf`.

    pip install gguf transformers torch && python3 make_checkpoints.py

Rows of logits: 0, 20 and 39 of 40 tokens, ids (7 i + 3) mod 64.
"""

import sys
from pathlib import Path

import gguf
import numpy as np
import torch
import transformers
from gguf import GGMLQuantizationType as Kind
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
IDS = [(7 * i + 3) % 64 for i in range(40)]
ROWS = [0, 20, 39]
SIMPLE = [Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q8_0, Kind.F16, Kind.BF16, Kind.F32]

SIZES = dict(
    vocab_size=64,
    hidden_size=64,
    intermediate_size=96,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=256,
    rms_norm_eps=1e-5,
)
ROPE = dict(rope_type="default", rope_theta=10_000.0)


def models():
    """Name of the family, and the model."""
    t = transformers
    two = SIZES | dict(num_hidden_layers=2, rope_parameters=ROPE)
    yield "llama", t.LlamaForCausalLM(t.LlamaConfig(**two, head_dim=16))
    yield "qwen2", t.Qwen2ForCausalLM(t.Qwen2Config(**two, tie_word_embeddings=True))
    yield "qwen3", t.Qwen3ForCausalLM(t.Qwen3Config(**two, head_dim=32))
    rope = {"full_attention": ROPE | {"rope_theta": 1e6}, "sliding_attention": ROPE}
    seven = SIZES | dict(hidden_size=32, num_attention_heads=2, num_key_value_heads=1, head_dim=32)
    gemma = t.Gemma3TextConfig(
        **seven,
        num_hidden_layers=7,
        sliding_window=8,
        query_pre_attn_scalar=32,
        rope_parameters=rope,
    )
    yield "gemma3", t.Gemma3ForCausalLM(gemma)


NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "post_attention_layernorm": "ffn_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


def name(family, key):
    """A parameter's name in GGUF."""
    stem, suffix = key.rsplit(".", 1)
    if stem in NAMES:
        return f"{NAMES[stem]}.{suffix}"
    _, _, layer, part = stem.split(".", 3)
    part = NAMES[part]
    if family == "gemma3" and stem.endswith("post_attention_layernorm"):
        part = "post_attention_norm"
    return f"blk.{layer}.{part}.{suffix}"


def permuted(value, heads, back=False):
    """llama.cpp's order of Llama's q and k: rotary pairs beside each other."""
    shape = (heads, -1, 2) if back else (heads, 2, -1)
    rest = value.shape[1:]
    return value.reshape(*shape, *rest).swapaxes(1, 2).reshape(value.shape)


def randomize(model, random):
    """Weights that keep rows at about unit length, norms and biases that matter."""
    for key, p in model.named_parameters():
        if "norm" in key:
            base = 0.0 if "Gemma" in type(model).__name__ else 1.0
            value = base + 0.2 * random.standard_normal(p.shape)
        elif key.endswith("bias"):
            value = 0.5 * random.standard_normal(p.shape)
        else:
            value = 1.5 * random.standard_normal(p.shape) / np.sqrt(p.shape[-1])
        p.data = torch.tensor(value, dtype=torch.float32)


def write(family, model, path):
    """Writes the file, and puts the values that it holds back into the model."""
    c = model.config
    out = gguf.GGUFWriter(path, family)
    out.add_context_length(c.max_position_embeddings)
    out.add_embedding_length(c.hidden_size)
    out.add_block_count(c.num_hidden_layers)
    out.add_feed_forward_length(c.intermediate_size)
    out.add_head_count(c.num_attention_heads)
    out.add_head_count_kv(c.num_key_value_heads)
    head_dim = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    out.add_key_length(head_dim)
    out.add_value_length(head_dim)
    out.add_layer_norm_rms_eps(c.rms_norm_eps)
    rope = c.rope_parameters
    out.add_rope_freq_base(rope.get("full_attention", rope)["rope_theta"])
    if family == "gemma3":
        out.add_sliding_window(c.sliding_window)
    done, held = set(), {}
    for i, (key, p) in enumerate(model.named_parameters()):
        value = p.data.numpy()
        heads = {"q_proj": c.num_attention_heads, "k_proj": c.num_key_value_heads}
        heads = heads.get(key.split(".")[-2], 0) if family == "llama" else 0
        value = permuted(value, heads) if heads else value
        kind = SIMPLE[i % len(SIMPLE)] if value.ndim == 2 else Kind.F32
        plus = 1.0 if family == "gemma3" and "norm" in key else 0.0
        data = gguf.quants.quantize((value + plus).astype(np.float32), kind)
        out.add_tensor(name(family, key), data, raw_dtype=kind)
        assert name(family, key) not in done
        done.add(name(family, key))
        value = gguf.quants.dequantize(data, kind) - plus
        held[key] = permuted(value, heads, back=True) if heads else value
    for key, p in model.named_parameters():
        p.data = torch.tensor(np.ascontiguousarray(held[key]), dtype=torch.float32)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def kinds(random):
    """`kinds.gguf` and `kinds.f32`: two rows of 256 columns of every kind, in the order of names.
    """
    out, values = gguf.GGUFWriter(HERE / "kinds.gguf", "llama"), {}
    for kind in [*SIMPLE, Kind.Q4_K, Kind.Q5_K, Kind.Q6_K]:
        if kind in SIMPLE:
            data = gguf.quants.quantize(random.standard_normal((2, 256)).astype(np.float32), kind)
        else:
            size = gguf.GGML_QUANT_SIZES[kind][1]
            data = random.integers(0, 256, (2, size), dtype=np.uint8)
            at = [208] if kind == Kind.Q6_K else [0, 2]
            for a in at:
                halves = (0.02 * random.standard_normal((2, 1))).astype(np.float16)
                data[:, a : a + 2] = halves.view(np.uint8)
        out.add_tensor(kind.name, data, raw_dtype=kind)
        values[kind.name] = gguf.quants.dequantize(data, kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    flat = np.concatenate([values[k].reshape(-1) for k in sorted(values)])
    flat.astype("<f4").tofile(HERE / "kinds.f32")


def folder(model):
    """`gemma3/`: the same model as a Hugging Face folder of several files, in bfloat16."""
    for p in model.parameters():
        p.data = p.data.to(torch.bfloat16)
    model.to(torch.bfloat16).save_pretrained(HERE / "gemma3", max_shard_size="80KB")
    (HERE / "gemma3" / "generation_config.json").unlink(missing_ok=True)
    with torch.no_grad():
        logits = model.float()(torch.tensor([IDS])).logits[0, ROWS]
    logits.numpy().astype("<f4").tofile(HERE / "gemma3-folder.f32")


def palettes(family, model, random):
    """`FAMILY-palettes.safetensors`: some matrices in the place of the file's, and the logits with
    them. Rows of q and k with rotary pairs beside each other, for every family."""
    c, out, held = model.config, {}, {}
    bits_of = {"q_proj": 4, "k_proj": 2, "o_proj": 2, "gate_proj": 4, "down_proj": 2}
    parameters = dict(model.named_parameters())
    for key, p in parameters.items():
        part = key.split(".")[-2]
        if part not in bits_of or ".layers.1." not in key:
            continue
        bits, (rows, cols) = bits_of[part], p.shape
        codes = random.integers(0, 2**bits, (rows, cols), dtype=np.uint8)
        table = random.integers(-127, 128, (-(-rows // 16), 2**bits)).astype(np.int8)
        scale = (1.5 / 73 / np.sqrt(cols) * (0.5 + random.random(rows))).astype(np.float16)
        entries = np.take_along_axis(np.repeat(table, 16, 0)[:rows], codes, 1)
        value = entries * scale.astype(np.float32)[:, None]
        heads = {"q_proj": c.num_attention_heads, "k_proj": c.num_key_value_heads}.get(part)
        held[key] = permuted(value, heads, back=True) if heads else value
        fields = codes.reshape(rows, -1, 8 // bits) << bits * np.arange(8 // bits)
        stem = name(family, key)
        out |= {f"{stem}.codes": fields.sum(2).astype(np.uint8), f"{stem}.table": table,
                f"{stem}.scale": scale}  # fmt: skip
    save_file(out, HERE / f"{family}-palettes.safetensors")
    for key, value in held.items():
        parameters[key].data = torch.tensor(np.ascontiguousarray(value), dtype=torch.float32)
    with torch.no_grad():
        logits = model(torch.tensor([IDS])).logits[0, ROWS]
    logits.numpy().astype("<f4").tofile(HERE / f"{family}-palettes.f32")


def main():
    kinds(np.random.default_rng(1))
    for i, (family, model) in enumerate(models()):
        model = model.eval().float()
        randomize(model, np.random.default_rng(10 + i))
        write(family, model, HERE / f"{family}.gguf")
        with torch.no_grad():
            logits = model(torch.tensor([IDS])).logits[0, ROWS]
        logits.numpy().astype("<f4").tofile(HERE / f"{family}.f32")
        print(family, logits.std().item(), file=sys.stderr)
        if family == "gemma3":
            folder(model)
        if family in ("llama", "qwen3"):
            palettes(family, model, np.random.default_rng(20 + i))


if __name__ == "__main__":
    main()
