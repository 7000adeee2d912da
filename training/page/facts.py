"""Sentences that pages say, with the questions that they answer.

A fact is drawn as segments, text or `(text, name)`, and questions `(question, name, lead)`; `lead`
is "yes", "no" or "". `FACTS` maps what a fact is about to the function that draws it, so that the
questions of facts that a page does not hold can be asked of it in vain.
"""

from .printed import DAYS, FIRST, LAST

FACTS = {}


def fact(draw):
    FACTS[draw.__name__] = draw
    return draw


def ask(ink, name, *questions, lead=""):
    """One or two of the questions."""
    chosen = ink.rng.sample(questions, min(len(questions), ink.pick(1, 1, 2)))
    return [(q, name, lead) for q in chosen]


def plain(ink):
    """A subject in small letters."""
    return ink.fill("{s}")


@fact
def topics(ink):
    what = f"{plain(ink)}, {plain(ink)} and {plain(ink)}"
    lead = ink.pick("Topics include ", "We cover ", "Topics: ", "Learn about ", "Sessions on ")
    return [lead, (what, "a"), "."], ask(
        ink,
        "a",
        "What topics are covered?",
        "What will I learn about?",
        "Which subjects are on the list?",
        "What are the topics?",
    )


@fact
def speaks_about(ink):
    who, what = ink.person(), plain(ink)
    verb = ink.pick("will speak about", "talks about", "presents", "explains", "introduces", "on")
    last = who.split()[-1]
    return [(who, "a"), f" {verb} ", (what, "b")], [
        *ask(
            ink,
            "a",
            f"Who speaks about {what}?",
            f"Who presents {what}?",
            f"Who will talk about {what}?",
        ),
        *ask(
            ink,
            "b",
            f"What does {who} talk about?",
            f"What is {last}'s topic?",
            f"What will {last} present?",
        ),
    ]


@fact
def role(ink):
    who, what = (
        ink.person(),
        ink.fill(
            ink.pick(
                "{S} Lab",
                "University of {C}",
                "{L} Institute",
                "Director of {S}",
                "Senior Editor",
                "{C} College",
                "Head Coach",
                "Lead Guitar",
            )
        ),
    )
    return [(who, "a"), ink.pick(", ", " - ", " (", ": "), (what, "b")], [
        *ask(
            ink,
            "a",
            f"Who is from {what}?",
            f"Which person belongs to {what}?",
            f"Who is listed with {what}?",
        ),
        *ask(
            ink,
            "b",
            f"What does {who} do?",
            f"Where is {who.split()[-1]} from?",
            f"What is said of {who}?",
        ),
    ]


@fact
def proceeds(ink):
    who = ink.fill(ink.pick("{C} {H}", "{L} Foundation", "{C} Animal Shelter", "local schools"))
    return [
        ink.pick("All proceeds go to ", "Proceeds benefit ", "In aid of ", "Raising money for "),
        (who, "a"),
    ], ask(
        ink,
        "a",
        "Where do the proceeds go?",
        "Who gets the money?",
        "What is the money raised for?",
    )


@fact
def with_adult(ink):
    who = f"Children under {ink.rng.randrange(5, 17)}"
    return [(who, "a"), " must be accompanied by an adult"], ask(
        ink, "a", "Who must come with an adult?", "Who needs an adult with them?"
    )


@fact
def closes(ink):
    lead = ink.pick(
        "Registration closes on ",
        "Register by ",
        "Applications due ",
        "Sign up before ",
        "Entries until ",
    )
    return [lead, (ink.date(), "a")], ask(
        ink,
        "a",
        "When does registration close?",
        "What is the registration deadline?",
        "By when do I have to sign up?",
        "When are applications due?",
    )


@fact
def early_bird(ink):
    return ["Early bird ", (ink.price(), "a"), " until ", (ink.date(), "b")], [
        *ask(ink, "a", "How much is the early bird ticket?", "What does early bird cost?"),
        *ask(ink, "b", "Until when is the early bird price?", "When does early bird end?"),
    ]


@fact
def prizes(ink):
    return [
        ink.pick("Prizes: ", "Win "),
        (ink.price(), "a"),
        " for first place, ",
        (ink.price(), "b"),
        " for second",
    ], [
        *ask(ink, "a", "What is the first prize?", "How much does the winner get?"),
        *ask(ink, "b", "What is the second prize?", "What does second place win?"),
    ]


