"""Where in a request an error lies, as the dialect says it: ``$.selectionSet.insights.args.where.title._eq``.

What a variable is declared to be, its default too, is at ``$.variableValues.name``.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeNode,
    ValueNode,
    VariableDefinitionNode,
)

from app.graphql_api.errors import WHOLE


class Found(NamedTuple):
    """A node and its place."""

    node: Node
    place: str


def place_of(document: DocumentNode, wanted: Sequence[Node]) -> str:
    """The place where one of the nodes first stands in an operation; the whole request where none does. The use of a
    variable goes before its declaration.

    Of a list or an object that is no value graphql-core tells a copy: it is known when nothing else is equal.
    """
    everything = list(_everything(document))
    for node in sorted(wanted, key=lambda node: isinstance(node, VariableDefinitionNode)):
        places = [found.place for found in everything if found.node is node][:1]
        if isinstance(node, ListValueNode | ObjectValueNode):
            places = places or [found.place for found in everything if found.node == node]
        if len(places) == 1:
            return places[0]
    return WHOLE


def _everything(document: DocumentNode) -> Iterator[Found]:
    """A fragment is gone through where it is first spread: in all its places together there is no end of it."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            for declared in operation.variable_definitions or ():
                yield from _declaration(declared, f"{WHOLE}.variableValues.{declared.variable.name.value}")
            yield from _selections(operation.selection_set, WHOLE, fragments)


def _declaration(node: VariableDefinitionNode, place: str) -> Iterator[Found]:
    yield from (Found(node, place), Found(node.variable, place), Found(node.variable.name, place))
    kind: TypeNode | None = node.type
    while kind is not None:
        yield Found(kind, place)
        kind = getattr(kind, "type", None)  # of a list or of what is never null
    yield from _directives(node.directives, place)
    if node.default_value:
        yield from _value(node.default_value, place)


def _selections(
    selection: SelectionSetNode | None, place: str, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[Found]:
    """``fragments`` are those that were not met yet. They and their spreads are where their fields are selected."""
    for part in selection.selections if selection else ():
        if isinstance(part, FieldNode):
            key = part.alias.value if part.alias else part.name.value
            yield from _field(part, f"{place}.selectionSet.{key}", fragments)
            continue
        yield Found(part, place)
        yield from _directives(part.directives, place)
        if isinstance(part, InlineFragmentNode):
            yield from _fragment(part, place, fragments)
        elif isinstance(part, FragmentSpreadNode):
            yield Found(part.name, place)
            fragment = fragments.pop(part.name.value, None)
            if fragment:
                yield from (Found(fragment, place), Found(fragment.name, place))
                yield from _directives(fragment.directives, place)
                yield from _fragment(fragment, place, fragments)


def _fragment(
    node: InlineFragmentNode | FragmentDefinitionNode, place: str, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[Found]:
    if node.type_condition:
        yield Found(node.type_condition, place)
    yield from _selections(node.selection_set, place, fragments)


def _field(node: FieldNode, place: str, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[Found]:
    yield Found(node, place)
    for argument in node.arguments or ():
        yield from _argument(argument, f"{place}.args.{argument.name.value}")
    yield from _directives(node.directives, place)
    if node.selection_set:
        yield Found(node.selection_set, place)
        yield from _selections(node.selection_set, place, fragments)


def _directives(nodes: Iterable[DirectiveNode] | None, place: str) -> Iterator[Found]:
    for directive in nodes or ():
        yield Found(directive, place)
        for argument in directive.arguments or ():
            yield from _argument(argument, place)


def _argument(node: ArgumentNode, place: str) -> Iterator[Found]:
    yield from (Found(node, place), Found(node.name, place))
    yield from _value(node.value, place)


def _value(node: ValueNode, place: str) -> Iterator[Found]:
    yield Found(node, place)
    if isinstance(node, ObjectValueNode):
        for field in node.fields:
            here = f"{place}.{field.name.value}"
            yield from (Found(field, here), Found(field.name, here))
            yield from _value(field.value, here)
    elif isinstance(node, ListValueNode):
        for index, item in enumerate(node.values):
            yield from _value(item, f"{place}[{index}]")
