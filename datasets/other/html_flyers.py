"""Flyers as people make them with web tools and word processors, set by Chromium, for `foveate-datasets eval --from`.

    apt-get install chromium fonts-liberation fonts-dejavu fonts-lato fonts-open-sans fonts-roboto-unhinted fonts-comic-neue fonts-bebas-neue \\
        fonts-crosextra-carlito fonts-crosextra-caladea   # as root
    python -m pip install pillow numpy
    python ../../training/fetch_fonts.py --list fonts.txt --list fonts-html.txt --out ../../.cache/fonts-other   # needs npm, fonttools and brotli
    python html_flyers.py --out ../../.cache/html-flyers
    cargo run --release -p foveate-datasets -- eval --model ../../models/nano --from ../../.cache/html-flyers

The words and the layouts are used nowhere else. Of the fonts those of `fonts.txt` are unknown to training; most of the others are not: they are what
such flyers are made with. Every third flyer is photographed by the camera of `flyers.py`. The text, the fields and their order are what the browser
shows; a page on which letters leave the sheet or touch is set smaller, and one that stays so is refused.
"""

import argparse
import base64
import datetime
import functools
import glob
import html
import json
import os
import random
import re
import subprocess
import tempfile

import html_layouts
from browser import Browser
from flyers import photographed
from html_events import EVENTS

OFFICE = [("Carlito", 700, "Carlito"), ("Liberation Serif", 700, "Liberation Serif"), ("Comic Neue", 700, "Comic Neue"), ("Liberation Sans", 700, "Liberation Sans"), ("Caladea", 700, "Carlito"), ("DejaVu Sans", 700, "DejaVu Sans")]
SCRIPT = [("Great Vibes", 400, "Cormorant Garamond"), ("Allura", 400, "Lusitana"), ("Italianno", 400, "Unna"), ("Pacifico", 400, "Raleway"), ("Mr Dafoe", 400, "Jost")]
FORMAL = [("Cinzel", 700, "Cormorant Garamond"), ("Playfair Display", 700, "Lato"), ("Unna", 700, "Unna"), ("Rufina", 700, "Lusitana"), ("Cormorant Garamond", 700, "Josefin Sans"), ("Gloock", 400, "Afacad")]
HAND = [("Caveat Brush", 400, "Caveat Brush"), ("Permanent Marker", 400, "Comic Neue"), ("Amatic SC", 700, "Comic Neue"), ("Rancho", 400, "Rancho"), ("Special Elite", 400, "Special Elite")]
LOUD = [("Anton", 400, "Open Sans"), ("Bebas Neue", 700, "Lato"), ("Oswald", 700, "Roboto"), ("Archivo Black", 400, "Inter Tight"), ("Alfa Slab One", 400, "Jost"), ("Big Shoulders Display", 700, "Funnel Sans"), ("Francois One", 400, "Abel"), ("Days One", 400, "Telex"), ("Chakra Petch", 700, "Chakra Petch")]
PLAIN = [("Montserrat", 700, "Montserrat"), ("Poppins", 700, "Poppins"), ("Abril Fatface", 400, "Poppins"), ("DM Serif Display", 400, "Albert Sans"), ("Inter Tight", 700, "Inter Tight"), ("Jost", 700, "Jost"), ("Josefin Sans", 700, "Josefin Sans"), ("Platypi", 700, "Platypi"),
         ("Labrada", 700, "Mada"), ("Yeseva One", 400, "Gudea"), ("Ranchers", 400, "Palanquin"), ("Bubblegum Sans", 400, "Athiti"), ("Rozha One", 400, "Biryani"), ("sans-serif", 700, "sans-serif"), ("serif", 700, "sans-serif"), ("Raleway", 700, "Raleway")]
FACES = {"word": OFFICE, "notice": HAND, "invitation": SCRIPT + FORMAL, "playbill": FORMAL + LOUD[:5], "night": LOUD + SCRIPT[-1:], "swiss": PLAIN[:1] + PLAIN[4:7] + OFFICE[3:4], "numerals": LOUD + PLAIN}
QUIET = {head for head, *_ in SCRIPT}  # not in capitals
BACKERS = ["Pellow & Sons", "Meridian Credit Union", "Gale Hardware", "Radio 97.4", "Osprey Books", "Tilly's Bakery", "Fenwater Dairy", "Blue Door Dental", "Castle Tyres", "Novak Legal"]


