"""Between the glyph adapter and the decoder: what turns glyph slots into image tokens and ties the
decoder's words to places in the picture. Small parts first.

Glyph embedding, place embedding and mixer make the image tokens; the pointer says which of them a
row of the decoder reads. Exported as `fusion.safetensors` and `mixer.onnx` (models/FORMAT.md).
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from decoder import MASKED, Decoder, DecoderConfig, Layer, rope_angles
from rules import RULES


def place_waves(where, n_freq):
    """Sines and cosines [.., 8 * n_freq] of places [.., 4] = (cx, cy, w, h) in canvas pixels."""
    rule = RULES.place
    k = torch.arange(n_freq, device=where.device, dtype=torch.float32)
    rates = 2 * math.pi / rule.longest * 2 ** (k * rule.octaves / (n_freq - 1))
    gain = torch.tensor([1.0, 1.0, rule.size_gain, rule.size_gain], device=where.device)
    angles = ((where.float() * gain)[..., None] * rates).flatten(-2)
    return torch.cat([angles.sin(), angles.cos()], -1)


class PlaceEmbedding(nn.Module):
    """A place as a row of the decoder's width, and a second map for the place of the glyph before.

    With the second, "what comes after the glyph just read" is a search for an equal.
    """

    def __init__(self, dim, n_freq):
        super().__init__()
        self.n_freq = n_freq
        self.own = nn.Linear(8 * n_freq, dim)
        self.before = nn.Linear(8 * n_freq, dim, bias=False)
        nn.init.zeros_(self.before.weight)

    def forward(self, where):
        """[.., 4] -> [.., dim]."""
        return self.own(place_waves(where, self.n_freq).to(self.own.weight.dtype))

    def of_previous(self, where):
        """Places in reading order [.., g, 4] -> [.., g, dim]: of the one before, zeros first."""
        rows = self.before(place_waves(where, self.n_freq).to(self.before.weight.dtype))
        return F.pad(rows[..., :-1, :], (0, 0, 1, 0))


class Mixer(nn.ModuleList):
    """Layers in which image tokens attend to all of their picture; begins as the identity.

    The decoder is causal: without them the first letter of a date cannot know what it begins.
    """

    def __init__(self, c: DecoderConfig):
        super().__init__(Layer(c, False) for _ in range(c.n_mixer_layers))
        self.c = c
        for layer in self:
            nn.init.zeros_(layer.o.weight)
            nn.init.zeros_(layer.ffn.down.weight)

    def forward(self, tokens, bias):
        """[.., g, dim], bias [.., g, g] added to the attention scores -> [.., g, dim]."""
        positions = torch.arange(tokens.shape[-2], device=tokens.device)
        rope = rope_angles(positions, self.c.head_dim, self.c.rope_theta)
        for layer in self:
            h = layer.norm1(tokens)
            tokens = layer(tokens, h, *layer.keys_values(h, rope), bias, rope)
        return tokens


class Pointer(nn.Module):
    """Scores of the image tokens for each row of the decoder, and of none of them."""

    def __init__(self, dim, pointer_dim):
        super().__init__()
        self.query = nn.Linear(dim, pointer_dim, bias=False)
        self.key = nn.Linear(dim, pointer_dim, bias=False)
        self.null = nn.Parameter(torch.zeros(pointer_dim))

    def forward(self, hidden, tokens):
        """hidden [.., m, dim], image tokens [.., g, dim] -> [.., m, 1 + g]; column 0 is `none`."""
        q = self.query(hidden)
        none = (q @ self.null)[..., None]
        scores = torch.cat([none, q @ self.key(tokens).transpose(-1, -2)], -1)
        return scores * len(self.null) ** -0.5


class Connector(nn.Module):
    """All of the above, and the training-time head that names the field of each image token."""

    def __init__(self, c: DecoderConfig):
        super().__init__()
        self.mixer = Mixer(c)
        self.tag = nn.Linear(c.dim, c.n_tags)
        self.place = PlaceEmbedding(c.dim, c.n_freq)
        self.pointer = Pointer(c.dim, c.pointer_dim)
        self.slot = nn.Linear(c.feature_dim, c.dim, bias=False) if c.feature_dim else None
        if self.slot is not None:
            nn.init.zeros_(self.slot.weight)

    def glyphs(self, letters, weights, place, feature=None):
        """Image tokens [n, g, dim] before the mixer.

        letters [k, dim]: the characters' embeddings; weights [n, g, k]: their probabilities;
        place [n, g, 4] canvas pixels; feature [n, g, feature_dim]: the adapter's slot features.
        """
        x = weights.to(letters.dtype) @ letters
        if feature is not None and self.slot is not None:
            x = x + self.slot(feature)
        return x + self.place(place) + self.place.of_previous(place)

    def mix(self, tokens, there):
        """Image tokens [n, g, dim], of which `there` [n, g] exist, after the mixer."""
        bias = torch.zeros(there.shape, dtype=tokens.dtype, device=tokens.device)
        return self.mixer(tokens, bias.masked_fill(~there, MASKED)[:, None])


class GlyphDecoder(nn.Module):
    """The decoder with its connector: what a decoder checkpoint holds."""

    def __init__(self, c: DecoderConfig):
        super().__init__()
        self.c = c
        self.decoder = Decoder(c)
        self.connector = Connector(c)

    def image_tokens(self, letters, weights, place, feature=None):
        """`Connector.glyphs` with the token ids `letters` [k] of the characters."""
        return self.connector.glyphs(self.decoder.embed(letters), weights, place, feature)
