// The search box suggests while one types. Without scripts it is a plain field.

import { element } from "./editor/element.js";
import { isPlain, Listbox } from "./editor/listbox.js";

const PAUSE_MS = 120;
const SHORTEST = 2;
const KINDS = {
  title: { icon: "file-text", words: "Insight" },
  tag: { icon: "tag", words: "Tag" },
  category: { icon: "folder", words: "Category" },
  author: { icon: "user-round", words: "Author" },
};

class Suggestions {
  timer = 0;
  request = null;

  constructor(field) {
    this.field = field;
    this.options = new Listbox(field, "Suggestions", (item) => this.choose(item));
    this.status = element("div", { class: "visually-hidden", "aria-live": "polite" });
    field.parentElement.append(this.options.list, this.status);
    this.listen();
  }

  listen() {
    this.field.addEventListener("input", (event) => { if (!event.isComposing) this.askSoon(); });
    this.field.addEventListener("compositionend", () => this.askSoon());
    this.field.addEventListener("keydown", (event) => this.press(event));
    this.field.addEventListener("blur", () => this.close());
    this.field.form?.addEventListener("submit", () => this.close());
  }

  askSoon() {
    this.forget();
    if (this.field.value.trim().length < SHORTEST) this.close();
    else this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  // Whatever was asked before is of no use any more.
  forget() {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  async ask() {
    this.request = new AbortController();
    const { signal } = this.request;
    const address = `${this.field.dataset.suggest}?${new URLSearchParams({ q: this.field.value })}`;
    try {
      const answer = await fetch(address, { signal, headers: { Accept: "application/json" } });
      const { suggestions } = answer.ok ? await answer.json() : { suggestions: [] };
      if (!signal.aborted) this.show(suggestions);
    } catch {
      if (!signal.aborted) this.close(); // no network: the field works as without suggestions
    }
  }

  show(items) {
    this.options.show(items.map((item) => ({ ...item, icon: KINDS[item.kind].icon, note: note(item) })));
    const count = items.length === 1 ? "1 suggestion" : `${items.length} suggestions`;
    this.status.textContent = items.length ? `${count}, reached with the arrow keys` : "No suggestions";
  }

  close() {
    this.forget();
    this.options.close();
    this.status.textContent = "";
  }

  press(event) {
    if (this.options.press(event)) {
      if (event.key === "Escape") this.close();
    } else if (event.key === "ArrowDown" && !this.options.open && isPlain(event)) {
      this.askSoon();
      event.preventDefault();
    }
  }

  // A title leads to its insight; what narrows a search is put into the field, to be completed or sent.
  choose(item) {
    this.close();
    if (item.kind === "title") {
      location.assign(`/library/${item.id}`);
      return;
    }
    this.field.value = `${item.query} `;
    this.status.textContent = `The search is now ${item.query}. Press Enter to search.`;
  }
}

function note({ kind, insight_count: count }) {
  return KINDS[kind].words + (count === null ? "" : ` · ${count.toLocaleString("en")}`);
}

for (const field of document.querySelectorAll("[data-suggest]")) new Suggestions(field);