def clock(moment, style):
    hour, minute = map(int, moment.split(":"))
    half, twelve = ("am", "pm")[hour >= 12], (hour - 1) % 12 + 1
    if style == "24":
        return moment
    dot = "." if style == "7.30pm" else ":"
    digits = f"{twelve}{dot}{minute:02}" if minute or style == "7:00 PM" else f"{twelve}"
    return digits + {"7.30pm": half, "7:30pm": half, "7 PM": f" {half.upper()}", "7:00 PM": f" {half.upper()}", "7 p.m.": f" {half[0]}.m."}[style]


class Sheet:
    """The pieces of one flyer, as HTML."""

    def __init__(self, rng, event, palette, dark, head, caps):
        self.rng, self.event, self.head, self.caps = rng, event, head, caps
        self.ground, self.ink, self.accent, self.second, self.soft = palette
        self.dark_accent = dark[2]
        self.host, self.line, self.venue, self.address = (html.escape(t) for t in (event.host, event.line, event.venue, event.address))
        self.venue = self.field("venue", event.venue)
        self.first = datetime.date.fromisoformat(event.day[:10])
        self.last = self.first.replace(day=int(event.day[11:])) if event.day[11:] else None
        self.style = rng.choice({"uk": ["7.30pm", "7.30pm", "7:30pm", "24"], "us": ["7:30pm", "7 PM", "7:00 PM", "7 p.m."], "eu": ["24"]}[event.land])
        self.year = False
        self.note = re.sub(r"\{([+-]\d+)\}", lambda m: self.near(int(m[1])), html.escape(event.note))

    def field(self, name, text):
        return f'<span data-f="{name}">{html.escape(text)}</span>'

    def near(self, days):
        day = self.first + datetime.timedelta(days)
        return f"{day:%B} {day.day}" if self.event.land == "us" else f"{day.day} {day:%B}"

    def title(self, size, colour="inherit", upper=None):
        text = self.event.title.upper() if (self.caps if upper is None else upper and self.head not in QUIET) else self.event.title
        return f'<h1 style="font-size:calc(var(--k)*{size}rem);color:{colour}">{self.field("title", text)}</h1>'

    def date(self, short=False, upper=False):
        a, b, land, rng = self.first, self.last, self.event.land, self.rng
        nth = lambda d: f"{d}{'th' if 10 < d < 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(d % 10, 'th')}"
        W, w, M, m = (f"{a:%{c}}" for c in "AaBb")
        if b and land == "us":
            choices = [f"{M} {a.day}–{b.day}, {a.year}", f"{m} {a.day} - {b.day}", f"{W} & {b:%A}, {M} {a.day} & {b.day}"][: 3 if (b - a).days == 1 else 2]
        elif b:
            choices = [f"{a.day}–{b.day} {M} {a.year}", f"{w} {a.day} – {b:%a} {b.day} {M}", f"{a.day} - {b.day} {m} {a.year}", f"{nth(a.day)} to {nth(b.day)} {M}"]
        elif land == "us":
            choices = [f"{m} {a.day}, {a.year}", f"{w}, {m} {a.day}", f"{M} {nth(a.day)}"]
            choices += [] if short else [f"{W}, {M} {a.day}", f"{W}, {M} {a.day}, {a.year}", f"{W}, {M} {a.day}", f"{W} {M} {nth(a.day)}, {a.year}", f"{W} · {M} {a.day}"]
            choices += [f"{a.month}/{a.day}/{a.year}"] if a.day > 12 else []
        elif land == "uk":
            choices = [f"{w} {a.day} {m} {a.year}", f"{w} {nth(a.day)} {M}", f"{a.day} {M} {a.year}"]
            choices += [] if short else [f"{W} {a.day} {M}", f"{W} {a.day} {M} {a.year}", f"{W} {nth(a.day)} {M}", f"{nth(a.day)} {M} {a.year}", f"{W} the {nth(a.day)} of {M}"]
            choices += [f"{w} {a:%d/%m/%Y}"] if a.day > 12 else []
        else:
            choices = [f"{a.day} {M} {a.year}", f"{w} {a:%d.%m.%Y}", f"{a:%Y-%m-%d}"] + ([] if short else [f"{W}, {a.day} {M}", f"{W} {a.day} {M} {a.year}"])
        text = rng.choice(choices)
        self.year = str(a.year) in text
        return self.field("date", text.upper() if upper else text)

    def numerals(self, size, colour):
        a, b = self.first, self.last
        days, year = f"{a.day}–{b.day}" if b else str(a.day), self.rng.random() < 0.3
        self.year, weekday = year, f'<div style="font-size:1.6rem">{self.field("date", f"{a:%A}")}</div>'
        number = f'<div style="font:{self.weight} {size if not b else size * 0.6}rem/1 \'{self.head}\';color:{colour}">{self.field("date", days)}</div>'
        month = f'<div style="font:{self.weight} {size * 0.32}rem/1.1 \'{self.head}\'">{self.field("date", f"{a:%b}".upper() if self.head not in QUIET else f"{a:%B}")}</div>'
        tail = f'<div style="font-size:1.6rem">{self.field("date", str(a.year))}</div>' if year else ""
        if self.event.land == "us":
            return f"<div data-loose=\"1\">{'' if b else weekday}{month}{number}{tail}</div>"
        return f'<div data-loose="1" style="display:flex;gap:1.6rem;align-items:center">{number}<div>{month}{"" if b else weekday}{tail}</div></div>'

    def time(self, plain=False):
        doors, start = self.event.hours.split("/") if "/" in self.event.hours else (None, self.event.hours)
        start, _, end = start.partition("-")
        tell, half = (lambda t: clock(t, self.style)), lambda t: int(t[:2]) >= 12
        begin = self.field("start", tell(start))
        if doors and not plain:
            return self.rng.choice([f"Doors {tell(doors)} | Show {begin}", f"Doors {tell(doors)}, starts {begin}", f"{begin} (doors {tell(doors)})", f"Doors open {tell(doors)}<br>Show starts {begin}"])
        if not end:
            return begin if plain else self.rng.choice([begin, begin, f"at {begin}", f"Starts {begin}"])
        if self.style == "7.30pm" and half(start) == half(end) and self.rng.random() < 0.5:  # 7–9pm
            begin = self.field("start", tell(start)[:-2])
            return f"{begin}–{self.field('end', tell(end))}"
        dash = self.rng.choice([" – ", "–", " to ", "-", " - "])
        return ("from " if dash == " to " and self.rng.random() < 0.4 and not plain else "") + begin + dash + self.field("end", tell(end))

    def joined(self):
        return f"{self.venue}, {self.address}"

    def listed(self, text, between):
        parts = [html.escape(p) for p in text.split("|")]
        return parts if between is None else between.join(parts)

    def prices(self, between=None):
        return self.listed(self.event.prices, between)

    def points(self, between=None, lead=""):
        return lead + self.listed(self.event.points, between) if between is not None else self.listed(self.event.points, None)

    def contact(self, between, tag=None):
        return between.join(f"<{tag}>{c}</{tag}>" if tag else c for c in self.listed(self.event.contact, None))

    def price_rows(self):
        found = [re.fullmatch(r"(.*?) ([£$]\d+|\d+ €|\d+p|free)", p) for p in self.prices()]
        return [m.groups() for m in found] if len(found) > 1 and all(found) else None

    def programme(self):
        start = self.event.hours.split("/")[-1][:5]
        at = lambda k: f"{int(start[:2]) + (int(start[3:]) + k) // 60:02}:{(int(start[3:]) + k) % 60:02}"
        step = self.rng.choice([20, 30])
        return [(clock(at(step * k), self.style), p) for k, p in enumerate(self.points())]

    def backers(self):
        return self.rng.sample(BACKERS, 3)

    def over(self, *grounds):
        """White, or near black where that is easier to read on the grounds."""
        light = [sum(s * (int(g[i : i + 2], 16) / 255) ** 2.2 for i, s in ((1, 0.21), (3, 0.72), (5, 0.07))) for g in grounds]
        return "#fff" if sum(light) / len(light) < 0.3 else "#1c1c1c"

    def art(self, inside):
        return f'<svg style="position:absolute;left:0;top:0;width:100%;height:100%" viewBox="0 0 100 100" preserveAspectRatio="none">{inside}</svg>'

    def sun(self, left, top, size, colour):
        return f'<div data-loose="1" style="position:absolute;left:{left:.0f}%;top:{top:.0f}%;width:{size}rem;height:{size}rem;border-radius:50%;background:{colour}"></div>'

    def hills(self):
        r = self.rng.uniform
        bumps = "".join(f'<path d="M0 {y} Q{r(15, 35)} {y - r(8, 22)} 50 {y} T100 {y - r(-4, 8)} V100 H0Z" fill="#000" opacity=".12"/>' for y in (74, 84, 93))
        return self.sun(r(74, 82), r(6, 12), 7, "#fff4") + self.art(bumps)

    def confetti(self):
        spots = (f'<rect x="{self.rng.uniform(0, 100):.1f}" y="{self.rng.uniform(0, 100):.1f}" width="1.4" height=".8" fill="{self.rng.choice([self.accent, self.second])}" opacity=".3" transform="rotate({self.rng.randrange(90)})"/>' for _ in range(120))
        return self.art("".join(spots))

    def bokeh(self):
        r = self.rng
        spots = (f"radial-gradient(circle at {r.randrange(100)}% {r.randrange(100)}%,hsla({r.choice([20, 200, 290, 330]) + r.randrange(30)},80%,60%,{r.uniform(.08, .3):.2f}) 0 {r.uniform(1, 6):.1f}%,#0000 {r.uniform(6, 9):.1f}%)" for _ in range(26))
        return f'<div data-loose="1" style="position:absolute;inset:0;background:{",".join(spots)},linear-gradient({r.randrange(360)}deg,#0b0714,#2a1338 60%,#0a1a2e)"></div>'

    def skyline(self):
        r, x, houses = self.rng, 0, []
        while x < 100:
            w, h = r.uniform(9, 18), r.uniform(20, 62)
            houses.append(f'<rect x="{x:.1f}" y="{100 - h:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{r.choice([self.accent, self.ink])}" opacity="{r.uniform(.55, .95):.2f}"/>')
            x += w
        return self.sun(r.uniform(12, 60), r.uniform(6, 14), 7, "#fffc") + self.art("".join(houses))

    def flags(self):
        flags = "".join(f'<path d="M{x} {4 + 6 * (1 - ((x - 45) / 50) ** 2):.1f} l9 0 l-4.5 9Z" fill="{[self.accent, self.second, self.ink][x // 10 % 3]}"/>' for x in range(0, 100, 10))
        return f'<svg style="position:absolute;left:0;top:0;width:100%;height:8rem" viewBox="0 0 100 20" preserveAspectRatio="none">{flags}</svg>'

    def star(self):
        return f'<svg style="height:5rem" viewBox="0 0 24 24"><path fill="{self.second}" d="M12 1l3.2 7.3 7.8.7-5.9 5.2 1.8 7.8L12 17.8 5.1 22l1.8-7.8L1 9l7.8-.7z"/></svg>'

    def icon(self, name):
        shape = {"calendar": "M4 5h16v15H4zM4 10h16M8 2v5M16 2v5", "clock": "M12 3a9 9 0 1 0 .01 0M12 7v5l4 2", "pin": "M12 22C6 15 5 12 5 9a7 7 0 0 1 14 0c0 3-1 6-7 13zM12 7a2 2 0 1 0 .01 0", "tag": "M3 3h9l9 9-9 9-9-9zM7.5 7a.5.5 0 1 0 .01 0"}[name]
        return f'<svg style="width:2.6rem;flex:none" viewBox="0 0 24 24" fill="none" stroke="{self.accent}" stroke-width="2"><path d="{shape}"/></svg>'


