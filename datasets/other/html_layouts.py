"""The layouts of `html_flyers.py`: each gives the HTML of a page's body, from the pieces of a `Sheet`. Lengths are in rem, a fiftieth of the page."""

PALETTES = [  # ground, ink, accent, second accent, a light tone of the ground
    ("#fffaf0", "#2b2118", "#c2451e", "#e9a03b", "#f7e7cc"), ("#ffffff", "#1b1b1f", "#0f4c81", "#f2b134", "#e8eef5"), ("#f3f7f0", "#1f2d24", "#2f6b4f", "#d9822b", "#dcebdc"),
    ("#fff5f7", "#3a1530", "#a61c5c", "#f08a5d", "#fbdfe6"), ("#f4f1fa", "#231942", "#5e3fa8", "#e2557b", "#e3dcf3"), ("#fdf6e3", "#073642", "#b03a2e", "#1f7a6d", "#efe4c4"),
    ("#eef7fa", "#0b2b3a", "#0b7285", "#e8590c", "#d2ecf2"), ("#ffffff", "#111111", "#d7263d", "#111111", "#f1f1f1"), ("#fbf3ea", "#40241a", "#7b3f00", "#6a8d3a", "#efdfcd"),
]
DARK = [("#14121f", "#f4f0ff", "#ff4f8b", "#3ad6d0", "#241f38"), ("#0e1a24", "#f2efe6", "#f5b83d", "#4fb0c6", "#193042"), ("#1c1410", "#f6ead9", "#ff7b3a", "#e8c07d", "#33251d")]


def hero(x):
    return f"""<div style="height:48%;background:linear-gradient({x.rng.choice([160, 180, 200])}deg,{x.accent},{x.second});position:relative;padding:3rem;display:flex;flex-direction:column;justify-content:center">
{x.hills()}<div style="position:relative;color:{x.over(x.accent, x.second)}"><p style="font-size:1.2rem;margin-bottom:.8rem">{x.host}</p>{x.title(5.4)}<p style="font-size:1.35rem;margin-top:.8rem">{x.line}</p></div></div>
<div style="padding:2.4rem 3rem;display:grid;grid-template-columns:1fr 1fr;gap:1.6rem 2.4rem"><div style="font-size:1.9rem;font-weight:700;color:{x.accent}">{x.date()}</div>
<div style="font-size:1.9rem;font-weight:700">{x.time()}</div><div style="font-size:1.3rem"><b>{x.venue}</b><br>{x.address}</div><div style="font-size:1.3rem">{x.prices("<br>")}</div></div>
<div style="margin:0 3rem;border-top:2px solid {x.soft};padding-top:1.4rem;font-size:1.2rem;line-height:1.6">{x.points("<br>")}</div><p style="position:absolute;left:3rem;right:3rem;bottom:2rem;font-size:1rem;opacity:.85">{x.note}</p>"""


def sidebar(x):
    label = lambda t: f'<div style="font-size:.85rem;letter-spacing:.15em;opacity:.85;margin-top:1.7rem">{t}</div>'
    side = f"""<div style="width:34%;flex:none;background:{x.accent};color:{x.over(x.accent)};padding:3rem 1.8rem;font-size:1.3rem">{label("DATE")}<b>{x.date()}</b>{label("TIME")}<b>{x.time()}</b>
{label("WHERE")}<b>{x.venue}</b><div style="font-size:1.05rem">{x.address}</div>{label("TICKETS")}{x.prices("<br>")}</div>"""
    words = f"""<div style="flex:1;min-width:0;padding:3rem 2.4rem;display:flex;flex-direction:column;gap:1.4rem"><div style="font-size:1.1rem">{x.host}</div>{x.title(4.4, x.accent)}<div style="font-size:1.35rem">{x.line}</div>
<div style="height:.3rem;width:6rem;background:{x.second}"></div><div style="font-size:1.3rem;line-height:1.8">{x.points("<br>")}</div><div style="flex:1"></div><p style="font-size:1.1rem">{x.note}</p><p style="font-size:1.1rem">{x.contact("<br>")}</p></div>"""
    return f'<div style="display:flex;height:100%">{"".join(x.rng.sample([side, words], 2))}</div>'


