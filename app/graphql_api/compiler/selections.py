"""What is selected of a type: fragments spread, directives obeyed, the same field merged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from graphql import FieldNode, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet, collect_fields, collect_subfields
from graphql.execution.values import get_argument_values

from app.graphql_api.compiler.statement import Statement

TYPENAME = "__typename"


@dataclass(frozen=True, slots=True)
class Selected:
    """One member of an answer: the ``key`` it has there, the field that makes it, its arguments as coerced by their
    types, and its place in the request."""

    key: str
    name: str
    arguments: dict[str, Any]
    place: str
    details: FieldDetailsList


def selected_roots(statement: Statement, query: GraphQLObjectType) -> GroupedFieldSet:
    """The root fields, as graphql-core collects them, under their keys."""
    found = collect_fields(statement.schema, statement.fragments, statement.variables, query, statement.operation)
    return found.grouped_field_set


def members(
    statement: Statement, of: GraphQLObjectType, fields: GroupedFieldSet, place: str = "$"
) -> Iterator[Selected]:
    """The members of one object, in the order of the request."""
    for key, details in fields.items():
        yield _selected(statement, of, key, details, f"{place}.selectionSet.{key}")


def selected(statement: Statement, of: str, parent: Selected) -> list[Selected]:
    """What is selected of a field's type, which is called ``of``."""
    kind = object_type(statement, of)
    fields = collect_subfields(
        statement.schema, statement.fragments, statement.variables, statement.operation, kind, parent.details
    )
    return list(members(statement, kind, fields.grouped_field_set, parent.place))


def object_type(statement: Statement, name: str) -> GraphQLObjectType:
    return cast("GraphQLObjectType", statement.schema.type_map[name])


def _selected(statement: Statement, of: GraphQLObjectType, key: str, details: FieldDetailsList, place: str) -> Selected:
    node: FieldNode = details[0].node
    name = node.name.value
    if name == TYPENAME or not of.fields[name].args:
        return Selected(key, name, {}, place, details)
    arguments = get_argument_values(of.fields[name], node, statement.variables)
    return Selected(key, name, arguments, place, details)