@fact
def teams(ink):
    n = ink.rng.randrange(2, 5)
    size = ink.pick(f"{n} to {n + 2}", f"{n}", f"up to {n + 1}", f"{n}-{n + 3} people")
    return [ink.pick("Teams of ", "Team size: ", "Groups of "), (size, "a")], ask(
        ink, "a", "How big is a team?", "How many people make a team?", "What is the team size?"
    )


@fact
def bring(ink):
    what = ink.pick(
        "a blanket",
        "your own laptop",
        "sturdy shoes",
        "a dish to share",
        "sunscreen and water",
        "your student ID",
        "a yoga mat",
        "warm clothes",
        "old books",
        "a friend",
        "cash",
        "your instrument",
    )
    return [ink.pick("Please bring ", "Bring ", "Don't forget "), (what, "a")], ask(
        ink,
        "a",
        "What should I bring?",
        "What do I have to take along?",
        "What do I need to bring?",
    )


@fact
def doors(ink):
    (a, mark), (b, last) = ink.clock(), ink.clock()
    return [
        "Doors ",
        (a + mark, "a"),
        ink.pick(" / Show ", ", music from ", " - Show "),
        (b + last, "b"),
    ], [
        *ask(ink, "a", "When do the doors open?", "At what time do doors open?"),
        *ask(
            ink,
            "b",
            "When does the show start?",
            "What time is the show?",
            "When does the music begin?",
        ),
    ]


@fact
def parts(ink):
    (a, mark), (b, last) = ink.clock(), ink.clock()
    x, y = ink.rng.sample(
        [
            "Dinner",
            "Reception",
            "Dancing",
            "Auction",
            "Check-in",
            "Awards",
            "Lunch",
            "Warm-up",
            "Concert",
            "Worship",
            "Games",
            "Keynote",
            "Lab tour",
            "Breakfast",
            "Panel",
            "Fireworks",
        ],
        2,
    )
    first = ink.chance(0.5)
    seg = (
        [f"{x} ", (a + mark, "a"), ink.pick(", ", " | ", " - "), f"{y} ", (b + last, "b")]
        if first
        else [(a + mark, "a"), f": {x}  ", (b + last, "b"), f": {y}"]
    )
    return seg, [
        *ask(ink, "a", f"When is the {x.lower()}?", f"What time does the {x.lower()} start?"),
        *ask(ink, "b", f"When is the {y.lower()}?", f"At what time is {y.lower()}?"),
    ]


@fact
def meet(ink):
    a, mark = ink.clock()
    where = ink.pick(
        "front gate",
        "main entrance",
        "parking lot",
        "bus stop",
        "fountain",
        "library steps",
        "station",
    )
    return ["Meet at the ", (where, "a"), " at ", (a + mark, "b")], [
        *ask(ink, "a", "Where do we meet?", "What is the meeting point?"),
        *ask(ink, "b", "When do we meet?", "At what time is the meeting point?"),
    ]


@fact
def members(ink):
    a, b = ink.pick("Free", "free", ink.price()), ink.price()
    x, y = ink.pick(
        ("members", "others"),
        ("students", "everyone else"),
        ("residents", "visitors"),
        ("children", "adults"),
        ("seniors", "regular"),
    )
    seg = ink.pick(
        [(a, "a"), f" for {x}, ", (b, "b"), f" for {y}"],
        [f"{x.capitalize()} ", (a, "a"), f" / {y.capitalize()} ", (b, "b")],
    )
    return seg, [
        *ask(
            ink, "a", f"What do {x} pay?", f"How much is it for {x}?", f"What is the price for {x}?"
        ),
        *ask(
            ink,
            "b",
            f"What do {y} pay?" if y != "regular" else "What is the regular price?",
            f"How much is it for {y}?",
        ),
    ]


@fact
def limit(ink):
    n = str(ink.rng.randrange(10, 300))
    return [
        ink.pick("Limited to ", "Only ", "Space for "),
        (n, "a"),
        ink.pick(" people", " seats", " participants", " tickets"),
    ], ask(
        ink,
        "a",
        "How many people can come?",
        "How many places are there?",
        "What is the maximum number?",
    )


@fact
def language(ink):
    what = ink.pick("English", "French", "Spanish", "German", "Italian", "Portuguese")
    return [ink.pick("Language: ", "Held in "), (what, "a")], ask(
        ink, "a", "Which language is it in?", "In what language is it held?"
    )


