// Insights that may say the same, while the title is typed: nobody needs to write it twice.

import { Pause } from "./pause.js";

const PAUSE_MS = 500;
const SHORTEST = 4;

export function showSimilar(form) {
  const place = document.querySelector("[data-similar]");
  const title = form.elements.namedItem("title");
  if (!place || !title) return;
  let request = null;
  const ask = async () => {
    request?.abort();
    request = new AbortController();
    const { signal } = request;
    const typed = title.value.trim();
    try {
      const html = typed.length < SHORTEST ? "" : await fragment(place.dataset.similar, typed, signal);
      if (!signal.aborted && place.innerHTML !== html) place.innerHTML = html;
    } catch {
      // without a connection nothing is said about what is there
    }
  };
  const soon = new Pause(PAUSE_MS, ask);
  place.setAttribute("aria-live", "polite");
  title.addEventListener("input", () => soon.begin());
}

async function fragment(address, title, signal) {
  const query = new URLSearchParams({ title });
  const answer = await fetch(`${address}?${query}`, { signal, headers: { Accept: "text/html" } });
  return answer.ok && !answer.redirected ? answer.text() : "";
}
