"use strict";
// Without this script a page shows everything: it only folds, switches and jumps.
const body = document.body;
const narrow = matchMedia("(max-width: 60rem)");
const folds = [...document.querySelectorAll(".fold")];
const button = (key) => document.querySelector(`[data-key=${key}]`);

function press(key, on) {
  button(key).setAttribute("aria-pressed", on);
}

function fold(part, closed) {
  part.classList.toggle("closed", closed);
  part.querySelector(".unfold").setAttribute("aria-expanded", !closed);
}

function foldAll(closed) {
  folds.forEach((part) => fold(part, closed));
  press("e", !closed);
}

// A choice of view is kept while one goes from page to page.
function choose(key, name, on) {
  body.classList.toggle(name, on);
  sessionStorage.setItem(name, on);
  press(key, key === "r" ? !on : on);
}

function isShown(element) {
  return element.getClientRects().length > 0;
}

// A change is a run of changed lines in the table that is shown.
function changes() {
  return [...document.querySelectorAll("tr.change, tr.insert, tr.delete")].filter(
    (row) => isShown(row) && !row.previousElementSibling?.matches(".change, .insert, .delete"),
  );
}

let found = null;

function show(row, smooth = true) {
  found?.classList.remove("found");
  found = row;
  row.classList.add("found");
  row.scrollIntoView({ block: "center", behavior: smooth ? "smooth" : "auto" });
}

function step(by) {
  const rows = changes();
  const at = rows.indexOf(found);
  const next = at < 0 ? (by > 0 ? 0 : -1) : at + by;
  if (rows.at(next) && next < rows.length) show(rows.at(next));
}

function stepFile(by) {
  const files = [...document.querySelectorAll(".file")];
  const tops = files.map((file) => file.getBoundingClientRect().top);
  const next = by > 0 ? tops.findIndex((top) => top > 130) : tops.findLastIndex((top) => top < 60);
  files[next]?.scrollIntoView({ behavior: "smooth" });
}

function followHash() {
  const name = decodeURIComponent(location.hash.slice(1));
  const rows = [...document.querySelectorAll("tr[data-name]")];
  const named = rows.filter((row) => row.dataset.name.split(" ").includes(name));
  named.forEach((row) => {
    const part = row.closest(".fold");
    if (part) fold(part, false);
  });
  const row = named.find(isShown);
  if (row) show(row, false);
}

const keys = {
  r: () => choose("r", "no-lesson", !body.classList.contains("no-lesson")),
  u: () => choose("u", "is-unified", !body.classList.contains("is-unified")),
  e: () => foldAll(button("e").getAttribute("aria-pressed") === "true"),
  n: () => step(1),
  p: () => step(-1),
  j: () => stepFile(1),
  k: () => stepFile(-1),
  ArrowRight: () => document.querySelector("a[rel=next]")?.click(),
  ArrowLeft: () => document.querySelector("a[rel=prev]")?.click(),
};

function measure() {
  const { height } = document.querySelector("header").getBoundingClientRect();
  document.documentElement.style.setProperty("--head", `${height}px`);
}

body.classList.add("folding");
measure();
foldAll(true);
choose("u", "is-unified", sessionStorage.getItem("is-unified") === "true");
const kept = sessionStorage.getItem("no-lesson");
choose("r", "no-lesson", kept === null ? narrow.matches : kept === "true");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  keys[event.key]?.();
});
document.addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  if (key) keys[key]();
  const part = event.target.closest(".unfold")?.closest(".fold");
  if (part) fold(part, !part.classList.contains("closed"));
  const link = event.target.closest("a[href^='#']");
  if (link) {
    if (narrow.matches && link.closest("aside")) choose("r", "no-lesson", true);
    if (link.hash === location.hash) followHash();
  }
});
addEventListener("resize", measure);
addEventListener("hashchange", followHash);
followHash();