def ticket(x):
    return f"""<div style="height:100%;background:{x.accent};padding:2.6rem;display:flex;flex-direction:column"><div style="flex:1;background:{x.ground};border-radius:1.2rem 1.2rem 0 0;padding:2.6rem;text-align:center;
display:flex;flex-direction:column;justify-content:center;gap:1.4rem"><div style="font-size:1.15rem;letter-spacing:.08em">{x.host}</div>{x.title(5, x.accent)}<div style="font-size:1.3rem">{x.line}</div><div style="font-size:1.1rem;line-height:1.6">{x.points(" &bull; ")}</div></div>
<div style="border-top:.25rem dashed {x.accent};background:{x.soft};border-radius:0 0 1.2rem 1.2rem;padding:2rem;display:grid;grid-template-columns:1fr 1fr 1.2fr;gap:1.2rem;font-size:1.2rem">
<div><div style="font-size:.85rem">Date</div><b>{x.date(short=True)}</b></div><div><div style="font-size:.85rem">Time</div><b>{x.time()}</b></div><div><div style="font-size:.85rem">Venue</div><b>{x.venue}</b><br><span style="font-size:.95rem">{x.address}</span></div>
<div style="grid-column:1/4;font-size:1rem;text-align:center;border-top:1px solid {x.accent};padding-top:.9rem">{x.prices(" | ")}</div></div></div>"""


def schedule(x):
    rows = "".join(f'<tr><td style="padding:.8rem;font-weight:700;white-space:nowrap;border-bottom:1px solid {x.accent}">{t}</td><td style="padding:.8rem;border-bottom:1px solid {x.accent}">{p}</td></tr>' for t, p in x.programme())
    return f"""<div style="padding:2.8rem;display:flex;flex-direction:column;height:100%;gap:1.2rem">{x.title(4.4, x.accent)}<div style="font-size:1.25rem">{x.line}</div>
<div style="background:{x.accent};color:{x.over(x.accent)};padding:1.1rem 1.4rem;font-size:1.45rem"><b>{x.date()}</b> &nbsp;|&nbsp; {x.time()}<br>{x.joined()}</div><h2 style="font-size:1.5rem;margin-top:.6rem">Programme</h2>
<table style="border-collapse:collapse;font-size:1.35rem;width:100%">{rows}</table><div style="flex:1"></div><div style="font-size:1.05rem">{x.prices(" &middot; ")}</div><div style="font-size:1rem">{x.host} &ndash; {x.contact(" &ndash; ")}</div></div>"""


def numerals(x):
    return f"""<div style="padding:2.6rem;height:100%;display:flex;flex-direction:column">{x.numerals(13, x.accent)}<div style="height:.4rem;background:{x.ink};margin:1.2rem 0"></div>{x.title(4.2)}
<div style="font-size:1.35rem;margin-top:.8rem">{x.line}</div><div style="font-size:1.25rem;line-height:1.7;margin-top:1.6rem;border-left:.3rem solid {x.second};padding-left:1.2rem">{x.points("<br>")}</div><div style="flex:1 0 1.4rem"></div><div style="display:flex;justify-content:space-between;gap:2rem;font-size:1.3rem"><div><b>{x.time()}</b><br>{x.prices("<br>")}</div>
<div style="text-align:right"><b>{x.venue}</b><br>{x.address}</div></div><div style="font-size:1rem;margin-top:1.4rem;color:{x.accent}">{x.note}</div></div>"""


def swiss(x):
    return f"""<div style="position:absolute;right:0;top:0;width:{x.rng.choice([22, 30])}%;height:38%;background:{x.accent}"></div><div style="position:absolute;right:8%;top:30%;width:12rem;height:12rem;border-radius:50%;background:{x.second};mix-blend-mode:multiply"></div>
<div style="position:relative;padding:3rem;height:100%;display:flex;flex-direction:column;justify-content:flex-end"><div style="width:62%;margin-bottom:auto">{x.title(4.8)}<div style="font-size:1.3rem;margin-top:1.2rem">{x.line}</div></div>
<div style="display:grid;grid-template-columns:1fr 1fr 1fr;gap:1.8rem;font-size:1.15rem;border-top:2px solid {x.ink};padding-top:1.2rem"><div>{x.date()}<br>{x.time()}</div><div>{x.venue}<br>{x.address}</div><div>{x.host}<br>{x.contact("<br>")}</div></div></div>"""


