"""Posters and talks."""

from .printed import ROLES, SLOGANS, WORDS
from .sheet import Sheet


def poster(ink):
    """An event: title, when, where, and what else posters say, in one of many orders."""
    s, big = Sheet(ink), ink.rng.uniform(50, 130)
    small = ink.rng.uniform(18, 38)
    is_music = ink.chance(0.3)
    title = ink.cased(ink.band() if is_music else ink.title())
    head, body, foot = [], [], []
    if ink.chance(0.45):
        org = ink.cased(ink.org())
        lead = ink.pick("", "", "presents", "proudly presents", "invites you to", "Presented by")
        first = lead.startswith("Presented")
        seg = [lead + " ", (org, "organizer")] if first else [(org, "organizer"), " " + lead]
        (head if ink.chance(0.7) else foot).append((small * ink.rng.uniform(0.9, 1.4), seg))
    if ink.chance(0.25):
        head.append((small, [slogan(ink)]))
    lines = [(big, [(title, "title")])]
    if ink.chance(0.3):
        sub = ink.pick(ink.sentence(), slogan(ink), ink.fill("{S} and {S}"))
        lines.append((small * 1.3, [sub]))
    if is_music and ink.chance(0.5):
        lines.append(
            (small * 1.2, [ink.pick("with ", "+ ", "special guests: ", "support: "), ink.band()])
        )
    elif ink.chance(0.3):
        who = ink.person()
        lines.append(
            (
                small * 1.3,
                [
                    ink.pick("with ", "by ", "Speaker: ", "Featuring ", "Keynote: ", ""),
                    (who, "performer"),
                ],
            )
        )
        if ink.chance(0.5):
            lines.append((small, [ink.fill(ink.pick(*ROLES))]))
    when(ink, body, small * ink.rng.uniform(1.0, 2.2))
    if ink.chance(0.88):
        where(ink, body, small * ink.rng.uniform(1.0, 1.8))
    extras(ink, foot, small)
    if ink.chance(0.3):
        ink.rng.shuffle(foot)
    if ink.chance(0.2):
        ink.rng.shuffle(body)
    order = [head, lines, body, foot]
    told = some_facts(ink)
    foot += told
    if ink.chance(0.5):
        ink.rng.shuffle(foot)
    if ink.chance(0.12):
        order = [body, head, lines, foot]
    if ink.chance(0.12):
        order = [head, body, lines, foot]
    lay(s, order, small)
    return s.page("event")


def some_facts(ink):
    """Places for facts among the lines of a page."""
    return [(None, None)] * ink.pick(0, 1, 1, 2, 2, 3, 4)


def lay(s, groups, size):
    """Sets groups of lines; a line without a size is a fact."""
    for group in groups:
        for own, segments in group:
            if own is None:
                s.fact(size * s.rng.uniform(0.7, 1.2))
            else:
                s.add(own, *segments)


def slogan(ink):
    return ink.cased(ink.pick(*SLOGANS))


def when(ink, out, size):
    """Lines that say the day and the hours."""
    date = ink.date()
    hours = ink.hours() if ink.chance(0.85) else []
    if ink.chance(0.1):
        hours = [(t.upper(), f) for t, f in hours]
    label = ink.pick("", "", "", "When: ", "Date: ", "WHEN ", "on ")
    day = [label, (date, "date")]
    n = ink.rng.random()
    if n < 0.45 or not hours:
        out.append((size, day))
        if hours:
            out.append((size * ink.rng.uniform(0.7, 1.1), hours))
    elif n < 0.8:
        out.append((size, [*day, ink.pick(", ", " ", " - ", " | ", " • ", " at "), *hours]))
    elif n < 0.9:
        out.append((size, [*hours, ink.pick(", ", " ", " on ", " | "), *day]))
    else:
        out.append((size * 0.9, hours))
        out.append((size, day))


def where(ink, out, size):
    venue = ink.cased(ink.venue())
    label = ink.pick(
        "", "", "", "", "Where: ", "Location: ", "Venue: ", "@ ", "at ", "WHERE ", "Place: "
    )
    line = [label, (venue, "venue")]
    if ink.chance(0.35):
        address = ink.cased(ink.address()) if ink.chance(0.3) else ink.address()
        if ink.chance(0.4):
            line += [ink.pick(", ", " - ", " | ", " "), (address, "address")]
            out.append((size, line))
        else:
            out += [(size, line), (size * ink.rng.uniform(0.6, 1), [(address, "address")])]
    else:
        out.append((size, line))
    if ink.chance(0.1):
        out.append(
            (
                size * 0.7,
                [
                    ink.pick(
                        "Parking behind the building",
                        "Use the north entrance",
                        "Next to the bus station",
                        "Doors on Main Street",
                    )
                ],
            )
        )


