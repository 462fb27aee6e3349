// The page on which two changes are put together: what is done there stays in this tab, through reloads and the way back,
// until it is saved. What was typed before is in the working copy.

import { fill, typedFields } from "./fields.js";
import { Pause } from "./pause.js";

const PAUSE_MS = 400;
const DECIDED = /^(?:merged|take)_/;

export function keepMerging(form) {
  const [copy, version] = ["copy", "version"].map((name) => form.elements.namedItem(name).value);
  const key = `insights.merging.${copy}.${version}`;
  const begun = decided(form);
  let leaving = false;
  // Of a page that began otherwise, with another text of yours, nothing is taken.
  const kept = JSON.parse(stored(key) ?? "{}");
  if (kept.begun === begun) fill(form, JSON.parse(kept.decided));
  const keep = () => store(key, JSON.stringify({ begun, decided: decided(form) }));
  const soon = new Pause(PAUSE_MS, keep);
  form.addEventListener("input", () => soon.begin());
  form.addEventListener("submit", () => { leaving = true; keep(); });
  window.addEventListener("beforeunload", (event) => {
    keep();
    if (!leaving && decided(form) !== begun) event.preventDefault();
  });
}

function decided(form) {
  return JSON.stringify(Object.fromEntries(Object.entries(typedFields(form)).filter(([name]) => DECIDED.test(name))));
}

function stored(key) {
  try { return sessionStorage.getItem(key); } catch { return null; } // a browser may forbid to remember
}

function store(key, text) {
  try { sessionStorage.setItem(key, text); } catch { /* as above, or it is full: leaving is questioned all the same */ }
}
