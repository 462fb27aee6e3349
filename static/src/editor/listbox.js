// The list under a combobox (ARIA 1.2): the field keeps the focus, the arrows go through the options.

import { element, icon } from "./element.js";

// Neither a letter in the making nor a shortcut.
export function isPlain(event) {
  return !(event.isComposing || event.ctrlKey || event.metaKey || event.shiftKey);
}

export class Listbox {
  items = []; // {text, value, note, icon, depth}
  active = -1;

  // `choose` is called with the item that is taken.
  constructor(field, label, choose) {
    this.field = field;
    this.choose = choose;
    this.list = element("ul", {
      class: "suggestions card", id: `${field.id}-options`, role: "listbox", "aria-label": label,
      hidden: true,
    });
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-expanded": "false",
      "aria-controls": this.list.id, autocomplete: "off", spellcheck: "false",
    })) field.setAttribute(name, value);
    // The field keeps the focus, and with it what was typed, while the pointer is on the list.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take([...this.list.children].indexOf(option));
    });
  }

  get open() {
    return !this.list.hidden;
  }

  show(items, active = -1) {
    this.items = items;
    this.active = active;
    this.list.replaceChildren(...items.map((item, place) => this.option(item, place)));
    this.list.hidden = items.length === 0;
    this.mark();
  }

  close() {
    this.show([]);
  }

  option(item, place) {
    const option = element(
      "li", { class: "suggestion", id: `${this.list.id}-${place}`, role: "option", "data-depth": item.depth || null },
      icon(item.icon), element("span", { class: "suggestion-text" }, item.text), " ",
      element("span", { class: "suggestion-kind" }, item.note ?? ""),
    );
    return option;
  }

  mark() {
    const options = [...this.list.children];
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === this.active)));
    this.field.setAttribute("aria-expanded", String(this.open));
    if (options[this.active]) {
      this.field.setAttribute("aria-activedescendant", options[this.active].id);
      options[this.active].scrollIntoView({ block: "nearest" });
    } else {
      this.field.removeAttribute("aria-activedescendant");
    }
  }

  // Through the options and, between the last and the first, back to what was typed.
  move(step) {
    const places = this.items.length + 1;
    this.active = ((this.active + 1 + step + places) % places) - 1;
    this.mark();
  }

  take(place) {
    const item = this.items[place];
    this.close();
    this.choose(item);
  }

  // Whether the key was meant for the list.
  press(event) {
    if (!this.open || !isPlain(event)) return false;
    if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && this.active >= 0) this.take(this.active);
    else return false;
    event.preventDefault();
    return true;
  }
}
