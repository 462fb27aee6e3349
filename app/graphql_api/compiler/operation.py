"""An operation as one statement: its root fields are the members of one JSON object, made in one snapshot."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql.execution.collect_fields import GroupedFieldSet

from app.core.sizes import readable_size
from app.graphql_api.compiler.cost import Cost, price
from app.graphql_api.compiler.figures import statistics
from app.graphql_api.compiler.grouped import grouped
from app.graphql_api.compiler.json import Member, json_object
from app.graphql_api.compiler.objects import Made, aggregated, by_key, listed, typename
from app.graphql_api.compiler.rows import Row
from app.graphql_api.compiler.searching import hits, summary
from app.graphql_api.compiler.selections import TYPENAME, Selected, members, object_type
from app.graphql_api.compiler.statement import Parameter, Statement
from app.graphql_api.lookups import SearchLookup
from app.graphql_api.model import TABLES, Table
from app.graphql_api.schema.figures import STATISTICS
from app.graphql_api.schema.grouped import GROUPED
from app.graphql_api.schema.searching import SEARCH, SUMMARY
from app.graphql_api.schema.served import QUERY

MOST_BYTES = 64 * 1024 * 1024
Root = Callable[[Statement, Selected], Made]


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled operation: it can run any number of times, with other values."""

    sql: str
    parameters: Sequence[Parameter]
    costs: Sequence[Cost]
    lookups: Sequence[SearchLookup]

    def bound(self, variables: Mapping[str, Any]) -> list[object]:
        """What the statement binds. Raises `Rejected` for a value that no column can have."""
        return [parameter.text(variables) for parameter in self.parameters]

    def price(self, variables: Mapping[str, Any]) -> int:
        return price(self.costs, variables)


def compiled(statement: Statement, fields: GroupedFieldSet) -> Plan:
    """The plan of the root fields that read data. Raises `Rejected`."""
    made, costs = [], []
    for asked in members(statement, object_type(statement, QUERY), fields):
        if asked.name == TYPENAME:
            made.append(typename(asked, QUERY))
            continue
        root = ROOTS[asked.name](statement, asked)
        made.append(Member(asked.key, root.sql))
        costs.append(root.cost)
    return Plan(_whole(json_object(made)), tuple(statement.parameters), costs, tuple(statement.lookups))


def _whole(answer: str) -> str:
    """The statement; an answer that no process should hold is refused where it is made. Told apart by OFFSET 0, or it
    would be made twice."""
    refused = f"refuse('an answer may have {readable_size(MOST_BYTES)} at most: ask for less')"
    return (
        f"SELECT CASE WHEN octet_length(answer) > {MOST_BYTES} THEN {refused}::text ELSE answer END"
        f" FROM (SELECT {answer}::text AS answer OFFSET 0) made"
    )


def _roots(table: Table) -> Iterator[tuple[str, Root]]:
    yield table.name, lambda statement, asked: listed(statement, Row.of(statement, table), asked)
    yield f"{table.name}_aggregate", lambda statement, asked: aggregated(statement, Row.of(statement, table), asked)
    yield f"{table.name}_by_pk", lambda statement, asked: by_key(statement, table, asked)


ROOTS: Mapping[str, Root] = {
    **{name: root for table in TABLES.values() for name, root in _roots(table)},
    SEARCH: hits,
    SUMMARY: summary,
    STATISTICS: statistics,
    GROUPED: grouped,
}
