// The page of GraphQL: what is typed is completed and checked by the schema, sent, and its answer shown.

import { linter } from "@codemirror/lint";
import { Pause } from "./editor/pause.js";
import { Answer } from "./graphql/answer.js";
import { check } from "./graphql/checking.js";
import { completions } from "./graphql/completing.js";
import { curl } from "./graphql/curl.js";
import { makeEditor, reading, setText, show, writing } from "./graphql/editors.js";
import { placeOf } from "./graphql/places.js";
import { read } from "./graphql/reading.js";
import { Reference } from "./graphql/reference.js";
import { Remembered, link, shared } from "./graphql/remembered.js";
import { Unanswered, ask } from "./graphql/running.js";
import { INTROSPECTION, Schema } from "./graphql/schema.js";
import { showHistory, tabs } from "./graphql/side.js";
import { graphqlLanguage, jsonLanguage } from "./graphql/tokens.js";

const SLOW_MS = 400;
const NEEDED = /\$(\w+)\s*:\s*(\w+)!(?!\s*=)/g;

class Workbench {
  schema = null;
  running = null;
  isSlow = false;

  constructor(form) {
    this.form = form;
    this.remembered = new Remembered(form.dataset.owner);
    this.pause = new Pause(400, () => this.remembered.leave(this.texts));
    this.makeEditors();
    this.answer = new Answer(form, this.result, (path, message) => this.jump(path, message));
    this.runButton = this.part("[data-run]");
    this.listen();
    this.begin();
    this.listHistory();
    this.learn();
  }

  part(selector) {
    return this.form.querySelector(selector);
  }

  makeEditors() {
    const changed = () => this.pause.begin();
    const run = () => this.run();
    const lint = linter((view) => check(view.state.doc.toString(), this.schema), { needsRefresh: () => this.isNew() });
    const query = [...writing(changed, run, [completions(() => this.schema)]), lint];
    this.query = makeEditor(this.part("[data-query]"), "query-label", graphqlLanguage, query);
    const variables = [...writing(changed, run), linter(({ state }) => wrongJson(state.doc.toString()))];
    this.variables = makeEditor(this.part("[data-variables]"), "variables-label", jsonLanguage, variables);
    this.result = makeEditor(this.part("[data-answer]"), "answer-label", jsonLanguage, reading);
  }

  // Once, when the schema has come: what was checked without it is checked again.
  isNew() {
    const isNew = this.schema !== null && !this.checked;
    if (isNew) this.checked = true;
    return isNew;
  }

  get texts() {
    return { query: this.query.state.doc.toString(), variables: this.variables.state.doc.toString() };
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.running) this.run();
      else if (this.isSlow) this.running.abort();
    });
    this.part("[data-curl]").addEventListener("click", () => this.copy("The command", (operation) => curl(operation)));
    this.part("[data-share]").addEventListener("click", () => this.copy("The link", () => link(this.texts)));
    for (const button of this.form.querySelectorAll("[data-example]")) {
      button.addEventListener("click", () => this.open(example(button.dataset.example)));
    }
    window.addEventListener("pagehide", () => this.remembered.leave(this.texts));
    window.addEventListener("hashchange", () => this.openShared());
    tabs(this.part("[role=tablist]"));
  }

  begin() {
    const left = this.remembered.left();
    if (left) this.write(left);
    this.openShared();
  }

  openShared() {
    const given = shared();
    if (given) this.open(given);
  }

  // In place of what stands here, which is kept in the history.
  open(texts) {
    this.remembered.add(this.texts);
    this.listHistory();
    this.write(texts);
    this.query.focus();
  }

  write({ query, variables }) {
    setText(this.query, query);
    setText(this.variables, variables);
  }

  listHistory() {
    const clear = () => {
      this.remembered.clear();
      this.listHistory();
    };
    showHistory(this.part("[data-history]"), this.remembered.history, (run) => this.open(run), clear);
  }

  async learn() {
    try {
      const { document } = await ask(this.form, { query: INTROSPECTION });
      if (!document.data) throw new Unanswered(document.errors[0].message);
      this.schema = new Schema(document.data.__schema);
      new Reference(this.part("[data-schema]"), this.schema);
      this.query.dispatch({}); // let it be checked again
    } catch (error) {
      this.part("[data-schema]").textContent = `The schema can't be shown, and nothing is completed. ${error.message}`;
    }
  }

  // Throws a sentence when the variables are no JSON object.
  operation() {
    const { query, variables } = this.texts;
    return { query, variables: given(variables), operationName: this.chosen(query) };
  }

  // Of several operations the one that the cursor is in, or else the first.
  chosen(query) {
    const { operations } = read(query);
    if (operations.length < 2) return undefined;
    const { head } = this.query.state.selection.main;
    return (operations.find(({ from, to }) => from <= head && head <= to) ?? operations[0]).name;
  }

  async run() {
    if (this.running) return;
    try {
      const operation = this.operation();
      this.begins();
      this.answer.show(await ask(this.form, operation, this.running.signal));
    } catch (error) {
      if (error.name === "AbortError") this.answer.say("Stopped");
      else this.answer.fail(error);
    } finally {
      this.ends();
    }
  }

  begins() {
    this.remembered.leave(this.texts);
    this.remembered.add(this.texts);
    this.listHistory();
    this.running = new AbortController();
    this.slow = setTimeout(() => this.offerToStop(), SLOW_MS);
    this.answer.say("Running");
  }

  offerToStop() {
    this.isSlow = true;
    this.runButton.textContent = "Stop";
  }

  ends() {
    clearTimeout(this.slow);
    this.running = null;
    this.isSlow = false;
    this.runButton.textContent = "Run";
  }

  jump(path, message) {
    const { query, variables } = this.texts;
    const found = placeOf(path, message, query, variables);
    if (found) show(this[found.editor], found);
  }

  async copy(what, make) {
    try {
      await navigator.clipboard.writeText(make(this.operation()));
      this.answer.say(`${what} is copied.`);
    } catch (error) {
      this.answer.say(error instanceof WrongVariables ? error.message : `${what} can't be copied: the browser doesn't allow it.`);
    }
  }
}

class WrongVariables extends Error {}

// With the variables that it can't do without, to be filled in.
function example(query) {
  const needed = [...query.matchAll(NEEDED)].map(([, name, type]) => [name, type === "Int" ? 1 : ""]);
  return { query, variables: needed.length ? JSON.stringify(Object.fromEntries(needed), null, 2) : "" };
}

function given(text) {
  if (!text.trim()) return undefined;
  const [wrong] = wrongJson(text);
  if (wrong) throw new WrongVariables(`Variables: ${wrong.message}`);
  return JSON.parse(text);
}

function wrongJson(text) {
  if (!text.trim()) return [];
  const all = { from: 0, to: text.length, severity: "error" };
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? [] : [{ ...all, message: "They have to be an object: {...}" }];
  } catch (error) {
    return [{ ...all, message: `It is no JSON: ${error.message}` }];
  }
}

for (const form of document.querySelectorAll("form[data-graphql]")) new Workbench(form);
