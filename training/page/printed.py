"""How names, places, dates and prices are printed: words and phrases put together by chance."""

import json
from pathlib import Path

LISTS = Path(__file__).resolve().parents[2] / "datasets/src/lists"
words = lambda name: (LISTS / f"{name}.txt").read_text().split("\n")[:-1]  # noqa: E731
FIRST, LAST, CITIES, STREETS = map(words, ("first_names", "last_names", "cities", "streets"))
WORDS, EVERYDAY = words("words"), words("everyday")

MONTHS = """January February March April May June July August September October November
December""".split()
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
PRINTED = json.loads((Path(__file__).parent / "printed.json").read_text())
SUBJECTS, THINGS, ADJ = (PRINTED[name] for name in ("subjects", "things", "adj"))
BANDS, NOUNS, HALLS = (PRINTED[name] for name in ("bands", "nouns", "halls"))
ORGS, SLOGANS, ROLES = (PRINTED[name] for name in ("orgs", "slogans", "roles"))
FOOD, GOODS = PRINTED["food"], PRINTED["goods"]


class Ink:
    """What is printed, drawn from one random generator (`random.Random`)."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, *options):
        return self.rng.choice(options)

    def chance(self, p):
        return self.rng.random() < p

    def fill(self, form):
        r = self.rng
        cap = lambda s: " ".join(w if w[0].isdigit() else w.capitalize() for w in s.split())  # noqa: E731
        return form.format(
            S=cap(r.choice(SUBJECTS)),
            C=r.choice(CITIES),
            N=r.choice(NOUNS),
            L=r.choice(LAST),
            F=r.choice(FIRST),
            H=r.choice(HALLS),
            A=r.choice(ADJ),
            B=r.choice(BANDS),
            T=r.choice(THINGS),
            W=r.choice(WORDS).capitalize(),
            s=r.choice(SUBJECTS),
        )

    def cased(self, text):
        """As print often has it: capitals, lower case, or as it is."""
        n = self.rng.random()
        return text.upper() if n < 0.3 else text.lower() if n < 0.38 else text

    def person(self):
        title = self.pick("", "", "", "Dr. ", "Prof. ", "Dr ", "Professor ", "Mr. ", "Rev. ")
        middle = self.pick("", "", "", f" {self.pick(*'ABCDEFGHJKLMRST')}.")
        return title + self.pick(*FIRST) + middle + " " + self.pick(*LAST)

    def org(self):
        return self.fill(self.pick(*ORGS))

    def band(self):
        return self.fill(self.pick("The {B} {N}", "{B} {N}", "{W} & the {N}", "{F} {L}", "DJ {W}",
                                   "{W} {W}", "{L} {N}", "MC {F}", "The {L} Band"))  # fmt: skip

    def title(self):
        return self.fill(
            self.pick(
                "{T}",
                "{T}",
                "{A} {T}",
                "{C} {T}",
                "{T} 20{y}".replace("{y}", f"{self.rng.randrange(14, 31)}"),
                "{B} {N} {T}",
                "{A} {A} {T}",
                "{T} & {T}",
                "{S} Workshop",
                "Introduction to {S}",
                "{A} {S} Conference",
                "{S} Day",
                "The Future of {S}",
                "{S} for Beginners",
                "{T}: {W} Edition",
                "Towards {A} {S}",
                "{N} and {N}",
                "The {W} of {W}",
                "{W} vs. {W}",
                "Night of the {N}",
                "{A} Symposium on {S} and {S}",
                "How {S} Changes {S}",
                "{L} Lecture: {S}",
                "{W}fest",
                "{F}'s Birthday Party",
                "A Brief History of {S}",
                "{C} {S} Meetup",
                "Celebrating {S}",
            )
        )

    def room(self):
        n = self.rng.randrange(1, 500)
        return self.pick(
            f"Room {n}",
            f"Rm {n}",
            f"Room {self.pick(*'ABCDE')}{n}",
            f"{n}",
            "Main Hall",
            "Ballroom A",
            "2nd Floor",
            f"Lecture Hall {n % 9 + 1}",
            "Main Stage",
            "Lobby",
        )

    def venue(self):
        place = self.fill(
            self.pick(
                "{L} {H}",
                "{C} {H}",
                "{B} {N} {H}",
                "St. {F}'s Church",
                "The {W}",
                "{L} {H}",
                "{W} {H}",
                "The {B} {W}",
                "{L}'s",
                "{H}",
                "the {W} {H}",
                "University of {C}",
                "{S} Building",
                "Cafe {W}",
                "Online",
                "Zoom",
            )
        )
        if self.chance(0.25):
            place = self.pick(
                f"{place}, {self.room()}", f"{self.room()}, {place}", f"{place} {self.room()}"
            )
        return place

    def address(self):
        n = self.rng.randrange(1, 9999)
        road = self.pick(
            "Street", "St.", "Road", "Rd", "Avenue", "Ave", "Lane", "Blvd", "Drive", "Way"
        )
        out = f"{n} {self.pick('', '', 'N. ', 'West ', 'E ')}{self.pick(*STREETS)} {road}"
        if self.chance(0.5):
            out += f", {self.pick(*CITIES)}"
            if self.chance(0.4):
                state = self.pick("CA", "NY", "TX", "WA", "IL")
                out += f", {state} {self.rng.randrange(10000, 99999)}"
        return out

    def price(self):
        n = self.pick(1, 2, 3, 5, 5, 7, 8, 10, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100)
        sign = self.pick("$", "$", "$", "£", "€")
        return self.pick(
            f"{sign}{n}",
            f"{sign}{n}",
            f"{sign}{n}.{self.pick('00', '50', '99')}",
            f"{n} {self.pick('dollars', 'euros', 'EUR', 'USD')}",
        )

    def phone(self):
        d = lambda n: "".join(self.pick(*"0123456789") for _ in range(n))  # noqa: E731
        return self.pick(
            f"({d(3)}) {d(3)}-{d(4)}",
            f"{d(3)}-{d(3)}-{d(4)}",
            f"{d(3)}.{d(3)}.{d(4)}",
            f"+{d(2)} {d(3)} {d(6)}",
            f"0{d(4)} {d(6)}",
            f"0{d(2)} {d(4)} {d(4)}",
        )

    def site(self):
        name = (
            self.fill(self.pick("{W}{N}", "{L}{W}", "{C}{W}", "{W}-{W}")).lower().replace(" ", "")
        )
        tail = self.pick("", "", "/" + self.pick(*WORDS).lower(), "/events", "/tickets")
        return (
            self.pick("www.", "www.", "", "https://", "http://")
            + name
            + self.pick(".com", ".org", ".edu", ".net", ".co.uk", ".de", ".io")
            + tail
        )

    def email(self):
        who = self.fill(self.pick("{F}.{L}", "info", "{L}", "events", "{W}", "contact")).lower()
        return f"{who}@{self.site().split('//')[-1].removeprefix('www.').split('/')[0]}".replace(
            " ", ""
        )

    def date(self, year=None):
        """A day as it is printed, in one of many ways."""
        m, d = self.rng.randrange(12), self.rng.randrange(1, 29)
        name = self.pick(MONTHS[m], MONTHS[m], MONTHS[m][:3], MONTHS[m][:3] + ".")
        day = DAYS[self.rng.randrange(7)]
        day = self.pick(day, day, day[:3], day[:3] + ".", day[:4] + ".")
        nth = {1: "st", 2: "nd", 3: "rd"}.get(d % 10 if d not in (11, 12, 13) else 0, "th")
        year = (
            f"{self.rng.randrange(2012, 2032)}"
            if year is None and self.chance(0.45)
            else (year or "")
        )
        e = min(d + self.rng.randrange(1, 4), 30)
        core = self.pick(
            f"{name} {d}",
            f"{name} {d}",
            f"{name} {d}{nth}",
            f"{d} {name}",
            f"{d}{nth} {name}",
            f"{d}{nth} of {name}",
            f"{name} {d}-{e}",
            f"{name} {d} - {e}",
            f"{d}-{e} {name}",
            f"{name} {d} & {e}",
            f"{d} to {e} {name}",
            f"the {d}{nth} of {name}",
        )
        if self.chance(0.15):
            n = self.pick(
                f"{m + 1}/{d}",
                f"{m + 1}/{d}/{year[2:] or 19}",
                f"{d}.{m + 1}.{year or 2024}",
                f"{year or 2025}-{m + 1:02}-{d:02}",
                f"{m + 1}.{d}.{year[2:] or 22}",
            )
            return self.cased(self.pick(n, f"{day} {n}", f"{day}, {n}"))
        if year:
            core = self.pick(f"{core}, {year}", f"{core} {year}", f"{core}, {year}")
        return self.cased(
            self.pick(core, f"{day} {core}", f"{day}, {core}", f"{core} ({day})", f"{day}, {core}")
        )

    def clock(self, half=None):
        """An hour as it is printed; `half`: "am" or "pm" where it must say so."""
        h, m = self.rng.randrange(1, 13), self.pick("00", "00", "00", "30", "30", "15", "45")
        half = half or self.pick("pm", "pm", "pm", "am")
        mark = self.pick(half, " " + half, half.upper(), " " + half.upper(), f" {half[0]}.m.", half)
        return self.pick(f"{h}:{m}", f"{h}" if m == "00" else f"{h}:{m}", f"{h}:{m}"), mark

    def hours(self):
        """Start and end as segments `(text, field)`; some have no end."""
        (a, mark), (b, last) = self.clock(), self.clock()
        if self.chance(0.15):
            a, b = (
                f"{self.rng.randrange(8, 24)}{self.pick(':', ':', '.', 'h')}{self.pick('00', '30')}"
                for _ in "ab"
            )
            mark = last = self.pick("", "", " Uhr", " h")
        if self.chance(0.45):
            return [
                (self.pick("", "at ", "@ ", "Doors ", "Time: ", "from ", "Starts at ", "@"), None),
                (a + mark, "start"),
            ]
        if self.chance(0.35):
            mark = ""
        sep = self.pick(" - ", "-", "–", " – ", " to ", " until ", "–")
        lead = (
            self.pick("", "", "from ", "Time: ", "between ")
            if sep != " to "
            else self.pick("", "from ")
        )
        return [(lead, None), (a + mark, "start"), (sep, None), (b + last, "end")]

    def sentence(self):
        return self.fill(
            self.pick(
                "Learn about {s} and {s} from people who use them every day.",
                "{F} {L} will speak about {s}.",
                "We will have music, games and prizes.",
                "Bring your own laptop and a sense of humour.",
                "Proceeds go to the {C} {H}.",
                "The {L} Foundation supports young people in {C}.",
                "Join us for an evening of {s} with {F} {L} and friends.",
                "Coffee and tea are provided.",
                "In this talk we discuss how {s} and {s} come together.",
                "{W} your {W} with us!",
                "Since {y} we have brought {s} to {C}.".replace(
                    "{y}", str(self.rng.randrange(1950, 2015))
                ),
                "Please reply by the end of the week.",
                "Abstract: We show that {s} helps {s}.",
                "Children under 12 must be with an adult.",
                "For more information visit our page.",
                "A unique opportunity to explore {s} and meet the {N}.",
                "Topics include {s}, {s} and {s}.",
                "No tickets will be sold at the door.",
                "The event is supported by the City of {C}.",
            )
        )
