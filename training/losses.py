"""What the decoder is trained to do: write the next token, point at the glyph that it reads, attend
to it with one head, and name the field of every image token."""

from typing import NamedTuple

import torch
import torch.nn.functional as F

from dialogue import DECISIVE, GLYPH_IDS
from records import IGNORE

POINTER, GUIDE, TAGS = 0.5, 0.3, 0.2  # what the losses count beside that of the tokens
NOWHERE = -1e4  # the pointer's score of padding


class Losses(NamedTuple):
    """Scalars of a batch; `total` is minimised."""

    total: torch.Tensor
    token: torch.Tensor  # loss of the next token
    pointer: torch.Tensor  # loss of the pointer
    right: torch.Tensor  # share of right tokens
    pointed: torch.Tensor  # share of right pointers, of those at a glyph
    begun: torch.Tensor  # share of the values that begin at the right glyph
    tagged: torch.Tensor  # share of the fields' image tokens with the right tag


def report(s, norm, seconds):
    """The line that a trainer prints of mean `Losses`."""
    shown = f"loss {s[0]:.3f} " if norm is not None else ""
    shown += f"token {s[1]:.3f} pointer {s[2]:.3f} right {s[3]:.4f} pointed {s[4]:.4f} "
    shown += f"begun {s[5]:.4f} tagged {s[6]:.4f}"
    return shown if norm is None else f"{shown} norm {norm:.2f} {seconds:.2f} s/step"


def mixed(model, b, mixer_only=False):
    """Image tokens as the decoder sees them [n, g, dim], zeros where there is none, and which there
    are [n, g]. With `mixer_only` no gradient reaches what is before the mixer."""
    dtype = model.connector.place.own.weight.dtype
    feature = b["feature"].to(dtype) if "feature" in b else None
    letters = torch.from_numpy(GLYPH_IDS).to(b["place"].device)
    tokens = model.image_tokens(letters, b["weights"], b["place"], feature)
    there = torch.arange(tokens.shape[1], device=tokens.device)[None] < b["n_image"][:, None]
    tokens = model.connector.mix(tokens.detach() if mixer_only else tokens, there)
    return tokens * there[..., None], there


def tag_loss(model, b, tokens, apart=False):
    """Which field each image token begins or continues: a label for every glyph, where an answer
    decides a few times a picture. `apart`: it teaches only the head of the tags.

    -> loss (averaged over beginnings, continuations and the rest apart), share of the beginnings
    that are right, share of the fields' image tokens that are.
    """
    tag = b["tag"].flatten()
    scores = model.connector.tag(tokens.detach() if apart else tokens).flatten(0, 1).float()
    each = F.cross_entropy(scores, tag, ignore_index=IGNORE, reduction="none")
    right = (scores.argmax(-1) == tag).float()

    def mean(values, which, empty):
        return values[which].mean() if which.any() else empty

    nothing, one = each.sum() * 0, each.new_ones(())
    begins, inside = (tag > 0) & (tag % 2 == 1), (tag > 0) & (tag % 2 == 0)
    loss = sum(mean(each, which, nothing) for which in (begins, inside, tag == 0))
    return loss, mean(right, begins, one), mean(right, tag > 0, one)


def entered(model, b):
    """What is added to the embeddings of a batch [n, t, dim], image tokens [n, g, dim], and which
    of these there are [n, g]."""
    t, g = b["ids"].shape[1], b["place"].shape[1]
    tokens, there = mixed(model, b)
    places = model.connector.place(b["place"])
    index = b["feed"].clamp_min(0)[..., None].expand(-1, -1, places.shape[-1])
    fed = torch.gather(places, 1, index) * (b["feed"] >= 0)[..., None]
    return fed + F.pad(tokens, (0, 0, 1, t - 1 - g)), tokens, there


def pointed_at(model, hidden, tokens, there):
    """The pointer's scores [n, m, 1 + g] of hidden rows [n, m, dim]."""
    scores = model.connector.pointer(hidden, tokens).float()
    scores[..., 1:] = scores[..., 1:].masked_fill(~there[:, None], NOWHERE)
    return scores


def forward(model, b):
    """-> logits [n, m, vocab], pointer scores [n, m, 1 + g], guided scores [n, m, t], image tokens
    [n, g, dim]."""
    extra, tokens, there = entered(model, b)
    hidden, guide = model.decoder(b["ids"], extra, b["valid"], b["select"], guided=True)
    scores = pointed_at(model, hidden, tokens, there)
    return model.decoder.logits(hidden), scores, guide, tokens


def weighted(each, weight):
    """Weighted mean; 0 where nothing weighs."""
    return (each * weight).sum() / weight.sum().clamp_min(1e-6)


def entropy(scores, target, weight):
    """Weighted cross-entropy of the rows that have a target."""
    each = F.cross_entropy(scores, target, ignore_index=IGNORE, reduction="none")
    return weighted(each, weight * (target != IGNORE))


def losses(model, b, tags_apart=False):
    """`Losses` of a batch. `tags_apart`: the tags' loss teaches only their own head."""
    logits, scores, guide, tokens = forward(model, b)
    tagging, _, tagged = tag_loss(model, b, tokens, tags_apart)
    target, pointer, weight = (b[name].flatten() for name in ("target", "pointer", "weight"))
    logits, scores = logits.flatten(0, 1).float(), scores.flatten(0, 1)
    token, point = entropy(logits, target, weight), entropy(scores, pointer, weight)
    # Image token j stands in row 1 + j: a pointer's target is also the row to attend to.
    at = (pointer > 0).nonzero()[:, 0]
    guided = entropy(guide.flatten(0, 1)[at].float(), pointer[at], weight[at])
    total = token + POINTER * point + GUIDE * guided + TAGS * tagging
    with torch.no_grad():
        right = (logits.argmax(-1) == target)[target != IGNORE].float().mean()
        hit = (scores.argmax(-1) == pointer).float()
        glyph = pointer > 0
        begun = weighted(hit, (glyph & (weight >= DECISIVE)).float())
    return Losses(total, token, point, right, hit[glyph].mean(), begun, tagged)


def tag_losses(model, b, tags_apart=False):
    """`Losses` of the mixer and its tags alone; the other places are 0."""
    total, begun, tagged = tag_loss(model, b, mixed(model, b, mixer_only=True)[0], tags_apart)
    zero = total.detach() * 0
    return Losses(total, zero, zero, zero, zero, begun, tagged)