def invitation(x):
    return f"""<div style="height:100%;padding:1.6rem"><div style="height:100%;border:3px double {x.accent};padding:2.4rem;text-align:center;display:flex;flex-direction:column;justify-content:center;gap:1.5rem">
<div style="font-variant:small-caps;letter-spacing:.12em;font-size:1.35rem">{x.host}</div><div style="font-size:1rem;letter-spacing:.3em">{x.rng.choice(["INVITES YOU TO", "CORDIALLY INVITES YOU TO", "REQUESTS THE PLEASURE OF YOUR COMPANY AT"])}</div>{x.title(4.8, x.accent)}
<div style="font-style:italic;font-size:1.35rem">{x.line}</div><div style="width:7rem;border-top:1px solid {x.accent};margin:0 auto"></div><div style="letter-spacing:.14em;font-size:1.35rem">{x.date()}</div><div style="letter-spacing:.1em;font-size:1.2rem">{x.time()}</div>
<div style="font-size:1.3rem"><span style="font-variant:small-caps;letter-spacing:.06em">{x.venue}</span><br>{x.address}</div><div style="font-size:1rem">{x.note}</div></div></div>"""


def word(x):
    """As a word processor makes them: a border, centred lines, a list with discs."""
    items = "".join(f"<li>{p}</li>" for p in x.points())
    return f"""<div style="height:100%;padding:1.4rem"><div style="height:100%;border:.5rem {x.rng.choice(["solid", "dotted", "ridge", "dashed"])} {x.accent};padding:2rem;text-align:center;display:flex;flex-direction:column;justify-content:space-evenly;font-size:1.5rem">
<div>{x.host}</div>{x.title(4.6, x.accent)}{x.star()}<div style="text-decoration:underline">{x.line}</div><div><b>{x.date()}</b><br>{x.time()}</div><div>{x.joined()}</div><ul style="text-align:left;margin:0 auto;font-size:1.3rem;line-height:1.5">{items}</ul>
<div style="color:{x.accent};font-weight:700">{x.prices(", ")}</div><div style="font-size:1.1rem"><i>{x.note}</i><br>{x.contact(" or ")}</div></div></div>"""


def icons(x):
    row = lambda icon, t: f'<div style="display:flex;align-items:center;gap:1.2rem;background:{x.soft};border-radius:.8rem;padding:1rem 1.3rem">{x.icon(icon)}<div>{t}</div></div>'
    return f"""<div style="height:100%;display:flex;flex-direction:column"><div style="background:{x.accent};color:{x.over(x.accent)};padding:3rem 2.6rem 2.2rem">{x.title(4.8)}<div style="font-size:1.3rem;margin-top:.8rem">{x.line}</div></div>
<div style="padding:2rem 2.6rem;display:grid;gap:1.3rem;font-size:1.5rem">{row("calendar", f"<b>{x.date()}</b>")}{row("clock", x.time())}{row("pin", f"<b>{x.venue}</b><br>{x.address}")}{row("tag", x.prices(", "))}</div>
<div style="padding:0 2.6rem;font-size:1.25rem;line-height:1.6">{x.points(" / ")}</div><div style="margin-top:auto;padding:1.4rem 2.6rem;font-size:1rem;border-top:2px solid {x.accent}">{x.host}, {x.contact(", ")}</div></div>"""


