// Makes what the server's page has no use for: without scripts none of it would work.

// Attributes by name: true is an empty one, null and false leave it out.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// Every page shows an icon somewhere: it knows the address of the sprite.
export function icon(name) {
  const sprite = document.querySelector("svg.icon use")?.getAttribute("href").split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svg.namespaceURI, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

// A picker stands for a field of the form: it takes over the label and what is said about the field.
export function standFor(field, picker) {
  for (const label of field.labels ?? []) label.htmlFor = picker.id;
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (field.hasAttribute(name)) picker.setAttribute(name, field.getAttribute(name));
  }
}
