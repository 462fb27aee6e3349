// Names in one field: commas between them, and one that has a comma itself stands in double quotes.

const NAME = /\s*(?:"(?<quoted>(?:[^"]|"")*)"\s*(?=,|$)|(?<plain>[^,]*))(?:,|$)/g;

export function split(text) {
  const found = [...text.matchAll(NAME)].map(({ groups: { quoted, plain } }) => (
    quoted === undefined ? plain : quoted.replaceAll('""', '"')
  ).trim());
  return unique(found.filter(Boolean));
}

export function joined(names) {
  return names.map((name) => (/^"|,/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(", ");
}

// The server finds names whatever their case and accents.
export function fold(name) {
  return name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

export function unique(names) {
  return names.filter((name, place) => names.findIndex((each) => fold(each) === fold(name)) === place);
}