def stickers(x):
    return f"""{x.confetti()}<div style="position:relative;padding:3rem;height:100%;display:flex;flex-direction:column;gap:1.3rem"><div style="transform:rotate(-4deg);align-self:flex-start;background:{x.ink};color:{x.ground};padding:.5rem 1.1rem;font-size:1.2rem">{x.host}</div>
<div style="margin-top:1rem;width:92%">{x.title(5.4, x.accent)}</div><div style="font-size:1.35rem;width:70%">{x.line}</div><div style="background:{x.ground};border:.25rem solid {x.ink};border-radius:1rem;padding:1.4rem;font-size:1.4rem;align-self:flex-start;max-width:68%">
<b>{x.date()}</b><br>{x.time()}<br>@ {x.joined()}</div><div style="flex:1"></div><div style="font-size:1.05rem;width:60%">{x.note}<br>{x.contact("<br>")}</div>
<div style="position:absolute;right:2.4rem;bottom:3rem;width:12.5rem;height:12.5rem;border-radius:50%;background:{x.second};color:{x.over(x.second)};transform:rotate(9deg);display:flex;align-items:center;justify-content:center;text-align:center;font-weight:700;font-size:1.15rem;padding:1rem">{x.prices("<br>")}</div></div>"""


def price_list(x):
    rows = "".join(f'<div style="display:flex;align-items:baseline;gap:.6rem"><span>{a}</span><span style="flex:1;border-bottom:.15rem dotted {x.accent}"></span><b>{b}</b></div>' for a, b in x.price_rows())
    return f"""<div style="height:100%;padding:2.6rem;display:flex;flex-direction:column;gap:1.4rem"><div style="text-align:center;font-size:1.2rem">{x.host}</div><div style="text-align:center">{x.title(4.8, x.accent)}</div>
<div style="text-align:center;font-size:1.3rem">{x.line}</div><div style="display:flex;background:{x.soft};font-size:1.35rem"><div style="flex:1;padding:1.3rem;border-right:2px solid {x.ground}">{x.date()}<br>{x.time()}</div><div style="flex:1;padding:1.3rem">{x.venue}<br><span style="font-size:1.05rem">{x.address}</span></div></div>
<h2 style="font-size:1.5rem;color:{x.accent}">Admission</h2><div style="font-size:1.5rem;display:grid;gap:.9rem">{rows}</div><div style="font-size:1.3rem;line-height:1.7">{x.points("<br>")}</div><div style="margin-top:auto;font-size:1rem;text-align:center">{x.note}<br>{x.contact(" | ")}</div></div>"""


def sponsors(x):
    logo = lambda n, i: f'<div style="display:flex;align-items:center;gap:.5rem;font-size:1rem"><span style="width:1.6rem;height:1.6rem;background:{[x.accent, x.second, x.ink][i % 3]};border-radius:{[50, 0, 30][i % 3]}%"></span>{n}</div>'
    return f"""<div style="height:100%;display:flex;flex-direction:column"><div style="flex:1;padding:2.8rem;display:flex;flex-direction:column;justify-content:center;gap:1.3rem;background:repeating-linear-gradient(135deg,{x.soft} 0 2rem,{x.ground} 2rem 4rem)">
<div style="font-size:1.2rem">{x.host}</div>{x.title(5.2, x.accent)}<div style="font-size:1.35rem">{x.line}</div><div style="font-size:1.7rem;font-weight:700;margin-top:1rem">{x.date()}, {x.time(plain=True)}</div><div style="font-size:1.5rem">{x.joined()}</div><div style="font-size:1.15rem">{x.points(", ")}</div></div>
<div style="background:{x.ink};color:{x.ground};padding:1rem 2.8rem;font-size:1.1rem;display:flex;justify-content:space-between;gap:2rem">{x.contact("", "span")}</div><div style="background:#fff;color:#333;padding:1.1rem 2.8rem;display:flex;justify-content:space-between;align-items:center"><span style="font-size:.9rem">Supported by</span>{"".join(logo(n, i) for i, n in enumerate(x.backers()))}</div></div>"""


