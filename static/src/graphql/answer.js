// What came back: data or errors, and what it took.

import { element } from "../editor/element.js";
import { setText } from "./editors.js";

const NUMBER = new Intl.NumberFormat("en");

export class Answer {
  // `jump` is called with the path and the message of an error that somebody follows.
  constructor(form, view, jump) {
    this.view = view;
    this.jump = jump;
    this.figures = form.querySelector("[data-figures]");
    this.problems = form.querySelector("[data-problems]");
    this.state = form.querySelector("[data-state]");
  }

  show({ document, milliseconds, bytes }) {
    setText(this.view, JSON.stringify(document.data ?? document, null, 2));
    const cost = document.extensions?.cost;
    const parts = [`${Math.round(milliseconds)} ms`, ...(cost === undefined ? [] : [`cost ${NUMBER.format(cost)}`]), size(bytes)];
    this.figures.textContent = parts.join(" · ");
    const errors = document.errors ?? [];
    this.problems.replaceChildren(...(errors.length ? [this.list(errors)] : []));
    this.say(errors.length ? `Refused: ${errors.length === 1 ? "one error" : `${errors.length} errors`}` : `Answered in ${parts[0]}`);
  }

  // Why there is none; the last answer goes, so that nobody takes it for this one's.
  fail(error) {
    setText(this.view, "");
    this.figures.textContent = "";
    const signIn = element("a", { href: "/sign-in?next=/graphql", target: "_blank" }, "Sign in in another tab");
    this.problems.replaceChildren(element("p", {}, error.message, ...(error.status === 401 ? [" ", signIn] : [])));
    this.say(error.message);
  }

  say(words) {
    this.state.textContent = words;
  }

  list(errors) {
    return element("ul", { class: "gql-list" }, ...errors.map((error) => this.item(error)));
  }

  item({ message, extensions }) {
    const path = extensions?.path;
    const place = element("button", { type: "button", class: "gql-place" }, path ?? "");
    place.addEventListener("click", () => this.jump(path, message));
    return element("li", {}, element("p", {}, message), ...(path && path !== "$" ? [place] : []));
  }
}

function size(bytes) {
  return bytes < 1000 ? `${bytes} bytes` : `${NUMBER.format(Math.round(bytes / 100) / 10)} kB`;
}
