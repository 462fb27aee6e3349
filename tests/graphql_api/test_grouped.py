"""``insights_grouped`` against an evaluation in plain Python."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.graphql_api.execution import Engine, Request
from app.graphql_api.grouping import KEYS, WEEKDAYS, Bucket
from app.graphql_api.language.limits import Limits
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from tests.graphql_api.groups import Asked, start
from tests.graphql_api.knowledge_of_times import CATEGORIES, TAGS, YEARS, ZONES, rows, store

INSIGHTS = rows(200)
OTHERS = {"category": CATEGORIES, "tag": TAGS}
BUCKET = "{ label start end date }"
DOCUMENT = """
query ($by: [insights_group_key!]!, $where: insights_bool_exp, $zone: String, $start: weekday, $fill: Boolean) {
  insights_grouped(by: $by, where: $where, time_zone: $zone, week_start: $start, fill: $fill) {
    %s count aggregate { sum { id } } last: aggregate { count max { id } }
  }
}"""
ENGINE = Engine(Limits())
UNITS = ["day", "week", "month", "quarter", "year"]
READERS = {
    "admin": EVERYTHING,
    "viewer": Audience.of([ROLES[Role.VIEWER]], 1),
    "stranger": Audience.of([ROLES[Role.VIEWER]], 2),
}
SMALL_KEYS = ["status", "priority", "visibility", "category", "author", "source", "tag"]


@pytest.fixture
def knowledge(app: Flask, owner_connection: psycopg.Connection) -> None:
    store(owner_connection, INSIGHTS)


def data(text: str, audience: Audience = EVERYTHING, **variables: Any) -> Any:
    return json.loads(ENGINE.answer(Request(text, variables), audience).data)


def answered(asked: Asked, audience: Audience = EVERYTHING) -> list[dict[str, Any]]:
    """The groups in the form of `Asked.groups`."""
    shown = " ".join(_field(name) for name in asked.by)
    found = data(
        DOCUMENT % shown,
        audience,
        by=list(asked.by),
        where=_written(asked.where),
        zone=asked.zone,
        start=asked.week_start,
        fill=asked.fill,
    )
    return [_read(group) for group in found["insights_grouped"]]


def _field(name: str) -> str:
    if name in OTHERS:
        return f"{name}: {name}_id"
    return f"{name} {BUCKET}" if isinstance(KEYS[name], Bucket) else name


def _written(where: Any) -> Any:
    if isinstance(where, Mapping):
        return {key: _written(part) for key, part in where.items()}
    if isinstance(where, list):
        return [_written(part) for part in where]
    return where.isoformat() if isinstance(where, datetime) else where


def _read(group: dict[str, Any]) -> dict[str, Any]:
    read = {name: _bucket(value) if name in KEYS else value for name, value in group.items()}
    total, last = read.pop("aggregate"), read.pop("last")
    assert last["count"] == group["count"]
    return read | {"sum": total["sum"]["id"], "last": last["max"]["id"]}


def _bucket(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ends = {name: datetime.fromisoformat(value[name]) for name in ("start", "end")}
    return value | ends | {"date": date.fromisoformat(value["date"])}


def seen(audience: Audience) -> list[dict[str, Any]]:
    return [row for row in INSIGHTS if audience.sees(row["visibility"], row["status"], row["owner_id"])]


@pytest.mark.usefixtures("knowledge")
def test_every_unit_of_every_zone() -> None:
    for place, zone in enumerate(ZONES):
        for unit in UNITS:
            asked = Asked([f"created_at_{unit}"], zone, WEEKDAYS[place % 7])
            assert answered(asked) == asked.groups(INSIGHTS, OTHERS), (zone, unit)


@pytest.mark.usefixtures("knowledge")
def test_every_unit_filled_in_every_zone() -> None:
    where = {"published_at": {"_gte": datetime(2011, 9, 1, tzinfo=UTC), "_lt": datetime(2012, 4, 1, tzinfo=UTC)}}
    for place, zone in enumerate(ZONES):
        for unit in UNITS:
            asked = Asked([f"published_at_{unit}"], zone, WEEKDAYS[place % 7], where, fill=True)
            assert answered(asked) == asked.groups(INSIGHTS, OTHERS), (zone, unit)


@pytest.mark.usefixtures("knowledge")
def test_filled_from_the_first_insight_to_the_last() -> None:
    for unit in ("month", "quarter", "year"):
        asked = Asked([f"published_at_{unit}"], "America/Havana", fill=True)
        found = answered(asked)
        assert found == asked.groups(INSIGHTS, OTHERS)
        assert 0 in {group["count"] for group in found}
        assert found[-1][f"published_at_{unit}"] is None


@pytest.mark.usefixtures("knowledge")
def test_every_start_of_weeks() -> None:
    where = {"created_at": {"_gte": datetime(2020, 12, 1, tzinfo=UTC), "_lt": datetime(2021, 2, 1, tzinfo=UTC)}}
    for place, week_start in enumerate(WEEKDAYS):
        asked = Asked(["created_at_week"], "Europe/Berlin", week_start, where, fill=True)
        found = answered(asked)
        assert found == asked.groups(INSIGHTS, OTHERS)
        assert {group["created_at_week"]["date"].weekday() for group in found} == {place}


@pytest.mark.usefixtures("knowledge")
def test_instants_lie_in_their_buckets() -> None:
    """Nothing but an instant's local date decides; the ends that are told agree with that."""
    for zone in ZONES:
        found = data(
            "query ($zone: String) { insights_grouped(by: [created_at_day], time_zone: $zone) {"
            " created_at_day { start end } aggregate { min { created_at } max { created_at } } } }",
            zone=zone,
        )
        for group in found["insights_grouped"]:
            bucket, ends = group["created_at_day"], group["aggregate"]
            assert bucket["start"] <= ends["min"]["created_at"] <= ends["max"]["created_at"] < bucket["end"], zone


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    calendar = [name for name, key in KEYS.items() if isinstance(key, Bucket)]
    keys = st.one_of(
        st.lists(st.sampled_from(SMALL_KEYS), min_size=1, max_size=3, unique=True),
        st.tuples(st.sampled_from(SMALL_KEYS), st.sampled_from(calendar)).map(list),
        st.tuples(st.sampled_from(calendar), st.sampled_from(calendar)).filter(lambda two: two[0] != two[1]).map(list),
    )
    by, fill = draw(keys), draw(st.booleans())
    zone, week_start = draw(st.sampled_from(ZONES)), draw(st.sampled_from(WEEKDAYS))
    narrow = fill and not set(by) <= set(SMALL_KEYS)
    return Asked(by, zone, week_start, draw(conditions(zone)) if narrow or draw(st.booleans()) else {}, fill)


