// Conveniences only: every page works without this file.

import "htmx.org";
import "./keys.js";
import "./suggest.js";

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

// Wide tables and code blocks scroll sideways: the keyboard must reach them in every browser, and skip the others.
const blocks = [...document.querySelectorAll(".prose :is(table, pre)")];
const watch = new ResizeObserver(() => {
  const wide = blocks.map((block) => block.scrollWidth > block.clientWidth);
  blocks.forEach((block, index) => {
    if (wide[index]) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  });
});
if (blocks.length) watch.observe(document.body);

// The way back from an insight leads to the list that was left, as it was.
try {
  const list = sessionStorage.getItem("library") ?? "";
  for (const way of document.querySelectorAll('.crumbs a[href="/library"]')) way.search = list;
} catch {
  // A browser that keeps nothing: the way back leads to the whole library.
}
