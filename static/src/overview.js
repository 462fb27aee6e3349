// The overview looks at its figures again while somebody looks at it. Conveniences only: the page works without this file.

const AWAY_MS = 60 * 60 * 1000;
let active = Date.now();

for (const kind of ["pointermove", "keydown", "scroll"]) {
  addEventListener(kind, () => { active = Date.now(); }, { passive: true });
}

// A page that nobody sees asks for nothing; one left open must not keep its session alive for ever.
const isWatched = () => !document.hidden && Date.now() - active < AWAY_MS;

// Whoever is reading here with the keyboard, or marking text, keeps the place.
function isHeld(figures) {
  const selection = getSelection();
  const marked = selection && !selection.isCollapsed && figures.contains(selection.anchorNode);
  return marked || figures.contains(document.activeElement) || figures.querySelector("details[open]") !== null;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("[data-figures], [data-health]") && !isWatched()) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.matches("[data-figures]") && isHeld(event.target)) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { target, detail } = event;
  if (!target.matches("[data-health]")) return;
  const answered = detail.xhr.status > 0;
  target.dataset.health = detail.successful ? "well" : "ill";
  target.lastElementChild.textContent = detail.successful ? "Healthy" : answered ? "Database not reachable" : "No connection";
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.querySelector("[data-figures]")?.dispatchEvent(new Event("wake"));
});
