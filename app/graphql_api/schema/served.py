"""The schema: ``query_root`` and everything below it."""

from collections.abc import Iterator
from functools import cache

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from app.graphql_api.model import TABLES
from app.graphql_api.schema.building import Field, Types
from app.graphql_api.schema.figures import add_figures
from app.graphql_api.schema.grouped import add_grouping
from app.graphql_api.schema.searching import add_searching
from app.graphql_api.schema.tables import add_tables, list_arguments

QUERY = "query_root"
TIMESTAMP = "ISO 8601 with a time zone; read in UTC."


@cache
def strawberry_schema() -> strawberry.Schema:
    """What strawberry makes of the model. Takes a fifth of a second, once a process."""
    types = Types()
    types.scalar("timestamptz", _text, TIMESTAMP)
    types.scalar("date", _text, "A day: 2026-01-31.")
    types.scalar("json", _text, "Any JSON.")
    types.scalar("uuid", _text, "As in RFC 9562.")
    add_tables(types)
    more = add_searching(types) | add_figures(types) | add_grouping(types)
    query = types.output(QUERY, dict(_roots()) | more)
    return strawberry.Schema(query, config=StrawberryConfig(auto_camel_case=False, scalar_map=types.scalars))


@cache
def served_schema() -> GraphQLSchema:
    """The same as graphql-core has it; the one place that reaches for it."""
    return strawberry_schema()._schema  # noqa: SLF001  # strawberry offers no other way


def printed_schema() -> str:
    """The schema in GraphQL's own language, for `graphql/schema.graphql`."""
    return strawberry_schema().as_str() + "\n"


def _roots() -> Iterator[tuple[str, Field]]:
    for name in TABLES:
        yield name, Field(f"list[{name}]", list_arguments(name))
        yield f"{name}_aggregate", Field(f"{name}_aggregate", list_arguments(name))
        yield f"{name}_by_pk", Field(f"{name} | None", {"id": "Int"})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, but found {value!r}")
    return value
