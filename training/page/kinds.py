"""Kinds of pages: posters, talks, receipts, menus, notices, timetables, cards, pages of text."""

from .printed import CITIES, DAYS, FIRST, LAST, WORDS, Ink
from .sheet import Sheet

FOOD = """Margherita Pizza;Caesar Salad;Tomato Soup;Grilled Salmon;Cheeseburger;French Fries;Pad Thai;
Iced Tea;Espresso;Cappuccino;Orange Juice;Apple Pie;Chocolate Cake;Pancakes;Fish & Chips;Veggie Wrap;
Chicken Curry;Garlic Bread;House Wine;Lemonade;Club Sandwich;Spring Rolls;Beef Stew;Fruit Salad;
Mushroom Risotto;Ramen;Green Tea;Hot Chocolate;Bagel;Omelette;Nachos;Tacos;Dumplings;Lasagne"""
GOODS = """Milk 1L;Bread;Eggs 12pk;Bananas;Paper Towels;Shampoo;Coffee Beans;Notebook A5;AA Batteries;
Butter;Olive Oil;Rice 2kg;Apples;Soap;Tea Bags;Light Bulb;Screws M4;Paint 5L;T-Shirt;Socks;USB Cable;
Yoghurt;Cheese;Orange Juice;Pasta;Toothpaste;Dog Food;Stamps;Pencil;Scarf;Candles;Tape"""
FOOD, GOODS = ([s.strip() for s in t.replace("\n", " ").split(";")] for t in (FOOD, GOODS))


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
        head.append((small, [ink.pick(*ink_slogans(ink))]))
    lines = [(big, [(title, "title")])]
    if ink.chance(0.3):
        sub = ink.pick(ink.sentence(), ink.pick(*ink_slogans(ink)), ink.fill("{S} and {S}"))
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
            lines.append((small, [ink.fill(ink.pick(*ink_roles()))]))
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


def ink_slogans(ink):
    from .printed import SLOGANS

    return [ink.cased(ink.pick(*SLOGANS))]


