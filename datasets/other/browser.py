"""Chromium, which sets pages so that all letters are on them and says what can be read there."""

import base64
import io
import json
import os
import subprocess

from PIL import Image

SHY = 0.012  # how near to the edge of the page letters may come
CAPITALS = ["Amatic SC", "Bebas Neue", "Cinzel", "Permanent Marker"]  # their small letters look like capitals, and are told as such

# Shrinks the headline, then everything, until nothing leaves the page or touches; returns the lines and the fields, or what is wrong.
SET = """(async () => {
document.body.offsetHeight;
await document.fonts.ready;
if ([...document.fonts].some(f => f.status == 'error')) return {wrong: 'a font is broken'};
const W = innerWidth, H = innerHeight, root = document.documentElement.style, rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
const block = n => { while (getComputedStyle(n).display == 'inline') n = n.parentElement; return n; };
function words() {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), out = [];
  let glue = false;
  for (let n; n = walk.nextNode();) {
    const kind = n.parentElement.closest('[data-f]'), look = getComputedStyle(n.parentElement);
    const capitals = look.fontVariantCaps == 'small-caps' || CAPITALS.some(f => look.fontFamily.includes(f));
    const shown = capitals ? n.data.toUpperCase() : n.data;
    for (const m of shown.matchAll(/\\S+/g)) {
      const r = document.createRange();
      r.setStart(n, m.index); r.setEnd(n, m.index + m[0].length);
      const rects = r.getClientRects(), b = r.getBoundingClientRect(), home = block(n.parentElement);
      const last = out[out.length - 1];
      const joins = m.index == 0 && glue && last.home == home && Math.abs(last.x1 - b.left) < 3 && last.y0 < b.bottom && b.top < last.y1;
      if (joins) Object.assign(last, {text: last.text + m[0], x1: b.right});
      else out.push({text: m[0], x0: b.left, x1: b.right, y0: b.top, y1: b.bottom, home, broken: rects.length > 1, head: !!n.parentElement.closest('h1')});
      if (kind) (out.fields ??= []).push([kind.dataset.f, m[0], joins]);
    }
    glue = !/\\s$/.test(shown);
  }
  return out;
}
function lines(ws) {
  const out = [];
  for (const w of ws) {
    const l = out[out.length - 1];
    if (l && l.home == w.home && w.x0 > l.x1 - 3 && Math.abs((w.y0 + w.y1 - l.y0 - l.y1) / 2) < .5 * Math.min(w.y1 - w.y0, l.y1 - l.y0)) {
      Object.assign(l, {text: l.text + ' ' + w.text, x1: w.x1, y0: Math.min(l.y0, w.y0), y1: Math.max(l.y1, w.y1)});
    } else out.push({...w});
  }
  return out;
}
function wrong() {
  const ws = words(), ls = lines(ws), gap = SHY * Math.min(W, H);
  for (const w of ws) if (w.broken || w.x0 < gap || w.x1 > W - gap || w.y0 < -.2 * (w.y1 - w.y0) || w.y1 > H) return 'out: ' + w.text;
  if (ls.filter(l => l.head).length > 4) return 'long headline';
  for (const h of document.querySelectorAll('h1')) if (h.scrollWidth > h.clientWidth + 1) return 'wide headline';
  for (const d of document.querySelectorAll('div')) if (!d.closest('[data-loose]') && (d.scrollHeight > d.clientHeight + .6 * rem && d.clientHeight || d.scrollWidth > d.clientWidth + .3 * rem && d.clientWidth)) return 'over: ' + d.innerText.slice(0, 40);
  const inner = l => [l.y0 + .22 * (l.y1 - l.y0), l.y1 - .22 * (l.y1 - l.y0)];
  for (let i = 0; i < ls.length; i++) for (let j = 0; j < i; j++) {
    const a = ls[i], b = ls[j], [a0, a1] = inner(a), [b0, b1] = inner(b);
    if (a.home != b.home && a.x0 < b.x1 && b.x0 < a.x1 && a0 < b1 && b0 < a1) return 'touch: ' + a.text + ' / ' + b.text;
  }
}
let k = 1, b = 1, w;
while (w = wrong()) {
  if (k > .62) k *= .94; else if (b > .82) { b *= .96; k = Math.min(1, k * 1.3); } else return {wrong: w};
  root.setProperty('--k', k); root.fontSize = b * rem + 'px';
}
const ws = words();
return {lines: lines(ws).map(l => l.text), fields: ws.fields};
})()"""


class Browser:
    """Headless Chromium, spoken to over a pair of pipes."""

    def __init__(self, program, home):
        (theirs_in, self.to), (self.back, theirs_out) = os.pipe(), os.pipe()
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars --force-color-profile=srgb --remote-debugging-pipe".split()
        self.process = subprocess.Popen(["sh", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "sh", program, *flags, f"--user-data-dir={home}"], pass_fds=[theirs_in, theirs_out], stderr=subprocess.DEVNULL)
        os.close(theirs_in), os.close(theirs_out)
        self.buffer, self.count, self.session = b"", 0, None
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.frame = self("Page.getFrameTree")["frameTree"]["frame"]["id"]

    def __call__(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params} | ({"sessionId": self.session} if self.session else {})
        with os.fdopen(os.dup(self.to), "wb") as f:
            f.write(json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.buffer:
                piece = os.read(self.back, 1 << 20)
                if not piece:
                    raise SystemExit("Chromium has ended")
                self.buffer += piece
            answer, self.buffer = self.buffer.split(b"\0", 1)
            answer = json.loads(answer)
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]

    def page(self, text, size, scale):
        """-> the picture, and what `SET` says of it."""
        self("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=scale, mobile=False)
        self("Page.setDocumentContent", frameId=self.frame, html=text)
        told = self("Runtime.evaluate", expression=SET.replace("SHY", str(SHY)).replace("CAPITALS", str(CAPITALS)), awaitPromise=True, returnByValue=True)["result"]["value"]
        png = base64.b64decode(self("Page.captureScreenshot", format="png")["data"])
        return Image.open(io.BytesIO(png)).convert("RGB"), told

    def close(self):
        self.session = None
        self("Browser.close")
        self.process.wait()
