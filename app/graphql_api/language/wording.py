"""graphql-core's errors in the words, and with the places, of the dialect."""

import re

from graphql import DocumentNode, FieldNode, GraphQLError, GraphQLSyntaxError

from app.graphql_api.errors import WHOLE, Rejected
from app.graphql_api.language.places import place_of

QUERY = "$.query"
UNKNOWN_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")
UNKNOWN_ARGUMENT = re.compile(r"Unknown argument '(\w+)' on field '(?:\w+\.)?(\w+)'")
UNKNOWN_INPUT = re.compile(
    r"(?:Expected value of type '(?P<type>\w+)' not to include unknown field '(?P<field>\w+)'"
    r"|Field '(?P<field_>\w+)' is not defined by type '(?P<type_>\w+)')"
)
SUGGESTION = re.compile(r" Did you mean .*\?$")
ABORTED = "Validation aborted."


def syntax_error(error: GraphQLSyntaxError) -> Rejected:
    """A text that is no document."""
    at = error.locations[0] if error.locations else None
    where = f" (line {at.line}, column {at.column})" if at else ""
    return Rejected(f"{error.message.removeprefix('Syntax Error: ')}{where}", QUERY)


def invalid(document: DocumentNode, error: GraphQLError) -> Rejected:
    """A document that the schema has no answer for."""
    nodes = error.nodes or []
    place = place_of(document, nodes)
    if found := UNKNOWN_FIELD.search(error.message):
        return Rejected(_with_suggestion(f"field '{found[1]}' not found in type: '{found[2]}'", error), place)
    if found := UNKNOWN_ARGUMENT.search(error.message):
        at_field = f"{place}.args" if isinstance(nodes[0], FieldNode) else place
        return Rejected(_with_suggestion(f"'{found[2]}' has no argument named '{found[1]}'", error), at_field)
    if found := UNKNOWN_INPUT.search(error.message):
        field, kind = found["field"] or found["field_"], found["type"] or found["type_"]
        here = place if place == WHOLE or place.endswith(f".{field}") else f"{place}.{field}"
        return Rejected(_with_suggestion(f"field '{field}' not found in type: '{kind}'", error), here)
    if error.message == ABORTED:
        return Rejected("The document is too complex to be checked: it has too many errors or too many equal fields.")
    return Rejected(error.message, place)


def wrong_variable(error: GraphQLError) -> Rejected:
    """A variable whose value its type doesn't have."""
    found = re.match(r"Variable '\$(\w+)'", error.message)
    return Rejected(error.message, f"$.variableValues.{found[1]}" if found else WHOLE)


def _with_suggestion(message: str, error: GraphQLError) -> str:
    found = SUGGESTION.search(error.message)
    return f"{message}.{found[0]}" if found else message
