// Keys of the worklist. Without this file its links work as links do.
"use strict";

const rows = [...document.querySelectorAll("#worklist .state a")];

// The scan's page leads to the neighbours in this list.
sessionStorage.setItem("list", location.pathname + location.search);
sessionStorage.setItem("scans", JSON.stringify(rows.map((row) => row.getAttribute("href"))));

function step(by) {
  const at = rows.indexOf(document.activeElement);
  const to = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by));
  rows[to]?.focus();
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  n: () => document.querySelector('a[rel="next"]')?.click(),
  p: () => document.querySelector('a[rel="prev"]')?.click(),
  "/": () => document.querySelector("#filters select, #filters input")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
