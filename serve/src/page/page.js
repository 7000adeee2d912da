"use strict";
const FIELDS = ["title", "date", "start", "end", "venue"];
const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);
let token = "",
  model = "",
  shown = null,
  read = null,
  work = new AbortController(),
  lit = [];

const now = new Date();
const two = (n) => String(n).padStart(2, "0");
const today = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;

// Asks the server; what it refuses is thrown with its own words.
async function ask(path, body, headers = {}, signal = work.signal) {
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      body,
      headers,
      signal,
    });
  } catch (e) {
    throw e.name === "AbortError"
      ? e
      : new Error("The server cannot be reached. Is it still running?");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  const wait = response.headers.get("Retry-After");
  const error = new Error(told.error?.message ?? `The server answered ${response.status}.`);
  if (wait) error.message = `The server is busy. Try again in ${wait} s.`;
  error.status = response.status;
  throw error;
}
const askJson = (path, value, accept = "application/json", signal) =>
  ask(path, JSON.stringify(value), { "Content-Type": "application/json", Accept: accept }, signal);

function fail(error) {
  if (error.name === "AbortError") return;
  $("pass").hidden = error.status !== 401;
  if (error.status === 401) $("token").focus();
  $("fault").textContent = sentence(error.message);
  $("fault").hidden = false;
}
function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
function fine() {
  $("fault").hidden = true;
  $("pass").hidden = true;
}

// A picture was chosen, dropped, pasted or taken.
async function show(file) {
  if (!file) return;
  work.abort();
  work = new AbortController();
  const { signal } = work;
  fine();
  if (shown) URL.revokeObjectURL(shown.url);
  shown = { file, url: URL.createObjectURL(file) };
  read = null;
  lit = [];
  draw();
  $("image").src = shown.url;
  $("image").alt = "The picture";
  $("answer").textContent = $("ask").value = "";
  for (const id of ["event", "question", "all"]) $(id).hidden = true;
  $("drop").hidden = true;
  $("work").hidden = $("another").hidden = false;
  document.body.classList.add("reading");
  $("note").textContent = "Reading the picture…";
  try {
    const type = file.type.startsWith("image/") ? file.type : "application/octet-stream";
    const headers = { "Content-Type": type, Accept: "application/json" };
    read = await (await ask(`/v1/events?today=${today}`, file, headers, signal)).json();
    tell();
  } catch (e) {
    if (signal.aborted) return;
    $("note").textContent = "";
    if (e.status !== 401) again(false);
    fail(e);
  } finally {
    if (!signal.aborted) document.body.classList.remove("reading");
  }
}

// Back to the beginning.
function again(focus = true) {
  work.abort();
  work = new AbortController();
  document.body.classList.remove("reading");
  $("work").hidden = $("another").hidden = true;
  $("drop").hidden = false;
  if (focus) {
    fine();
    $("file").focus();
  }
}

// What was read.
function tell() {
  const n = read.lines.length;
  $("note").textContent = n
    ? `${n} line${n > 1 ? "s" : ""} of text found.`
    : "No text was found in this picture.";
  if (read.picture.notes.length)
    $("note").textContent += ` ${sentence(read.picture.notes.join("; "))}`;
  for (const name of FIELDS) $(name).value = read.event[name] ?? "";
  $("text").textContent = read.lines.map((l) => l.text).join("\n");
  $("image").alt = n
    ? `The picture. Its text stands under “All text”.`
    : "The picture, without text.";
  $("event").hidden = $("question").hidden = false;
  $("all").hidden = !n;
  when(read);
  draw();
}

// When the event takes place, as the server understands it.
function when(told) {
  const box = $("when");
  box.className = told.problem ? "problem" : "";
  box.textContent = "";
  $("save").disabled = Boolean(told.problem);
  if (told.problem) {
    const wants = {
      "no event: no title was found": "A title is missing.",
      "no event: no date was found": "A date is missing, such as 12 June 2027.",
    };
    box.textContent = wants[told.problem] ?? sentence(told.problem);
    return;
  }
  const b = document.createElement("b");
  b.textContent = spoken(told.starts, told.ends);
  const small = document.createElement("small");
  const rest = told.unexplained ? `not understood: “${told.unexplained}”` : "";
  const sure = { high: "", medium: "a choice was made", low: "a guess: please check" }[
    told.confidence
  ];
  small.textContent = [told.repeats ? "comes again" : "", sure, rest].filter(Boolean).join("; ");
  box.append(b, small);
}
function spoken(starts, ends) {
  const day = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
  const one = (text, withDay) => {
    const [date, time] = text.split("T");
    const [y, m, d] = date.split("-").map(Number);
    const shown = new Date(y, m - 1, d).toLocaleDateString(undefined, day);
    return [withDay ? shown : "", time].filter(Boolean).join(", ");
  };
  if (!ends) return one(starts, true);
  const sameDay = starts.slice(0, 10) === ends.slice(0, 10);
  return `${one(starts, true)} – ${one(ends, !sameDay)}`;
}

