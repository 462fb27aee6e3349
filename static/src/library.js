// The list of the library: counts what is marked, marks a page or a range at once, and remembers the way back.

const boxes = [...document.querySelectorAll("[name=ids][form=bulk]")];
const bar = document.getElementById("bulk");
const everything = document.getElementById("bulk-all");
const page = document.querySelector("[data-pick-page]");
const marked = () => boxes.filter((box) => box.checked).length;

function tell() {
  const count = marked();
  const said = everything?.checked ? everything.closest("label").textContent.trim() : `${count} selected`;
  bar.querySelector("[data-count]").textContent = said;
  page.checked = count > 0 && count === boxes.length;
  page.indeterminate = count > 0 && count < boxes.length;
}

// From the box that was marked last to this one, with Shift.
function mark(event, last) {
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(event.target)].sort((one, other) => one - other);
  if (event.shiftKey && from >= 0) for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
}

function listen() {
  let last = null;
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      mark(event, last);
      last = box;
      tell();
    });
  }
  page.addEventListener("change", () => {
    for (const box of boxes) box.checked = page.checked;
    tell();
  });
  everything?.addEventListener("change", tell);
  bar.addEventListener("reset", () => setTimeout(() => {
    // Those in the list are the form's too, wherever they stand.
    for (const menu of menus) menu.open = false;
    tell();
  }));
  bar.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  });
  const menus = [...bar.querySelectorAll("details")];
  document.addEventListener("click", (event) => {
    if (!bar.contains(event.target)) for (const menu of menus) menu.open = false;
  });
  for (const menu of menus) {
    menu.addEventListener("toggle", () => {
      if (!menu.open) return;
      for (const other of menus) if (other !== menu) other.open = false;
      menu.querySelector("input, select").focus();
    });
  }
  // The back button may bring the page back with what was marked.
  window.addEventListener("pageshow", tell);
  page.closest("[data-scripted]").classList.add("scripted");
  tell();
}

if (bar && page) listen();

// The list that is left for an insight, as it is: the way back from there leads to it (app.js).
try {
  const list = new URL(location);
  for (const told of ["done", "n", "left", "receipt"]) list.searchParams.delete(told);
  sessionStorage.setItem("library", list.search);
} catch {
  // A browser that keeps nothing: the way back leads to the whole library.
}
