// Sends an operation, and tells in words why there is no answer.

import { send } from "../editor/request.js";

const ADDRESS = "/graphql";
const WORDS = {
  403: "You may not do this.",
  413: "The query is too large.",
  503: "The database can't be reached just now. Try again in a moment.",
};

// {document, milliseconds, bytes}, the document with `data` or `errors`; throws `Unanswered`.
export async function ask(form, operation, signal) {
  const began = performance.now();
  const answer = await request(form, operation, signal);
  const text = await answer.text();
  const document = parsed(text);
  if (!answer.ok || !document) throw new Unanswered(inWords(answer, document), answer.status);
  return { document, milliseconds: performance.now() - began, bytes: new TextEncoder().encode(text).length };
}

export class Unanswered extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

// As it is sent: what says nothing is left out.
export function body({ query, variables, operationName }) {
  return JSON.stringify({ query, ...(variables && { variables }), ...(operationName && { operationName }) });
}

async function request(form, operation, signal) {
  try {
    const headers = { "Content-Type": "application/json" };
    return await send(form, ADDRESS, { method: "POST", headers, body: body(operation), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unanswered("No connection: the server can't be reached. What you typed is kept in this browser.", 0);
  }
}

function inWords(answer, document) {
  if (answer.status === 401) return "You are signed out. What you typed is kept in this browser.";
  if (answer.status === 429) return tooOften(answer.headers.get("Retry-After"));
  return WORDS[answer.status] ?? document?.errors?.[0]?.message ?? `The server has a problem (status ${answer.status}).`;
}

function tooOften(seconds) {
  return seconds ? `Too many requests: try again in ${seconds} seconds.` : "Too many requests: try again in a moment.";
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a page of something between us and the server
  }
}
