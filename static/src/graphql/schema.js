// The schema, as it tells about itself.

const WRAPPED = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
const VALUE = `name description defaultValue type { ${WRAPPED} }`;
export const INTROSPECTION = `query introspection {
  __schema {
    queryType { name }
    types {
      kind name description
      fields { name description args { ${VALUE} } type { ${WRAPPED} } }
      inputFields { ${VALUE} }
      enumValues { name description }
    }
  }
}`;
const IF = { name: "if", type: { kind: "NON_NULL", ofType: { kind: "SCALAR", name: "Boolean" } } };
// Those that every schema has.
export const DIRECTIVES = new Map([
  ["include", { name: "include", args: [IF], description: "Only when the condition is true." }],
  ["skip", { name: "skip", args: [IF], description: "Not when the condition is true." }],
]);
export const TYPENAME = {
  name: "__typename", args: [], description: "The name of the type.",
  type: { kind: "NON_NULL", ofType: { kind: "SCALAR", name: "String" } },
};
// Of the root, and in no list of its fields.
const ABOUT_ITSELF = [
  { name: "__schema", args: [], type: { kind: "OBJECT", name: "__Schema" } },
  { name: "__type", args: [{ ...IF, name: "name" }], type: { kind: "OBJECT", name: "__Type" } },
];

export class Schema {
  constructor({ queryType, types }) {
    this.types = new Map(types.map((type) => [type.name, type]));
    this.root = this.types.get(queryType.name);
  }

  // The type behind lists and exclamation marks.
  named(reference) {
    let inner = reference;
    while (inner?.ofType) inner = inner.ofType;
    return this.types.get(inner?.name);
  }

  field(type, name) {
    if (name === TYPENAME.name) return TYPENAME;
    const more = type === this.root ? ABOUT_ITSELF : [];
    return [...(type?.fields ?? []), ...more].find((field) => field.name === name);
  }

  // [type, member] for members, [type] for types, whose name holds a text: those that begin with it first.
  search(text, most) {
    const wanted = text.toLowerCase();
    const found = [];
    for (const type of this.types.values()) {
      if (type.name.startsWith("__")) continue;
      if (type.name.toLowerCase().includes(wanted)) found.push([type]);
      for (const member of type.fields ?? []) if (member.name.toLowerCase().includes(wanted)) found.push([type, member]);
    }
    const rank = ([type, member]) =>
      ((member ?? type).name.toLowerCase().startsWith(wanted) ? 0 : 1) + (type === this.root || !member ? 0 : 2);
    return found.sort((one, other) => rank(one) - rank(other)).slice(0, most);
  }
}

// As GraphQL writes it: [insights!]!
export function written(reference) {
  if (reference.kind === "NON_NULL") return `${written(reference.ofType)}!`;
  return reference.kind === "LIST" ? `[${written(reference.ofType)}]` : reference.name;
}

export const isRequired = ({ type, defaultValue }) => type.kind === "NON_NULL" && (defaultValue ?? null) === null;
