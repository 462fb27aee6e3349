// Texts in this browser that never reached the server: after a crash, without a connection, after a session ended.

import { element } from "./element.js";
import { fill, typedFields } from "./fields.js";
import { forgetHere, keptHere } from "./kept.js";

const MOMENT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const MOST_SHOWN = 5;
const LONGEST_NAME = 100;

export async function offerKept(form, autosave) {
  const begun = Date.now();
  const open = await openElsewhere();
  holdWhileOpen(autosave.id);
  const { owner = "", insight = "" } = form.dataset;
  const list = element("ul", { class: "editor-kept" });
  const earlier = keptHere(owner, insight).filter(({ id, at }) => at < begun && !open.has(id));
  for (const copy of earlier.slice(0, MOST_SHOWN)) {
    if (await isNews(form, copy)) list.append(entry(form, autosave, copy));
  }
  if (list.children.length === 0) return;
  form.prepend(element(
    "section", { class: "notice editor-offer", "aria-labelledby": "kept-here" },
    element("h2", { id: "kept-here" }, "Kept in this browser"), list,
  ));
}

// What the form shows is lost to nobody, nor what the server has in a copy to which the page leads. The last words before
// a reload come to the server when it has made this page: the form would write over them.
async function isNews(form, copy) {
  const fields = JSON.stringify(copy.fields);
  if (fields === JSON.stringify(typedFields(form)) || (isListed(copy) && (await isThere(form, copy, fields)))) {
    forgetHere(copy.id);
    return false;
  }
  return true;
}

function isListed({ id }) {
  return document.querySelector(`.waiting-texts a[href$="copy=${CSS.escape(id)}"]`) !== null;
}

async function isThere(form, { id }, fields) {
  try {
    const address = form.dataset.copy.replace(/[^/]+$/, id);
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    return answer.ok && sorted((await answer.json()).fields) === sorted(JSON.parse(fields));
  } catch {
    return false;
  }
}

function sorted(fields) {
  return JSON.stringify(Object.entries(fields ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function entry(form, autosave, copy) {
  const name = copy.fields.title?.trim().slice(0, LONGEST_NAME) || "Without a title";
  const state = copy.sent ? "sent, perhaps saved" : "not saved";
  const restore = element("button", { type: "button", class: "button" }, "Restore");
  const discard = element("button", { type: "button", class: "button" }, "Discard");
  const line = element(
    "li", {}, element("span", {}, element("b", {}, name), `, ${MOMENT.format(copy.at)}, ${state}`),
    element("div", { class: "editor-acts" }, restore, discard),
  );
  for (const button of [restore, discard]) button.setAttribute("aria-label", `${button.textContent} “${name}”`);
  restore.addEventListener("click", () => {
    autosave.become(copy);
    fill(form, copy.fields);
    holdWhileOpen(copy.id);
    gone(form, line);
  });
  discard.addEventListener("click", () => {
    forgetHere(copy.id);
    gone(form, line);
  });
  return line;
}

function gone(form, line) {
  const notice = line.closest("section");
  line.remove();
  if (!notice.querySelector("li")) notice.remove();
  form.elements.namedItem("title")?.focus();
}

// A form that is open in another tab keeps its copy: nothing is wrong with it. (Plain HTTP knows no locks: then it is
// offered, too.)
function holdWhileOpen(id) {
  const held = (lock) => (lock ? new Promise(() => {}) : null);
  navigator.locks?.request(`insights.copy.${id}`, { ifAvailable: true }, held);
}

async function openElsewhere() {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return new Set(held.map(({ name }) => name.replace("insights.copy.", "")));
}
