// A search of the category tree over the plain list of it, which stays and is what the form sends.

import { element, standFor } from "./element.js";
import { Listbox } from "./listbox.js";
import { fold } from "./names.js";

const MOST_SHOWN = 200;

export class CategoryPicker {
  constructor(plain) {
    this.plain = plain;
    this.field = element("input", { class: "input", id: `${plain.id || "category_id"}-picker`, type: "text" });
    this.status = element("div", { class: "picker-told visually-hidden", "aria-live": "polite" });
    this.options = new Listbox(this.field, "Categories", ({ value }) => this.set(value));
    const box = element("div", { class: "picker picker-category" }, this.field, this.options.list, this.status);
    standFor(plain, this.field);
    plain.hidden = true;
    plain.after(box);
    this.choices = tree(plain.options);
    this.read();
    this.listen();
  }

  listen() {
    this.plain.addEventListener("change", () => this.read());
    this.field.addEventListener("input", () => this.suggest(this.field.value));
    this.field.addEventListener("focus", () => this.field.select());
    this.field.addEventListener("click", () => { if (!this.options.open) this.suggest(""); });
    this.field.addEventListener("blur", () => this.leave());
    this.plain.form.addEventListener("submit", () => this.leave(), { capture: true });
    this.field.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if (event.key === "Enter" && this.options.open && this.options.active < 0) this.options.active = this.best();
    if (event.key === "Escape" && this.options.open) this.read();
    if (this.options.press(event) || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.suggest("");
    } else if (event.key === "Enter" && this.field.value !== this.current().path) {
      event.preventDefault(); // what fits nothing is no choice yet, and no reason to send the form
    }
  }

  best() {
    return this.field.value.trim() && this.options.items.length ? 0 : -1;
  }

  // Every word is somewhere in the path; names that begin with the first come first.
  suggest(typed) {
    const words = fold(typed).split(/\s+/).filter(Boolean);
    const fitting = this.choices.filter(({ searched }) => words.every((word) => searched.includes(word)));
    const begins = ({ name }) => (words.length && fold(name).startsWith(words[0]) ? 0 : 1);
    const found = words.length ? fitting.sort((one, other) => begins(one) - begins(other)) : fitting;
    const shown = found.slice(0, MOST_SHOWN).map((each) => ({
      text: words.length ? each.path : each.name,
      value: each.value,
      icon: each.value ? "folder" : "circle-dashed",
      depth: words.length ? 0 : each.depth,
    }));
    this.options.show(shown, words.length ? -1 : shown.findIndex(({ value }) => value === this.plain.value));
    this.status.textContent = words.length ? told(found.length) : "";
    this.status.classList.toggle("visually-hidden", found.length > 0);
  }

  current() {
    return this.choices[Math.max(this.plain.selectedIndex, 0)];
  }

  read() {
    const { path, value } = this.current();
    this.field.value = value ? path : "";
    this.field.placeholder = value ? "" : path;
  }

  set(value) {
    if (this.plain.value === value) return this.read();
    this.plain.value = value;
    this.plain.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Nothing is nothing; what fits only one category is that one; else it stays as it was.
  leave() {
    const typed = fold(this.field.value.trim());
    const [first, second] = this.options.items;
    const exact = this.choices.find(({ path, name }) => [path, name].map(fold).includes(typed));
    this.options.close();
    this.status.textContent = "";
    if (typed === "") this.set("");
    else if (exact) this.set(exact.value);
    else if (first && !second) this.set(first.value);
    this.read();
  }
}

// The list shows the tree by em spaces before a name: an option lies below the last one that has fewer of them.
function tree(options) {
  const above = [];
  return [...options].map(({ value, text, textContent }) => {
    const name = text.trim();
    const depth = /^\s*?(\u2003*)/.exec(textContent)[1].length;
    above.splice(depth, Infinity, name);
    const path = above.join(" / ");
    return { value, name, path, depth, searched: fold(path) };
  });
}

function told(count) {
  if (count === 0) return "No category fits";
  return `${count === 1 ? "1 category" : `${count} categories`}, reached with the arrow keys`;
}
