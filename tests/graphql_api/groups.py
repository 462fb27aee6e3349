"""The meaning of groups in plain Python, over dictionaries; written from the contract and not from the code.

Time zones are zoneinfo's: another implementation than Postgres', which was built from the same rules.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TOKENS = {
    "status": ["draft", "published", "archived"],
    "priority": ["low", "medium", "high", "critical"],
    "visibility": ["PUBLIC", "INTERNAL", "RESTRICTED", "ANONYMISED"],
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
MICROSECOND, QUARTER, DAY = timedelta(microseconds=1), timedelta(minutes=15), timedelta(days=1)
FIRST = {"_gte": timedelta(), "_gt": MICROSECOND, "_eq": timedelta()}
LAST = {"_lte": timedelta(), "_lt": -MICROSECOND, "_eq": timedelta()}
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda a, b: a == b,
    "_gt": lambda a, b: a > b,
    "_gte": lambda a, b: a >= b,
    "_lt": lambda a, b: a < b,
    "_lte": lambda a, b: a <= b,
}


def first_day(day: date, unit: str, week_start: str) -> date:
    """The first day of the unit in which a day lies."""
    if unit == "week":
        return day - timedelta(days=(day.weekday() - WEEKDAYS.index(week_start)) % 7)
    if unit == "day":
        return day
    return date(day.year, (day.month - 1) // MONTHS[unit] * MONTHS[unit] + 1, 1)


def following(day: date, unit: str) -> date:
    """The first day of the next unit."""
    if unit in MONTHS:
        months = day.year * 12 + day.month - 1 + MONTHS[unit]
        return date(months // 12, months % 12 + 1, 1)
    return day + timedelta(days=7 if unit == "week" else 1)


def label(day: date, unit: str, week_start: str) -> str:
    if unit == "week" and week_start == "monday":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    quarter = f"{day.year}-Q{(day.month + 2) // 3}"
    return {"month": f"{day:%Y-%m}", "quarter": quarter, "year": f"{day.year}"}.get(unit, f"{day:%Y-%m-%d}")


@cache
def start(day: date, zone: str) -> datetime:
    """The instant from which on it is that day (or a later one): looked for in quarters of an hour, as clocks
    show nothing finer today."""
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=26)
    while (instant - QUARTER).astimezone(ZoneInfo(zone)).date() >= day:
        instant -= QUARTER
    return instant


class Asked:
    """The arguments of one request: keys, zone, start of weeks, a condition as a dictionary, whether to fill."""

    def __init__(
        self,
        by: Sequence[str],
        zone: str = "UTC",
        week_start: str = "monday",
        where: Mapping[str, Any] | None = None,
        fill: bool = False,
    ) -> None:
        self.by, self.zone, self.week_start, self.where, self.fill = by, zone, week_start, where or {}, fill

    def groups(self, rows: Iterable[Row], others: Mapping[str, Mapping[int, str]]) -> list[dict[str, Any]]:
        """The answer. ``others`` are the names of categories and tags by their ids."""
        counted = self.members(rows, others)
        ordered = sorted(counted, key=lambda keys: self.places(keys, others))
        return [self._group(keys, counted[keys]) for keys in ordered]

    def members(self, rows: Iterable[Row], others: Mapping[str, Mapping[int, str]]) -> dict[tuple[Any, ...], list[Row]]:
        """The rows of each group, by its keys; none where nothing was but filled."""
        counted: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            if self._matches(row, self.where):
                for keys in product(*(self._values(row, name) for name in self.by)):
                    counted.setdefault(keys, []).append(row)
        if self.fill:
            for keys in self._possible(list(counted), others):
                counted.setdefault(keys, [])
        return counted

    def places(self, keys: tuple[Any, ...], others: Mapping[str, Mapping[int, str]]) -> list[tuple[bool, Any]]:
        """What groups are sorted by when nobody says how."""
        values = [self.value(name, key, others) for name, key in zip(self.by, keys, strict=True)]
        return [(value is None, () if value is None else value) for value in values]

    def _matches(self, row: Row, where: Mapping[str, Any]) -> bool:
        return all(
            all(self._matches(row, part) for part in asked)
            if name == "_and"
            else all(row[name] is not None and COMPARED[key](row[name], value) for key, value in asked.items())
            for name, asked in where.items()
        )

    def _unit(self, name: str) -> tuple[str, str]:
        """The column and the unit of a key of the calendar."""
        column, _, unit = name.rpartition("_")
        return column, unit

    def _day(self, instant: datetime, unit: str) -> date:
        return first_day(instant.astimezone(ZoneInfo(self.zone)).date(), unit, self.week_start)

    def _values(self, row: Row, name: str) -> list[Any]:
        if name == "tag":
            return sorted(row["tags"]) or [None]
        if name == "category":
            return [row["category_id"]]
        if name in row:
            return [row[name]]
        column, unit = self._unit(name)
        return [row[column] and self._day(row[column], unit)]

    def _possible(self, counted: list[tuple[Any, ...]], others: Any) -> Iterator[tuple[Any, ...]]:
        every = [self._every(name, {keys[place] for keys in counted}, others) for place, name in enumerate(self.by)]
        return (keys for keys in product(*every) if self._can_be(keys))

    def _every(self, name: str, seen: set[Any], others: Any) -> set[Any]:
        if name in others:
            return seen | set(others[name])
        if name in ("author", "source"):
            return seen
        return seen | (set(TOKENS[name]) if name in TOKENS else set(self._days(name, seen - {None})))

    def _days(self, name: str, seen: set[date]) -> Iterator[date]:
        column, unit = self._unit(name)
        firsts, lasts = (
            [self._day(end, unit) for end in self._ends(column, self.where, ends)] for ends in (FIRST, LAST)
        )
        day = max(firsts) if firsts else min(seen, default=date.max)
        last = min(lasts) if lasts else max(seen, default=date.min)
        while day <= last:
            if start(day, self.zone) < start(following(day, unit), self.zone):
                yield day
            day = following(day, unit)

    def _ends(self, column: str, where: Mapping[str, Any], shifts: Mapping[str, timedelta]) -> Iterator[datetime]:
        for key, value in where.get(column, {}).items():
            if key in shifts:
                yield value + shifts[key]
        for part in where.get("_and", ()):
            yield from self._ends(column, part, shifts)

    def _can_be(self, keys: tuple[Any, ...]) -> bool:
        """Whether units of one timestamp have a day in common."""
        spans: dict[str, set[Any]] = {}
        for name, key in zip(self.by, keys, strict=True):
            if name not in TOKENS and "_at_" in name:
                column, unit = self._unit(name)
                days = {key + n * DAY for n in range((following(key, unit) - key).days)} if key else {None}
                spans[column] = spans.get(column, days) & days
        return all(spans.values())

    def value(self, name: str, key: Any, others: Mapping[str, Mapping[int, str]]) -> Any:
        """What a key is compared by."""
        if key is None:
            return None
        if name in TOKENS:
            return TOKENS[name].index(key)
        if name in others:
            return folded(others[name][key])
        return (folded(key), key) if isinstance(key, str) else key

    def _group(self, keys: tuple[Any, ...], rows: list[Row]) -> dict[str, Any]:
        ids = [row["id"] for row in rows]
        shown = {"count": len(rows), "sum": sum(ids) if ids else None, "last": max(ids, default=None)}
        return {name: self.shown(name, key) for name, key in zip(self.by, keys, strict=True)} | shown

    def shown(self, name: str, key: Any) -> Any:
        if not isinstance(key, date):
            return key
        unit = self._unit(name)[1]
        ends = start(key, self.zone), start(following(key, unit), self.zone)
        return {"label": label(key, unit, self.week_start), "date": key, "start": ends[0], "end": ends[1]}


def folded(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)).lower()
