// Lists and quotes go on by themselves: Enter begins the next entry, and in an empty one ends the list; Tab and
// Shift+Tab move an entry in and out. Elsewhere, and after Escape, Tab leaves the field as always: nobody is caught.

import { replaceText } from "./typing.js";

const ENTRY = /^(?<indent>[ \t]*)(?<mark>(?:[-*+]|(?<number>\d{1,9})(?<point>[.)]))(?<space> +)(?<box>\[[ xX]\] +)?|(?:> ?)+)(?<text>.*)$/;
const STEP = "  ";

export function continueLists(field) {
  let leaving = false;
  field.addEventListener("blur", () => { leaving = false; });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") leaving = true;
    else if (event.key === "Enter" && !event.shiftKey && begin(field)) event.preventDefault();
    else if (event.key === "Tab" && !leaving && move(field, event.shiftKey)) event.preventDefault();
    else if (event.key !== "Tab" && event.key !== "Shift") leaving = false;
  });
}

function begin(field) {
  const { value, selectionStart: place, selectionEnd } = field;
  if (place !== selectionEnd) return false;
  const from = value.lastIndexOf("\n", place - 1) + 1;
  const entry = ENTRY.exec(value.slice(from, lineEnd(value, place)))?.groups;
  if (!entry || place < from + entry.indent.length + entry.mark.length || inCode(value, from)) return false;
  if (entry.text.trim() === "") replaceText(field, from, lineEnd(value, place), "");
  else replaceText(field, place, place, `\n${entry.indent}${nextMark(entry)}`);
  return true;
}

function nextMark({ mark, number, point, space, box }) {
  const bullet = number === undefined ? mark.replace(/\[[ xX]\] +$/, "") : `${Number(number) + 1}${point}${space}`;
  return box ? `${bullet}[ ] ` : bullet;
}

function move(field, out) {
  const { value, selectionStart, selectionEnd } = field;
  const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const to = lineEnd(value, Math.max(selectionStart, selectionEnd - (selectionEnd > selectionStart ? 1 : 0)));
  const lines = value.slice(from, to).split("\n");
  if (!lines.some((line) => ENTRY.test(line)) || inCode(value, from)) return false;
  const moved = lines.map((line) => (out ? line.replace(/^(?: {1,2}|\t)/, "") : line && STEP + line));
  if (moved.every((line, at) => line === lines[at])) return false;
  replaceText(field, from, to, moved.join("\n"));
  const first = Math.max(from, selectionStart + moved[0].length - lines[0].length);
  field.setSelectionRange(first, Math.max(first, selectionEnd + moved.join("\n").length - (to - from)));
  return true;
}

function lineEnd(value, place) {
  const end = value.indexOf("\n", place);
  return end === -1 ? value.length : end;
}

// Code is written as it is.
function inCode(value, place) {
  return (value.slice(0, place).match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0) % 2 === 1;
}
