"""Rows that a part of a statement speaks of, and the ways from one to others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.graphql_api.compiler.statement import Statement
from app.graphql_api.model import TABLES, Relationship, Table

# How `Sources.sees` speaks of the insight.
OF_INSIGHT = re.compile(r"\bi\.")


@dataclass(slots=True)
class Row:
    """A row by its alias. It remembers which columns were asked for, as what it is read from depends on them."""

    table: Table
    alias: str
    used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, statement: Statement, table: Table) -> "Row":
        return cls(table, statement.name())

    def column(self, name: str) -> str:
        self.used.add(name)
        return f"{self.alias}.{name}"

    @property
    def columns(self) -> str:
        """All that were asked for, to be selected: rows that are sorted should be narrow. To be asked when they are."""
        return ", ".join(f"{self.alias}.{name}" for name in sorted(self.used))

    def guarded(self, statement: Statement, condition: str) -> str:
        """A condition that is asked of no row but those that are seen.

        Postgres asks conditions in an order of its own. Of one that takes long, or fails, for some rows alone the
        caller would learn that there are such rows.
        """
        sees = statement.sources.sees
        if not self.table.guarded or sees == "true":
            return condition
        return f"CASE WHEN {statement.seen(OF_INSIGHT.sub(f'{self.alias}.', sees))} THEN {condition} END"

    def seen_table(self, statement: Statement) -> str:
        """The table as the audience sees it. To be asked when every column is."""
        return statement.seen(self.table.source(statement.sources, self.used))


@dataclass(frozen=True, slots=True)
class Way:
    """How the related rows of one row are read: ``row`` is any of them."""

    relationship: Relationship
    parent: Row
    row: Row
    link: str

    @classmethod
    def of(cls, statement: Statement, parent: Row, relationship: Relationship) -> "Way":
        row = Row.of(statement, TABLES[relationship.table])
        parent.used.add(relationship.key or "id")
        return cls(relationship, parent, row, f"{row.alias}_link")

    def source(self, statement: Statement) -> str:
        """What follows FROM. To be asked when every column of the row is."""
        return self._named(self.relationship.source, self.row.seen_table(statement))

    @property
    def on(self) -> str:
        """The condition that ties the row to its parent."""
        return self._named(self.relationship.on)

    def _named(self, sql: str, table: str = "") -> str:
        return sql.format(table=table, row=self.row.alias, parent=self.parent.alias, link=self.link)


def all_of(conditions: Sequence[str]) -> str:
    """What follows WHERE."""
    return " AND ".join(f"({condition})" for condition in conditions) or "true"
