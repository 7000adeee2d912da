
"use strict";
const table = document.querySelector("table");
const body = table.tBodies[0];
const heads = [...table.tHead.rows[0].cells];
const rows = [...body.rows];
const order = new Intl.Collator(undefined, { numeric: true }).compare;

function sorted(column, way) {
  const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const keyed = rows.map((row) => [key(row), row]);
  // What is empty comes last, either way.
  keyed.sort(([a], [b]) => (a === "") - (b === "") || way * order(a, b));
  const all = document.createDocumentFragment();
  for (const [, row] of keyed) all.append(row);
  body.append(all);
}

heads.forEach((head, column) => {
  head.querySelector("button").addEventListener("click", () => {
    const way = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", way);
    sorted(column, way === "ascending" ? 1 : -1);
  });
});

body.addEventListener("click", (event) => {
  const thumb = event.target.closest(".thumb");
  if (thumb) {
    thumb.setAttribute("aria-expanded", thumb.getAttribute("aria-expanded") === "false");
  }
});

// What is cut by its cell is scrolled by the keyboard, too.
function scrollable() {
  for (const cell of body.querySelectorAll("td div")) {
    if (cell.scrollHeight > cell.clientHeight + 1) cell.tabIndex = 0;
  }
}

function counted() {
  const shown = rows.filter((row) => !row.hidden);
  const failed = shown.filter((row) => row.querySelector(".failed")).length;
  const number = (n) => n.toLocaleString();
  document.querySelector("#count").textContent =
    `${number(shown.length)} pictures, ${number(failed)} failed`;
}

document.querySelector("#find").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  counted();
});
scrollable();
counted();
