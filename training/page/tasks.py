"""What the decoder is asked about a page, and what it should say: fields of a schema, questions.

The prompt of a schema is that of `Schema::described` (language/src/constrain/schema).
"""

import json
import re
from pathlib import Path

from .facts import FACTS
from .facts import drawn as drawn_fact
from .printed import DAYS, FOOD, Ink

NOT_FOUND = "not found"
ALIASES = json.loads((Path(__file__).parents[1] / "fields.json").read_text())
# Names of further fields, what schemas say of them, how they are asked for; what pages are asked
# in vain; fields of which one may be taken for the other.
WORDS = json.loads((Path(__file__).parent / "asked.json").read_text())
ALIASES |= WORDS["aliases"]
ABOUT, ASK, MORE, THERE = (WORDS[name] for name in ("about", "ask", "more", "there"))
NEVER, ABSENT, NEAR = (WORDS[name] for name in ("never", "absent", "near"))
EVENTS, ROLES, THINGS = (WORDS[name] for name in ("events", "roles", "things"))
VAGUE = set(WORDS["vague"])  # facts whose questions a page may answer by other words
# Many more names of an event's fields, and what is put around them; those of "dev" are only scored.
NAMES = json.loads((Path(__file__).parent / "names.json").read_text())
EVENT = {  # the fields of `CalendarEvent` (events/src/calendar/flyer.rs) and what it says of them
    "title": "What takes place.",
    "date": "Its day.",
    "start": "When it begins.",
    "end": "When it ends.",
    "venue": "The place by name.",
}


def known_names():
    """The names that fields have in most of training, as letters and figures alone, joined by
    commas: what serving takes for known."""
    names = [*EVENT, *ALIASES, *(name for names in ALIASES.values() for name in names)]
    plain = {"".join(c for c in name.lower() if c.isalnum()) for name in names}
    return ",".join(sorted(plain))


def described(fields):
    """The prompt of a schema: a line a property, `?` where it may be missing.

    `fields`: (name, optional, note); a note is a description, a kind in brackets, or "".
    """
    lines = [f"{n}{'?' * bool(o)}{': ' + note if note else ''}" for n, o, note in fields]
    return "Fill in:\n" + "\n".join(lines)


def number(text):
    """The number that a price says, as JSON has it; None where there is none."""
    found = re.search(r"\d+(?:[.,]\d{2})?", text.replace(" ", ""))
    if not found:
        return None
    value = float(found[0].replace(",", "."))
    return int(value) if value == int(value) else value


def extraction(page, rng):
    """A prompt and the pieces of its answer: `(text, weight)`, in order."""
    known = {k: page.says(k) for k in page.fields}
    known = {k: v for k, v in known.items() if v}
    n = rng.random()
    if page.kind in ("event", "flyer") and n < 0.55:
        note = EVENT if rng.random() < 0.6 else dict.fromkeys(EVENT, "")
        chosen = [(k, k, True, note[k]) for k in EVENT]
    else:
        chosen = some_fields(page, known, rng)
    if not chosen and not items_of(page):
        return None
    fields, answer = [], {}
    for key, name, optional, note in chosen:
        value = known.get(key)
        if value is not None and note == "(number)":
            value = number(value)
        if value is None and not optional:
            value = ""
        fields.append((name, optional, note))
        answer[name] = value
    rows = items_of(page)
    if rows and rng.random() < 0.5 and len(rows) < 13:
        name, a, b = rng.choice([("items", "name", "price"), ("lines", "item", "amount"),
                                 ("rows", "label", "value")])  # fmt: skip
        fields += [(name, False, "(list)"), (f"  {a}", False, ""), (f"  {b}", True, "")]
        answer[name] = [{a: page.says(x), b: page.says(y) or None} for x, y in rows]
    return described(fields), weighed(answer)


