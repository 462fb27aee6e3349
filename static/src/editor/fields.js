// What is typed in a form, by the names of its fields.

// These say how a form is sent; nobody types them.
const SILENT = new Set(["csrf_token", "version", "copy", "act"]);

export function typedFields(form) {
  const entries = [...new FormData(form)];
  return Object.fromEntries(entries.filter(([name, value]) => !SILENT.has(name) && typeof value === "string"));
}

// As the server sent the form: a browser that is started again fills in what was typed before.
export function sentFields(form) {
  const blank = typedFields(form);
  for (const field of form.elements) {
    if (field.name in blank) blank[field.name] = sentValue(field, blank[field.name]);
  }
  return blank;
}

function sentValue(field, typed) {
  if (field instanceof HTMLSelectElement) {
    return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
  }
  if (field.type === "radio") return field.defaultChecked ? field.value : typed;
  return field.type === "checkbox" ? typed : field.defaultValue;
}

// Puts texts back as if they were typed: pickers, preview and copies notice.
export function fill(form, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = form.elements.namedItem(name);
    if (!field || SILENT.has(name) || field.value === value) continue;
    field.value = value;
    const single = field instanceof RadioNodeList ? field[0] : field;
    single.closest("details")?.setAttribute("open", "");
    for (const kind of ["input", "change"]) single.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}
