"""Where in a request an error lies, as the dialect says it: ``$.selectionSet.insights.args.where.title._eq``."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from graphql import (
    ArgumentNode,
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
    ValueNode,
)

from app.graphql_api.errors import WHOLE


class Found(NamedTuple):
    """A node and its place."""

    node: Node
    place: str


def place_of(document: DocumentNode, wanted: Sequence[Node]) -> str:
    """The place where one of the nodes first stands in an operation; the whole request where none does.

    Of a list or an object that is no value graphql-core tells a copy: it is known when nothing else is equal.
    """
    everything = list(_everything(document))
    for node in wanted:
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
            yield from _selections(operation.selection_set, WHOLE, fragments)


def _selections(
    selection: SelectionSetNode | None, place: str, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[Found]:
    """``fragments`` are those that were not met yet."""
    for part in selection.selections if selection else ():
        if isinstance(part, FieldNode):
            key = part.alias.value if part.alias else part.name.value
            yield from _field(part, f"{place}.selectionSet.{key}", fragments)
            continue
        yield Found(part, place)
        if isinstance(part, InlineFragmentNode):
            yield from _selections(part.selection_set, place, fragments)
        elif isinstance(part, FragmentSpreadNode):
            fragment = fragments.pop(part.name.value, None)
            yield from _selections(fragment.selection_set if fragment else None, place, fragments)


def _field(node: FieldNode, place: str, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[Found]:
    yield Found(node, place)
    for argument in node.arguments or ():
        yield from _argument(argument, f"{place}.args.{argument.name.value}")
    for directive in node.directives or ():
        yield Found(directive, place)
        for argument in directive.arguments or ():
            yield from _argument(argument, place)
    if node.selection_set:
        yield Found(node.selection_set, place)
        yield from _selections(node.selection_set, place, fragments)


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
