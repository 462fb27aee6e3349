"""``insights_search``: the hits of a search, found before the statement runs and bound to it."""

from collections.abc import Sequence
from typing import NamedTuple

from app.graphql_api.compiler.cost import Cost
from app.graphql_api.compiler.json import Member, json_object
from app.graphql_api.compiler.objects import Made, Shape, row_object, typename
from app.graphql_api.compiler.rows import Row
from app.graphql_api.compiler.selections import TYPENAME, Selected, selected
from app.graphql_api.compiler.statement import LOOKUPS, Statement
from app.graphql_api.language.values import Ref
from app.graphql_api.lookups import MOST_HITS, Page, SearchLookup, given_or
from app.graphql_api.model import INSIGHTS
from app.graphql_api.schema.searching import DEFAULT_LIMIT, OWN_FIELDS, SEARCH, SUMMARY

# Ranking looks at that many documents.
RANKING = 1_000


def hits(statement: Statement, asked: Selected) -> Made:
    """The insights of one page of a search, the best first."""
    limit = given_or(asked.arguments.get("limit"), DEFAULT_LIMIT)
    offset = given_or(asked.arguments.get("offset"), 0)
    search = _search(statement, asked)
    found = (*search.path, "pages", search.lookup.page(Page(limit, offset, asked.place)))
    row = Row.of(statement, INSIGHTS)
    shape = _hit(statement, row, selected(statement, SEARCH, asked))
    columns = (("ids", "int4[]"), ("scores", "float8[]"), ("highlights", "json[]"))
    arrays = ", ".join(statement.bind(Ref((*found, name)), kind, asked.place) for name, kind in columns)
    hit = _alias(row)
    sql = (
        f"(SELECT coalesce(json_agg({shape.sql} ORDER BY {hit}.place), '[]')"
        f" FROM unnest({arrays}) WITH ORDINALITY AS {hit}(id, score, highlights, place)"
        f" JOIN {row.seen_table(statement)} {row.alias} ON {row.column('id')} = {hit}.id)"
    )
    return Made(sql, Cost(weight=0, below=(search.cost, Cost(MOST_HITS, limit, below=shape.below))))


def summary(statement: Statement, asked: Selected) -> Made:
    """How many match, and what was searched for in place of a mistyped word."""
    search = _search(statement, asked)
    search.lookup.counted = True
    kinds = {"total": "int4", "total_relation": "text", "corrected_query": "text"}
    members = [
        typename(part, SUMMARY)
        if part.name == TYPENAME
        else Member(part.key, statement.bind(Ref((*search.path, part.name)), kinds[part.name], asked.place))
        for part in selected(statement, SUMMARY, asked)
    ]
    return Made(f"(SELECT {json_object(members)})", search.cost)


class Shared(NamedTuple):
    """A search that several fields may ask for: where its results will lie, and what it costs the field that asks."""

    lookup: SearchLookup
    path: tuple[str, int]
    cost: Cost


def _search(statement: Statement, asked: Selected) -> Shared:
    """It is ranked once, for the field that comes first."""
    query = asked.arguments["query"]
    for number, lookup in enumerate(statement.lookups):
        if lookup.query == query:
            return Shared(lookup, (LOOKUPS, number), Cost(0))
    lookup = SearchLookup(query, asked.place)
    statement.lookups.append(lookup)
    return Shared(lookup, (LOOKUPS, len(statement.lookups) - 1), Cost(RANKING))


def _hit(statement: Statement, row: Row, asked: Sequence[Selected]) -> Shape:
    """An insight with what the search tells of it."""
    special = {name: f"{_alias(row)}.{name}" for name in OWN_FIELDS} | {TYPENAME: f"'{SEARCH}'::text"}
    return row_object(statement, row, asked, special)


def _alias(row: Row) -> str:
    return f"{row.alias}_hit"
