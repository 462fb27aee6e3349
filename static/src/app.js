// Conveniences only: every page works without this file.

import "./suggest.js";

const EDITABLE = "input, select, textarea, [contenteditable]";

// "/" moves to the search field, as in most trackers.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest(EDITABLE)) return;
  const field = document.querySelector("[data-search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});

// Fields that say nothing (empty, or at their default) stay out of the address, which people copy and share.
const isSilent = (field) => field.value === (field.dataset.default ?? "");

for (const form of document.querySelectorAll("form[data-tidy]")) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && isSilent(field)) field.disabled = true;
  });
}

// The back button may restore the page as it was left: with those fields disabled.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const field of document.querySelectorAll("form[data-tidy] :disabled")) field.disabled = false;
});

// A choice that sends its form as soon as it is made with a pointer. The keyboard passes other choices on its way.
for (const choice of document.querySelectorAll("select[data-send]")) {
  let typed = false;
  choice.addEventListener("keydown", () => { typed = true; });
  choice.addEventListener("pointerdown", () => { typed = false; });
  choice.addEventListener("change", () => { if (!typed) choice.form.requestSubmit(); });
}

// Wide tables and code blocks scroll sideways: the keyboard must reach them in every browser.
for (const block of document.querySelectorAll(".prose :is(table, pre)")) {
  if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
}