@fact
def bus(ink):
    what = f"{ink.pick('Bus', 'Tram', 'Line', 'Metro')} {ink.rng.randrange(1, 99)}"
    return [
        (what, "a"),
        ink.pick(" stops outside", " to the last stop", " to " + ink.fill("{C}")),
    ], ask(
        ink,
        "a",
        "Which bus goes there?",
        "How do I get there by public transport?",
        "What line do I take?",
    )


@fact
def call(ink):
    who = f"{ink.pick(*FIRST)} {ink.pick(*LAST)}"
    how = ink.pick(ink.phone(), ink.email())
    return [
        ink.pick("Contact ", "Ask ", "Questions? Call ", "RSVP to ", "Info: "),
        (who, "a"),
        ink.pick(" at ", ", ", " - "),
        (how, "b"),
    ], [
        *ask(ink, "a", "Who do I contact?", "Whom can I ask?", "Who answers questions?"),
        *ask(ink, "b", f"How do I reach {who}?", f"What is the contact of {who.split()[0]}?"),
    ]


@fact
def send(ink):
    what = ink.pick("abstract", "application", "photo", "recipe", "CV", "poster", "entry", "video")
    return [f"Send your {what} to ", (ink.email(), "a"), " by ", (ink.date(), "b")], [
        *ask(ink, "a", f"Where do I send my {what}?", f"Which address takes the {what}?"),
        *ask(ink, "b", f"When is the {what} due?", f"Until when can I send my {what}?"),
    ]


@fact
def rooms(ink):
    x, y = ink.title(), ink.title()
    a, b = f"Room {ink.rng.randrange(1, 50)}", f"Room {ink.rng.randrange(50, 400)}"
    return [(x, "x"), ": ", (a, "a"), ink.pick(", ", "; ", " / "), (y, "y"), ": ", (b, "b")], [
        *ask(ink, "a", f"Which room is {x} in?", f"Where is {x}?"),
        *ask(ink, "y", f"What is in {b}?", f"What takes place in {b}?"),
    ]


@fact
def donation(ink):
    return [
        ink.pick("Suggested donation: ", "Donation ", "We ask for a donation of "),
        (ink.price(), "a"),
    ], ask(
        ink,
        "a",
        "How much is the suggested donation?",
        "What donation do they ask for?",
        "How much should I give?",
    )


@fact
def ride(ink):
    what = ink.pick(
        "Face painting",
        "Pony rides",
        "Hot dogs",
        "Boat tour",
        "Raffle ticket",
        "T-shirt",
        "Lemonade",
        "Parking",
        "Workshop kit",
        "Photo booth",
    )
    return [f"{what} ", (ink.price(), "a"), ink.pick("", " each", " extra")], ask(
        ink, "a", f"How much is the {what.lower()}?", f"What does the {what.lower()} cost?"
    )


@fact
def included(ink):
    what = ink.pick(
        "Lunch",
        "Breakfast",
        "Coffee",
        "Parking",
        "Entry",
        "Equipment",
        "Dinner",
        "Childcare",
        "Transport",
    )
    yes, text = ink.pick(
        (True, f"{what} is included"),
        (True, f"{what} provided"),
        (True, f"Free {what.lower()}"),
        (False, f"{what} is not included"),
        (False, f"No {what.lower()} provided"),
    )
    return [(text, "a")], ask(
        ink,
        "a",
        f"Is {what.lower()} included?",
        f"Do they provide {what.lower()}?",
        f"Is there {what.lower()}?",
        lead="yes" if yes else "no",
    )


@fact
def pets(ink):
    yes, text = ink.pick(
        (True, "Dogs are welcome"),
        (True, "Pets allowed"),
        (False, "No pets please"),
        (False, "No dogs allowed"),
    )
    return [(text, "a")], ask(
        ink, "a", "Are pets allowed?", "Can I bring my dog?", lead="yes" if yes else "no"
    )


@fact
def who_may(ink):
    yes, text = ink.pick(
        (True, "Open to the public"),
        (True, "Everyone is welcome"),
        (True, "All welcome!"),
        (True, "Open to all students"),
        (False, "Members only"),
        (False, "By invitation only"),
        (False, "Students only"),
    )
    return [(text, "a")], [
        *ask(
            ink,
            "a",
            "Is it open to everyone?",
            "May I come if I know nobody?",
            lead="yes" if yes else "no",
        ),
        *ask(ink, "a", "Who can come?", "Who is it open to?"),
    ]


