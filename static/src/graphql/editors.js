// The fields of the page become editors. Tab leaves them, as it leaves any field.

import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const color = (name) => `var(--${name})`;
const COLORS = HighlightStyle.define([
  { tag: tags.keyword, color: color("code-keyword") },
  { tag: tags.propertyName, color: color("code-name") },
  { tag: tags.string, color: color("code-string") },
  { tag: tags.number, color: color("code-number") },
  { tag: tags.atom, color: color("code-number") },
  { tag: tags.variableName, color: color("code-type") },
  { tag: tags.meta, color: color("code-builtin") },
  { tag: tags.comment, color: color("code-comment") },
]);
const THEME = EditorView.theme({
  "&": { height: "100%", backgroundColor: "transparent", color: color("text"), fontSize: color("text-s") },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { overflow: "auto", fontFamily: color("font-mono"), lineHeight: "1.6" },
  ".cm-content": { padding: "0.5rem 0", caretColor: color("text") },
  ".cm-gutters": { backgroundColor: "transparent", border: "none", color: color("text-3") },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: color("accent-soft") },
  ".cm-tooltip": { backgroundColor: color("raised"), color: color("text"), border: `1px solid ${color("control")}`, borderRadius: color("radius"), maxWidth: "26rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: color("font-mono"), fontSize: color("text-xs"), maxHeight: "16rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.1875rem 0.5rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: color("accent-soft"), color: color("text") },
  ".cm-completionDetail": { color: color("text-2"), fontStyle: "normal", marginLeft: "0" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "650" },
  ".cm-completionInfo": { padding: "0.5rem", fontSize: color("text-xs") },
  // CodeMirror's own is an image, which our pages may not load.
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: `underline wavy ${color("danger")}`, textDecorationThickness: "1px", textUnderlineOffset: "0.2em" },
  ".cm-diagnostic": { padding: "0.25rem 0.5rem" },
  ".cm-diagnostic-error": { borderLeft: `3px solid ${color("danger")}` },
});

// In place of a text area. `label`: the id of what names it; `more`: extensions of this one.
export function makeEditor(field, label, language, more) {
  const view = new EditorView({
    doc: field.value,
    extensions: [
      EditorView.cspNonce.of(nonce()), language, THEME, syntaxHighlighting(COLORS), bracketMatching(), ...more,
      EditorView.contentAttributes.of({ "aria-labelledby": label, tabindex: "0" }),
    ],
  });
  field.replaceWith(view.dom);
  return view;
}

export function writing(changed, run, completion = []) {
  const send = (key) => ({ key, run: () => { run(); return true; } });
  return [
    history(), closeBrackets(), indentOnInput(), lineNumbers(), EditorView.lineWrapping,
    autocompletion({ override: completion, icons: false }),
    keymap.of([
      send("Ctrl-Enter"), send("Mod-Enter"), { key: "Tab", run: acceptCompletion },
      ...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap,
    ]),
    EditorView.domEventHandlers({ beforeinput: typedOver }),
    EditorView.updateListener.of((update) => { if (update.docChanged) changed(); }),
  ];
}

// Where a selection is typed over, Chromium would keep its looks in an inline style, which the policy of our pages stops.
function typedOver(event, view) {
  const { from, to, empty } = view.state.selection.main;
  if (event.inputType !== "insertText" || !event.data || empty || view.composing) return false;
  const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  const isTaken = view.state.facet(EditorView.inputHandler).some((handler) => handler(view, from, to, event.data, insert));
  if (!isTaken) view.dispatch(insert());
  event.preventDefault();
  return true;
}

export const reading = [
  EditorView.lineWrapping,
  EditorState.readOnly.of(true), EditorView.editable.of(false),
  EditorView.contentAttributes.of({ "aria-readonly": "true" }),
];

export function setText(view, text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

export function show(view, { from, to }) {
  view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
  view.focus();
}

function nonce() {
  return [...document.scripts].find((script) => script.nonce)?.nonce ?? "";
}
