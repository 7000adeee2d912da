"""Receipts, menus, notices, timetables, cards, pages of text."""

from .printed import CITIES, DAYS, FIRST, FOOD, GOODS, LAST, WORDS
from .sheet import Sheet


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
