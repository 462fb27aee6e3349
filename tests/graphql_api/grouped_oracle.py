"""What ``insights_grouped`` means in plain Python: `groups.Asked` for the rows for which a condition holds."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cmp_to_key
from typing import Any

from tests.graphql_api.grouped_generator import BUCKET, GROUP, ROWS, TIMES
from tests.graphql_api.groups import FIRST, LAST, Asked, Row
from tests.graphql_api.oracle import Oracle, compared, shown
from tests.graphql_api.writing import Field


class GroupedOracle(Oracle):
    """Answers for groups, too."""

    def _root(self, asked: Field) -> Any:
        return self._groups(asked) if asked.name == "insights_grouped" else super()._root(asked)

    @property
    def _names(self) -> dict[str, dict[int, str]]:
        return {name: {row["id"]: row["name"] for row in self.rows[table]} for name, table in ROWS.items()}

    def _groups(self, asked: Field) -> list[dict[str, Any]]:
        given = {name: value.plain for name, value in asked.arguments.items() if value.plain is not None}
        where = given.get("where", {})
        means = Asked(
            given["by"],
            given.get("time_zone", "UTC"),
            given.get("week_start", "monday"),
            bounds(where),
            given.get("fill", False),
        )
        members = means.members(
            map(self._with_tags, self._listed("insights", self.rows["insights"], {"where": where})), self._names
        )
        ordered = sorted(members, key=lambda keys: means.places(keys, self._names))
        for value, direction in reversed(list(self._sorting(means, members, given.get("order_by", ())))):
            ordered.sort(key=cmp_to_key(lambda a, b, v=value, d=direction: compared(v(a), v(b), d)))  # type: ignore[misc]
        ordered = ordered[given.get("offset", 0) :][: given.get("limit")]
        return [self._group(asked, means, dict(zip(means.by, keys, strict=True)), members[keys]) for keys in ordered]

    def _with_tags(self, row: Row) -> Row:
        return {**row, "tags": {tag for number, tag in self.links if number == row["id"]}}

    def _sorting(
        self, means: Asked, members: Mapping[tuple[Any, ...], list[Row]], order_by: Any
    ) -> Iterator[tuple[Callable[[tuple[Any, ...]], Any], str]]:
        for item in order_by:
            [(name, direction)] = item.items()
            if direction is None:
                continue
            if name == "count":
                yield (lambda keys: len(members[keys])), direction
                continue
            place = means.by.index(name)
            yield (lambda keys, name=name, place=place: means.value(name, keys[place], self._names)), direction  # type: ignore[misc]

    def _group(self, asked: Field, means: Asked, keys: Mapping[str, Any], rows: list[Row]) -> dict[str, Any]:
        return {each.key: self._shown(each, means, keys, rows) for each in asked.selection}

    def _shown(self, asked: Field, means: Asked, keys: Mapping[str, Any], rows: list[Row]) -> Any:
        if asked.name == "__typename":
            return GROUP
        if asked.name == "count":
            return len(rows)
        if asked.name == "aggregate":
            return {each.key: self._aggregated("insights", rows, each) for each in asked.selection}
        name = asked.name.removesuffix("_id")
        if name in ROWS and name == asked.name and keys[name] is not None:
            [row] = [row for row in self.rows[ROWS[name]] if row["id"] == keys[name]]
            return self._row(ROWS[name], row, asked.selection)
        value = means.shown(name, keys[name])
        if not isinstance(value, dict):
            return value
        bucket = {part: each.isoformat() if type(each) is date else shown(each) for part, each in value.items()}
        return {each.key: BUCKET if each.name == "__typename" else bucket[each.name] for each in asked.selection}


def bounds(where: Mapping[str, Any]) -> dict[str, Any]:
    """What a condition plainly says of timestamps, as `groups.Asked` reads it."""
    found: dict[str, Any] = {
        column: {
            name: datetime.fromisoformat(value) for name, value in where[column].items() if name in {*FIRST, *LAST}
        }
        for column in TIMES
        if column in where
    }
    return found | {"_and": [bounds(part) for part in where.get("_and", ())]}
