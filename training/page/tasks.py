"""What the decoder is asked about a page, and what it should say: fields of a schema, questions.

The prompt of a schema is that of `Schema::described` (language/src/constrain/schema).
"""

import json
import re
from pathlib import Path

from .facts import FACTS
from .facts import drawn as drawn_fact
from .kinds import FOOD
from .printed import DAYS, Ink

NOT_FOUND = "not found"
ALIASES = json.loads((Path(__file__).parents[1] / "fields.json").read_text())
ALIASES |= {
    "shop": ["shop", "store", "merchant", "vendor", "restaurant", "seller"],
    "total": ["total", "amount", "total_price", "sum", "amount_due"],
    "subtotal": ["subtotal", "net"],
    "tax": ["tax", "vat", "sales_tax"],
    "payment": ["payment", "payment_method", "paid_by"],
    "time": ["time", "at", "hour"],
    "cashier": ["cashier", "server", "served_by"],
    "number": ["number", "receipt_number", "order"],
    "name": ["name", "person", "full_name"],
    "job": ["job", "position", "role", "job_title"],
    "company": ["company", "firm", "employer"],
    "author": ["author", "from", "writer"],
    "heading": ["heading", "title", "subject"],
    "what": ["what", "object", "item"],
    "reward": ["reward"],
    "place": ["place", "last_seen_at"],
    "opening hours": ["opening_hours", "hours"],
    "deadline": ["deadline", "register_by", "rsvp_by"],
    "sponsor": ["sponsor", "supported_by"],
    "dress code": ["dress_code", "attire"],
    "hashtag": ["hashtag", "tag"],
    "parking": ["parking"],
    "food": ["food", "catering"],
    "host": ["host", "moderator"],
    "wifi password": ["wifi", "wifi_password"],
    "student price": ["student_price"],
    "adult price": ["adult_price"],
    "child price": ["child_price"],
    "member price": ["member_price"],
    "door price": ["door_price"],
    "advance price": ["advance_price"],
}
EVENT = {  # the fields of `CalendarEvent` (events/src/calendar/flyer.rs) and what it says of them
    "title": "What takes place.",
    "date": "Its day.",
    "start": "When it begins.",
    "end": "When it ends.",
    "venue": "The place by name.",
}
ABOUT = {
    "title": ["what it is called", "name of the event"],
    "date": ["the day", "day and month"],
    "start": ["when it begins", "hour"],
    "end": ["when it is over"],
    "venue": ["where it is"],
    "price": ["what it costs", "admission"],
    "phone": ["number to call"],
    "website": ["address on the web"],
    "organizer": ["who holds it"],
    "performer": ["who speaks or plays"],
    "shop": ["who sold"],
    "total": ["what was paid in all"],
    "deadline": ["last day to register"],
    "address": ["street and number"],
}
ASK = {
    "title": [
        "What is the event called?",
        "What is it?",
        "What is this poster about?",
        "What is the title?",
        "What is the name of the event?",
        "What is going on?",
        "What is announced?",
        "What is the talk called?",
    ],
    "date": [
        "When is it?",
        "What is the date?",
        "On which day is it?",
        "What day is the event?",
        "On what date does it take place?",
        "Which day?",
        "When does the event take place?",
    ],
    "start": [
        "What time does it start?",
        "When does it begin?",
        "At what time is it?",
        "When do the doors open?",
        "What time should I be there?",
        "What time is the event?",
        "From when?",
    ],
    "end": [
        "When does it end?",
        "Until when?",
        "What time is it over?",
        "How long does it go on?",
        "How late does it go?",
    ],
    "venue": [
        "Where is it?",
        "What is the venue?",
        "Where does it take place?",
        "Where do I have to go?",
        "In which building is it?",
        "Where is the event held?",
        "Which place?",
        "What is the location?",
    ],
    "address": [
        "What is the address?",
        "What street is it in?",
        "Where exactly is it?",
        "At which address?",
    ],
    "city": ["In which city is it?", "What town is it in?"],
    "price": [
        "How much is it?",
        "What does it cost?",
        "How much are the tickets?",
        "What is the entry fee?",
        "How much do I pay?",
        "What is the admission?",
        "What does a ticket cost?",
    ],
    "phone": [
        "What is the phone number?",
        "Which number can I call?",
        "How can I reach them by phone?",
        "What number should I call?",
    ],
    "email": [
        "What is the email address?",
        "Where can I write to?",
        "Which e-mail address is given?",
        "Who do I email?",
    ],
    "website": [
        "What is the website?",
        "Where can I find out more online?",
        "Which web page is given?",
        "Where can I buy tickets?",
        "What is the URL?",
        "Where can I register?",
    ],
    "organizer": [
        "Who organizes it?",
        "Who is behind it?",
        "Who hosts it?",
        "Which group holds the event?",
        "Who presents it?",
        "Who is inviting?",
    ],
    "performer": [
        "Who is speaking?",
        "Who performs?",
        "Who is the speaker?",
        "Who plays?",
        "Who gives the talk?",
        "Who is the artist?",
    ],
    "age": ["What is the age limit?", "How old do I have to be?", "Who is it for?", "Which ages?"],
    "dress code": ["What is the dress code?", "What should I wear?"],
    "deadline": [
        "When is the deadline?",
        "By when must I register?",
        "What is the last day to register?",
    ],
    "sponsor": ["Who is the sponsor?", "Who supports it?", "Who sponsors the event?"],
    "parking": ["Where can I park?", "What about parking?"],
    "food": ["What is there to eat?", "What food is there?"],
    "hashtag": ["What is the hashtag?", "Which hashtag do they use?"],
    "host": ["Who is the host?", "Who hosts?", "Who leads through the evening?"],
    "student price": ["How much do students pay?", "What is the price for students?"],
    "general price": ["What is the general price?", "How much do others pay?"],
    "adult price": ["How much do adults pay?", "What is the price for adults?"],
    "child price": ["How much do children pay?", "What does it cost for kids?"],
    "member price": ["How much do members pay?"],
    "guest price": ["What do guests pay?"],
    "door price": ["How much is it at the door?"],
    "advance price": ["How much is it in advance?"],
    "shop": [
        "Which shop is it?",
        "Where was it bought?",
        "What is the name of the place?",
        "Who sold this?",
        "Which restaurant is it?",
    ],
    "total": [
        "What is the total?",
        "How much was paid in total?",
        "How much is it all together?",
        "What is the sum?",
    ],
    "subtotal": ["What is the subtotal?", "How much before tax?"],
    "tax": ["How much is the tax?", "What tax was paid?"],
    "payment": ["How was it paid?", "What was the payment method?"],
    "time": ["At what time was it?", "What time does it show?"],
    "cashier": ["Who was the cashier?", "Who served?"],
    "number": ["What is the receipt number?", "Which order number is it?"],
    "name": ["Whose card is it?", "What is the name?", "What is the person called?"],
    "job": ["What is the job?", "What does the person do?"],
    "company": ["Which company is it?", "Where does the person work?"],
    "opening hours": ["When is it open?", "What are the opening hours?"],
    "heading": ["What is the heading?", "What is the page called?"],
}
# Asked of pages that never say it.
NEVER = [
    "What is the wifi password?",
    "What is the vegan option?",
    "Who designed the poster?",
    "How tall is it?",
    "What is the weather like?",
    "What is the password?",
    "Which bus goes there?",
    "How do I cancel?",
    "What is the tax number?",
    "Is there a lift?",
    "Are dogs allowed?",
    "How many seats are there?",
    "Which floor is it on?",
    "What is the capital of France?",
    "What does the red button do?",
    "Who won?",
    "What is the discount?",
    "Is childcare provided?",
    "Which language is spoken?",
    "What is the flight number?",
    "What is the room temperature?",
    "Who is the mayor?",
]
ABSENT = [
    "start",
    "end",
    "venue",
    "address",
    "price",
    "phone",
    "email",
    "website",
    "organizer",
    "performer",
    "age",
    "dress code",
    "deadline",
    "sponsor",
    "parking",
    "hashtag",
    "student price",
    "child price",
    "title",
    "date",
]
# A page that says one of these may be taken to answer a question about the other.
NEAR = {
    "price": (
        "student price",
        "adult price",
        "child price",
        "member price",
        "door price",
        "general price",
        "advance price",
        "guest price",
    ),
    "venue": ("address", "city", "place"),
    "address": ("venue", "city", "place"),
    "organizer": ("host", "sponsor"),
    "performer": ("host", "organizer", "title"),
    "website": ("email",),
    "email": ("website",),
    "title": ("heading",),
}


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