def night(x):
    return f"""{x.bokeh()}<div style="position:relative;color:#fff;height:100%;padding:3rem 2.6rem;display:flex;flex-direction:column;text-align:center;gap:1.2rem;text-shadow:0 .1rem .5rem #000a"><div style="font-size:1.2rem;letter-spacing:.2em">{x.host.upper()}</div>
<div style="margin:auto 0">{x.title(6, x.dark_accent)}<div style="font-size:1.35rem;margin-top:1.2rem">{x.line}</div><div style="font-size:1.5rem;line-height:1.7;margin-top:2rem">{x.points("<br>")}</div></div><div style="font-size:1.8rem;font-weight:700">{x.date(upper=True)}</div>
<div style="font-size:1.5rem">{x.time()}</div><div style="font-size:1.3rem">{x.joined()}</div><div style="font-size:1.05rem">{x.prices(" / ")}<br>{x.note}</div></div>"""


def columns(x):
    items = "".join(f'<li style="margin-bottom:.5rem">{p}</li>' for p in x.points())
    return f"""<div style="height:100%;padding:2.6rem;display:flex;flex-direction:column;gap:1.4rem"><div style="border-bottom:.35rem solid {x.accent};padding-bottom:1.2rem"><div style="font-size:1.15rem;color:{x.accent};margin-bottom:.6rem">{x.host}</div>{x.title(4.8)}<div style="font-size:1.3rem;margin-top:.6rem">{x.line}</div></div>
<div style="flex:1;display:grid;grid-template-columns:1fr 1fr;gap:2.4rem;font-size:1.2rem"><div><h2 style="font-size:1.4rem;color:{x.accent};margin-bottom:.7rem">What to expect</h2><ul style="list-style:square;padding-left:1.3rem">{items}</ul>
<p style="margin-top:1.4rem">{x.note}</p></div><div style="background:{x.soft};padding:1.6rem;display:grid;gap:1rem;align-content:start"><div><b>When:</b> {x.date()}</div><div><b>Time:</b> {x.time()}</div><div><b>Where:</b> {x.joined()}</div><div><b>Cost:</b> {x.prices(", ")}</div><div><b>Contact:</b><br>{x.contact("<br>")}</div></div></div></div>"""


def notice(x):
    """A card on a cork board."""
    return f"""<div style="height:100%;background:radial-gradient(#b98a55 15%,#0000 16%) 0 0/.9rem .9rem,radial-gradient(#a97a46 15%,#0000 16%) .45rem .45rem/.9rem .9rem,#c79a63;padding:3rem 2.6rem"><div style="height:100%;position:relative;background:repeating-linear-gradient(#fffef5 0 2.2rem,#b9d2e6 2.2rem 2.26rem);
transform:rotate({x.rng.choice([-1.5, 1, 1.8])}deg);box-shadow:.3rem .5rem 1rem #0005;padding:3rem 2.4rem;color:#222;line-height:2.26rem;font-size:1.35rem"><span style="position:absolute;top:.8rem;left:49%;width:1.6rem;height:1.6rem;border-radius:50%;background:radial-gradient(circle at 35% 35%,#ff8a80,#b71c1c)"></span>
{x.title(4.2, x.accent)}<div style="margin:1rem 0 1.6rem">{x.line}</div><div>{x.date()}</div><div>{x.time()}</div><div>{x.venue}</div><div>{x.address}</div><div style="margin-top:2.26rem">{x.prices(", ")}</div><div>{x.points("</div><div>- ", "- ")}</div><div style="margin-top:2.26rem">{x.contact("<br>")}</div></div></div>"""


def blocks(x):
    cell = lambda ground, colour, t, s: f'<div style="background:{ground};color:{colour};padding:1.6rem;font-size:{s}rem;display:flex;align-items:center"><div>{t}</div></div>'
    return f"""<div style="height:100%;display:grid;grid-template-rows:1.5fr 1fr 1fr;grid-template-columns:1fr 1fr;gap:.7rem;padding:.7rem;background:{x.ground}"><div style="grid-column:1/3;background:{x.soft};padding:2.2rem;display:flex;flex-direction:column;justify-content:center;gap:1rem">{x.title(5, x.accent)}<div style="font-size:1.3rem">{x.line}</div></div>
{cell(x.accent, x.over(x.accent), f"<b>{x.date()}</b>", 2)}{cell(x.ink, x.ground, x.time(), 1.8)}{cell(x.ink, x.ground, f"<b>{x.venue}</b><br>{x.address}", 1.3)}{cell(x.second, x.over(x.second), x.prices("<br>"), 1.4)}</div>"""


