// The search box suggests while one types: a combobox with a list box (ARIA 1.2). Without scripts it is a plain field.

const PAUSE_MS = 120;
const SHORTEST = 2;
const KINDS = {
  title: { icon: "file-text", words: "Insight" },
  tag: { icon: "tag", words: "Tag" },
  category: { icon: "folder", words: "Category" },
  author: { icon: "user-round", words: "Author" },
};

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function icon(sprite, name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svg.namespaceURI, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

class Suggestions {
  items = [];
  active = -1;
  timer = 0;
  request = null;

  constructor(field) {
    this.field = field;
    this.sprite = field.parentElement.querySelector("use").href.baseVal.split("#")[0];
    this.list = element("ul", "suggestions card");
    this.list.id = `${field.id}-suggestions`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.status = element("div", "visually-hidden");
    this.status.setAttribute("aria-live", "polite");
    field.parentElement.append(this.list, this.status);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-expanded": "false",
      "aria-controls": this.list.id, spellcheck: "false",
    })) field.setAttribute(name, value);
    this.listen();
  }

  listen() {
    this.field.addEventListener("input", (event) => { if (!event.isComposing) this.askSoon(); });
    this.field.addEventListener("compositionend", () => this.askSoon());
    this.field.addEventListener("keydown", (event) => this.press(event));
    this.field.addEventListener("blur", () => this.close());
    this.field.form?.addEventListener("submit", () => this.close());
    // The field keeps the focus, and with it what was typed, while the pointer is on the list.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(this.items[[...this.list.children].indexOf(option)]);
    });
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
    this.items = items;
    this.active = -1;
    this.list.replaceChildren(...items.map((item, place) => this.option(item, place)));
    this.list.hidden = items.length === 0;
    this.mark();
    const count = items.length === 1 ? "1 suggestion" : `${items.length} suggestions`;
    this.status.textContent = items.length ? `${count}, reached with the arrow keys` : "No suggestions";
  }

  option(item, place) {
    const kind = KINDS[item.kind];
    const count = item.insight_count === null ? "" : ` · ${item.insight_count.toLocaleString("en")}`;
    const option = element(
      "li", "suggestion", icon(this.sprite, kind.icon), element("span", "suggestion-text", item.text), " ",
      element("span", "suggestion-kind", kind.words + count),
    );
    option.id = `${this.list.id}-${place}`;
    option.setAttribute("role", "option");
    return option;
  }

  close() {
    this.forget();
    this.items = [];
    this.active = -1;
    this.list.hidden = true;
    this.list.replaceChildren();
    this.status.textContent = "";
    this.mark();
  }

  mark() {
    const options = [...this.list.children];
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === this.active)));
    this.field.setAttribute("aria-expanded", String(!this.list.hidden));
    if (options[this.active]) {
      this.field.setAttribute("aria-activedescendant", options[this.active].id);
      options[this.active].scrollIntoView({ block: "nearest" });
    } else {
      this.field.removeAttribute("aria-activedescendant");
    }
  }

  // Through the suggestions and, between the last and the first, back to what was typed.
  move(step) {
    const places = this.items.length + 1;
    this.active = ((this.active + 1 + step + places) % places) - 1;
    this.mark();
  }

  press(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "Escape" && !this.list.hidden) this.close();
    else if (event.key === "ArrowDown" && this.list.hidden) this.askSoon();
    else if (this.list.hidden) return;
    else if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.items[this.active]);
    else return;
    event.preventDefault();
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

for (const field of document.querySelectorAll("[data-suggest]")) new Suggestions(field);
