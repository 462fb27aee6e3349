// Categories and tags: an act tells what it affects in a dialog, categories move by dragging, the tree stays as it was
// opened. Conveniences only: every page works without this file.

const OPENED = "insights.categories";

// A form that asks first: its answer is a page with the question, of which only that is shown. Any other answer is a
// page of its own, which the browser fetches as it would without us.
const dialog = document.createElement("dialog");
dialog.className = "confirm-dialog";
dialog.setAttribute("aria-labelledby", "confirm-title");
document.body.append(dialog);
dialog.addEventListener("click", (event) => {
  if (!event.target.closest("[data-cancel]")) return;
  event.preventDefault();
  dialog.close();
});

async function question(form) {
  const fields = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-confirmation]");
}

async function ask(event) {
  const form = event.target;
  event.preventDefault();
  if (form.dataset.asking) return;
  form.dataset.asking = "true";
  const section = await question(form).catch(() => null);
  delete form.dataset.asking;
  if (!section) return form.submit();
  dialog.replaceChildren(document.importNode(section, true));
  dialog.showModal();
}

for (const form of document.querySelectorAll("form[data-asks]")) form.addEventListener("submit", ask);

// Choosing an own colour chooses to have one.
for (const picker of document.querySelectorAll("[data-own-color]")) {
  picker.addEventListener("input", () => { picker.parentElement.querySelector("[type=radio]").checked = true; });
}

const tree = document.querySelector("[data-tree]");
const mover = document.querySelector("[data-move]");
const itemOf = (target) => (target instanceof Element ? target.closest(".tree-item") : null);

function moveBelow(item, parent) {
  mover.action = `/library/categories/${item.dataset.category}/move`;
  mover.elements.version.value = item.dataset.version;
  mover.elements.parent_id.value = parent?.dataset.category ?? "";
  mover.requestSubmit();
}

function letDrag() {
  const top = document.createElement("p");
  top.className = "tree-top";
  top.hidden = true;
  top.textContent = "Drop here to move it to the top";
  tree.after(top);
  let dragged = null;
  let target = null;

  const parentOf = (item) => itemOf(item.parentElement);
  // Below itself nothing moves, and where it is already it need not.
  const takes = (place) => place && (place === top ? parentOf(dragged) : !dragged.contains(place) && place !== parentOf(dragged));
  const placeOf = (event) => (top.contains(event.target) ? top : itemOf(event.target));
  const mark = (place) => {
    target?.classList.remove("tree-target");
    target = place;
    target?.classList.add("tree-target");
  };

  const card = tree.parentElement;
  card.addEventListener("dragstart", (event) => {
    dragged = itemOf(event.target);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.name);
    // A page that changes while a drag begins ends it in some browsers.
    setTimeout(() => {
      dragged?.classList.add("tree-dragged");
      top.hidden = !(dragged && parentOf(dragged));
    });
  });
  card.addEventListener("dragover", (event) => {
    const place = dragged && placeOf(event);
    mark(dragged && takes(place) ? place : null);
    if (target) event.preventDefault();
  });
  card.addEventListener("drop", (event) => {
    if (!target) return;
    event.preventDefault();
    moveBelow(dragged, target === top ? null : target);
  });
  card.addEventListener("dragend", () => {
    dragged?.classList.remove("tree-dragged");
    dragged = null;
    mark(null);
    top.hidden = true;
  });
}

if (tree && mover) letDrag();

// Which branches are open, as they were left. A new category's place is always open.
function stored() {
  try {
    return JSON.parse(localStorage.getItem(OPENED)) ?? {};
  } catch {
    return {};
  }
}

const open = stored();

function keep(branch) {
  const id = itemOf(branch).dataset.category;
  if (id in open && !branch.querySelector("[data-new-category]")) branch.open = open[id];
  branch.addEventListener("toggle", () => {
    open[id] = branch.open;
    try {
      localStorage.setItem(OPENED, JSON.stringify(open));
    } catch {
      // Without room to store, the tree opens anew each time.
    }
  });
}

function equip(part) {
  for (const branch of part.querySelectorAll(".tree-branch")) keep(branch);
  if (!mover) return;
  for (const row of part.querySelectorAll(".tree-row")) {
    row.draggable = true;
    for (const link of row.querySelectorAll("a")) link.draggable = false;
  }
}

// When htmx listens: a branch of a large tree is fetched as it opens.
document.addEventListener("DOMContentLoaded", () => equip(document));
document.body.addEventListener("htmx:load", (event) => {
  if (event.target !== document.body) equip(event.target);
});