def playbill(x):
    rule = f'<div style="border-top:.35rem double {x.ink}"></div>'
    return f"""<div style="height:100%;background:radial-gradient(circle,#f6ecd2,#e6d3a8);color:#2a1a0c;padding:2.4rem;text-align:center;display:flex;flex-direction:column;justify-content:space-between;gap:.8rem"><div style="font-size:1.9rem">{x.venue}</div><div style="font-size:1.1rem">{x.address}</div>{rule}
<div style="font-size:1.1rem;font-style:italic">{x.host}</div>{x.title(6, "#8c1c13", upper=True)}<div style="font-size:1.35rem">{x.line}</div>{rule}<div style="font-size:1.15rem;line-height:1.6">{x.points(" ~ ")}</div>{rule}<div style="font-size:2rem">{x.date(upper=True)}</div><div style="font-size:1.6rem">{x.time()}</div>{rule}
<div style="font-size:1.2rem">{x.prices(" &mdash; ")}</div><div style="font-size:1rem">{x.note}</div></div>"""


def panorama(x):
    """Wide: a picture on the left, words on the right."""
    return f"""<div style="height:100%;display:flex"><div style="width:40%;position:relative;overflow:hidden;background:linear-gradient(180deg,{x.second},{x.soft})">{x.skyline()}</div><div style="flex:1;padding:2.4rem;display:flex;flex-direction:column;justify-content:center;gap:1.1rem"><div style="font-size:1.05rem">{x.host}</div>{x.title(4, x.accent)}
<div style="font-size:1.2rem">{x.line}</div><div style="font-size:1.4rem;border-left:.35rem solid {x.accent};padding-left:1rem"><b>{x.date()}</b><br>{x.time()}<br>{x.venue}<br><span style="font-size:1.1rem">{x.address}</span></div><div style="font-size:1.1rem">{x.prices(" | ")}</div><div style="font-size:.95rem">{x.contact(" &middot; ")}</div></div></div>"""


def bunting(x):
    return f"""{x.flags()}<div style="height:100%;padding:9rem 2.6rem 2.4rem;text-align:center;display:flex;flex-direction:column;gap:1.2rem"><div style="font-size:1.2rem">{x.host}</div>{x.title(5.6, x.accent)}<div style="font-size:1.35rem">{x.line}</div>
<div style="align-self:center;background:{x.accent};color:{x.over(x.accent)};border-radius:3rem;padding:.9rem 2.4rem;font-size:1.6rem;font-weight:700">{x.date()}</div><div style="font-size:1.6rem">{x.time()}</div><div style="display:grid;grid-template-columns:1fr 1fr;gap:1rem;font-size:1.15rem;margin:auto 0">{"".join(f'<div style="border:2px solid {x.second};border-radius:.7rem;padding:.8rem">{p}</div>' for p in x.points())}</div>
<div style="font-size:1.4rem"><b>{x.venue}</b></div><div style="font-size:1.15rem">{x.address}</div><div style="font-size:1rem">{x.prices(", ")}. {x.note}.</div></div>"""


TALL, SQUARE, WIDE, STORY = [(800, 1131), (850, 1100), (1080, 1350)], [(1080, 1080)], [(1200, 900)], [(1080, 1920)]
LAYOUTS = {hero: TALL + SQUARE, sidebar: TALL, ticket: TALL + WIDE, schedule: TALL, numerals: TALL + SQUARE, swiss: TALL + SQUARE, invitation: TALL, word: [(800, 1131), (850, 1100)], icons: TALL + STORY, stickers: TALL + SQUARE,
           price_list: TALL, sponsors: TALL + SQUARE, night: TALL + STORY, columns: TALL + WIDE, notice: TALL, blocks: SQUARE + TALL, playbill: [(800, 1131), (850, 1100)], panorama: WIDE, bunting: TALL}
