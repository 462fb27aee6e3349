"""How large a document is, before anything else is done with it: what follows takes longer than that."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from app.graphql_api.errors import OverLimit
from app.graphql_api.language.limits import Limits

# How many entries the long lists of introspection typically have.
OF_SCHEMA: Mapping[str, int] = {"types": 120, "fields": 10, "inputFields": 10, "enumValues": 3}
# One that is longer counts as several values, as it is told as often.
LONG_ALIAS = 100
# What tools ask for comes to 140,000, and takes a tenth of a second.
MOST_OF_SCHEMA = 200_000


class Size(NamedTuple):
    """Of a selection, with its fragments written out. ``schema``: how many values it may tell of the schema."""

    depth: int
    fields: int
    schema: int


NOTHING = Size(0, 0, 0)


class Measure:
    """The sizes of a document's fragments, each worked out once however often it is spread."""

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.limits = limits
        named = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
        self._fragments = {node.name.value: node for node in named}
        self._known: dict[str, Size] = {}

    def of(self, selection: SelectionSetNode | None) -> Size:
        """Raises `OverLimit` for a selection that is too broad."""
        if selection is None:
            return NOTHING
        breadth = len(selection.selections)
        if breadth > self.limits.breadth:
            raise OverLimit("breadth", self.limits.breadth, breadth, "fields in one selection")
        return _together(self._part(part) for part in selection.selections)

    def _part(self, part: object) -> Size:
        if isinstance(part, FieldNode):
            return _field(part, self.of(part.selection_set))
        if isinstance(part, FragmentSpreadNode):
            return self._fragment(part.name.value)
        return self.of(getattr(part, "selection_set", None))

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            self._known[name] = NOTHING  # one that contains itself is refused by the rules
            fragment = self._fragments.get(name)
            self._known[name] = self.of(fragment.selection_set) if fragment else NOTHING
        return self._known[name]


def refuse_large(document: DocumentNode, limits: Limits) -> None:
    """Raises `OverLimit` for a document with an operation that is too deep or too large."""
    measure = Measure(document, limits)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            size = measure.of(node.selection_set)
            if size.depth > limits.depth:
                raise OverLimit("depth", limits.depth, size.depth, "levels of selections")
            if size.fields > limits.fields:
                raise OverLimit("fields", limits.fields, size.fields, "fields")
            if size.schema > MOST_OF_SCHEMA:
                raise OverLimit("introspection", MOST_OF_SCHEMA, size.schema, "values of the schema (as estimated)")


def _together(parts: Iterable[Size]) -> Size:
    depth = fields = schema = 0
    for part in parts:
        depth, fields, schema = max(depth, part.depth), fields + part.fields, schema + part.schema
    return Size(depth, fields, schema)


def _field(node: FieldNode, inner: Size) -> Size:
    """What is told of the schema is neither deep nor many fields, however long: tools ask for it by one known text."""
    name, alias = node.name.value, node.alias.value if node.alias else ""
    schema = OF_SCHEMA.get(name, 1) * (1 + len(alias) // LONG_ALIAS + inner.schema)
    if name.startswith("__"):
        return Size(0, 0, schema)
    return Size(inner.depth + 1, inner.fields + 1, schema)
