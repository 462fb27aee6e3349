// What the text will look like, made by the server with the function that makes the insight's page. Beside the text
// where there is room, else in its place.

import { toolbarButton } from "./toolbar.js";
import { element } from "./element.js";
import { Pause } from "./pause.js";
import { Refused, reason, send } from "./request.js";

const PAUSE_MS = 300;
const ROOMY = matchMedia("(min-width: 64rem)");
const CHOICE = "insights.preview";

function chosen() {
  try { return localStorage.getItem(CHOICE); } catch { return null; } // a browser may forbid to remember
}

function choose(value) {
  try { localStorage.setItem(CHOICE, value); } catch { /* as above */ }
}

export class Preview {
  made = null; // the text that is shown
  request = null;

  constructor(panes, field, form, address) {
    this.box = panes.parentElement;
    this.field = field;
    this.form = form;
    this.address = address;
    this.pane = document.getElementById("preview");
    this.problem = element("p", { class: "editor-problem", role: "status" });
    panes.append(this.pane);
    panes.after(this.problem);
    this.soon = new Pause(PAUSE_MS, () => this.make());
    this.write = toolbarButton("write", "pencil", "Write", { class: "editor-button editor-worded editor-write" });
    this.look = toolbarButton("preview", "eye", "Preview", {
      class: "editor-button editor-worded", "aria-controls": this.pane.id,
    });
    for (const button of [this.write, this.look]) button.append(button.title);
    this.buttons = [this.write, this.look];
  }

  get shown() {
    return !this.pane.hidden;
  }

  begin() {
    for (const [name, value] of Object.entries({ role: "region", "aria-label": "Preview", tabindex: "0" })) {
      this.pane.setAttribute(name, value);
    }
    this.pane.classList.add("editor-preview");
    this.write.addEventListener("click", () => { this.show(false); this.field.focus(); });
    this.look.addEventListener("click", () => this.toggle());
    this.field.addEventListener("input", () => { if (this.shown) this.soon.begin(); });
    this.field.addEventListener("scroll", () => this.follow(), { passive: true });
    // What is folded away needs no preview yet.
    this.box.closest("details")?.addEventListener("toggle", () => { if (this.shown) this.make(); });
    this.show(ROOMY.matches && chosen() !== "off");
  }

  toggle() {
    this.show(!this.shown);
    if (ROOMY.matches) choose(this.shown ? "on" : "off");
  }

  show(shown) {
    this.pane.hidden = !shown;
    this.box.classList.toggle("editor-previewing", shown);
    this.write.setAttribute("aria-pressed", String(!shown));
    this.look.setAttribute("aria-pressed", String(shown));
    if (shown) this.make();
  }

  async make() {
    const content = this.field.value;
    if (content === this.made || this.box.offsetParent === null) return;
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    try {
      const body = new URLSearchParams({ content });
      const headers = { Accept: "text/html" };
      const answer = await send(this.form, this.address, { method: "POST", headers, body, signal });
      if (!answer.ok) throw new Refused(answer.status, await answer.text());
      this.set(await answer.text(), content);
    } catch (error) {
      if (!signal.aborted) this.problem.textContent = `The preview is not up to date: ${reason(error)}.`;
    }
  }

  set(html, content) {
    this.pane.innerHTML = html; // the server made it safe, as for the insight's page
    this.made = content;
    this.problem.textContent = "";
    for (const block of this.pane.querySelectorAll("table, pre")) {
      if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    }
    this.follow();
  }

  // As far down as the text is.
  follow() {
    const room = this.field.scrollHeight - this.field.clientHeight;
    if (room <= 0) return;
    this.pane.scrollTop = (this.field.scrollTop / room) * (this.pane.scrollHeight - this.pane.clientHeight);
  }
}