def renamed(page, rng, split="train"):
    """As `extraction`: an event's fields, each of them optional, by names of `NAMES`."""
    names = NAMES[split]
    known = {k: page.says(k) for k in page.fields if k in names}
    known = {k: v for k, v in known.items() if v}
    near = {other for k in known for other in NEAR.get(k, ())}
    # A flyer's address often names its city, and its title who performs.
    vague = {"city", "performer"} if page.kind == "flyer" else set()
    free = [k for k in names if k not in known and k not in near | vague]
    missing = [k for k in page.missing if k in names] if page.by_hand else free
    own = rng.sample(list(known), min(len(known), rng.randrange(2, 6)))
    own += rng.sample(missing, min(len(missing), rng.randrange(4)))
    rng.shuffle(own)
    if not own:
        return None
    forms = NAMES["forms"] if split == "train" else ["{n}"]
    named = {k: styled(rng.choice(forms).format(n=rng.choice(names[k])), rng) for k in own}
    fields = [(named[k], True, "") for k in own]
    return described(fields), weighed({named[k]: known.get(k) for k in own})


def styled(name, rng):
    """A name in the ways that schemas are written in: mostly `as_here`."""
    n = rng.random()
    if n < 0.1:
        first, *rest = name.split("_")
        return first + "".join(word.capitalize() for word in rest)
    return name.replace("_", " ").capitalize() if n < 0.2 else name


def items_of(page):
    """Pairs of fields, the name of a thing and what it costs or when it goes."""
    names = [k[5:] for k in page.fields if k.startswith("item ")]
    pairs = [(f"item {n}", f"price of {n}") for n in names] + [
        (f"item {n}", f"time of {n}") for n in names
    ]
    return [p for p in pairs if p[1] in page.fields and page.says(p[0])]


def some_fields(page, known, rng):
    own = [k for k in known if k in ALIASES or page.by_hand and not k.startswith(("ask ", "list "))]
    rng.shuffle(own)
    own = own[: rng.randrange(1, 7)]
    near = {other for k in own for other in NEAR.get(k, ())}
    missing = [k for k in ABSENT if k in ALIASES and k not in known and k not in near]
    missing = list(page.missing) if page.by_hand else missing
    if page.kind not in ("event", "flyer") and not page.by_hand:
        missing = [
            k
            for k in missing
            if k not in ("title", "performer", "organizer", "venue", "start", "website")
        ]
    own += rng.sample(missing, min(len(missing), rng.randrange(4 if page.by_hand else 3)))
    rng.shuffle(own)
    out = []
    for key in own:
        names = ALIASES.get(key, [key])
        name = rng.choice(names) if rng.random() < 0.6 else key.replace(" ", "_")
        if any(name == o[1] for o in out):
            continue
        note = rng.choice(ABOUT[key]) if key in ABOUT and rng.random() < 0.35 else ""
        optional = rng.random() < 0.75 or key not in known
        if key in ("total", "price", "tax", "subtotal") and rng.random() < 0.2 and known.get(key):
            if number(known[key]) is None or name in ("tickets", "admission"):
                continue
            note = "(number)"
        out.append((key, name, optional, note))
    return out


# Weight of what the grammar forces.
FORCED = 0.1


def weighed(value):
    """JSON without spaces in pieces: what a schema forces weighs little."""
    if isinstance(value, dict):
        out = [("{", FORCED)]
        for n, (key, one) in enumerate(value.items()):
            out += [(("," if n else "") + json.dumps(key) + ":", FORCED), *weighed(one)]
        return [*out, ("}", FORCED)]
    if isinstance(value, list):
        out = [("[", FORCED)]
        for n, one in enumerate(value):
            out += [(",", 1.0)] * bool(n) + weighed(one)
        return [*out, ("]", 1.0)]
    return [(json.dumps(value, ensure_ascii=False), 1.0)]


def phrased(key, page, rng):
    """A question about a field in one of many ways."""
    if key in MORE and rng.random() < 0.6:
        name = rng.choice(EVENTS)
        title = page.says("title")
        if title and key != "title" and rng.random() < 0.25:
            name = (
                title if rng.random() < 0.5 else "the " + title.split()[-1].strip(".,!?:").lower()
            )
        return rng.choice(MORE[key]).format(n=name)
    return rng.choice(ASK[key])


