"""A row of the table as files: palettes beside the GGUF file (models/FORMAT.md), and the page's
update with that of recovery."""

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from .methods import Method
from .palette import nearest, shared
from .table import SHIPPED, values

# Rows that share a palette, as the kernels have them.
ROWS = 16
PALETTES = "palettes.safetensors"


def stored(w, after, method):
    """Codes, entries and scales of `after`, which is `w` by a palette method.

    Three bits are kept as codes of four. Raises `ValueError` for what has no such form.
    """
    if method.kind != "palette" or method.span != ROWS or method.bits > 4:
        raise ValueError(f"method {str(method)!r} has no file: expected 'palette B 16', B 2 to 4")
    bits = 2 if method.bits == 2 else 4
    codes = np.empty(w.shape, np.uint8)
    tables, scales = [], []
    for at in range(0, len(w), ROWS):
        table, scale, _ = shared(w[at : at + ROWS], method.bits)
        unit = after[at : at + ROWS] / np.maximum(scale, 2.0**-24)[:, None]
        codes[at : at + ROWS] = nearest(unit, table)
        tables.append(np.pad(table, (0, 2**bits - len(table)), mode="edge"))
        scales.append(scale)
    return {
        "codes": packed(codes, bits),
        "table": np.stack(tables).astype(np.int8),
        "scale": np.concatenate(scales).astype(np.float16),
    }


def packed(codes, bits):
    """Codes `[rows, cols]` as bytes, the first in the lowest bits."""
    rows, per = len(codes), 8 // bits
    parts = codes.reshape(rows, -1, per) << (bits * np.arange(per, dtype=np.uint8))
    return np.bitwise_or.reduce(parts, axis=2).astype(np.uint8)


def write_palettes(model, chosen, grams, path):
    """Writes the matrices that are not as shipped, by their names in the GGUF file."""
    tensors = {}
    for m in model.matrices:
        if chosen[m.name] == SHIPPED:
            continue
        w = np.ascontiguousarray(model.value(m.file), np.float32)
        after = values(model, m, chosen[m.name], grams)
        for end, part in stored(w, after, Method.named(chosen[m.name])).items():
            tensors[f"{m.file}.{end}"] = torch.from_numpy(part)
    save_file(tensors, path)


def with_recovery(page, recovery, path):
    """Writes the update `page` (a page.safetensors) and that of `recovery` as one."""
    rank = 0
    with safe_open(page, "pt") as file, safe_open(recovery, "pt") as more:
        scale = float(file.metadata()["scale"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        for name in more.keys():
            part, at = more.get_tensor(name), int(name.endswith(".b"))  # a: rows, b: columns
            part = (part.float() / scale).half() if at else part
            tensors[name] = torch.cat([tensors[name], part], at)
            rank = tensors[name].shape[at]
        metadata = file.metadata() | {"rank": str(rank)}
    save_file({name: t.contiguous() for name, t in tensors.items()}, path, metadata)
