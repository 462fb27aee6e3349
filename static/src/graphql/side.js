// Beside the editors: tabs, of which the arrows choose one, and the list of what was run.

import { element } from "../editor/element.js";

const CLOCK = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

export function tabs(list) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const choose = (chosen) => {
    for (const tab of all) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
  };
  list.addEventListener("click", ({ target }) => { if (all.includes(target)) choose(target); });
  list.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    const next = all.at((all.indexOf(document.activeElement) + STEPS[event.key]) % all.length);
    choose(next);
    next.focus();
  });
}

// `take` is called with the run that is to be opened again, `clear` when all are to go.
export function showHistory(panel, runs, take, clear) {
  if (!runs.length) {
    panel.replaceChildren(element("p", { class: "muted" }, "What you run is listed here, in this browser only."));
    return;
  }
  const forget = element("button", { type: "button", class: "button" }, "Clear the history");
  forget.addEventListener("click", clear);
  panel.replaceChildren(element("ul", { class: "gql-list" }, ...runs.map((run) => item(run, take))), forget);
}

function item(run, take) {
  const head = run.query.split("\n").find((line) => line.trim() && !line.startsWith("#")) ?? "";
  const button = element("button", { type: "button", class: "gql-item" },
    element("b", {}, head.trim().slice(0, 80)), element("span", {}, CLOCK.format(run.at)),
    ...(run.variables.trim() ? [element("code", {}, run.variables.replace(/\s+/g, " ").slice(0, 80))] : []));
  button.addEventListener("click", () => take(run));
  return element("li", {}, button);
}
