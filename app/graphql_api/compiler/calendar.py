"""The calendar of a time zone as SQL. A unit is known by its first day, a ``date``.

Instants become days by their local date, so that a unit is right whatever clocks did in it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from app.graphql_api.compiler.statement import Statement
from app.graphql_api.errors import Rejected
from app.graphql_api.grouping import WEEKDAYS, Unit

MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}
LONGEST_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.QUARTER: 92, Unit.YEAR: 366}
LABELS = {
    Unit.DAY: "YYYY-MM-DD",
    Unit.WEEK: 'IYYY-"W"IW',
    Unit.MONTH: "YYYY-MM",
    Unit.QUARTER: 'YYYY-"Q"Q',
    Unit.YEAR: "YYYY",
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """``zone`` is a time zone's name as SQL; weeks start so many days after Monday."""

    zone: str
    after_monday: int

    @classmethod
    def of(cls, statement: Statement, zone: object, week_start: str, place: str) -> "Calendar":
        """The zone is checked when it is bound."""
        return cls(statement.bind(zone, "text", place, _check_zone), WEEKDAYS.index(week_start))

    def bucket(self, unit: Unit, instant: str) -> str:
        """The unit in which an instant lies."""
        local = f"({instant} AT TIME ZONE {self.zone})"
        if unit is Unit.DAY:
            return f"{local}::date"
        if unit is Unit.WEEK and self.after_monday:
            shifted = f"{local} - interval '{self.after_monday} days'"
            return f"(date_trunc('week', {shifted})::date + {self.after_monday})"
        return f"date_trunc('{unit}', {local})::date"

    def next(self, unit: Unit, first_day: str) -> str:
        """The unit that follows one."""
        if unit in MONTHS:
            return f"({first_day} + interval '{MONTHS[unit]} months')::date"
        return f"({first_day} + {LONGEST_DAYS[unit]})"

    def series(self, unit: Unit, first: str, last: str, most: int) -> str:
        """The first days of all units from one to another; of very many the first ones, which are more than
        ``most``. None when an end is null."""
        step = f"{MONTHS[unit]} months" if unit in MONTHS else f"{LONGEST_DAYS[unit]} days"
        enough = (most + 2) * LONGEST_DAYS[unit]
        end = f"CASE WHEN {last} - {first} > {enough} THEN {first} + {enough} ELSE {last} END"
        return f"generate_series({first}::timestamp, ({end})::timestamp, interval '{step}')"

    def exists(self, day: str) -> str:
        """Whether there was such a day: zones that crossed the date line skipped one."""
        return f"(({day}::timestamp AT TIME ZONE {self.zone}) AT TIME ZONE {self.zone})::date = {day}"

    def start(self, first_day: str) -> str:
        """The instant at which a unit starts."""
        return f"day_begins({first_day}, {self.zone})"

    def label(self, unit: Unit, first_day: str) -> str:
        """What people call a unit. A week that starts on another day than ISO's has no number: its first day."""
        numbered = unit is not Unit.WEEK or not self.after_monday
        return f"to_char({first_day}, '{LABELS[unit if numbered else Unit.DAY]}')"


@cache
def _zones() -> frozenset[str]:
    """Names alone: Postgres also takes abbreviations and rules, which are no places."""
    return frozenset(available_timezones())


def _check_zone(value: Any, place: str) -> None:
    if value not in _zones():
        raise Rejected(f'unknown time zone {value!r}: give a name like "Europe/Berlin" or "UTC"', place)
