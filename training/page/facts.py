"""Sentences that pages say, with the questions that they answer: `facts.json`.

Of a fact, `draw` has the values that are drawn, `say` the forms of the sentence, `ask` the
questions about each value. In values `{S}` and the like are filled by `Ink.fill`, `@person` calls
`Ink.person`, `#2-5` is a whole number from 2 to 5. In forms `<a>` is the value `a`, which may be
asked for, `[x]` the value `x`, `[x.lower]` part or case of it, and `(p|q)` one of several. A fact
of yes or no has sentences `yes` and `no` for `say`, and `plain` for questions that are no such.
"""

import json
import re
from pathlib import Path

from .printed import DAYS

FACTS = json.loads((Path(__file__).parent / "facts.json").read_text())
CHOICE = re.compile(r"(?<!\\)\(((?:[^()\\]|\\.)*\|(?:[^()\\]|\\.)*)\)")
CALL, NUMBER = re.compile(r"@(\w+)"), re.compile(r"#(\d+)-(\d+)")
NAMED, MARKED = re.compile(r"\[(\w+)(?:\.(\w+))?\]"), re.compile(r"<(\w)>")
PARTS = {"last": lambda s: s.split()[-1], "first": lambda s: s.split()[0]}
# What `Ink` has under no name of its own.
OWN = {
    "day": lambda ink: ink.pick(*DAYS),
    "days": lambda ink: ink.pick(*DAYS) + "s",
    "subject": lambda ink: ink.fill("{s}"),
    "clock": lambda ink: "".join(ink.clock()),
    "handle": lambda ink: "@" + ink.fill("{W}{N}").lower(),
}


def value(ink, form):
    """What a value's form, or one of several, gives."""
    form = form if isinstance(form, str) else ink.pick(*form)
    called = lambda m: OWN.get(m[1], lambda i: getattr(i, m[1])())(ink)  # noqa: E731
    number = lambda m: str(ink.rng.randint(int(m[1]), int(m[2])))  # noqa: E731
    return CALL.sub(called, NUMBER.sub(number, ink.fill(form)))


def named(form, known):
    """The form with its `[x]` filled."""
    said = lambda m: PARTS.get(m[2], lambda s: getattr(s, m[2])())  # noqa: E731
    return NAMED.sub(lambda m: said(m)(known[m[1]]) if m[2] else known[m[1]], form)


def drawn(ink, kind=None):
    """A fact: its kind, its segments, text or `(text, name)`, and its questions
    `(question, name, lead)`; `lead` is "yes", "no" or ""."""
    kind = kind or ink.pick(*FACTS)
    fact, lead = FACTS[kind], ""
    known = {name: value(ink, form) for name, form in fact.get("draw", {}).items()}
    known |= ink.pick(*fact.get("pick", [{}]))
    if "yes" in fact:
        lead = ink.pick("yes", "no")
        known["a"], form = named(ink.pick(*fact[lead]), known), "<a>"
    else:
        form = CHOICE.sub(lambda m: ink.pick(*m[1].split("|")), ink.pick(*fact["say"]))
    parts = MARKED.split(named(form, known).replace("\\", ""))
    segments = [(known[p], p) if i % 2 else p for i, p in enumerate(parts) if p]
    asks = [(q, name, lead) for q, name in asked(ink, fact["ask"], known)]
    return kind, segments, asks + [(q, n, "") for q, n in asked(ink, fact.get("plain", {}), known)]


def asked(ink, questions, known):
    """One or two questions about each value."""
    for name, forms in questions.items():
        for form in ink.rng.sample(forms, min(len(forms), ink.pick(1, 1, 2))):
            yield named(form, known), name
