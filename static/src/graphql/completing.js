// What may come next, as CodeMirror's completion asks for it.

import { read } from "./reading.js";
import { DIRECTIVES, TYPENAME, isRequired, written } from "./schema.js";
import { isInText } from "./tokens.js";

const WORD = /[$@]?\w*$/;
const VALID = /^[$@]?\w*$/;
const INPUTS = new Set(["SCALAR", "ENUM", "INPUT_OBJECT"]);

// `schema`: a function, as it comes later than the editor.
export function completions(schema) {
  return (context) => {
    const before = context.state.sliceDoc(0, context.pos);
    const word = before.match(WORD)[0];
    const rest = before.slice(0, before.length - word.length);
    if (!schema() || isInText(before) || (!word && !context.explicit && !/[{(:[]\s*$/.test(rest))) return null;
    const options = next(read(rest, schema()), word, schema());
    return options.length ? { from: context.pos - word.length, options, validFor: VALID } : null;
  };
}

function next(reader, word, schema) {
  const { top } = reader;
  if (word.startsWith("@")) return [...DIRECTIVES.values()].map((one) => ({ label: `@${one.name}`, type: "keyword", info: one.description }));
  if (top.wantsType) return top.kind === "variables" ? ofTypes(schema, (type) => INPUTS.has(type.kind)) : ofTypes(schema, (type) => type.fields);
  if (top.wantsValue && top.kind === "variables") return ofValues(top.current, reader);
  return AFTER[top.kind](top, reader, schema);
}

const AFTER = {
  document: (top) => (top.begun ? [] : ["query", "fragment"].map((label) => ({ label, type: "keyword" }))),
  selection: (top) => (top.dots ? [{ label: "on", type: "keyword" }] : (top.type ? [...top.type.fields, TYPENAME] : []).map(fieldOption)),
  arguments: inPairs,
  object: inPairs,
  list: (top, reader, schema) => ofValues(schema.named(top.type), reader),
  variables: () => [],
};

function inPairs(top, reader, schema) {
  if (top.wantsValue) return ofValues(schema.named(top.current.definition?.type), reader);
  return (top.members ?? []).map((member) => ({ ...option(member), apply: `${member.name}: `, boost: isRequired(member) ? 1 : 0 }));
}

function ofValues(type, reader) {
  const variables = [...(reader.operation?.variables.keys() ?? [])].map((label) => ({ label, type: "variable" }));
  const constants = type?.name === "Boolean" ? ["true", "false"].map((label) => ({ label, type: "constant" })) : [];
  const values = (type?.enumValues ?? []).map(({ name, description }) => ({ label: name, type: "enum", info: description || undefined }));
  return [...values, ...constants, ...variables];
}

function ofTypes(schema, isWanted) {
  const found = [...schema.types.values()].filter((type) => isWanted(type) && !type.name.startsWith("__"));
  return found.map(({ name, description }) => ({ label: name, type: "type", info: description || undefined }));
}

const fieldOption = (field) => ({ ...option(field), type: "property" });

function option({ name, type, description }) {
  return { label: name, type: "property", detail: `: ${written(type)}`, info: description || undefined };
}