def extras(ink, out, size):
    """What else stands on a poster, most of it below."""
    say = lambda p, *seg: (
        ink.chance(p) and out.append((size * ink.rng.uniform(0.7, 1.1), list(seg)))
    )  # noqa: E731
    if ink.chance(0.35):
        prices(ink, out, size)
    say(
        0.25,
        ink.pick("Tickets: ", "Register at ", "More info: ", "", "Visit ", "RSVP: "),
        (ink.site(), "website"),
    )
    say(0.15, ink.pick("Call ", "Tel. ", "Phone: ", "", "Info: "), (ink.phone(), "phone"))
    say(0.15, ink.pick("Contact: ", "E-mail ", "", "Questions? "), (ink.email(), "email"))
    say(
        0.08,
        ink.pick("Ages ", "For ages ", ""),
        (ink.pick("18+", "21+", "All ages", "12 and up", "5-12"), "age"),
    )
    say(
        0.06,
        ink.pick("Dress code: ", "Attire: "),
        (ink.pick("black tie", "casual", "70s costume", "smart casual", "all white"), "dress code"),
    )
    say(
        0.08,
        ink.pick("Register by ", "RSVP by ", "Deadline: ", "Submit before "),
        (ink.date(), "deadline"),
    )
    say(0.08, ink.pick("Sponsored by ", "Sponsor: ", "Supported by "), (ink.org(), "sponsor"))
    say(
        0.06,
        (
            ink.pick(
                "Free parking",
                "Parking available on site",
                "Parking: $5",
                "Free parking behind the hall",
            ),
            "parking",
        ),
    )
    say(
        0.08,
        (
            ink.pick(
                "Free food!",
                "Lunch provided",
                "Pizza and drinks",
                "Snacks for sale",
                "Light refreshments",
            ),
            "food",
        ),
    )
    say(
        0.06,
        ink.pick("Follow ", "", "Tag "),
        ("#" + ink.pick(*WORDS).lower() + str(ink.rng.randrange(10, 31)), "hashtag"),
    )
    say(0.06, ink.pick("Hosted by ", "MC: ", "Host: "), (ink.person(), "host"))
    for _ in range(ink.pick(0, 0, 0, 1, 1, 2, 4)):
        out.append((size * ink.rng.uniform(0.6, 1), [ink.sentence()]))
    say(0.3, slogan(ink))
    if ink.chance(0.12):
        people = [
            (f"{ink.person()}, {ink.fill(ink.pick(*ROLES))}", None)
            for _ in range(ink.rng.randrange(2, 6))
        ]
        out += [(size * 0.8, [p]) for p in people]
    if ink.chance(0.15):
        programme(ink, out, size * 0.8)


def prices(ink, out, size):
    if ink.chance(0.4):
        free = ink.pick(
            "Free", "FREE", "Free admission", "Free entry", "Admission free", "free of charge"
        )
        out.append((size, [(free, "price")]))
    elif ink.chance(0.5):
        lead = ink.pick("Tickets ", "Entry: ", "Admission ", "Only ", "Cost: ", "Fee ")
        out.append(
            (size, [lead, (ink.price(), "price"), ink.pick("", "", " at the door", " per person")])
        )
    else:
        a, b = ink.price(), ink.price()
        who = ink.pick(
            ("Adults", "adult price", "Kids", "child price"),
            ("Students", "student price", "General", "general price"),
            ("Members", "member price", "Guests", "guest price"),
            ("Advance", "advance price", "Door", "door price"),
        )
        out.append(
            (
                size,
                [
                    f"{who[0]}: ",
                    (a, who[1]),
                    ink.pick(" / ", ", ", " | ", "  "),
                    f"{who[2]}: ",
                    (b, who[3]),
                ],
            )
        )


def programme(ink, out, size):
    """A running order: hours that are not the event's own."""
    hour = ink.rng.randrange(8, 18)
    for i in range(ink.rng.randrange(3, 6)):
        item = ink.pick(
            "Registration",
            "Opening",
            "Lunch",
            "Coffee break",
            "Keynote",
            "Panel",
            "Dinner",
            ink.fill("{S}"),
        )
        out.append(
            (
                size,
                [
                    (f"{hour + i}:{ink.pick('00', '30')}", f"time of {item}"),
                    ink.pick(" - ", "  ", ": "),
                    item,
                ],
            )
        )


def talk(ink):
    """A talk or a workshop: long title, speaker, abstract, room."""
    s, small = Sheet(ink, "left" if ink.chance(0.5) else None), ink.rng.uniform(18, 30)
    title = ink.fill(
        ink.pick(
            "{S} for {S}: {A} {W} and {W}",
            "{W} {W} in {S}",
            "Towards {S} with {S}",
            "What {S} tells us about {S}",
            "The {A} Workshop on {S} and {S}",
            "{A} International Conference on {S}",
            "Understanding {S} through {S}",
        )
    )
    parts = [[(small * ink.rng.uniform(1.6, 3), [(title, "title")])]]
    if ink.chance(0.6):
        org = [(small * 1.2, [(ink.org(), "organizer")])]
        parts.insert(0 if ink.chance(0.6) else 1, org)
        if ink.chance(0.4):
            org.append(
                (
                    small,
                    [
                        ink.pick(
                            "Seminar Series", "Colloquium", "Distinguished Lecture", "Lunch Talk"
                        )
                    ],
                )
            )
    if ink.chance(0.75):
        who = [(small * 1.4, [ink.pick("", "", "Speaker: ", "by "), (ink.person(), "performer")])]
        if ink.chance(0.6):
            who.append((small, [ink.fill(ink.pick(*ROLES))]))
        parts.append(who)
    time, foot = [], []
    when(ink, time, small * 1.2)
    where(ink, time, small * 1.2)
    abstract = [(small, [" ".join(ink.sentence() for _ in range(ink.rng.randrange(1, 5)))])]
    parts += [time, abstract] if ink.chance(0.6) else [abstract, time]
    extras(ink, foot, small)
    foot += some_facts(ink)
    if ink.chance(0.5):
        ink.rng.shuffle(foot)
    lay(s, [*parts, foot], small)
    return s.page("event")
