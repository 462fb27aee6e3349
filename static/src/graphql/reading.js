// Reads a document from left to right, half written ones too: what each name stands for, where it stands, and what may
// come next.

import { DIRECTIVES } from "./schema.js";
import { tokens } from "./tokens.js";

const CLOSES = { selection: "}", object: "}", arguments: ")", variables: ")", list: "]" };
const NAME = /^[A-Za-z_]\w*$/;

// `uses`: {kind, name, from, to, place, definition, type}: what a name means where it stands, `type` is whose name it is.
// `problems`: {from, to, message}, of brackets. `operations`: {name, from, to, variables}.
// `top`: what is open at the end.
export function read(text, schema) {
  const reader = new Reader(schema);
  for (const token of tokens(text)) reader.take(token);
  reader.end(text.length);
  return reader;
}

class Reader {
  uses = [];
  problems = [];
  operations = [];
  stack = [{ kind: "document" }];

  constructor(schema) {
    this.schema = schema;
  }

  get top() {
    return this.stack.at(-1);
  }

  get operation() {
    return this.operations.at(-1);
  }

  take(token) {
    const { top } = this;
    if ("})]".includes(token.text)) this.close(token);
    else if (token.text.startsWith("@")) this.directive(token);
    else if (top.directive && token.text === "(") this.open("arguments", token, this.ofDirective());
    else this[top.kind](token, top);
  }

  end(length) {
    for (const { opened } of this.stack.slice(1)) {
      this.problems.push({ ...opened, message: `This ${opened.text} is not closed.` });
    }
    if (this.operation) this.operation.to ??= length;
  }

  use(kind, token, more) {
    this.uses.push({ kind, name: token.text, from: token.from, to: token.to, ...more });
    return this.uses.at(-1);
  }

  open(kind, opened, more) {
    this.stack.push({ kind, opened, ...more });
  }

  close(token) {
    if (token.text === "]" && this.top.kind === "variables") return; // of a type: [Int!]
    if (CLOSES[this.top.kind] !== token.text) {
      this.problems.push({ ...token, message: `Nothing is open that ${token.text} could close.` });
      return;
    }
    const { kind } = this.stack.pop();
    if (kind === "selection" && this.stack.length === 1) this.finish(token.to);
  }

  finish(to) {
    if (this.operation && !this.top.fragment) this.operation.to = to;
    this.stack = [{ kind: "document" }];
  }

  directive(token) {
    const name = token.text.slice(1);
    this.top.directive = DIRECTIVES.get(name);
    this.use("directive", token, { definition: this.top.directive });
  }

  ofDirective() {
    const { directive } = this.top;
    this.top.directive = null;
    return { members: directive?.args, place: this.top.field?.place ?? "$" };
  }

  // Between operations and fragments.
  document(token, top) {
    const { text } = token;
    if (text === "{") this.selectionOf(token, top);
    else if (text === "(" && top.begun) this.open("variables", token);
    else if (text === "fragment" && !top.begun) Object.assign(top, { begun: true, fragment: true });
    else if (text === "on" && top.fragment) top.wantsType = true;
    else if (top.wantsType) top.type = this.typeCondition(token, top);
    else if (NAME.test(text) && top.begun && this.operation && !top.fragment) this.operation.name = text;
    else if (NAME.test(text) && !top.begun) this.begin(token, top);
  }

  begin({ text, from }, top) {
    Object.assign(top, { begun: true, type: text === "query" ? this.schema?.root : undefined });
    this.operations.push({ name: "", from, variables: new Map() });
  }

  selectionOf(token, top) {
    if (!top.begun) this.begin({ text: "query", from: token.from }, top);
    this.open("selection", token, { type: top.type, place: "$", fragment: top.fragment });
  }

  typeCondition(token, frame) {
    frame.wantsType = false;
    this.use("type", token, { definition: this.schema?.types.get(token.text) });
    return this.schema?.types.get(token.text);
  }

  // What is chosen of a type.
  selection(token, top) {
    const { text } = token;
    if (text === "...") Object.assign(top, { dots: true, field: null, next: top.type });
    else if (text === "{") this.inner(token, top);
    else if (text === "(") this.open("arguments", token, { members: top.field?.definition?.args, place: `${top.field?.place}.args` });
    else if (text === ":") this.alias(top);
    else if (NAME.test(text)) this.chosen(token, top);
    top.directive = null;
  }

  inner(token, top) {
    if (top.field) top.field.opened = token.from;
    const place = top.field?.place ?? top.place;
    this.open("selection", token, { type: top.next, place, fragment: top.fragment });
    Object.assign(top, { dots: false, wantsType: false });
  }

  alias(top) {
    if (top.field && top.field === this.uses.at(-1)) top.alias = this.uses.pop().name;
  }

  chosen(token, top) {
    if (top.dots && token.text === "on") top.wantsType = true;
    else if (top.wantsType) top.next = this.typeCondition(token, top);
    else if (top.dots) this.use("spread", token);
    else this.field(token, top);
    top.dots = false;
  }

  field(token, top) {
    const definition = this.schema?.field(top.type, token.text);
    const place = `${top.place}.selectionSet.${top.alias ?? token.text}`;
    top.alias = null;
    top.next = this.schema?.named(definition?.type);
    top.field = this.use("field", token, { type: top.type, definition, place, given: new Set() });
  }

  // Names and values, in parentheses or braces.
  arguments(token, top) {
    const { text } = token;
    if (top.current && text === ":") top.wantsValue = true;
    else if (top.wantsValue) this.value(token, top, top.current.definition?.type, top.current.place);
    else if (NAME.test(text)) this.member(token, top);
  }

  member(token, top) {
    const definition = top.members?.find((member) => member.name === token.text);
    const of = top.of ?? this.stack.at(-2).field;
    if (top.kind === "arguments") of?.given?.add(token.text);
    top.current = this.use(top.kind === "arguments" ? "argument" : "member", token, {
      definition, type: top.of, known: top.members !== undefined, place: `${top.place}.${token.text}`,
    });
  }

  object(token, top) {
    this.arguments(token, top);
  }

  list(token, top) {
    this.value(token, top, top.type, `${top.place}[${top.count}]`);
    top.count += 1;
  }

  value(token, top, reference, place) {
    const type = this.schema?.named(reference);
    const { text } = token;
    top.wantsValue = false;
    if (text === "{") this.open("object", token, { members: type?.inputFields ?? undefined, of: type, place });
    else if (text === "[") this.open("list", token, { type: reference, place, count: 0 });
    else if (text.startsWith("$")) this.use("variable", token, { operation: this.isInFragment() ? null : this.operation, place });
    else this.use("value", token, { type, place });
  }

  isInFragment() {
    return this.stack[0].fragment === true;
  }

  // Declarations: $name: Type = value
  variables(token, top) {
    const { text } = token;
    if (top.wantsValue) this.value(token, top, top.current, "$");
    else if (text.startsWith("$")) top.name = text;
    else if (text === ":") top.wantsType = true;
    else if (text === "=") top.wantsValue = true;
    else if (NAME.test(text) && top.wantsType) this.declare(token, top);
  }

  declare(token, top) {
    const type = this.schema?.types.get(token.text);
    top.wantsType = false;
    top.current = type;
    this.operation?.variables.set(top.name, type);
    this.use("type", token, { definition: type });
  }
}