@functools.cache
def installed():
    return {name for line in subprocess.check_output(["fc-list", ":", "family"], text=True).splitlines() for name in line.split(",")}


def embedded(families, folder):
    """Their @font-face rules, where they come from `folder`."""
    for path in (p for f in families for p in sorted(glob.glob(os.path.join(folder, f.lower().replace(" ", "-") + "-latin-*.ttf")))):
        family = next(f for f in families if os.path.basename(path).startswith(f.lower().replace(" ", "-") + "-latin-"))
        weight, style = re.search(r"-latin-(\d+)-(\w+)\.ttf$", path).groups()
        with open(path, "rb") as f:
            yield f"@font-face{{font-family:'{family}';font-weight:{weight};font-style:{style};src:url(data:font/ttf;base64,{base64.b64encode(f.read()).decode()})}}"


def one_page(browser, rng, event, layout, folder):
    """-> the picture, `SET`'s answer, the sheet and the fonts."""
    name = layout.__name__
    head, weight, body = rng.choice(FACES.get(name, PLAIN + LOUD + FORMAL[1:] + OFFICE + SCRIPT[-2:]))
    dark, (w, h) = rng.choice(html_layouts.DARK), rng.choice(html_layouts.LAYOUTS[layout])
    palette = dark if name not in ("notice", "word", "ticket", "panorama") and rng.random() < 0.15 else rng.choice(html_layouts.PALETTES)
    sheet = Sheet(rng, event, palette, dark, head, head not in QUIET and rng.random() < 0.3)
    sheet.weight = weight
    quoted = lambda f: f if f.endswith("serif") else f"'{f}'"
    rules = "".join(embedded({head, body}, folder))
    for family in {head, body} - {"serif", "sans-serif"}:
        if f"'{family}'" not in rules and family not in installed():
            raise SystemExit(f"no font {family}")
    text = f"""<!doctype html><meta charset="utf-8"><style>{rules}*{{box-sizing:border-box;margin:0;padding:0}}html{{--k:1;font-size:{(w * h) ** 0.5 / 50:.2f}px}}
body{{width:{w}px;height:{h}px;overflow:hidden;position:relative;font-family:{quoted(body)};color:{sheet.ink};background:{sheet.ground};line-height:1.35}}
h1{{font-family:{quoted(head)};font-weight:{weight};line-height:1.08;text-wrap:balance}}h2{{font-family:{quoted(head)};font-weight:{weight}}}</style><body>{layout(sheet)}</body>"""
    scale = rng.choice([1, 1.5]) if w < 1000 else 1
    return *browser.page(text, (w, h), scale), sheet, sorted({head, body})


