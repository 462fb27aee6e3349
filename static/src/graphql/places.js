// Where in the texts an error lies that the server names: $.selectionSet.insights.args.where, $.variableValues.limit

import { read } from "./reading.js";

const OF_VARIABLES = /^\$\.variableValues(?:\.(\w+))?/;
const LINE = /\(line (\d+), column (\d+)\)/;

// {editor: "query" | "variables", from, to}; null where it is the whole request.
export function placeOf(path, message, query, variables) {
  const ofVariable = path.match(OF_VARIABLES);
  if (ofVariable) return { editor: "variables", ...inJson(ofVariable[1], variables) };
  if (path === "$.query") return { editor: "query", ...atLine(message, query) };
  const found = path.startsWith("$.selectionSet") ? nearest(path, read(query).uses) : null;
  return found && { editor: "query", from: found.from, to: found.to };
}

function inJson(name, text) {
  const from = name ? text.indexOf(`"${name}"`) : -1;
  return from < 0 ? { from: 0, to: text.length } : { from, to: from + name.length + 2 };
}

function atLine(message, text) {
  const [, line, column] = message.match(LINE) ?? [];
  if (!line) return { from: 0, to: 0 };
  const before = text.split("\n").slice(0, line - 1).join("\n");
  const from = Math.min(text.length, before.length + (line > 1 ? 1 : 0) + Number(column) - 1);
  return { from, to: Math.min(text.length, from + 1) };
}

// What has no name of its own (`.args`) is found where its owner is.
function nearest(path, uses) {
  const places = new Map([...uses].reverse().map((use) => [use.place, use]));
  for (let shorter = path; shorter !== "$"; shorter = shorter.replace(/(?:\.\w+|\[\d+\])$/, "")) {
    if (places.has(shorter)) return places.get(shorter);
    if (!/(?:\.\w+|\[\d+\])$/.test(shorter)) return null;
  }
  return null;
}