// Boxes over the picture.
function draw() {
  const svg = $("boxes");
  svg.replaceChildren();
  if (!read) return;
  const { width, height } = read.picture;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const add = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    svg.append(element);
    return element;
  };
  const rect = (box, more, pad = 0) => {
    const [x0, y0, x1, y1] = box;
    return add("rect", {
      x: x0 - pad,
      y: y0 - pad,
      width: x1 - x0 + 2 * pad,
      height: y1 - y0 + 2 * pad,
      rx: width / 200,
      ...more,
    });
  };
  const pad = width / 150;
  if (lit.length) {
    const hole = ([x0, y0, x1, y1]) =>
      `M${x0 - pad} ${y0 - pad}H${x1 + pad}V${y1 + pad}H${x0 - pad}z`;
    add("path", {
      class: "shade",
      d: `M0 0H${width}V${height}H0z` + union(lit).map(hole).join(""),
    });
    for (const box of lit) rect(box, { class: "lit" }, pad);
    return;
  }
  for (const line of read.lines) if (line.upright) rect(line.upright, { class: "line" });
  for (const field of read.fields) {
    const name = field.path.slice(1);
    if (!field.upright || !$(name)?.value) continue;
    const current = document.activeElement === $(name);
    const box = rect(
      field.upright,
      { class: current ? "field now" : "field", "data-of": name },
      pad,
    );
    box.addEventListener("click", () => $(name).focus());
  }
}
// Boxes that touch would cut holes into each other: those are joined.
function union(boxes) {
  const joined = [];
  for (let box of boxes.map((b) => [...b])) {
    for (let i = joined.length - 1; i >= 0; i--) {
      const o = joined[i],
        pad = read.picture.width / 75;
      if (
        o[0] < box[2] + pad &&
        box[0] < o[2] + pad &&
        o[1] < box[3] + pad &&
        box[1] < o[3] + pad
      ) {
        box = [
          Math.min(o[0], box[0]),
          Math.min(o[1], box[1]),
          Math.max(o[2], box[2]),
          Math.max(o[3], box[3]),
        ];
        joined.splice(i, 1);
        i = joined.length;
      }
    }
    joined.push(box);
  }
  return joined;
}

// Corrected fields.
const fields = () => {
  const value = { today };
  for (const name of FIELDS) value[name] = $(name).value.trim() || null;
  return value;
};
let timer = 0,
  checking = new AbortController();
function corrected() {
  clearTimeout(timer);
  checking.abort();
  checking = new AbortController();
  const { signal } = checking;
  timer = setTimeout(
    () =>
      askJson("/v1/calendar", fields(), "application/json", signal)
        .then((r) => r.json())
        .then(when)
        .catch(fail),
    250,
  );
}
async function save(event) {
  event.preventDefault();
  try {
    const calendar = await (await askJson("/v1/calendar", fields(), "text/calendar")).blob();
    const link = document.createElement("a");
    const name = $("title")
      .value.trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "");
    link.href = URL.createObjectURL(calendar);
    link.download = `${name || "event"}.ics`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    fine();
    $("note").textContent = `${link.download} is downloaded.`;
  } catch (e) {
    fail(e);
  }
}

// A question, its answer as it is written, and the boxes it was read from.
async function question(event) {
  event.preventDefault();
  const { signal } = work,
    button = event.submitter ?? $("question").querySelector("button");
  button.disabled = true;
  lit = [];
  draw();
  $("answer").textContent = "…";
  try {
    model ||= (await (await ask("/v1/models")).json()).data[0].id;
    const content = [
      { type: "image_url", image_url: { url: await dataUrl(shown.file) } },
      { type: "text", text: $("ask").value },
    ];
    const asked = { model, stream: true, messages: [{ role: "user", content }] };
    await stream(await askJson("/v1/chat/completions", asked, "text/event-stream"));
    fine();
  } catch (e) {
    if (!signal.aborted) {
      $("answer").textContent = "";
      fail(e);
    }
  } finally {
    button.disabled = false;
  }
}
async function stream(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "",
    text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      if (event === "data: [DONE]") continue;
      const told = JSON.parse(event.slice(6));
      if (told.error) throw new Error(told.error.message);
      text += told.choices[0]?.delta.content ?? "";
      $("answer").textContent = text || "…";
      if (told.foveate) {
        lit = told.foveate.lines.map((l) => l.upright).filter(Boolean);
        draw();
      }
    }
  }
  if (!text.trim()) $("answer").textContent = "No answer was found in the picture.";
}
function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () =>
      resolve(reader.result.replace(/^data:[^,]*,/, `data:${file.type || "image/png"};base64,`));
    reader.onerror = () => reject(new Error("The picture cannot be read any more."));
    reader.readAsDataURL(file);
  });
}

for (const id of ["file", "camera"])
  $(id).addEventListener("change", (e) => {
    show(e.target.files[0]);
    e.target.value = "";
  });
addEventListener("paste", (e) => {
  const file = [...e.clipboardData.files].find((f) => f.type.startsWith("image/"));
  if (file) {
    e.preventDefault();
    show(file);
  }
});
addEventListener("dragover", (e) => {
  e.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", (e) => {
  if (!e.relatedTarget) document.body.classList.remove("over");
});
addEventListener("drop", (e) => {
  e.preventDefault();
  document.body.classList.remove("over");
  const file = e.dataTransfer.files[0];
  if (file) show(file);
  else fail(new Error("That is no file. Drop a picture"));
});
for (const name of FIELDS) {
  $(name).addEventListener("input", corrected);
  for (const change of ["focus", "blur"])
    $(name).addEventListener(change, () => {
      lit = [];
      draw();
    });
}
$("event").addEventListener("submit", save);
$("question").addEventListener("submit", question);
$("another").addEventListener("click", () => again());
$("image").addEventListener("error", () => {
  if (shown) $("image").alt = "The browser cannot show this picture.";
});
$("pass").addEventListener("submit", (e) => {
  e.preventDefault();
  token = $("token").value;
  fine();
  if (shown && !read) show(shown.file);
});
