// Tags as chips over the plain field of names with commas between them, which stays and is what the form sends.

import { element, icon, standFor } from "./element.js";
import { Listbox } from "./listbox.js";
import { fold, joined, split, unique } from "./names.js";
import { Pause } from "./pause.js";

const PAUSE_MS = 120;
const MOST_SHOWN = 8;

export class TagPicker {
  names = [];
  request = null;

  constructor(plain) {
    this.plain = plain;
    this.field = element("input", { class: "picker-field", id: `${plain.id || "tags"}-picker`, type: "text" });
    this.chips = element("ul", { class: "chips picker-chips", "aria-label": "Tags of this insight" });
    this.box = element("div", { class: "picker input" }, this.chips, this.field);
    this.status = element("div", { class: "visually-hidden", "aria-live": "polite" });
    this.options = new Listbox(this.field, "Tags to add", ({ value }) => this.add(value));
    this.soon = new Pause(PAUSE_MS, () => this.suggest());
    this.box.append(this.options.list, this.status);
    standFor(plain, this.field);
    plain.after(this.box);
    plain.type = "hidden";
    this.read();
    this.listen();
  }

  listen() {
    this.plain.addEventListener("change", () => this.read());
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => this.press(event));
    this.field.addEventListener("blur", () => this.takeTyped());
    this.plain.form.addEventListener("submit", () => this.takeTyped(), { capture: true });
    this.box.addEventListener("click", (event) => { if (event.target === this.box) this.field.focus(); });
    this.chips.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.remove(button.value);
    });
  }

  read() {
    const names = split(this.plain.value);
    if (joined(names) === joined(this.names)) return;
    this.names = names;
    this.draw();
  }

  draw() {
    this.chips.replaceChildren(...this.names.map((name) => element("li", {}, element(
      "button", { type: "button", class: "chip chip-active", value: name, "aria-label": `Remove ${name}` },
      name, icon("x"),
    ))));
  }

  write(words) {
    this.plain.value = joined(this.names);
    this.draw();
    this.status.textContent = words;
    this.plain.dispatchEvent(new Event("input", { bubbles: true }));
  }

  has(name) {
    return this.names.some((each) => fold(each) === fold(name));
  }

  add(...names) {
    const added = unique(names.filter((name) => !this.has(name)));
    this.field.value = "";
    this.options.close();
    this.soon.end();
    this.request?.abort();
    if (added.length === 0) return;
    this.names.push(...added);
    this.write(`Added ${added.join(", ")}`);
  }

  remove(name) {
    const place = this.names.indexOf(name);
    this.names.splice(place, 1);
    this.write(`Removed ${name}`);
    (this.chips.querySelectorAll("button")[Math.min(place, this.names.length - 1)] ?? this.field).focus();
  }

  takeTyped() {
    this.add(...split(this.field.value));
  }

  typed() {
    const { value } = this.field;
    const end = value.trimStart().startsWith('"') ? -1 : value.lastIndexOf(",");
    if (end !== -1) {
      this.add(...split(value.slice(0, end)));
      this.field.value = value.slice(end + 1).trimStart();
    }
    if (this.field.value.trim()) this.soon.begin();
    else this.options.close();
  }

  press(event) {
    if (this.options.press(event) || event.isComposing) return;
    if (event.key === "Enter" && this.field.value.trim()) {
      event.preventDefault();
      this.takeTyped();
    } else if (event.key === "Backspace" && this.field.value === "" && this.names.length) {
      this.remove(this.names.at(-1));
      this.field.focus();
    }
  }

  async suggest() {
    const typed = this.field.value.trim().replaceAll('"', "");
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    const found = await known(typed, signal);
    if (signal.aborted || document.activeElement !== this.field) return;
    const items = found.filter(({ text }) => !this.has(text)).map(({ text, insight_count: count }) => (
      { text, value: text, icon: "tag", note: count.toLocaleString("en") }
    ));
    const told = items.some(({ text }) => fold(text) === fold(typed)) || this.has(typed);
    if (!told && typed) items.push({ text: `Add “${typed}”`, value: typed, icon: "plus" });
    this.options.show(items);
    const count = items.length === 1 ? "1 choice" : `${items.length} choices`;
    this.status.textContent = `${count}, reached with the arrow keys`;
  }
}

// Without a connection none: what is typed can be added all the same.
async function known(typed, signal) {
  try {
    const query = new URLSearchParams({ q: `tag:"${typed}`, limit: MOST_SHOWN });
    const answer = await fetch(`/search/suggest?${query}`, { signal, headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).suggestions : [];
  } catch {
    return [];
  }
}