@fact
def pay(ink):
    yes, text = ink.pick(
        (False, "Cash only"),
        (True, "Cards accepted"),
        (True, "We take credit cards"),
        (False, "No cards"),
    )
    return [(text, "a")], ask(
        ink, "a", "Can I pay by card?", "Do they take cards?", lead="yes" if yes else "no"
    )


@fact
def need_to(ink):
    yes, text = ink.pick(
        (True, "Registration required"),
        (True, "Please register"),
        (False, "No registration needed"),
        (False, "No experience required"),
        (True, "Reservation recommended"),
        (False, "No tickets needed"),
    )
    what = {"reg": "register", "exp": "have experience", "Res": "reserve", "tic": "have a ticket"}
    key = next((v for k, v in what.items() if k in text or k.capitalize() in text), "register")
    return [(text, "a")], ask(
        ink, "a", f"Do I need to {key}?", f"Must I {key}?", lead="yes" if yes else "no"
    )


@fact
def handle(ink):
    what = "@" + ink.fill("{W}{N}").lower()
    return [
        ink.pick("Follow us ", "Instagram: ", "", "Find us on Facebook: ", "Twitter "),
        (what, "a"),
    ], ask(
        ink,
        "a",
        "What is their handle?",
        "How can I follow them?",
        "What is the Instagram account?",
    )


@fact
def hotel(ink):
    where = ink.fill(ink.pick("Hotel {W}", "{L} Inn", "The {B} Lodge"))
    return ["Rooms at ", (where, "a"), " from ", (ink.price(), "b")], [
        *ask(ink, "a", "Which hotel is named?", "Where can I stay?"),
        *ask(ink, "b", "How much is a room?", "What does the hotel cost?"),
    ]


@fact
def rain(ink):
    return [ink.pick("Rain date: ", "If it rains: ", "Rain date "), (ink.date(), "a")], ask(
        ink, "a", "What is the rain date?", "When is it if it rains?"
    )


@fact
def lasts(ink):
    what = ink.pick(
        "2 hours", "90 minutes", "45 min", "three days", "1 hour", "6 weeks", "half a day"
    )
    return [ink.pick("Duration: ", "Lasts ", "Takes about "), (what, "a")], ask(
        ink, "a", "How long does it take?", "What is the duration?", "How long does it last?"
    )


@fact
def job(ink):
    what = ink.pick(
        "Cashier", "Line cook", "Barista", "Tutor", "Driver", "Lifeguard", "Intern", "Web developer"
    )
    return [
        ink.pick("Now hiring: ", "Help wanted: ", "We are looking for a "),
        (what, "a"),
        ", ",
        (ink.price(), "b"),
        " per hour",
    ], [
        *ask(ink, "a", "What job is offered?", "Who are they looking for?"),
        *ask(ink, "b", "What is the pay?", "How much do they pay?"),
    ]


@fact
def instead(ink):
    what = ink.pick(
        "the stairs",
        "the other door",
        "the ramp",
        "exit B",
        "the side entrance",
        "the self-checkout",
    )
    return [ink.pick("Out of order. Please use ", "Closed. Use "), (what, "a")], ask(
        ink, "a", "What should I use instead?", "What do I use?"
    )


@fact
def weekly(ink):
    day = ink.pick(*DAYS)
    when = ink.pick(f"Every {day}", f"{day}s", f"Each {day}", f"First {day} of the month")
    return [(when, "a"), ink.pick("", " all year", " until June")], ask(
        ink, "a", "How often is it?", "On which day of the week is it?"
    )


@fact
def lineup(ink):
    names = [ink.band() for _ in range(ink.rng.randrange(2, 5))]
    text = ink.pick(", ", " + ", " / ").join(names)
    return [ink.pick("With ", "Live: ", "Lineup: ", "On stage: ", "featuring "), (text, "a")], ask(
        ink, "a", "Which bands play?", "Who is on stage?", "Who performs?", "What is the lineup?"
    )


@fact
def giving(ink):
    what = ink.pick(
        "free T-shirts",
        "certificates",
        "snacks and drinks",
        "goodie bags",
        "a free consultation",
        "course material",
    )
    return [
        ink.pick("We provide ", "You get ", "Everyone receives ", "Includes "),
        (what, "a"),
    ], ask(ink, "a", "What do I get?", "What is provided?", "What does everyone receive?")


def drawn(ink, kind=None):
    """A fact: its kind, segments and questions."""
    kind = kind or ink.rng.choice(list(FACTS))
    segments, asks = FACTS[kind](ink)
    return kind, segments, asks