def ink_roles():
    from .printed import ROLES

    return ROLES


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
    say(0.3, *ink_slogans(ink))
    if ink.chance(0.12):
        people = [
            (f"{ink.person()}, {ink.fill(ink.pick(*ink_roles()))}", None)
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
            who.append((small, [ink.fill(ink.pick(*ink_roles()))]))
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


def receipt(ink):
    s, size = Sheet(ink, "left"), ink.rng.uniform(26, 44)
    s.align = ink.pick("centre", "left")
    shop = ink.fill(
        ink.pick(
            "{L} Market",
            "{C} Grocery",
            "{W} Mart",
            "Cafe {W}",
            "{L}'s Diner",
            "{W} Hardware",
            "THE {W} SHOP",
        )
    )
    s.add(size * ink.rng.uniform(1, 1.8), (ink.cased(shop), "shop"))
    if ink.chance(0.8):
        s.add(size, (ink.address(), "address"))
    if ink.chance(0.5):
        s.add(size, ink.pick("Tel ", "Tel: ", ""), (ink.phone(), "phone"))
    if ink.chance(0.8):
        at = ink.pick(
            f"{ink.rng.randrange(8, 22)}:{ink.rng.randrange(10, 60)}",
            f"{ink.rng.randrange(1, 12)}:{ink.rng.randrange(10, 60)} PM",
        )
        s.add(size, ink.pick("Date: ", "", "DATE "), (ink.date(), "date"), "  ", (at, "time"))
    if ink.chance(0.4):
        s.add(size, ink.pick("Cashier: ", "Served by ", "Server: "), (ink.pick(*FIRST), "cashier"))
    if ink.chance(0.3):
        s.add(
            size,
            ink.pick("Receipt # ", "Order: ", "Invoice no. ", "Check #"),
            (str(ink.rng.randrange(100, 99999)), "number"),
        )
    s.align, total = "left", 0
    sign = ink.pick("", "", "$", "£", "€")
    to = ink.rng.uniform(0.75, 1)
    for item in ink.rng.sample(ink.pick(FOOD, GOODS), ink.rng.randrange(1, 9)):
        item = ink.cased(item)
        cents = ink.rng.randrange(50, 3000)
        total += cents
        n = ink.pick(
            "",
            "",
            f"{ink.rng.randrange(1, 4)} ",
            f"{ink.rng.randrange(1, 4)}x ",
            f"{ink.rng.randrange(1, 4)} x ",
        )
        name = f"price of {item}"
        s.pair(size, [n, (item, f"item {item}")], (f"{sign}{cents / 100:.2f}", name), to)
        if ink.chance(0.4):
            s.ask(
                ink.pick(
                    f"How much is the {item}?",
                    f"What does {item} cost?",
                    f"What was paid for {item}?",
                ),
                name,
            )
    tax = int(total * 0.08)
    if ink.chance(0.6):
        s.pair(
            size,
            ink.pick("Subtotal", "SUBTOTAL", "Sub-total"),
            (f"{sign}{total / 100:.2f}", "subtotal"),
            to,
        )
        s.pair(
            size, ink.pick("Tax", "VAT", "Sales tax", "MwSt"), (f"{sign}{tax / 100:.2f}", "tax"), to
        )
        total += tax
    s.pair(
        size * ink.pick(1, 1, 1.4),
        ink.pick("Total", "TOTAL", "Total due", "Amount due", "Summe"),
        (f"{sign}{total / 100:.2f}", "total"),
        to,
    )
    if ink.chance(0.6):
        paid = ink.pick("Cash", "VISA", "Mastercard", "Debit card", "EC-Karte")
        s.pair(size, (paid, "payment"), f"{sign}{total / 100:.2f}", to)
    if ink.chance(0.5):
        s.add(
            size,
            ink.pick(
                "Thank you!",
                "Thank you for shopping with us",
                "Have a nice day",
                "Please come again",
            ),
        )
    return s.page("receipt")


def menu(ink):
    s, size = Sheet(ink, "left"), ink.rng.uniform(22, 40)
    s.add(
        size * 1.8,
        (
            ink.cased(ink.fill(ink.pick("{L}'s Kitchen", "Cafe {W}", "The {B} {W}", "{C} Grill"))),
            "shop",
        ),
    )
    if ink.chance(0.4):
        s.add(
            size,
            "Open ",
            (
                ink.pick("daily 11-10", "Mon-Sat 7am - 9pm", "Tue to Sun, 12:00-22:00"),
                "opening hours",
            ),
        )
    to, sign = ink.rng.uniform(0.6, 1), ink.pick("", "$", "£", "€")
    for item in ink.rng.sample(FOOD, ink.rng.randrange(4, 12)):
        cents = ink.rng.randrange(2, 30) * 100 + ink.pick(0, 50, 95)
        name = f"price of {item}"
        s.pair(size, [(ink.cased(item), f"item {item}")], (f"{sign}{cents / 100:.2f}", name), to)
        if ink.chance(0.3):
            s.ask(
                ink.pick(
                    f"How much is the {item}?", f"What does the {item} cost?", f"Price of {item}?"
                ),
                name,
            )
        if ink.chance(0.2):
            s.add(size * 0.7, ink.fill("with {W} and {W}").lower())
    if ink.chance(0.4):
        s.add(size, (ink.phone(), "phone"))
    if ink.chance(0.3):
        s.fact(size)
    return s.page("menu")


def notice(ink):
    """Signs and notices: what is lost, to let, closed, forbidden."""
    s, size = Sheet(ink), ink.rng.uniform(30, 60)
    n = ink.rng.randrange(5)
    if n == 0:
        what = ink.pick("cat", "dog", "parrot", "backpack", "wallet", "bicycle")
        name = ink.pick(*FIRST)
        s.add(size * 2, ink.pick("LOST", "MISSING", "Lost"), " ", (what, "what"))
        s.add(size, "Name: ", (name, "name")).add(
            size, "Last seen ", (ink.date(), "date"), " near ", (ink.address(), "place")
        )
        s.add(size, ink.pick("Reward: ", "REWARD "), (ink.price(), "reward"))
        s.add(size, "Please call ", (ink.phone(), "phone"))
        s.ask("What is lost?", "what")
        s.ask(f"How much is the reward for the {what}?", "reward")
        s.ask("Where was it last seen?", "place")
    elif n == 1:
        s.add(size * 1.6, ink.pick("Opening Hours", "OPEN", "Store Hours", "Office hours"))
        for day in ink.rng.sample(DAYS, ink.rng.randrange(3, 8)):
            (a, ma), (b, mb) = ink.clock("am"), ink.clock("pm")
            closed = ink.chance(0.15)
            name = f"hours on {day}"
            s.pair(
                size, day, (ink.pick("closed", "CLOSED") if closed else f"{a}{ma} - {b}{mb}", name)
            )
            s.ask(ink.pick(f"When is it open on {day}?", f"What are the hours on {day}?"), name)
            s.ask(f"Is it open on {day}?", name, "no" if closed else "yes")
    elif n == 2:
        s.add(
            size * 1.5,
            ink.pick(
                "NO PARKING",
                "Please keep this door closed",
                "No smoking",
                "CAUTION",
                "Private property",
                "Wet paint",
            ),
        )
        s.add(
            size,
            ink.pick("Violators will be towed", "Alarm will sound", "Thank you", "Wear a helmet"),
        )
        if ink.chance(0.6):
            s.add(size, (ink.org(), "organizer"))
        if ink.chance(0.5):
            s.add(size, (ink.phone(), "phone"))
    elif n == 3:
        s.add(size * 1.5, ink.pick("FOR RENT", "To let", "Room for rent", "FOR SALE"))
        s.add(
            size,
            (
                ink.pick("2 bedroom apartment", "Sunny room", "Used car", "Piano", "Studio flat"),
                "what",
            ),
        )
        s.add(size, (ink.price(), "price"), ink.pick(" per month", "/month", ""))
        s.add(size, ink.pick("Available from ", "From "), (ink.date(), "date")).add(
            size, (ink.address(), "address")
        )
        s.add(
            size, ink.pick("Call ", "Contact "), (ink.person(), "name"), " ", (ink.phone(), "phone")
        )
        s.ask("What is offered?", "what")
    else:
        s.add(size * 1.4, ink.fill("Welcome to {C}"), " ").add(size, ink.sentence())
        s.add(
            size,
            ink.pick("WiFi password: ", "Wi-Fi: ", "Password: "),
            (ink.pick(*WORDS).lower() + str(ink.rng.randrange(99)), "wifi password"),
        )
        s.add(size, "Checkout ", (ink.pick("11:00", "10 am", "noon"), "checkout"))
        s.ask("What is the wifi password?", "wifi password")
        s.ask("When is checkout?", "checkout")
    if ink.chance(0.5):
        s.fact(size)
    return s.page("notice")


def timetable(ink):
    s, size = Sheet(ink, "left"), ink.rng.uniform(24, 40)
    s.add(
        size * 1.6,
        ink.fill(
            ink.pick("{C} Bus", "Train departures", "Line 12", "Ferry Timetable", "Class schedule")
        ),
    )
    to = ink.rng.uniform(0.5, 0.95)
    for stop in ink.rng.sample(CITIES, ink.rng.randrange(4, 9)):
        at = f"{ink.rng.randrange(5, 24)}:{ink.rng.randrange(10, 60)}"
        s.pair(size, [(ink.cased(stop), f"item {stop}")], (at, f"time of {stop}"), to)
        s.ask(
            ink.pick(
                f"When does it leave for {stop}?", f"What time is {stop}?", f"When is {stop}?"
            ),
            f"time of {stop}",
        )
    return s.page("timetable")


def card(ink):
    s, size = Sheet(ink), ink.rng.uniform(30, 50)
    rows = [
        (1.6, [(ink.person(), "name")]),
        (
            1,
            [
                (
                    ink.fill(
                        ink.pick(
                            "{S} Engineer",
                            "Sales Manager",
                            "Head of {S}",
                            "Attorney",
                            "Photographer",
                        )
                    ),
                    "job",
                )
            ],
        ),
        (1.2, [(ink.fill(ink.pick("{L} & Co", "{W} GmbH", "{L} Inc.", "{W} Labs")), "company")]),
    ]
    ink.rng.shuffle(rows)
    rows += [
        (0.9, [ink.pick("", "T ", "Tel. ", "M: "), (ink.phone(), "phone")]),
        (0.9, [(ink.email(), "email")]),
    ]
    rows += [(0.9, [(ink.site(), "website")])] * ink.chance(0.6) + [
        (0.9, [(ink.address(), "address")])
    ] * ink.chance(0.6)
    for scale, segments in rows:
        s.add(size * scale, *segments)
    return s.page("card")


def text(ink):
    """A page or a screen: a heading, paragraphs, who wrote to whom."""
    s, size = Sheet(ink, "left"), ink.rng.uniform(18, 30)
    if ink.chance(0.6):
        s.add(size * 1.6, (ink.title(), "heading"))
    if ink.chance(0.5):
        s.add(size, ink.pick("From: ", "By ", "Author: ", "Written by "), (ink.person(), "author"))
        s.ask("Who wrote it?", "author")
    if ink.chance(0.4):
        s.add(size, (ink.date(), "date"))
    for _ in range(ink.rng.randrange(1, 4)):
        s.add(size, " ".join(ink.sentence() for _ in range(ink.rng.randrange(1, 5))))
        for _ in range(ink.rng.randrange(0, 4)):
            s.fact(size)
    if ink.chance(0.4):
        s.add(
            size,
            ink.pick("Regards, ", "Best wishes, ", "Sincerely, "),
            (ink.pick(*FIRST) + " " + ink.pick(*LAST), "signed by"),
        )
        s.ask("Who signed it?", "signed by")
    return s.page("page")


KINDS = [
    (poster, 10),
    (talk, 5),
    (receipt, 3),
    (menu, 2),
    (notice, 2),
    (timetable, 1),
    (card, 1),
    (text, 2),
]


def drawn(rng):
    """A page of some kind."""
    kinds, weights = zip(*KINDS, strict=True)
    return rng.choices(kinds, weights)[0](Ink(rng))
