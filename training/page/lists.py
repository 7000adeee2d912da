"""Lists of strings: a field of a schema, or the answer to a question, as JSON."""

from .tasks import NOT_FOUND, ask, described, some_fields, styled, weighed

# Names of a list of a drawn page's things, and questions for it; written pages have their own
# (`written.py`).
DRAWN = {
    "receipt": (["items", "articles", "goods", "products", "bought", "purchases", "line_items"],
                ["What was bought?", "Which items are on the bill?", "What did they buy?",
                 "List the items."]),
    "menu": (["dishes", "menu_items", "food", "items", "courses", "offered", "on_the_menu"],
             ["What can I order?", "Which dishes are there?", "What is on the menu?",
              "What do they serve?"]),
    "timetable": (["stops", "destinations", "towns", "cities", "places", "stations"],
                  ["Which stops are there?", "Where does it go?", "Which towns does it serve?"]),
}  # fmt: skip


def lists_of(page, rng):
    """Name, question and items of each list of a page, in the page's order."""
    if page.kind in DRAWN and not page.by_hand:
        names, questions = DRAWN[page.kind]
        keys = [k for k in page.fields if k.startswith("item ")]
        found = [(rng.choice(names), rng.choice(questions), keys)]
    else:
        found = page.lists
    first = lambda key: page.fields[key][:1]  # noqa: E731
    out = []
    for name, question, keys in found:
        items = [page.says(k) for k in sorted(keys, key=first)]
        out.append((name, question, [item for item in items if item]))
    return out


def listed(page, rng):
    """A prompt that asks to fill a schema of which some fields are lists, and its answer."""
    found = lists_of(page, rng)
    if not found:
        return None
    fields = {}
    for name, _, items in rng.sample(found, min(len(found), rng.choice([1, 1, 2, 3]))):
        fields[styled(name, rng)] = (rng.random() < 0.3, "(list)", items)
    if page.by_hand and rng.random() < 0.5:
        known = {k: page.says(k) for k in page.fields}
        known = {k: v for k, v in known.items() if v}
        for key, name, _, _ in some_fields(page, known, rng)[:3]:
            if name not in fields:
                fields[name] = (True, "", known.get(key))
    order = rng.sample(list(fields), len(fields))
    asked = [(name, *fields[name][:2]) for name in order]
    return described(asked), weighed({name: fields[name][2] for name in order})


def asked(page, rng):
    """A question whose answer is a JSON list, and that answer."""
    found = lists_of(page, rng)
    if not found:
        return None
    _, question, items = rng.choice(found)
    question = question.lower() if rng.random() < 0.1 else question
    return question, weighed(items)


SEPARATOR = "; "  # as in the metadata of the update that was taught it (models/FORMAT.md)


def in_words(page, rng):
    """Questions whose answers are several pieces of the page, and those answers in words."""
    return [
        (ask(question, rng), [(SEPARATOR.join(items) or NOT_FOUND, 1.0)])
        for _, question, items in lists_of(page, rng)
    ]
