"""Flyers set by another program (Typst), with words, layouts and fonts of their own, for `foveate-datasets eval --from`.

    python -m pip install typst pillow numpy
    python ../../training/fetch_fonts.py --list fonts.txt --out ../../.cache/fonts-other   # needs npm, fonttools and brotli
    python flyers.py --out ../../.cache/other-flyers
    cargo run --release -p foveate-datasets -- eval --model ../../models/nano --from ../../.cache/other-flyers

Nothing here is used in training: not the sentences, not the layouts, not the families of `fonts.txt` (of which two have a near relation there, Afacad
Flux and Palanquin Dark). Ligatures and contextual forms are the fonts' own. A third of the flyers is photographed, by a camera that shares nothing with `camera.rs`.
"""

import argparse
import io
import json
import os
import random

import numpy as np
from PIL import Image, ImageFilter

from events import EVENTS

PLAIN = ["Athiti", "Jost", "Mada", "Biryani", "Gudea", "Lusitana", "Unna", "Labrada", "Telex", "Mitr", "Palanquin", "Albert Sans", "Alexandria",
         "Afacad", "Belleza", "Platypi", "Funnel Sans", "Abel", "Rufina", "Inter Tight", "Chakra Petch"]
SHOW = ["Bubblegum Sans", "Ranchers", "Yeseva One", "Rozha One", "Francois One", "Chango", "Gloock", "Caveat Brush", "Germania One", "Italianno",
        "Rancho", "Days One", "Allura", "Coda", "Mogra"]
PAGES = [(420, 594), (420, 594), (420, 540), (540, 420), (500, 500), (360, 640)]  # points
SPECIAL = "\\#$@*_<`-~=/"


def escaped(text):
    return "".join("\\" + c if c in SPECIAL else c for c in text)


def colours(rng):
    """Ground, headline, text."""
    hue = rng.randrange(360)
    tone = lambda turn, s, l: f"color.hsl({(hue + turn) % 360}deg,{s}%,{l}%)"
    return rng.choice([("white", tone(0, 70, 28), "black"), (tone(0, 60, 92), tone(180, 70, 25), 'rgb("#222")'), (tone(0, 55, 20), tone(50, 90, 70), "white"),
                       ('rgb("#111")', tone(0, 90, 62), 'rgb("#eee")'), (f"gradient.linear({tone(0, 60, 88)},{tone(40, 60, 78)})", 'rgb("#1a1a1a")', 'rgb("#222")')])


def centred(e, title, body, bold, ink):
    return f"#align(center)[\n{title}\n#v(14pt)\n{bold(e.date, 18)}\\ {bold(e.hours, 16)}\n#v(8pt)\n{bold(e.venue, 16)}\\ {escaped(e.place)}\n#v(20pt)\n{body}\n]"


def table(e, title, body, bold, ink):
    cells = ",".join(f"[*{k}*],[{v}]" for k, v in (("When", escaped(e.date)), ("Time", escaped(e.hours)), ("Where", f"{escaped(e.venue)}\\ {escaped(e.place)}")))
    return f"{title}\n#v(10pt)\n{body}\n#v(16pt)\n#grid(columns:(70pt,1fr),row-gutter:10pt,{cells})"


def banner(e, title, body, bold, ink):
    return (f"#rect(fill:{ink},width:100%,inset:16pt)[{title}]\n#v(12pt)\n*Date:* {escaped(e.date)}\\ *Time:* {escaped(e.hours)}\\ "
            f"*Location:* {escaped(e.venue)}, {escaped(e.place)}\n#v(14pt)\n{body}")


def box(e, title, body, bold, ink):
    side = f"#rect(stroke:1.5pt+{ink},inset:12pt,width:100%)[{bold(e.date, 15)}\n\n{bold(e.hours, 15)}\n\n{escaped(e.venue)}\\ #text(size:11pt)[{escaped(e.place)}]]"
    return f"#grid(columns:(1.5fr,1fr),column-gutter:18pt,[{title}\n#v(12pt)\n{body}],[{side}])"


def invitation(e, title, body, bold, ink):
    return (f"#align(center+horizon)[#text(size:13pt,tracking:2pt)[YOU ARE INVITED TO]\n#v(4pt)\n{title}\n#v(8pt)\n#line(length:40%,stroke:1pt+{ink})\n#v(8pt)\n"
            f"{escaped(e.date)} at {escaped(e.hours)}\n\n{bold(e.venue, 15)}\\ {escaped(e.place)}\n#v(18pt)\n{body}]")