def in_vain(page, known, rng):
    """A question that the page does not answer."""
    near = {other for k in known for other in NEAR.get(k, ())}
    free = [k for k in ABSENT if k not in known and k not in near]
    if page.kind == "flyer":
        vague = (
            "parking",
            "food",
            "sponsor",
            "hashtag",
            "deadline",
            "dress code",
            "organizer",
            "performer",
        )
        free = [k for k in free if k not in vague]
    n = rng.random()
    if n < 0.45 and free:
        return phrased(rng.choice(free), page, rng)
    if n < 0.75 and page.kind != "flyer":
        kinds = [k for k in FACTS if k not in page.told and k not in VAGUE]
        _, _, asks = drawn_fact(Ink(rng), rng.choice(kinds))
        return rng.choice(asks)[0]
    if n < 0.87:
        return rng.choice(
            [
                f"Who is the {rng.choice(ROLES)}?",
                f"Which {rng.choice(THINGS)} is it?",
                f"What is the name of the {rng.choice(ROLES)}?",
                f"Which {rng.choice(THINGS)} do they use?",
                f"What is the {rng.choice(THINGS)} called?",
            ]
        )
    return rng.choice(NEVER)


def questions(page, rng, most=6):
    """Questions with their answers, some of them about what is not there."""
    known = {k: page.says(k) for k in page.fields}
    known = {k: v for k, v in known.items() if v}
    out = []
    own = [k for k in known if k in ASK]
    for key in rng.sample(own, min(len(own), rng.randrange(1, 4))):
        out.append((phrased(key, page, rng), known[key]))
    told = [(q, answer(known.get(k), lead)) for q, k, lead in page.asks if k in known or not k]
    if page.by_hand:
        return typed(rng.sample(told, min(len(told), 2 * most)) + out[:1], rng)
    out += rng.sample(told, min(len(told), 3))
    there = [k for k in THERE if k in known]
    if there and rng.random() < 0.5:
        key = rng.choice(there)
        out.append((THERE[key], f"yes: {known[key]}"))
    if "price" in known and rng.random() < 0.3:
        lead = "yes" if "free" in known["price"].lower() else "no"
        out.append(
            (
                rng.choice(["Is it free?", "Can I go for free?", "Is entry free?"]),
                f"{lead}: {known['price']}",
            )
        )
    if "date" in known and rng.random() < 0.15:
        out += day_asked(known["date"], rng)
    for _ in range(rng.choice([1, 2, 2, 3])):
        out.append((in_vain(page, known, rng), NOT_FOUND))
    items = [k for k in page.fields if k.startswith("item ")]
    if items and rng.random() < 0.4 and page.kind in ("receipt", "menu"):
        item = rng.choice(FOOD)
        if not any(item.upper() == k[5:].upper() for k in items):
            out.append((f"How much is the {item}?", NOT_FOUND))
    return typed(out, rng)[: most + 2]


def answer(piece, lead):
    """What is said of a piece of the page; None for what is not there."""
    return NOT_FOUND if piece is None else f"{lead}: {piece}" if lead else piece


def typed(asked, rng):
    """Turns of questions and answers, in any order."""
    rng.shuffle(asked)
    return [(ask(q, rng), [(a, 1.0)]) for q, a in asked]


def day_asked(date, rng):
    """Whether it is on some day of the week, where the date names one."""
    named = [d for d in DAYS if re.search(rf"\b{d[:3]}", date, re.I)]
    if not named:
        return []
    day = named[0] if rng.random() < 0.5 else rng.choice(DAYS)
    return [(f"Is it on a {day}?", f"{'yes' if day == named[0] else 'no'}: {date}")]


def ask(question, rng):
    """The question as people type it."""
    n = rng.random()
    if n < 0.12:
        question = question.lower()
    if n > 0.9:
        question = question.rstrip("?")
    return question
