// What is wrong with a document before it is sent. The server has the last word.

import { read } from "./reading.js";
import { isRequired } from "./schema.js";

const NAME = /^[A-Za-z_]\w*$/;
const CONSTANTS = new Set(["true", "false", "null"]);
const IN_QUOTES = new Set(["String", "ID", "timestamptz", "date", "uuid"]);

// Diagnostics as CodeMirror takes them.
export function check(text, schema) {
  const { uses, problems } = read(text, schema);
  const found = schema ? uses.flatMap((use) => CHECKS[use.kind]?.(use, schema).map((message) => ({ ...use, message })) ?? []) : [];
  return [...problems, ...found].map(({ from, to, message }) => ({ from, to, message, severity: "error" }));
}

function ofField(use, schema) {
  const { name, type, definition, given, opened } = use;
  if (!definition) return type ? [`${type.name} has no field ${name}.`] : [];
  const inner = schema.named(definition.type);
  const missing = definition.args.filter((one) => isRequired(one) && !given.has(one.name)).map((one) => one.name);
  return [
    ...(missing.length ? [`${name} needs ${missing.join(", ")}.`] : []),
    ...(inner?.fields && opened === undefined ? [`Choose fields of ${name}: ${name} { ... }`] : []),
    ...(inner && !inner.fields && opened !== undefined ? [`${name} has no fields to choose from.`] : []),
  ];
}

function ofMember({ name, known, definition, type }) {
  if (!known || definition) return [];
  return [type ? `${type.name} has no field ${name}.` : `There is no argument ${name} here.`];
}

function ofValue({ name, type }) {
  if (!type || !NAME.test(name) || CONSTANTS.has(name)) return [];
  if (type.enumValues) return type.enumValues.some((value) => value.name === name) ? [] : [`${type.name} has no value ${name}.`];
  return IN_QUOTES.has(type.name) ? [`It has to stand in quotes: "${name}"`] : [];
}

const CHECKS = {
  field: ofField,
  argument: ofMember,
  member: ofMember,
  value: ofValue,
  type: ({ name, definition }) => (definition ? [] : [`There is no type ${name}.`]),
  directive: ({ name, definition }) => (definition ? [] : [`There is no directive ${name}.`]),
  variable: ({ name, operation }) => (operation && !operation.variables.has(name) ? [`${name} is not declared.`] : []),
};
