"""The orders in which insights are listed: by a column, and by the id where that is the same."""

from dataclasses import dataclass

from app.insights.schemas import SORTS

NULLABLE = frozenset({"published_at"})


@dataclass(frozen=True, slots=True)
class Order:
    """One of them. Insights that have no value in the column come last, whichever way the others go."""

    column: str
    descending: bool

    @property
    def nullable(self) -> bool:
        """Whether there may be insights without a value."""
        return self.column in NULLABLE

    @property
    def sql(self) -> str:
        """What follows ORDER BY, where the column and ``id`` are known by these names."""
        return self._directed("NULLS LAST")

    @property
    def walk(self) -> str:
        """The same of insights that all have a value, or all have none: said so that it is the index's own order,
        which read backwards begins with those that have none."""
        return self._directed("NULLS LAST" if self.descending else "NULLS FIRST")

    @property
    def beyond(self) -> str:
        """How what comes later compares with what came before."""
        return "<" if self.descending else ">"

    def _directed(self, nulls: str) -> str:
        # Said of a column that always has a value, it would only keep the planner from seeing the index's order.
        place = f" {nulls}" if self.nullable else ""
        way = "DESC" if self.descending else "ASC"
        return f"{self.column} {way}{place}, id {way}"


ORDERS = {sort: Order(sort.removeprefix("-"), sort.startswith("-")) for sort in SORTS}
