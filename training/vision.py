"""The register-window ViTDet encoder and the glyph adapter, small parts first.

Facts marked [P] are published for Apple's 2025 on-device model (14x14 windows, patch 16, a few
global layers, adapter = transformer layer + linear + 3x3 convolution). The register count, their
merge rule and which layers are global are not published; sizes are ours, chosen for training on
two CPU cores.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

BLANK_LIMIT = 0.9  # slots less likely blank than this leave the graph; presences then add up
LETTER_FLOOR = -9.0  # least log-probability of a letter: no slot alone rules out what others see


@dataclass
class VisionConfig:
    """Sizes of the encoder and the adapter."""

    dim: int = 256
    n_layers: int = 5
    n_heads: int = 4
    ffn_dim: int = 1024
    patch: int = 16
    window: int = 14  # patches a side [P]
    n_registers: int = 4
    global_layers: tuple = (2, 4)
    global_grid: int = 14  # side of the learned whole-view position grid, resized bicubically
    stem: tuple = (32, 64, 128)
    stem_pairs: tuple = (0, 2, 3, 0)  # residual pairs after the strides 2, 4, 8 and 16
    slots: int = 4
    glyph_dim: int = 128
    n_glyphs: int = 256  # classes, blank first

    def to_json(self):
        return asdict(self)


class ResidualPair(nn.Module):
    """Two 3x3 convolutions around a GELU, added to their input; starts as the identity."""

    def __init__(self, width):
        super().__init__()
        self.a = nn.Conv2d(width, width, 3, 1, 1)
        self.norm = nn.GroupNorm(1, width)
        self.b = nn.Conv2d(width, width, 3, 1, 1)
        nn.init.zeros_(self.b.weight)
        nn.init.zeros_(self.b.bias)

    def forward(self, x):
        return x + self.b(F.gelu(self.norm(self.a(x))))


class ConvStem(nn.Module):
    """Four 3x3 stride-2 convolutions: [n, 3, h, w] in -1..1 -> [n, dim, h/16, w/16].

    A plain 16x16 projection learns glyphs an order of magnitude slower (6% against 59% right after
    the same crops). Residual pairs at strides 4 and 8 cost little: convolutions run near the
    machine's peak where transformer layers do not.
    """

    def __init__(self, widths, dim, pairs):
        super().__init__()
        widths = [3, *widths, dim]
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in zip(widths, widths[1:]))
        self.norm = nn.ModuleList(nn.GroupNorm(1, b) for b in widths[1:])
        self.pairs = nn.ModuleList(
            nn.Sequential(*(ResidualPair(w) for _ in range(n))) for n, w in zip(pairs, widths[1:])
        )

    def forward(self, x):
        for i, (conv, norm, pairs) in enumerate(zip(self.down, self.norm, self.pairs)):
            x = norm(conv(x))
            x = pairs(F.gelu(x) if i < 3 else x)
        return x


class Block(nn.Module):
    """Pre-norm transformer layer over [n, tokens, dim]."""

    def __init__(self, dim, n_heads, ffn_dim):
        super().__init__()
        self.n_heads, self.head_dim = n_heads, dim // n_heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, ffn_dim), nn.Linear(ffn_dim, dim)
        for last in (self.out, self.down):
            nn.init.normal_(last.weight, std=0.02 / 2)

    def forward(self, x):
        # Explicit products: PyTorch's fused CPU attention is slower in the backward pass.
        n, t, d = x.shape
        qkv = self.qkv(self.norm1(x)).view(n, t, 3, self.n_heads, self.head_dim)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q * self.head_dim**-0.5) @ k.transpose(-1, -2)
        y = weights.softmax(-1) @ v
        x = x + self.out(y.transpose(1, 2).reshape(n, t, d))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


def split_windows(x, w):
    """[n, H, W, d] -> [n * windows, w*w, d], windows in row-major order."""
    n, h, wd, d = x.shape
    x = x.view(n, h // w, w, wd // w, w, d).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(-1, w * w, d)


def join_windows(x, w, n, h, wd):
    """The inverse of `split_windows`."""
    d = x.shape[-1]
    x = x.view(n, h // w, wd // w, w, w, d)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(n, h, wd, d)


def window_layer(block, x, registers, w):
    """Each window attends over [registers ; its tokens]; then copies of registers are averaged."""
    n, h, wd, d = x.shape
    r = registers.shape[1]
    wins = (h // w) * (wd // w)
    copies = registers[:, None].expand(n, wins, r, d).reshape(n * wins, r, d)
    y = block(torch.cat([copies, split_windows(x, w)], 1))
    return join_windows(y[:, r:], w, n, h, wd), y[:, :r].reshape(n, wins, r, d).mean(1)


def global_layer(block, x, registers):
    """All tokens and registers of a view attend together."""
    n, h, wd, d = x.shape
    r = registers.shape[1]
    y = block(torch.cat([registers, x.reshape(n, h * wd, d)], 1))
    return y[:, r:].reshape(n, h, wd, d), y[:, :r]


def bicubic(size, side):
    """The matrix [size, side] that resizes a line of `side` to `size` as
    `F.interpolate(mode="bicubic", align_corners=False)` does.

    ONNX Runtime's own bicubic `Resize` is naive: of the 271 ms that a view of 672 px took on two
    cores of a Xeon it took 37 (training/LOG.md).
    """
    at = (torch.arange(size) + 0.5) * (side / size) - 0.5
    # Two points beyond either end, which repeat the last.
    far = (at[:, None] - torch.arange(-2, side + 2)).abs()
    a = -0.75
    near = ((a + 2) * far - (a + 3)) * far * far + 1
    beyond = a * (((far - 5) * far + 8) * far - 4)
    weight = torch.where(far <= 1, near, torch.where(far < 2, beyond, 0.0))
    first = weight[:, :3].sum(1, keepdim=True)
    return torch.cat([first, weight[:, 3:-3], weight[:, -3:].sum(1, keepdim=True)], 1)


class Encoder(nn.Module):
    """[n, 3, H, W] (multiples of 224) -> [n, H/16, W/16, dim]."""

    def __init__(self, c: VisionConfig):
        super().__init__()
        self.c = c
        self.stem = ConvStem(c.stem, c.dim, c.stem_pairs)
        self.window_pos = nn.Parameter(torch.randn(c.window, c.window, c.dim) * 0.02)
        grid = torch.randn(1, c.dim, c.global_grid, c.global_grid)
        self.global_pos = nn.Parameter(grid * 0.02)
        self.registers = nn.Parameter(torch.randn(1, c.n_registers, c.dim) * 0.02)
        self.layers = nn.ModuleList(Block(c.dim, c.n_heads, c.ffn_dim) for _ in range(c.n_layers))
        self.norm = nn.LayerNorm(c.dim)

    def positions(self, h, w):
        """Window positions tiled over the view plus the resized whole-view grid: [h, w, dim]."""
        side = self.c.window
        tiled = self.window_pos.repeat(h // side, w // side, 1)
        grid = self.c.global_grid
        rows = bicubic(h, grid).to(tiled.device)
        whole = self.global_pos[0].float().permute(1, 2, 0).reshape(grid, -1)
        tall = (rows @ whole).view(h, grid, -1)
        return tiled + (bicubic(w, grid).to(tiled.device) @ tall).to(tiled.dtype)

    def forward(self, pixels):
        x = self.stem(pixels).permute(0, 2, 3, 1)
        n, h, w, _ = x.shape
        x = x + self.positions(h, w)
        registers = self.registers.expand(n, -1, -1)
        for i, layer in enumerate(self.layers):
            if i in self.c.global_layers:
                x, registers = global_layer(layer, x, registers)
            else:
                x, registers = window_layer(layer, x, registers, self.c.window)
        return self.norm(x)


class GlyphAdapter(nn.Module):
    """Patch features -> glyph slots: a window transformer layer, a 3x3 convolution [P], four slots.

    Apple's adapter pools a view to a fixed grid of 144 tokens. Ten million parameters cannot carry
    small print through 144 tokens, so here the tokens are the glyph slots that are not blank.
    """

    def __init__(self, c: VisionConfig):
        super().__init__()
        self.c = c
        self.layer = Block(c.dim, c.n_heads, c.ffn_dim)
        self.norm = nn.LayerNorm(c.dim)
        self.conv = nn.Conv2d(c.dim, c.dim, 3, 1, 1)
        self.slot = nn.Linear(c.dim, c.slots * c.glyph_dim)
        self.slot_norm = nn.LayerNorm(c.glyph_dim)
        self.classes = nn.Linear(c.glyph_dim, c.n_glyphs)
        self.geometry = nn.Linear(c.glyph_dim, 4)

    def slots(self, features):
        """[n, H, W, dim] -> slot features [n, H, W, slots, glyph_dim]."""
        n, h, w, d = features.shape
        side = self.c.window
        x = join_windows(self.layer(split_windows(features, side)), side, n, h, w)
        x = self.norm(x).permute(0, 3, 1, 2)
        x = (x + F.gelu(self.conv(x))).permute(0, 2, 3, 1)
        return self.slot_norm(self.slot(x).view(n, h, w, self.c.slots, self.c.glyph_dim))

    def forward(self, features):
        """-> class logits [n, H, W, slots, n_glyphs], geometry [n, H, W, slots, 4], slot features.

        Geometry: centre inside the patch in patches (0..1) for x and y, log(w/16), log(h/16).
        """
        s = self.slots(features)
        return self.classes(s), self.geometry(s), s

    def found(self, features):
        """Features [views, H, W, dim] -> the slots that are not blank, as adapter.onnx gives them.

        letters [n, n_glyphs - 1] log-probabilities, slot features [n, glyph_dim], place [n, 5] =
        view, cx, cy, w, h in view pixels, presence [n] = 1 - the probability of blank.
        """
        logits, raw, slot = self(features)
        blank = logits.float().softmax(-1)[..., 0]
        at = (blank < BLANK_LIMIT).nonzero()
        view, row, col, k = at.unbind(-1)
        letters = logits[view, row, col, k][:, 1:].float().log_softmax(-1).clamp(min=LETTER_FLOOR)
        g = raw[view, row, col, k].float()
        cx, cy = (col + g[:, 0]) * self.c.patch, (row + g[:, 1]) * self.c.patch
        size = g[:, 2:].clamp(-4, 5).exp() * self.c.patch
        place = torch.stack([view.to(g.dtype), cx, cy, size[:, 0], size[:, 1]], -1)
        return letters, slot[view, row, col, k].float(), place, 1 - blank[view, row, col, k]


class Vision(nn.Module):
    """Encoder and adapter together, as trained on glyphs."""

    def __init__(self, c: VisionConfig):
        super().__init__()
        self.c = c
        self.encoder = Encoder(c)
        self.adapter = GlyphAdapter(c)

    def forward(self, pixels):
        return self.adapter(self.encoder(pixels))
