"""Insights at the awkward instants of calendars: where clocks change, where years and quarters end, at midnight."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from tests.graphql_api.groups import TOKENS

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "Africa/Casablanca",  # back for Ramadan
    "Pacific/Apia",  # without 2011-12-30
    "America/Sao_Paulo",  # forward over midnight
    "America/Havana",  # back over midnight: it comes twice
    "Atlantic/Azores",
    "Asia/Kathmandu",
]
# Past ones: of rules that are still changed, Postgres and this machine may know different editions.
YEARS = (2009, 2011, 2015, 2018, 2020)
CATEGORIES = {1: "Technical", 2: "databases", 3: "Équipe", 4: "Unused"}
TAGS = {1: "zulu", 2: "Alpha", 3: "Émile", 4: "never"}
AUTHORS, SOURCES = ["Zoe", "adam", "Élan", "bob"], [None, "Wiki", "blog"]
COLUMNS = (
    "id", "title", "description", "author", "source", "category_id", "priority", "status", "visibility", "owner_id",
    "created_at", "updated_at", "published_at",
)  # fmt: skip


def changes_of_clocks(zone: str) -> Iterator[datetime]:
    """The instants, to a quarter of an hour, at which the zone's clocks were changed."""
    place, quarter = ZoneInfo(zone), timedelta(minutes=15)
    for year in YEARS:
        hours = (datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(366 * 24 + 24))
        for before, after in pairwise(hours):
            if before.astimezone(place).utcoffset() != after.astimezone(place).utcoffset():
                steps = (before + quarter * n for n in range(5))
                yield next(
                    at for at in steps if at.astimezone(place).utcoffset() == after.astimezone(place).utcoffset()
                )


def instants() -> Iterator[datetime]:
    around = [
        timedelta(0),
        -timedelta(microseconds=1),
        timedelta(minutes=30),
        timedelta(minutes=-31),
        timedelta(hours=-1),
    ]
    for zone in ZONES:
        ends = [datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for year in YEARS for month in (1, 4)]
        for at in (*changes_of_clocks(zone), *ends):
            yield from (at + shift for shift in around)


def rows(number: int) -> list[dict[str, Any]]:
    """That many insights at such instants, with the ids of their tags."""
    random = Random(9)
    times = sorted(set(instants()))
    return [_row(n + 1, random, times) for n in range(number)]


def _row(number: int, random: Random, times: list[datetime]) -> dict[str, Any]:
    status = random.choice(TOKENS["status"])
    published = random.choice(times) if status != "draft" else random.choice([None, random.choice(times)])
    return {
        "id": number,
        "title": f"Insight {number}",
        "description": "",
        "author": random.choice(AUTHORS),
        "source": random.choice(SOURCES),
        "category_id": random.choice([None, 1, 2, 3]),
        "priority": random.choice(["low", "medium", "critical"]),
        "status": status,
        "visibility": random.choice(["PUBLIC", "INTERNAL", "RESTRICTED"]),
        "owner_id": random.choice([None, 1]),
        "created_at": random.choice(times),
        "updated_at": random.choice(times),
        "published_at": published,
        "tags": {tag for tag in (1, 2, 3) if random.random() < 0.4},
    }


def store(owner: psycopg.Connection, insights: list[dict[str, Any]]) -> None:
    """Into an empty database, with a user, the categories and the tags."""
    owner.execute(
        "INSERT INTO users (kind, email, name, role, password_hash) VALUES ('person', 'a@b.c', 'A', 'editor', 'x')"
    )
    for table, names in (("categories", CATEGORIES), ("tags", TAGS)):
        for name in names.values():
            owner.execute(f"INSERT INTO {table} (name, slug) VALUES (%s, %s)".encode(), (name, name.lower()))
    columns = ", ".join(COLUMNS)
    given = json.dumps(insights, default=lambda one: sorted(one) if isinstance(one, set) else one.isoformat())
    owner.execute(
        f"INSERT INTO insights ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::insights, %s)".encode(),
        (given,),
    )
    owner.execute(
        "INSERT INTO insight_tags (insight_id, tag_id) SELECT id, unnest(tags)"
        " FROM json_to_recordset(%s) AS given (id integer, tags integer[])",
        (given,),
    )
