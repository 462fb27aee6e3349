// The keyboard map (`/keys` lists it). Keys of one letter can be switched off, as somebody who dictates may need.

const EDITABLE = "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), select, textarea, [contenteditable]";
const ITEMS = "[data-item], .rows > li";
const OPENS = "[data-open], .row-title a, a[href]";
const OFF = "keys-off";
const SEQUENCE_MS = 2000;

const remembered = {
  get off() {
    try { return localStorage.getItem(OFF) === "yes"; } catch { return false; } // a browser may forbid to remember
  },
  set off(value) {
    try { if (value) localStorage.setItem(OFF, "yes"); else localStorage.removeItem(OFF); } catch { /* as above */ }
  },
};

const items = () => [...document.querySelectorAll(ITEMS)].filter((item) => item.offsetParent !== null);
const place = (all) => all.findIndex((item) => item.contains(document.activeElement));
const press = (selector) => document.querySelector(selector)?.click();
const go = (path) => () => location.assign(path);

// From one item of a list to the next: the link that opens it has the focus, so Enter works and it is read out.
function move(step) {
  const all = items();
  const now = place(all);
  const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step];
  next?.querySelector(OPENS)?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function inItem(selector) {
  const all = items();
  all[place(all)]?.querySelector(selector)?.click();
}

function search() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select();
}

const KEYS = {
  "/": search,
  "?": () => showKeys(),
  c: () => press('[data-key="c"]'),
  e: () => press('[data-key="e"], main a[href$="/edit"]'),
  j: () => move(1),
  k: () => move(-1),
  o: () => inItem(OPENS),
  x: () => inItem("input[type=checkbox]"),
};
const AFTER_G = { o: go("/"), l: go("/library"), c: go("/library/categories"), t: go("/library/tags") };

let waitsUntil = 0; // for what follows "g"

function act(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") escape(event);
  if (remembered.off || event.target.closest?.(EDITABLE) || document.querySelector("dialog[open]")) return;
  const known = performance.now() < waitsUntil ? AFTER_G : KEYS;
  waitsUntil = event.key === "g" && known === KEYS ? performance.now() + SEQUENCE_MS : 0;
  if (!Object.hasOwn(known, event.key)) return;
  event.preventDefault();
  known[event.key]();
}

// Closes the menu that is open, or else leaves the field. A dialog closes by itself.
function escape(event) {
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.target.matches?.(EDITABLE)) {
    event.preventDefault(); // some browsers would empty the field: what was typed stays
    event.target.blur();
  }
}

// A tick switches the keys of one letter on or off, for this browser.
function equipSwitch(line) {
  if (!line) return;
  const box = line.querySelector("input");
  box.checked = !remembered.off;
  box.addEventListener("change", () => { remembered.off = !box.checked; });
  line.hidden = false;
}

let dialog = null;

// The list is that of the page `/keys`: it is fetched when somebody asks for it.
async function makeDialog() {
  const answer = await fetch("/keys", { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const keys = page.getElementById("keys");
  keys.removeAttribute("id");
  const made = document.createElement("dialog");
  made.className = "keys-dialog card";
  made.setAttribute("aria-labelledby", "keys-title");
  const head = document.createElement("div");
  head.className = "keys-head";
  const title = document.createElement("h2");
  title.id = "keys-title";
  title.textContent = page.querySelector("[data-keys-title]").textContent;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => made.close());
  head.append(title, close);
  made.append(head, keys);
  made.addEventListener("click", (event) => { if (event.target === made) made.close(); });
  document.body.append(made);
  return made;
}

async function showKeys() {
  if (document.getElementById("keys")) return; // this is their page
  try {
    dialog ??= await makeDialog();
  } catch {
    location.assign("/keys"); // no network, or a page that isn't ours: the browser says what is wrong
    return;
  }
  equipSwitch(dialog.querySelector("[data-keys-switch]"));
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("keydown", act);
equipSwitch(document.querySelector("#keys [data-keys-switch]"));
for (const link of document.querySelectorAll("a[data-keys]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || document.getElementById("keys")) return;
    event.preventDefault();
    showKeys();
  });
}

// A menu closes when something else is touched.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
