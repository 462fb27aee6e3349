// A Markdown field becomes an editor: buttons above it, its preview beside it, attachments below.

import "@github/file-attachment-element";
import { Attachments } from "./attachments.js";
import { element } from "./element.js";
import { continueLists } from "./lists.js";
import { Preview } from "./preview.js";
import { toolbar } from "./toolbar.js";

// What has to come to an end before the form is sent: `settled()`.
export function makeEditor(editor, form) {
  const field = editor.querySelector("textarea");
  const { previewUrl, attachUrl, attachMost } = editor.dataset;
  const panes = element("file-attachment", { class: "editor-panes" });
  const box = element("div", { class: "editor-box" }, panes);
  field.replaceWith(box);
  panes.append(field);
  field.classList.remove("input");
  const attachments = new Attachments(panes, field, form, attachUrl, Number(attachMost));
  const preview = new Preview(panes, field, form, previewUrl);
  box.prepend(toolbar(field, [attachments.button, ...preview.buttons]));
  editor.classList.add("editor-ready");
  continueLists(field);
  preview.begin();
  return attachments;
}
