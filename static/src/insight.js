// The page of one insight: copying and printing. Without this file the same menu shows and saves the Markdown.

const root = document.querySelector(".detail-actions");
const said = root?.querySelector("[data-said]");

function say(button, words) {
  const label = button.querySelector("span");
  const before = label.dataset.words ??= label.textContent;
  label.textContent = words;
  said.textContent = words;
  setTimeout(() => { label.textContent = before; said.textContent = ""; }, 3000);
}

async function textOf(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.text();
}

// Safari wants the clipboard asked for within the click: it takes a promise of the text. Other browsers may not.
async function copy(path) {
  const text = textOf(path);
  if (window.ClipboardItem && ClipboardItem.supports?.("text/plain")) {
    const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
    return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  }
  return navigator.clipboard.writeText(await text);
}

for (const button of root?.querySelectorAll("[data-copy-from]") ?? []) {
  if (!navigator.clipboard) continue; // only a secure address has one
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await copy(button.dataset.copyFrom);
      say(button, "Copied");
    } catch {
      say(button, "Could not copy: show it instead");
    }
  });
}

for (const button of root?.querySelectorAll("[data-print]") ?? []) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.closest("details").open = false;
    window.print();
  });
}

// The section that is being read, in the contents.
const entries = new Map(
  [...document.querySelectorAll(".toc-entries a")].map((link) => [decodeURIComponent(link.hash.slice(1)), []]),
);
for (const link of document.querySelectorAll(".toc-entries a")) entries.get(decodeURIComponent(link.hash.slice(1))).push(link);

const headings = [...document.querySelectorAll(".prose :is(h2, h3, h4, h5, h6)[id]")].filter((each) => entries.has(each.id));
let current = null;

function mark() {
  const passed = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
  const now = passed.at(-1)?.id ?? null;
  if (now === current) return;
  for (const link of entries.get(current) ?? []) link.removeAttribute("aria-current");
  for (const link of entries.get(now) ?? []) link.setAttribute("aria-current", "location");
  current = now;
}

if (headings.length && headings.length <= 200) {
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });
  mark();
}