@st.composite
def conditions(draw: st.DrawFn, zone: str) -> dict[str, Any]:
    """A few weeks of a timestamp or two; from and to the edges of days, often."""
    where: dict[str, Any] = {}
    edges = st.sampled_from([timedelta(0), timedelta(microseconds=-1), timedelta(hours=7)])
    for column in ("created_at", "updated_at", "published_at"):
        day = date(draw(st.sampled_from(YEARS)), 1, 1) + timedelta(days=draw(st.integers(0, 365)))
        first = start(day, zone) + draw(edges)
        last = start(day + timedelta(days=draw(st.integers(-1, 60))), zone) + draw(edges)
        bounds = {draw(st.sampled_from(["_gt", "_gte"])): first, draw(st.sampled_from(["_lt", "_lte"])): last}
        if column == "created_at" or draw(st.integers(0, 5)) == 0:
            where |= {column: bounds} if draw(st.booleans()) else {"_and": [*where.get("_and", []), {column: bounds}]}
            if draw(st.booleans()):  # which of two bounds counts
                wider = {"_gte": first - timedelta(days=3), "_lt": last + timedelta(days=3)}
                where["_and"] = [{column: wider}, *where.get("_and", [])]
    if draw(st.booleans()):
        where["status"] = {"_eq": "published"}
    return where


@pytest.mark.usefixtures("knowledge")
def test_bounds_at_the_edges_of_days() -> None:
    end_of_day, midnight = datetime(2020, 1, 1, 23, 59, 59, 999_999, UTC), datetime(2020, 1, 4, tzinfo=UTC)
    for first, last, days in (("_gt", "_lt", [2, 3]), ("_gte", "_lte", [1, 2, 3, 4]), ("_gt", "_lte", [2, 3, 4])):
        asked = Asked(["created_at_day"], where={"created_at": {first: end_of_day, last: midnight}}, fill=True)
        found = answered(asked)
        assert found == asked.groups(INSIGHTS, OTHERS)
        assert [group["created_at_day"]["date"].day for group in found] == days


@pytest.mark.usefixtures("knowledge")
def test_random_requests() -> None:
    @settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(asked=requests(), reader=st.sampled_from(sorted(READERS)))
    def agrees(asked: Asked, reader: str) -> None:
        audience = READERS[reader]
        expected = asked.groups(seen(audience), OTHERS)
        if len(expected) <= 2_000:
            assert answered(asked, audience) == expected, vars(asked)

    agrees()