def foot(e, title, body, bold, ink):
    cells = f"[{bold(e.date, 13)}],[{bold(e.hours, 13)}],[{bold(e.venue, 13)}\\ #text(size:10pt)[{escaped(e.place)}]]"
    return f"{title}\n#v(1fr)\n{body}\n#v(1fr)\n#grid(columns:(1fr,1fr,1fr),column-gutter:10pt,{cells})"


LAYOUTS = [centred, table, banner, box, invitation, foot]


def source(rng, event):
    """-> Typst source, the title as printed, the layout's name and the fonts."""
    ground, ink, text = colours(rng)
    layout, (width, height) = rng.choice(LAYOUTS), rng.choice(PAGES)
    head, body = rng.choice(SHOW if rng.random() < 0.5 else PLAIN), rng.choice(PLAIN)
    printed = event.title.upper() if rng.random() < 0.25 else event.title
    size = rng.choice([30, 36, 42]) if layout is box else rng.choice([34, 40, 46, 52])
    colour = ("white" if "gradient" in ground else ground) if layout is banner else ink
    title = f'#text(font:"{head}",size:{size}pt,fill:{colour},weight:{rng.choice([400, 700])})[{escaped(printed)}]'
    bold = lambda s, points: f"#text(size:{points}pt,weight:700)[{escaped(s)}]"
    blurb = f"#text(size:{rng.choice([11, 12, 13])}pt)[{escaped(event.blurb)}]"
    page = f"#set page(width:{width}pt,height:{height}pt,margin:{rng.choice([24, 32, 40])}pt,fill:{ground})\n"
    return page + f'#set text(font:"{body}",size:14pt,fill:{text})\n' + layout(event, title, blurb, bold, ink), printed, layout.__name__, [head, body]


def photographed(rng, page):
    """The page on a table: perspective, uneven light, blur, noise."""
    w, h = page.size
    away = lambda: rng.uniform(0.02, 0.1)
    corners = [(w * away(), h * away()), (w * (1 - away()), h * away()), (w * (1 - away()), h * (1 - away())), (w * away(), h * (1 - away()))]
    rows = []
    for (x, y), (u, v) in zip(corners, [(0, 0), (w, 0), (w, h), (0, h)]):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    back = np.linalg.solve(np.array(rows), np.array([0, 0, w, 0, w, h, 0, h], float))
    table = Image.new("RGB", (w, h), tuple(rng.randrange(30, 200) for _ in range(3)))
    table.paste(page.transform((w, h), Image.Transform.PERSPECTIVE, back, Image.Resampling.BICUBIC), (0, 0),
                Image.new("L", (w, h), 255).transform((w, h), Image.Transform.PERSPECTIVE, back))
    y, x = np.mgrid[0:h, 0:w]
    light = 1 - rng.uniform(0.1, 0.35) * ((x / w) * rng.random() + (y / h) * rng.random())
    pixels = np.asarray(table.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9))), float) * light[..., None]
    pixels += np.random.default_rng(rng.randrange(1 << 30)).normal(0, rng.uniform(2, 6), pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def one_page(rng, event, args):
    """-> PNG, the title as printed, the layout's name and the fonts; drawn again where it does not fit a page."""
    import typst

    path = os.path.join(args.out, "page.typ")
    while True:
        text, *told = source(rng, event)
        with open(path, "w") as f:
            f.write(text)
        png = typst.compile(path, format="png", ppi=rng.choice([110, 150, 200, 240]), font_paths=[args.fonts], ignore_system_fonts=True)
        if isinstance(png, bytes):  # of several pages it is a list
            os.remove(path)
            return png, *told


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3, help="flyers of each event")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--fonts", default=os.path.join(here, "..", "..", ".cache", "fonts-other"))
    args = parser.parse_args()
    rng, flyers = random.Random(args.seed), []
    os.makedirs(args.out, exist_ok=True)
    for i, event in enumerate(EVENTS * args.rounds):
        png, title, layout, fonts = one_page(rng, event, args)
        page, photo = Image.open(io.BytesIO(png)).convert("RGB"), i % 3 == 2
        name = f"{i:03}.{'jpg' if photo else 'png'}"
        (photographed(rng, page) if photo else page).save(os.path.join(args.out, name), **({"quality": 85} if photo else {}))
        flyers.append({"file": name, "photographed": photo, "layout": layout, "fonts": fonts, "text": "\n".join([title, event.date, event.hours, event.venue, event.place, event.blurb]),
                       "event": {"title": title, "date": event.day, "start": event.start, "venue": event.venue}})
    with open(os.path.join(args.out, "manifest.json"), "w") as f:
        json.dump({"flyers": flyers}, f, indent=1, ensure_ascii=False)
    print(len(flyers), "flyers in", os.path.normpath(args.out))


if __name__ == "__main__":
    main()
