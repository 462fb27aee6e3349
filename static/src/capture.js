// Writing an insight. Loaded on the pages of capture alone. Conveniences only: every page works without this file.

import { Autosave } from "./editor/autosave.js";
import { CategoryPicker } from "./editor/categories.js";
import { makeEditor } from "./editor/editor.js";
import { leaveWithCare, saveByKey, saveWithCare } from "./editor/leaving.js";
import { keepMerging } from "./editor/merging.js";
import { offerKept } from "./editor/offer.js";
import { showSimilar } from "./editor/similar.js";
import { stateLine } from "./editor/state.js";
import { TagPicker } from "./editor/tags.js";

function open(form) {
  const line = form.querySelector("#save-state");
  const autosave = new Autosave(form, stateLine(line));
  form.addEventListener("input", () => autosave.typed());
  form.addEventListener("change", () => autosave.typed());
  leaveWithCare(form, autosave);
  for (const field of form.querySelectorAll("[data-tag-picker]")) new TagPicker(field);
  for (const field of form.querySelectorAll("select[name=category_id]")) new CategoryPicker(field);
  const editors = [...form.querySelectorAll("[data-editor]")].map((editor) => makeEditor(editor, form));
  showSimilar(form);
  saveWithCare(form, autosave, {
    prepare: async () => (await Promise.all(editors.map((attachments) => attachments.settled()))).every(Boolean),
    complain: () => line.scrollIntoView({ block: "nearest" }),
  });
  saveByKey(form);
  offerKept(form, autosave);
  if (!autosave.confirmed) autosave.typed(); // the browser filled in what was typed before
}

for (const form of document.querySelectorAll("form[data-capture]")) open(form);

for (const form of document.querySelectorAll("form[data-merging]")) {
  keepMerging(form);
  saveByKey(form);
}
