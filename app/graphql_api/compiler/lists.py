"""The rows that a list shows: filtered, made distinct, sorted, cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.graphql_api.compiler.conditions import Position, condition
from app.graphql_api.compiler.ordering import distinct_columns, sort_keys
from app.graphql_api.compiler.rows import Row, Way, all_of
from app.graphql_api.compiler.statement import Statement
from app.graphql_api.errors import Rejected
from app.graphql_api.language.values import given

INT8 = "int8"


@dataclass(frozen=True, slots=True)
class Listed:
    """The clauses of a list. They are put together last, when it is known which columns of the row are used."""

    row: Row
    way: Way | None
    where: str
    order: str
    distinct: str
    limit: str
    offset: str

    @classmethod
    def of(
        cls, statement: Statement, row: Row, arguments: Mapping[str, Any], place: str, way: Way | None = None
    ) -> "Listed":
        """``way`` leads from a parent to the rows of a nested list."""
        keys = sort_keys(statement, row, arguments.get("order_by"))
        distinct = distinct_columns(keys, arguments.get("distinct_on"), place)
        return cls(
            row,
            way,
            _where(statement, row, arguments.get("where"), place, way),
            ", ".join(key.sql for key in keys),
            ", ".join(row.column(name) for name in distinct),
            number(statement, arguments.get("limit"), f"{place}.args.limit", check_limit),
            number(statement, arguments.get("offset"), f"{place}.args.offset"),
        )

    def sql(self, statement: Statement, most: int | None = None) -> str:
        """What follows FROM: rows under the row's own alias, no more than ``most``.

        What is selected of them lies outside, so that nothing is made for rows that are skipped.
        """
        alias, columns, source = self.row.alias, self.row.columns, self._source(statement)
        limit = self._limit(most)
        if self.offset and not self.distinct:
            table = self.row.seen_table(statement)
            chosen = f"SELECT {alias}.id FROM {source} WHERE {self.where}{self._sorted}{limit}{self._skipped}"
            among = f"{alias}.id = ANY (ARRAY({chosen}))"
            return f"(SELECT {columns} FROM {table} {alias} WHERE {among}{self._sorted}) {alias}"
        distinct = f"DISTINCT ON ({self.distinct}) " if self.distinct else ""
        rest = f"{self._sorted}{limit}{self._skipped}"
        return f"(SELECT {distinct}{columns} FROM {source} WHERE {self.where}{rest}) {alias}"

    def _source(self, statement: Statement) -> str:
        if self.way:
            return self.way.source(statement)
        return f"{self.row.seen_table(statement)} {self.row.alias}"

    @property
    def _sorted(self) -> str:
        return f" ORDER BY {self.order}" if self.order else ""

    @property
    def _skipped(self) -> str:
        return f" OFFSET {self.offset}" if self.offset else ""

    def _limit(self, most: int | None) -> str:
        if most is None:
            return f" LIMIT {self.limit}" if self.limit else ""
        return f" LIMIT least({self.limit}, {most})" if self.limit else f" LIMIT {most}"


def _where(statement: Statement, row: Row, expression: Any, place: str, way: Way | None) -> str:
    conditions = [way.on] if way else []
    if given(expression):
        conditions.append(condition(statement, row, expression, Position(f"{place}.args.where")))
    return all_of(conditions)


def number(statement: Statement, value: Any, place: str, check: Any = None) -> str:
    return statement.bind(value, INT8, place, check) if given(value) else ""


def check_limit(value: Any, place: str) -> None:
    if value < 0:
        raise Rejected(f'expected a non-negative 32-bit integer for type "Int", but found {value}', place)
