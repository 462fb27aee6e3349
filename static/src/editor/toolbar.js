// The row of buttons over a Markdown field. One Tab reaches it; the arrows go on (markdown-toolbar does that).

import "@github/markdown-toolbar-element";
import { element, icon } from "./element.js";

const STYLES = [
  ["header-2", "heading", "Heading"],
  ["bold", "bold", "Bold", "b"],
  ["italic", "italic", "Italic", "i"],
  ["quote", "quote", "Quote"],
  ["code", "code", "Code", "e"],
  ["link", "link", "Link", "k"],
  ["unordered-list", "list", "List"],
  ["ordered-list", "list-ordered", "Numbered list"],
  ["task-list", "list-checks", "Task list"],
  ["image", "image", "Image by its address"],
];
const COMMAND = /Mac|iP(?:hone|ad)/.test(navigator.platform) ? "⌘" : "Ctrl+";

// A button among the others: `style` is what the element applies; one that it doesn't know does what its listener says.
export function toolbarButton(style, name, label, attributes = {}) {
  return element("button", {
    type: "button", class: "editor-button", "data-md-button": style, tabindex: "-1", title: label, "aria-label": label,
    ...attributes,
  }, icon(name));
}

export function toolbar(field, more) {
  const buttons = STYLES.map(([style, name, label, key]) => toolbarButton(style, name, label, shortcut(label, key)));
  pressByKey(field, Object.fromEntries(STYLES.flatMap(([, , , key], at) => (key ? [[key, buttons[at]]] : []))));
  const hint = element("p", { hidden: true, id: `${field.id}-keys` },
    "In a list, Tab moves an entry in. Press Escape, then Tab, to leave the field.");
  field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), hint.id].filter(Boolean).join(" "));
  const bar = element("markdown-toolbar", {
    for: field.id, class: "editor-toolbar", "aria-label": "Formatting", "aria-controls": field.id,
  }, ...buttons, ...more);
  return withFragment(bar, hint);
}

function shortcut(label, key) {
  if (!key) return {};
  const letter = key.toUpperCase();
  return { title: `${label} (${COMMAND}${letter})`, "aria-keyshortcuts": `Control+${letter} Meta+${letter}` };
}

function withFragment(...parts) {
  const fragment = document.createDocumentFragment();
  fragment.append(...parts);
  return fragment;
}

function pressByKey(field, buttons) {
  field.addEventListener("keydown", (event) => {
    const button = buttons[event.key.toLowerCase()];
    if (!button || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    button.click();
  });
}
