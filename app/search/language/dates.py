"""From a date as it is typed to the period that it means. UTC; a unit (a day, a month, a year) is meant as a whole."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.search.language.nearest import LONGEST_COMPARED, nearest
from app.search.language.tree import Operator, Period

FORMS = "2026, 2026-01, 2026-01-15, a range like 2026-01..2026-03, an age like <7d, or a name like last-month"
CALENDAR = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
AGE = re.compile(r"([0-9]{1,6})([hdwmy])")
# What somebody may type who means one of the above.
LOOSE_CALENDAR = re.compile(r"([0-9]{4})(?:[^0-9]?([0-9]{1,2})(?:[^0-9]?([0-9]{1,2}))?)?")
DAY_FIRST = re.compile(r"([0-9]{1,2})[^0-9]([0-9]{1,2})[^0-9]([0-9]{4})")
LOOSE_AGE = re.compile(r"([0-9]{1,6}) ?([hdwmy]?)")
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
MONTHS, LAST_YEAR = 12, 9999


class WrongDate(ValueError):
    """It can't be read; ``suggestion`` can, and is near it. ``code`` is for programs."""

    def __init__(self, message: str, code: str, suggestion: str) -> None:
        super().__init__(message)
        self.code, self.suggestion = code, suggestion


@dataclass(frozen=True, slots=True)
class Unit:
    """From ``first`` (included) until ``after`` (excluded)."""

    first: datetime
    after: datetime


NAMED: dict[str, Callable[[datetime], Unit]] = {
    "today": lambda day: Unit(day, later(day, days=1)),
    "yesterday": lambda day: Unit(later(day, days=-1), day),
    "this-week": lambda day: _week(day, 0),
    "last-week": lambda day: _week(day, -1),
    "this-month": lambda day: _months(day.replace(day=1), 0, 1),
    "last-month": lambda day: _months(day.replace(day=1), -1, 1),
    "this-year": lambda day: _months(day.replace(day=1, month=1), 0, MONTHS),
    "last-year": lambda day: _months(day.replace(day=1, month=1), -MONTHS, MONTHS),
}
AGES: dict[str, Callable[[datetime, int], datetime]] = {
    "h": lambda now, number: later(now, hours=-number),
    "d": lambda now, number: later(now, days=-number),
    "w": lambda now, number: later(now, days=-7 * number),
    "m": lambda now, number: months_later(now, -number),
    "y": lambda now, number: months_later(now, -number * MONTHS),
}


def period(text: str, operator: Operator, now: datetime) -> Period:
    """What a date, a range of dates or an age means. Raises `WrongDate`, whose suggestion includes the operator."""
    plain = re.sub(r"[\s_]+", "-", text.strip().lower())
    if ".." in plain:
        return _range(plain, operator, now)
    if (age := AGE.fullmatch(plain)) and operator != "=":
        born = AGES[age[2]](now, int(age[1]))
        return Period(born, None) if operator in ("<", "<=") else Period(None, born)
    if unit := _unit(plain, now):
        return _compared(unit, operator)
    raise WrongDate(f"must be a date: {FORMS}", "date", _suggested(plain, operator))


def _range(plain: str, operator: Operator, now: datetime) -> Period:
    since, _, until = plain.partition("..")
    ends = _unit(since, now), _unit(until, now)
    unreadable = [end for end, unit in zip((since, until), ends, strict=True) if end and not unit]
    if unreadable or not (since or until):
        better = [_suggested_end(end, now) if end in unreadable else end for end in (since, until)]
        suggestion = "..".join(better) if since or until else "today"
        raise WrongDate(f"must be a date: {FORMS}", "date", suggestion)
    if operator != "=":
        raise WrongDate(f"is a range and takes no {operator}", "date", plain)
    meant = Period(ends[0].first if ends[0] else None, ends[1].after if ends[1] else None)
    if meant.since and meant.until and meant.since >= meant.until:
        raise WrongDate("ends before it begins", "reversed", f"{until}..{since}")
    return meant


def _compared(unit: Unit, operator: Operator) -> Period:
    match operator:
        case "=":
            return Period(unit.first, unit.after)
        case "<":
            return Period(None, unit.first)
        case "<=":
            return Period(None, unit.after)
        case ">":
            return Period(unit.after, None)
        case ">=":
            return Period(unit.first, None)


def _unit(plain: str, now: datetime) -> Unit | None:
    if named := NAMED.get(plain):
        return named(now.replace(hour=0, minute=0, second=0, microsecond=0))
    written = CALENDAR.fullmatch(plain)
    return _calendar(*written.groups()) if written else None


def _calendar(year: str, month: str | None, day: str | None) -> Unit | None:
    try:
        first = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    except ValueError:
        return None
    return Unit(first, later(first, days=1) if day else months_later(first, 1 if month else MONTHS))


def later(moment: datetime, days: int = 0, hours: int = 0) -> datetime:
    """The moment moved; at the edge of what a date can be, the edge."""
    try:
        return moment + timedelta(days=days, hours=hours)
    except OverflowError:
        return LAST if days + hours > 0 else FIRST


def months_later(moment: datetime, number: int) -> datetime:
    """The same day some months later, or that month's last when it is shorter."""
    year, month = divmod(moment.year * MONTHS + moment.month - 1 + number, MONTHS)
    if not 1 <= year <= LAST_YEAR:
        return LAST if number > 0 else FIRST
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _week(day: datetime, number: int) -> Unit:
    monday = later(day, days=7 * number - day.weekday())
    return Unit(monday, later(monday, days=7))


def _months(first: datetime, number: int, length: int) -> Unit:
    return Unit(months_later(first, number), months_later(first, number + length))


def _suggested(plain: str, operator: Operator) -> str:
    given = "" if operator == "=" else operator
    plain = plain[:LONGEST_COMPARED]
    if date := _date_meant(plain):
        return given + date
    if age := LOOSE_AGE.match(plain.replace("-", " ")):
        return f"{given or '<'}{age[1]}{age[2] or 'd'}"
    return given + nearest(plain, NAMED)


def _suggested_end(plain: str, now: datetime) -> str:
    """Of one end of a range, where an age is none: the day of that time."""
    plain = plain[:LONGEST_COMPARED]
    if date := _date_meant(plain):
        return date
    if age := AGE.match(plain):
        return AGES[age[2]](now, int(age[1])).strftime("%Y-%m-%d").zfill(10)
    return nearest(plain, NAMED)


def _date_meant(plain: str) -> str | None:
    if turned := DAY_FIRST.search(plain):
        day, month, year = turned.groups()
        return _clamped(year, *((month, day) if int(month) <= MONTHS else (day, month)))
    found = LOOSE_CALENDAR.search(plain)
    return _clamped(*found.groups()) if found else None


def _clamped(year: str, month: str | None, day: str | None) -> str:
    parts = [max(1, int(year))]
    if month:
        parts.append(min(max(1, int(month)), MONTHS))
    if day:
        parts.append(min(max(1, int(day)), monthrange(parts[0], parts[1])[1]))
    return f"{parts[0]:04}" + "".join(f"-{part:02}" for part in parts[1:])
