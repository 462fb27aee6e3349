// The words and signs of GraphQL, for whoever reads a whole text (tokens) and for the colours of an editor (languages).

import { StreamLanguage } from "@codemirror/language";

const BLANK = String.raw`[\s,\ufeff]+`;
const BLOCK = String.raw`"""(?:[^"\\]|\\[^]|"(?!""))*(?:"""|$)`;
const STRING = String.raw`"(?:[^"\\\n]|\\.)*"?`;
const TOKEN = new RegExp(
  String.raw`${BLANK}|#[^\n]*|${BLOCK}|${STRING}|\.\.\.|[$@]?[A-Za-z_]\w*|-?\d[\w.+-]*|[^]`, "gy");
const KEYWORDS = new Set(["query", "mutation", "subscription", "fragment", "on"]);
const CONSTANTS = new Set(["true", "false", "null"]);

// Each {text, from, to}, without blanks and comments.
export function* tokens(text) {
  for (const { 0: found, index } of text.matchAll(TOKEN)) {
    if (!/^[\s,\ufeff#]/.test(found)) yield { text: found, from: index, to: index + found.length };
  }
}

// Whether what is typed next would be part of a comment or a text.
export function isInText(text) {
  let last = "";
  for (const { 0: found } of text.matchAll(TOKEN)) last = found;
  if (last.startsWith("#")) return true;
  return last.startsWith('"') && (last.length < 2 || !last.endsWith('"') || last === '""');
}

const byName = (name) => (KEYWORDS.has(name) ? "keyword" : CONSTANTS.has(name) ? "atom" : "propertyName");

function graphqlToken(stream, state) {
  if (state.inBlock) {
    state.inBlock = !stream.match(/^.*?(?<!\\)"""/);
    if (state.inBlock) stream.skipToEnd();
    return "string";
  }
  if (stream.match(/^[\s,\ufeff]+/)) return null;
  if (stream.match(/^#.*/)) return "comment";
  if (stream.match('"""')) {
    state.inBlock = true;
    return "string";
  }
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
  if (stream.match(/^-?\d[\w.+-]*/)) return "number";
  if (stream.match(/^\$\w+/)) return "variableName";
  if (stream.match(/^@\w+/)) return "meta";
  const name = stream.match(/^[A-Za-z_]\w*/);
  if (name) return byName(name[0]);
  const sign = stream.next();
  if ("{([".includes(sign)) state.depth += 1;
  if ("})]".includes(sign)) state.depth = Math.max(0, state.depth - 1);
  return "punctuation";
}

function jsonToken(stream, state) {
  if (stream.eatSpace()) return null;
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return stream.match(/^\s*:/, false) ? "propertyName" : "string";
  if (stream.match(/^-?\d[\w.+-]*/)) return "number";
  if (stream.match(/^(?:true|false|null)\b/)) return "atom";
  const sign = stream.next();
  if ("{[".includes(sign)) state.depth += 1;
  if ("}]".includes(sign)) state.depth = Math.max(0, state.depth - 1);
  return "punctuation";
}

// Two blanks for each bracket that is open; a line that begins with a closing one stands where its line began.
function indented({ depth }, textAfter, { unit }) {
  return unit * Math.max(0, depth - (/^[})\]]/.test(textAfter) ? 1 : 0));
}

const parts = {
  startState: () => ({ depth: 0, inBlock: false }),
  copyState: (state) => ({ ...state }),
  indent: indented,
};
const typed = { indentOnInput: /^\s*[})\]]$/, closeBrackets: { brackets: ["(", "[", "{", '"'] } };

export const graphqlLanguage = StreamLanguage.define({
  ...parts, name: "graphql", token: graphqlToken, languageData: { ...typed, commentTokens: { line: "#" } },
});
export const jsonLanguage = StreamLanguage.define({ ...parts, name: "json", token: jsonToken, languageData: typed });
