// What this browser keeps of one person: what stands in the editors, and what was run. The server gets none of it.

const MOST = 50;
const LONGEST = 100_000;

export class Remembered {
  constructor(owner) {
    this.now = `insights.graphql.now.${owner}`;
    this.past = `insights.graphql.past.${owner}`;
  }

  // {query, variables} as they were left; null when there is nothing.
  left() {
    const found = read(this.now);
    return typeof found?.query === "string" && typeof found.variables === "string" ? found : null;
  }

  leave(texts) {
    write(this.now, texts);
  }

  // Newest first: {query, variables, at}.
  get history() {
    const found = read(this.past);
    return Array.isArray(found) ? found.filter((run) => typeof run?.query === "string") : [];
  }

  // The same again moves to the front.
  add({ query, variables }) {
    if (!query.trim() || query.length + variables.length > LONGEST) return;
    const others = this.history.filter((run) => run.query !== query || run.variables !== variables);
    write(this.past, [{ query, variables, at: Date.now() }, ...others].slice(0, MOST));
  }

  clear() {
    write(this.past, []);
  }
}

// What a link brings along in its fragment, which browsers don't send; then it is gone from the address. Others' links
// bring it in the query.
export function shared() {
  const given = new URLSearchParams(location.hash.slice(1) || location.search);
  if (!given.has("query")) return null;
  history.replaceState(null, "", location.pathname);
  return { query: given.get("query"), variables: given.get("variables") ?? "" };
}

export function link({ query, variables }) {
  const fragment = new URLSearchParams({ query, ...(variables.trim() && { variables }) });
  return `${location.origin}${location.pathname}#${fragment}`;
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // a browser that keeps nothing, or is full
  }
}