def fitting(layout, event):
    probe = Sheet(random.Random(0), event, *[["#000000"] * 5] * 2, "", False)
    return {"price_list": probe.price_rows(), "schedule": len(probe.points()) > 2 and not probe.last}.get(layout.__name__, True)


def entry(told, sheet):
    """What the browser says it shows, and what that means."""
    texts, event = {}, sheet.event
    for name, piece, glued in told["fields"]:
        texts[name] = texts.get(name, "") + ("" if glued or name not in texts else " ") + piece
    start, _, end = event.hours.split("/")[-1].partition("-")
    values = {"title": texts["title"], "date": str(sheet.first) if sheet.year else f"--{sheet.first:%m-%d}", "start": start, "end": end, "venue": texts["venue"]}
    fields = {k: {"text": texts[k], "value": values[k]} for k in values if k in texts}
    return {"text": "\n".join(told["lines"]), "fields": fields, "event": {k: f["value"] for k, f in fields.items()}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--chromium", default="chromium", help="the program")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--fonts", default=os.path.join(here, "..", "..", ".cache", "fonts-other"))
    args = parser.parse_args()
    rng, flyers, deck = random.Random(args.seed), [], []
    os.makedirs(args.out, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        browser = Browser(args.chromium, home)
        for i in range(args.count):
            event = EVENTS[i % len(EVENTS)]
            if not any(fitting(layout, event) for layout in deck):
                deck += rng.sample(list(html_layouts.LAYOUTS), len(html_layouts.LAYOUTS))
            layout = deck.pop(next(j for j, layout in enumerate(deck) if fitting(layout, event)))
            for _ in range(8):
                page, told, sheet, fonts = one_page(browser, rng, event, layout, args.fonts)
                if "wrong" not in told:
                    break
                print(f"{i:03} {layout.__name__} in {', '.join(fonts)} is set again: {told['wrong']}")
            else:
                raise SystemExit(f"{layout.__name__} cannot hold {event.title}")
            photo = i % 3 == 2
            name = f"{i:03}.{'jpg' if photo else 'png'}"
            (photographed(rng, page) if photo else page).save(os.path.join(args.out, name), **({"quality": 85} if photo else {}))
            flyers.append({"file": name, "photographed": photo, "layout": layout.__name__, "fonts": fonts, **entry(told, sheet)})
        browser.close()
    with open(os.path.join(args.out, "manifest.json"), "w") as f:
        json.dump({"flyers": flyers}, f, indent=1, ensure_ascii=False)
    print(len(flyers), "flyers in", os.path.normpath(args.out))


if __name__ == "__main__":
    main()
