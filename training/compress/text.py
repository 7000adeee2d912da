"""What is measured on: Python's own library as text, and the pages written by hand."""

import random
import sysconfig
from pathlib import Path

import torch

from page.examples import Writer, sequences
from page.page import FEATURES
from page.smollm import field
from page.train import DEV_SEED, batch_of, kinds_of

# As language/tests/parity.py: the first files, and so much of each.
FILES, CHARACTERS = 40, 20_000
WINDOW = 512
BY_HAND = "by hand "


def files():
    return sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))


def ids_of(tokenizer, chosen, most):
    """At most `most` tokens of the beginnings of files."""
    out = []
    for path in chosen:
        text = path.read_text(errors="ignore")[:CHARACTERS]
        out += tokenizer.encode(text, add_special_tokens=False).ids
        if len(out) >= most:
            break
    return out[:most]


def measured(tokenizer, tokens):
    """The text of the parity script, in windows."""
    ids = ids_of(tokenizer, files()[:FILES], tokens)
    return [ids[i : i + WINDOW] for i in range(0, len(ids) - 1, WINDOW)]


def other_windows(tokenizer, length, seed):
    """Windows of files that are never measured, without end."""
    rng = random.Random(seed)
    others = files()[FILES:]
    while True:
        ids = ids_of(tokenizer, [rng.choice(others)], 10**9)
        if len(ids) > length:
            at = rng.randrange(len(ids) - length)
            yield ids[at : at + length]


def plain(windows):
    """Inputs of `SmolLM.hidden` for windows of one length, without places."""
    ids = torch.tensor(windows)
    b, t = ids.shape
    mask = torch.ones(t, t, dtype=torch.bool).tril().expand(b, t, t)
    return ids, torch.zeros(b, t, FEATURES), torch.arange(t).expand(b, t), mask


def writer_of(model):
    names = field(model.reader, "tokenizer.ggml.tokens")
    specials = {n: i for i, n in enumerate(names) if n.startswith("<|")}
    return Writer(model.tokenizer, specials)


def dev_pages(model, count):
    """Sequences of the dev pages written by hand, and the kinds of their branches: the second
    half of `page.train.dev_set`."""
    writer = writer_of(model)
    drawn = sequences(writer, "", "dev", DEV_SEED, by_hand=1)
    held = [next(drawn) for _ in range(count)]
    return [(s, kinds_of(s, writer, BY_HAND)) for s in held]


def train_pages(model, longest, seed):
    """Inputs of pages to train on, one at a time, and which rows are answers, without end."""
    for s in sequences(writer_of(model), "", "train", seed, longest=longest, by_hand=0.5):
        inputs, _, weight = batch_of([s])
        yield inputs, weight > 0
