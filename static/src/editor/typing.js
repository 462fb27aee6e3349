// Puts text into a field like a person would: the browser's undo takes it back.

export function replaceText(field, start, end, text) {
  if (document.activeElement !== field) return replaceQuietly(field, start, end, text);
  field.setSelectionRange(start, end);
  const typed = document.execCommand(text ? "insertText" : "delete", false, text);
  if (!typed) replaceQuietly(field, start, end, text);
}

// While somebody is elsewhere in the page, or goes on typing: the cursor stays with its text.
export function replaceAside(field, start, end, text) {
  const grown = text.length - (end - start);
  const moved = (place) => (place >= end ? place + grown : Math.min(place, start + text.length));
  const [first, last] = [moved(field.selectionStart), moved(field.selectionEnd)];
  replaceText(field, start, end, text);
  field.setSelectionRange(first, last);
}

function replaceQuietly(field, start, end, text) {
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
