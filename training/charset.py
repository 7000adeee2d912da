"""The characters that the glyph head tells apart, and the tokenizer built from them."""

import json
import string

LATIN = "éèêëàâäáåãçñöôóòøõüúùûíìîïßæœÉÈÊËÀÂÄÁÅÃÇÑÖÔÓÒØÕÜÚÙÛÍÌÎÏÆŒ"
SIGNS = "¡¿–—‘’“”„«»•·…€£¥¢©®™°½¼¾×№§ªº²³★✓→"
ASCII = "".join(c for c in string.printable if c not in string.whitespace)
GLYPHS = ASCII + LATIN + SIGNS
BLANK = 0
CLASS_OF = {c: i + 1 for i, c in enumerate(GLYPHS)}
N_CLASSES = len(GLYPHS) + 1
SPECIALS = ["<|pad|>", "<|begin|>", "<|end|>", "<|user|>", "<|answer|>", "<|image|>"]
VOCAB_SIZE = 512


def byte_alphabet():
    """The byte-level BPE alphabet: byte -> printable stand-in (the table of GPT-2's tokenizer)."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {b: chr(b) for b in keep}
    for b in (b for b in range(256) if b not in table):
        table[b] = chr(256 + len(table) - len(keep))
    return table


def byte_pairs():
    """(vocabulary, merges): 256 bytes, one token for each character of GLYPHS."""
    table = byte_alphabet()
    vocab, merges = {table[b]: b for b in range(256)}, []
    for c in GLYPHS:
        parts = [table[b] for b in c.encode()]
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            if pair[0] + pair[1] not in vocab:
                vocab[pair[0] + pair[1]] = len(vocab)
                merges.append(list(pair))
            parts = [pair[0] + pair[1], *parts[2:]]
    return vocab, merges


def build_tokenizer():
    """tokenizer.json as a dict: `byte_pairs`, spare tokens, and the specials before VOCAB_SIZE."""
    vocab, merges = byte_pairs()
    first_special = VOCAB_SIZE - 32
    assert len(vocab) <= first_special, len(vocab)
    while len(vocab) < first_special:
        vocab[f"<|spare{len(vocab)}|>"] = len(vocab)
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [
        {"id": first_special + i, "content": name, **plain, "special": True}
        for i, name in enumerate(SPECIALS)
    ]
    byte_level = {
        "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False,
    }  # fmt: skip
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
        "ignore_merges": False, "vocab": vocab, "merges": merges,
    }  # fmt: skip
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": None, "pre_tokenizer": byte_level, "post_processor": None,
        "decoder": byte_level, "model": model,
    }  # fmt: skip


def token_ids():
    """(special name -> id, character -> its token id)."""
    from tokenizers import Tokenizer

    tok = Tokenizer.from_str(json.dumps(build_tokenizer()))
    special = {s: tok.token_to_id(s) for s in SPECIALS}
    chars = {}
    for c in GLYPHS:
        ids = tok.encode(c, add_special_tokens=False).ids
        assert len(ids) == 1, (c, ids)
        chars[c] = ids[0]
    return special, chars