def items_of(page):
    """Pairs of fields, the name of a thing and what it costs or when it goes."""
    names = [k[5:] for k in page.fields if k.startswith("item ")]
    pairs = [(f"item {n}", f"price of {n}") for n in names] + [
        (f"item {n}", f"time of {n}") for n in names
    ]
    return [p for p in pairs if p[1] in page.fields and page.says(p[0])]


def some_fields(page, known, rng):
    own = [k for k in known if k in ALIASES]
    rng.shuffle(own)
    own = own[: rng.randrange(1, 8)]
    near = {other for k in own for other in NEAR.get(k, ())}
    missing = [k for k in ABSENT if k in ALIASES and k not in known and k not in near]
    if page.kind not in ("event", "flyer"):
        missing = [
            k
            for k in missing
            if k not in ("title", "performer", "organizer", "venue", "start", "website")
        ]
    own += rng.sample(missing, min(len(missing), rng.randrange(0, 3)))
    rng.shuffle(own)
    out = []
    for key in own:
        name = rng.choice(ALIASES[key]) if rng.random() < 0.6 else key.replace(" ", "_")
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


# What an event is called in a question.
EVENTS = [
    "it",
    "it",
    "the event",
    "this",
    "the talk",
    "the concert",
    "the party",
    "the workshop",
    "the show",
    "the meeting",
    "the festival",
    "the conference",
    "the game",
    "the course",
    "the service",
]
# Other ways to ask; `{n}` is the event.
MORE = {
    "date": [
        "When is {n}?",
        "What day is {n} on?",
        "What is the date of {n}?",
        "On which date is {n} held?",
    ],
    "start": [
        "What time does {n} start?",
        "When does {n} begin?",
        "At what hour does {n} start?",
        "What time is {n}?",
    ],
    "end": ["When does {n} end?", "Until what time is {n}?", "When is {n} over?"],
    "venue": [
        "Where is {n}?",
        "Where is {n} held?",
        "Where does {n} take place?",
        "Which hall is {n} in?",
        "Where can I see {n}?",
        "In which room is {n}?",
        "Which building is {n} in?",
        "What is the venue of {n}?",
        "Where should I go for {n}?",
        "Which place hosts {n}?",
        "Where are they meeting?",
        "Where will {n} be?",
    ],
    "price": [
        "How much is {n}?",
        "What does {n} cost?",
        "How much do I have to pay for {n}?",
        "How much is it to get in?",
    ],
    "performer": [
        "Who is speaking at {n}?",
        "Who performs at {n}?",
        "Who leads {n}?",
        "Who teaches {n}?",
        "Who gives {n}?",
    ],
    "organizer": [
        "Who organizes {n}?",
        "Who puts on {n}?",
        "Which organisation is behind {n}?",
        "Who is responsible for {n}?",
    ],
    "title": [
        "What is the name of {n}?",
        "What is {n} called?",
        "What is the title of {n}?",
        "What is {n} about?",
    ],
    "website": [
        "Which site do I visit?",
        "Where do I sign up?",
        "On which website can I register?",
        "Where are the details online?",
    ],
}
# Yes or no by a field that is there; without it the page does not tell.
THERE = {
    "parking": "Is there parking?",
    "food": "Will there be something to eat?",
    "age": "Is there an age limit?",
    "dress code": "Is there a dress code?",
    "website": "Is there a website?",
    "phone": "Is there a phone number?",
    "deadline": "Is there a deadline?",
    "sponsor": "Does the event have a sponsor?",
}
# Roles and things that pages are asked about in vain.
ROLES = [
    "conductor",
    "director",
    "judge",
    "photographer",
    "chef",
    "drummer",
    "principal",
    "mayor",
    "DJ",
    "translator",
    "referee",
    "treasurer",
    "designer",
    "moderator",
    "coach",
    "president",
    "author",
]
THINGS = [
    "film",
    "book",
    "dish",
    "song",
    "team",
    "game",
    "band",
    "play",
    "school",
    "brand",
    "hotel",
    "train",
    "app",
    "prize",
]


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


# Facts whose questions a page may answer by other words.
VAGUE = {
    "topics",
    "speaks_about",
    "role",
    "closes",
    "doors",
    "call",
    "who_may",
    "lineup",
    "included",
    "need_to",
    "lasts",
    "weekly",
}


def questions(page, rng, most=6):
    """Questions with their answers, some of them about what is not there."""
    known = {k: page.says(k) for k in page.fields}
    known = {k: v for k, v in known.items() if v}
    out = []
    own = [k for k in known if k in ASK]
    for key in rng.sample(own, min(len(own), rng.randrange(1, 4))):
        out.append((phrased(key, page, rng), known[key]))
    told = [
        (q, f"{lead}: {known[k]}" if lead else known[k]) for q, k, lead in page.asks if k in known
    ]
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
    rng.shuffle(out)
    return [(ask(q, rng), [(a, 1.0)]) for q, a in out[: most + 2]]


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
