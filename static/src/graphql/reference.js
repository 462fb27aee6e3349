// The schema to read: types and what they hold, found by name.

import { element } from "../editor/element.js";
import { isRequired, written } from "./schema.js";

const MOST = 40;
const KINDS = { OBJECT: "type", INPUT_OBJECT: "input", ENUM: "enum", SCALAR: "scalar" };

export class Reference {
  trail = [];

  constructor(panel, schema) {
    this.schema = schema;
    this.field = element("input", { type: "search", class: "input", id: "schema-search", autocomplete: "off", placeholder: "Fields and types" });
    this.shown = element("div");
    this.field.addEventListener("input", () => this.search(this.field.value.trim()));
    // Return would send the form.
    this.field.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault(); });
    panel.replaceChildren(element("label", { for: "schema-search", class: "visually-hidden" }, "Search the schema"), this.field, this.shown);
    this.show(schema.root);
  }

  show(type, isBack = false) {
    if (!isBack) this.trail.push(type);
    this.shown.replaceChildren(
      this.ways(type),
      element("h3", {}, `${KINDS[type.kind] ?? ""} ${type.name}`),
      ...(type.description ? [element("p", {}, type.description)] : []),
      this.members(type),
    );
  }

  // From the root to here, shortened to the last steps.
  ways(type) {
    const before = this.trail[this.trail.length - 2];
    const steps = [
      ...(type === this.schema.root ? [] : [this.typeButton(this.schema.root, () => this.begin())]),
      ...(before && before !== this.schema.root && before !== type ? [this.typeButton(before, () => this.back(), "Back to ")] : []),
    ];
    return element("div", { class: "gql-ways" }, ...steps);
  }

  begin() {
    this.trail = [];
    this.show(this.schema.root);
    this.field.focus();
  }

  back() {
    this.trail.pop();
    this.show(this.trail.at(-1), true);
    this.field.focus();
  }

  search(text) {
    if (!text) return this.show(this.trail.at(-1), true);
    const found = this.schema.search(text, MOST);
    const items = found.map(([type, member]) => element("li", {}, ...this.hit(type, member)));
    const none = element("p", { role: "status" }, "No field or type has such a name.");
    return this.shown.replaceChildren(items.length ? element("ul", { class: "gql-members" }, ...items) : none);
  }

  hit(type, member) {
    return member ? [this.typeButton(type), `.${member.name}: `, this.reference(member.type)] : [this.typeButton(type)];
  }

  members(type) {
    const all = type.fields ?? type.inputFields ?? type.enumValues ?? [];
    return element("ul", { class: "gql-members" }, ...all.map((member) => this.member(member)));
  }

  member({ name, type, args, description }) {
    return element("li", {},
      element("b", {}, name), ...(type ? [": ", this.reference(type)] : []),
      ...(description ? [element("p", {}, description)] : []),
      ...(args?.length ? [element("ul", { class: "gql-list" }, ...args.map((one) => this.argument(one)))] : []),
    );
  }

  argument(one) {
    const standard = (one.defaultValue ?? null) === null ? "" : ` = ${one.defaultValue}`;
    return element("li", { class: "gql-arguments" }, `${one.name}: `, this.reference(one.type), standard, isRequired(one) ? " (required)" : "");
  }

  reference(type) {
    return this.typeButton(this.schema.named(type), undefined, "", written(type));
  }

  typeButton(type, act = () => this.follow(type), before = "", words = type.name) {
    const button = element("button", { type: "button", class: "gql-type" }, `${before}${words}`);
    button.addEventListener("click", act);
    return button;
  }

  follow(type) {
    this.field.value = "";
    this.show(type);
    this.shown.closest("[role=tabpanel]").scrollTop = 0;
    this.field.focus();
  }
}
