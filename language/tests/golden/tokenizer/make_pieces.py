#!/usr/bin/env python3
"""Writes `pieces.gguf` and `pieces.json`: a small SentencePiece vocabulary, nasty lines, and their
ids by the package `sentencepiece`.

    pip install sentencepiece protobuf gguf tokenizers && python3 make_pieces.py

The vocabulary is trained here, on the repository's own documents: BPE with byte fallback, no
normalisation, as those of Llama 2 and Gemma. `begins` are the ids with the space that SentencePiece
puts before a text, `inside` those without it.
"""

import io
import json
import random
from pathlib import Path

import sentencepiece
from gguf import GGUFWriter, TokenType
from make import FRAGMENTS, HERE, nasty
from sentencepiece.sentencepiece_model_pb2 import ModelProto

ROOT = HERE.parents[3]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "models/FORMAT.md", "LICENSE-APACHE"]
LINES = 400
MARK = "\u2581"
# As in Gemma: line ends, runs of spaces, a tag of HTML.
USER_DEFINED = ["\n", "\n\n", "  ", "    ", "<td>", "[tool é]"]
CONTROL = ["<turn>", "<|end|>"]


def train():
    """The model, and the same without a space in front."""
    texts = [(ROOT / name).read_text() for name in DOCUMENTS]
    lines = [line for text in texts for line in text.splitlines()] + ["café naïve 日本 Привет"] * 20
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="bpe",
        vocab_size=1200,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=True,
        split_digits=True,
        character_coverage=0.9995,
        user_defined_symbols=[s.replace(" ", MARK) for s in USER_DEFINED],
        control_symbols=CONTROL,
        allow_whitespace_only_pieces=True,
        minloglevel=2,
    )
    other = ModelProto.FromString(model.getvalue())
    other.normalizer_spec.add_dummy_prefix = False
    protos = model.getvalue(), other.SerializeToString()
    return [sentencepiece.SentencePieceProcessor(model_proto=proto) for proto in protos]


def write(model, path):
    """As llama.cpp's converter does: user-defined tokens with spaces as they stand in a text."""
    kinds = {
        "is_unknown": TokenType.UNKNOWN,
        "is_control": TokenType.CONTROL,
        "is_unused": TokenType.UNUSED,
        "is_byte": TokenType.BYTE,
    }
    names, scores, types = [], [], []
    for i in range(model.get_piece_size()):
        name = model.id_to_piece(i)
        kind = next(
            (kind for test, kind in kinds.items() if getattr(model, test)(i)), TokenType.NORMAL
        )
        if name.replace(MARK, " ") in USER_DEFINED:
            name, kind = name.replace(MARK, " "), TokenType.USER_DEFINED
        names.append(name)
        scores.append(model.get_score(i))
        types.append(kind)
    writer = GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(names)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_bos_token_id(model.bos_id())
    writer.add_eos_token_id(model.eos_id())
    writer.add_unk_token_id(model.unk_id())
    writer.add_add_space_prefix(True)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    begins, inside = train()
    write(begins, HERE / "pieces.gguf")
    source = random.Random(5)
    texts = [
        *FRAGMENTS,
        *CONTROL,
        *USER_DEFINED,
        "a<td>b",
        "x\n\n\ny",
        "a   b     c",
        "<0x41>",
        "é<0xC3>",
        "<s>a</s>",
    ]
    texts += [nasty(source) for _ in range(LINES - len(texts))]
    lines = [{"text": t, "begins": begins.encode(t), "inside": inside.encode(t)} for t in texts]
    (HERE / "pieces.json").write_text(json.dumps(lines, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
