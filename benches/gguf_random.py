"""A GGUF file of random weights, in the shape of one of our decoders, as a llama-architecture
model.

Every matrix is of one 2- or 4-bit type; the tied embedding is Q4_0 whatever the type, as ours is of
4 bits. Differences that remain: llama.cpp's model has keys and values in every layer, a 16-bit
cache, and no norm on queries and keys.
"""

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter

# runtime/kernels/src/config.rs: width, layers, query heads, key heads, head width, feed-forward
# width, rows of the embedding
SHAPES = {
    "on-device-3b": (2048, 56, 16, 2, 128, 6656, 153_600),
    "on-device-300m": (1024, 24, 8, 2, 128, 3328, 32_768),
    "on-device-30m": (512, 8, 8, 2, 64, 1536, 16_384),
}

# The blocks of ggml-common.h: weights in a block, and its fields in order: name, bytes, and for
# scales (float16) a value. The largest product of scales and codes is about 0.1, as in a trained
# model, so that nothing overflows.
BLOCKS = {
    "TQ2_0": (256, [("qs", 64, None), ("d", 2, 0.02)]),
    "Q2_K": (256, [("scales", 16, None), ("qs", 64, None), ("d", 2, 0.002), ("dmin", 2, 0.002)]),
    "Q4_0": (32, [("d", 2, 0.005), ("qs", 16, None)]),
}


def blocks(kind, rows, cols, random):
    """Random blocks of `rows` x `cols` weights: uint8 [rows, bytes of a row]."""
    per_block, fields = BLOCKS[kind]
    n = rows * cols // per_block
    parts = []
    for _, size, scale in fields:
        if scale is not None:
            parts.append(
                np.broadcast_to(np.frombuffer(np.float16(scale).tobytes(), np.uint8), (n, size))
            )
            continue
        codes = np.frombuffer(random.bytes(n * size), np.uint8).reshape(n, size)
        if kind == "TQ2_0":  # 3 becomes 2: the low bit falls where the high one is set
            codes = codes & ~((codes >> 1) & 0x55)
        parts.append(codes)
    return np.concatenate(parts, axis=1).reshape(rows, -1)


def write(path, shape, kind, seed=1):
    """Writes the file; the same bytes for the same arguments."""
    dim, layers, heads, kv_heads, head_dim, ffn, vocab = SHAPES[shape]
    random = np.random.default_rng(seed)
    w = GGUFWriter(path, "llama")
    w.add_context_length(4096)
    w.add_embedding_length(dim)
    w.add_block_count(layers)
    w.add_feed_forward_length(ffn)
    w.add_head_count(heads)
    w.add_head_count_kv(kv_heads)
    w.add_key_length(head_dim)
    w.add_value_length(head_dim)
    w.add_rope_dimension_count(head_dim)
    w.add_rope_freq_base(500_000.0)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_vocab_size(vocab)
    w.add_tokenizer_model("no_vocab")

    def matrix(name, rows, cols, kind=kind):
        w.add_tensor(f"{name}.weight", blocks(kind, rows, cols, random), raw_dtype=Type[kind])

    def norm(name):
        w.add_tensor(f"{name}.weight", np.ones(dim, np.float32))

    matrix("token_embd", vocab, dim, "Q4_0")
    norm("output_norm")
    for i in range(layers):
        norm(f"blk.{i}.attn_norm")
        norm(f"blk.{i}.ffn_norm")
        matrix(f"blk.{i}.attn_q", heads * head_dim, dim)
        matrix(f"blk.{i}.attn_k", kv_heads * head_dim, dim)
        matrix(f"blk.{i}.attn_v", kv_heads * head_dim, dim)
        matrix(f"blk.{i}.attn_output", dim, heads * head_dim)
        matrix(f"blk.{i}.ffn_gate", ffn, dim)
        matrix(f"blk.{i}.ffn_up", ffn, dim)
        matrix(f"blk.{i}.ffn_down", dim, ffn)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
