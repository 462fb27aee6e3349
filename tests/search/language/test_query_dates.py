"""Dates as they are typed, and the periods that they mean."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.search.language.dates import FIRST, LAST
from app.search.language.parser import parse
from app.search.language.tree import Condition, Period

# A Tuesday, the last day of a month that is longer than the one before.
NOW = datetime(2026, 3, 31, 10, 30, tzinfo=UTC)


def at(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def meant(typed: str, now: datetime = NOW) -> tuple[datetime | None, datetime | None]:
    root = parse(f"created:{typed}", now).root
    assert isinstance(root, Condition)
    (period,) = root.values
    assert isinstance(period, Period)
    assert root == Condition("created", (period,))
    return period.since, period.until


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("2026", at(2026), at(2027)),
        ("2026-01", at(2026, 1), at(2026, 2)),
        ("2026-12", at(2026, 12), at(2027, 1)),
        ("2026-01-15", at(2026, 1, 15), at(2026, 1, 16)),
        ("2026-01-31", at(2026, 1, 31), at(2026, 2, 1)),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1)),
        ("2024-02", at(2024, 2), at(2024, 3)),
        ("2025-12-31", at(2025, 12, 31), at(2026)),
        ('"2026-01"', at(2026, 1), at(2026, 2)),
        ("=2026", at(2026), at(2027)),
        ("0001", at(1), at(2)),
        ("9999", at(9999), LAST),
        ("9999-12-31", at(9999, 12, 31), LAST),
    ],
)
def test_a_unit_is_meant_as_a_whole(typed: str, since: datetime, until: datetime) -> None:
    assert meant(typed) == (since, until)


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        (">2026-01", at(2026, 2), None),
        (">=2026-01", at(2026, 1), None),
        ("<2026-01", None, at(2026, 1)),
        ("<=2026-01", None, at(2026, 2)),
        (">2024-02-28", at(2024, 2, 29), None),
        ("<=2024-02-28", None, at(2024, 2, 29)),
        (">2025", at(2026), None),
        (">=yesterday", at(2026, 3, 30), None),
        (">yesterday", at(2026, 3, 31), None),
        (">9999", LAST, None),
        ("<0001", None, FIRST),
    ],
)
def test_before_and_after(typed: str, since: datetime | None, until: datetime | None) -> None:
    assert meant(typed) == (since, until)


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("2026-01..2026-03", at(2026, 1), at(2026, 4)),
        ("2025..2026-02-28", at(2025), at(2026, 3)),
        ("2026-01-15..2026-01-15", at(2026, 1, 15), at(2026, 1, 16)),
        ("2026-03..2026", at(2026, 3), at(2027)),
        ("2026-01..", at(2026, 1), None),
        ("..2026-01", None, at(2026, 2)),
        ("last-month..today", at(2026, 2), at(2026, 4)),
        ("..yesterday", None, at(2026, 3, 31)),
    ],
)
def test_both_ends_of_a_range_are_in_it(typed: str, since: datetime | None, until: datetime | None) -> None:
    assert meant(typed) == (since, until)


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("today", at(2026, 3, 31), at(2026, 4, 1)),
        ("yesterday", at(2026, 3, 30), at(2026, 3, 31)),
        ("this-week", at(2026, 3, 30), at(2026, 4, 6)),
        ("last-week", at(2026, 3, 23), at(2026, 3, 30)),
        ("this-month", at(2026, 3), at(2026, 4)),
        ("last-month", at(2026, 2), at(2026, 3)),
        ("this-year", at(2026), at(2027)),
        ("last-year", at(2025), at(2026)),
        ("Last-Month", at(2026, 2), at(2026, 3)),
        ("last_month", at(2026, 2), at(2026, 3)),
        ('"last month"', at(2026, 2), at(2026, 3)),
    ],
)
def test_names(typed: str, since: datetime, until: datetime) -> None:
    assert meant(typed) == (since, until)


@pytest.mark.parametrize(
    ("now", "typed", "since", "until"),
    [
        (at(2026, 1, 1, 0, 5), "yesterday", at(2025, 12, 31), at(2026)),
        (at(2026, 1, 1), "last-month", at(2025, 12), at(2026)),
        (at(2024, 3, 31), "last-month", at(2024, 2), at(2024, 3)),
        (at(2024, 2, 29), "last-year", at(2023), at(2024)),
        (at(2026, 3, 30), "this-week", at(2026, 3, 30), at(2026, 4, 6)),
        (at(2026, 4, 5, 23, 59), "this-week", at(2026, 3, 30), at(2026, 4, 6)),
        (at(2026, 1, 1), "this-week", at(2025, 12, 29), at(2026, 1, 5)),
    ],
)
def test_names_at_the_edges(now: datetime, typed: str, since: datetime, until: datetime) -> None:
    assert meant(typed, now) == (since, until)


@pytest.mark.parametrize(
    ("typed", "born"),
    [
        ("36h", at(2026, 3, 29, 22, 30)),
        ("7d", at(2026, 3, 24, 10, 30)),
        ("2w", at(2026, 3, 17, 10, 30)),
        ("1m", at(2026, 2, 28, 10, 30)),
        ("13m", at(2025, 2, 28, 10, 30)),
        ("25m", at(2024, 2, 29, 10, 30)),
        ("3m", at(2025, 12, 31, 10, 30)),
        ("1y", at(2025, 3, 31, 10, 30)),
        ("0d", NOW),
        ("999999y", FIRST),
        ("999999w", FIRST),
        ("7D", at(2026, 3, 24, 10, 30)),
    ],
)
def test_ages(typed: str, born: datetime) -> None:
    assert meant(f"<{typed}") == meant(f"<={typed}") == (born, None)
    assert meant(f">{typed}") == meant(f">={typed}") == (None, born)


def test_a_year_before_a_leap_day() -> None:
    assert meant("<1y", at(2024, 2, 29, 12)) == (at(2023, 2, 28, 12), None)


@pytest.mark.parametrize("field", ["created", "updated", "published"])
def test_all_times_take_dates(field: str) -> None:
    assert parse(f"{field}:2026", NOW).root == Condition(field, (Period(at(2026), at(2027)),))


def test_days_are_those_of_utc() -> None:
    in_tokyo = datetime(2026, 4, 1, 2, 0, tzinfo=timezone(timedelta(hours=9)))
    assert meant("today", in_tokyo) == (at(2026, 3, 31), at(2026, 4, 1))
    assert meant("<1h", in_tokyo) == (at(2026, 3, 31, 16), None)
    assert meant("today", datetime(2026, 3, 31, 23)) == (at(2026, 3, 31), at(2026, 4, 1))  # noqa: DTZ001  # naive is UTC
