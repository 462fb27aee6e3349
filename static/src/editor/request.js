// Requests on behalf of a form. They repeat its word (csrf_token), which shows that they come from our page.

const WORD = "input[name=csrf_token]";

const PLAIN = {
  401: "you are signed out",
  409: "it is written in another tab, too",
  413: "it is too large",
  429: "too many requests at once",
};

// An answer that says no; `text` is its body, a problem document.
export class Refused extends Error {
  constructor(status, text) {
    super(PLAIN[status] ?? (detail(text) || "the server has a problem"));
    this.status = status;
  }
}

function detail(text) {
  try {
    const { detail: whole, errors } = JSON.parse(text);
    return (errors?.[0]?.message ?? whole ?? "").replace(/\.$/, "");
  } catch {
    return ""; // a page of something between us and the server
  }
}

// In words for people, to follow a colon. What is no answer of the server's is a connection that failed.
export function reason(error) {
  return error instanceof Refused ? error.message : "no connection";
}

export function isSignedOut(error) {
  return error instanceof Refused && error.status === 401;
}

// Whether nothing else would get through either.
export function isUnreachable(error) {
  return error !== null && (isSignedOut(error) || !(error instanceof Refused));
}

// Who signed in again, in another tab, has another word there: the page is asked for it, once. Of somebody else who
// signed in there it is not taken: what is typed here is none of theirs.
export async function send(form, address, options = {}) {
  const answer = await attempt(form, address, options);
  return answer.status === 403 && (await renewWord(form)) ? attempt(form, address, options) : answer;
}

export async function renewWord(form) {
  const field = form.querySelector(WORD);
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.querySelector(WORD)?.value;
  const owner = page.getElementById(form.id)?.dataset.owner;
  if (!field || answer.redirected || !found || found === field.value || owner !== form.dataset.owner) return false;
  for (const each of document.querySelectorAll(WORD)) each.value = found;
  return true;
}

function attempt(form, address, options) {
  const word = form.querySelector(WORD)?.value ?? "";
  const headers = { Accept: "application/json", "X-CSRF-Token": word, ...options.headers };
  return fetch(address, { ...options, headers });
}
