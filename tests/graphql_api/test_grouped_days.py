"""The instants at which days begin, where clocks were set over midnight. From the history of time zones, by hand."""

import psycopg
import pytest

BEGINS = "SELECT to_char(day_begins(%s, %s) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"


@pytest.mark.parametrize(
    ("day", "zone", "begins"),
    [
        ("2026-03-29", "UTC", "2026-03-29 00:00:00"),
        ("2026-03-29", "Europe/Berlin", "2026-03-28 23:00:00"),
        ("2026-03-30", "Europe/Berlin", "2026-03-29 22:00:00"),
        # forward from 00:00 to 01:00
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04 03:00:00"),
        ("2018-11-05", "America/Sao_Paulo", "2018-11-05 02:00:00"),
        # forward from 23:30 to 00:30
        ("1919-03-31", "America/Toronto", "1919-03-31 04:30:00"),
        # forward by 44 minutes and 30 seconds
        ("1972-01-07", "Africa/Monrovia", "1972-01-07 00:44:30"),
        # back from 01:00 to 00:00: the first of two midnights
        ("2018-11-04", "America/Havana", "2018-11-04 04:00:00"),
        ("2018-11-05", "America/Havana", "2018-11-05 05:00:00"),
        ("2018-10-28", "Atlantic/Azores", "2018-10-28 00:00:00"),
        # back from 00:01 to 23:01: the day began for a minute, and then for good
        ("2006-10-29", "America/St_Johns", "2006-10-29 03:30:00"),
        # without the 30th of December
        ("2011-12-29", "Pacific/Apia", "2011-12-29 10:00:00"),
        ("2011-12-30", "Pacific/Apia", "2011-12-30 10:00:00"),
        ("2011-12-31", "Pacific/Apia", "2011-12-30 10:00:00"),
    ],
)
def test_day_begins(owner_connection: psycopg.Connection, day: str, zone: str, begins: str) -> None:
    assert owner_connection.execute(BEGINS, (day, zone)).fetchall() == [(begins,)]
