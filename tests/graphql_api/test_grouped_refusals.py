"""What ``insights_grouped`` refuses, and the edges of what it answers."""

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask

from app.graphql_api.errors import Rejected
from app.graphql_api.execution import Engine, Request
from app.graphql_api.language.limits import Limits
from app.identity.audience import EVERYTHING
from tests.graphql_api.knowledge_of_times import rows, store
from tests.graphql_api.test_grouped import data

AT = "$.selectionSet.insights_grouped"
INSIGHTS = rows(12)
DEFAULT = Limits()


@pytest.fixture
def knowledge(app: Flask, owner_connection: psycopg.Connection) -> None:
    store(owner_connection, INSIGHTS)


def refused(query: str, limits: Limits = DEFAULT, **variables: Any) -> tuple[str, str, str]:
    """The sentence, the place and the code."""
    with pytest.raises(Rejected) as caught:
        Engine(limits).answer(Request(query, variables), EVERYTHING)
    [error] = caught.value.errors
    return error.message, error.place, str(error.code)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("query", "message", "place"),
    [
        ("{ insights_grouped(by: []) { count } }", "give at least one key to group by", f"{AT}.args.by"),
        (
            "{ insights_grouped(by: [status, tag, status]) { count } }",
            "'status' is given twice",
            f"{AT}.args.by[2]",
        ),
        (
            "{ insights_grouped(by: [status]) { priority } }",
            "'priority' is not among the keys that are grouped by",
            f"{AT}.selectionSet.priority",
        ),
        (
            "{ x: insights_grouped(by: [status]) { y: category_id } }",
            "'category' is not among the keys that are grouped by",
            "$.selectionSet.x.selectionSet.y",
        ),
        (
            "{ insights_grouped(by: [created_at_day]) { created_at_week { label } } }",
            "'created_at_week' is not among the keys that are grouped by",
            f"{AT}.selectionSet.created_at_week",
        ),
        (
            "{ insights_grouped(by: status, order_by: [{count: asc}, {author: asc}]) { count } }",
            "'author' is not among the keys that are grouped by",
            f"{AT}.args.order_by[1].author",
        ),
        (
            '{ insights_grouped(by: status, time_zone: "Europe/Berlni") { count } }',
            'unknown time zone \'Europe/Berlni\': give a name like "Europe/Berlin" or "UTC"',
            f"{AT}.args.time_zone",
        ),
        (
            '{ insights_grouped(by: created_at_day, time_zone: "CEST-2") { count } }',
            'unknown time zone \'CEST-2\': give a name like "Europe/Berlin" or "UTC"',
            f"{AT}.args.time_zone",
        ),
        (
            "{ insights_grouped(by: status, limit: -1) { count } }",
            'expected a non-negative 32-bit integer for type "Int", but found -1',
            f"{AT}.args.limit",
        ),
        (
            "{ insights_grouped(by: status, fill: true, where: {created_at: {_gte: null}}) { count } }",
            "expected a value for type 'timestamptz', but found null",
            f"{AT}.args.where.created_at._gte",
        ),
        (
            "{ insights_grouped(by: status, fill: true, where: {_and: null}) { count } }",
            "expected a list of insights_bool_exp, but found null",
            f"{AT}.args.where._and",
        ),
    ],
)
def test_refusal(query: str, message: str, place: str) -> None:
    assert refused(query) == (message, place, "validation-failed")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("query", ["{ insights_grouped { count } }", "{ insights_grouped(by: null) { count } }"])
def test_keys_are_required(query: str) -> None:
    assert refused(query)[1:] == (AT if "null" not in query else f"{AT}.args.by", "validation-failed")


@pytest.mark.usefixtures("app")
def test_unknown_zone_in_a_variable() -> None:
    query = "query ($zone: String) { insights_grouped(by: status, time_zone: $zone) { count } }"
    for zone in ("", "../etc/passwd", "UTC\0", "utc'--"):
        assert refused(query, zone=zone)[1:] == (f"{AT}.args.time_zone", "validation-failed")


@pytest.mark.usefixtures("app")
def test_range_without_end_is_refused_at_once() -> None:
    query = """query ($from: timestamptz!, $to: timestamptz!) {
      insights_grouped(by: UNIT, fill: true, where: {created_at: {_gte: $from, _lt: $to}}) { count } }"""
    began = time.perf_counter()
    for unit in ("created_at_day", "created_at_week", "created_at_month", "created_at_quarter"):
        told = refused(query.replace("UNIT", unit), **{"from": "0001-01-01Z", "to": "9999-12-31Z"})
        message = "filling would make more than 10000 groups: group by less, or for a shorter time"
        assert told == (message, "$", "validation-failed")
    assert time.perf_counter() - began < 5


@pytest.mark.usefixtures("app")
def test_ten_thousand_buckets_are_answered() -> None:
    query = """query ($from: timestamptz!, $to: timestamptz!) { insights_grouped(
      by: created_at_year, fill: true, where: {created_at: {_gte: $from, _lt: $to}}) { created_at_year { label } } }"""
    found = data(query, **{"from": "0001-01-01Z", "to": "10001-01-01Z"})["insights_grouped"]
    assert [group["created_at_year"]["label"] for group in found] == [f"{year:04}" for year in range(1, 10_001)]
    assert refused(query, **{"from": "0001-01-01Z", "to": "10001-01-02Z"})[1:] == ("$", "validation-failed")


@pytest.mark.usefixtures("knowledge")
def test_too_many_groups_are_refused() -> None:
    limits = Limits(rows=3)
    message = "there may be 3 groups at most: group by less, or for a shorter time, or give a limit"
    assert refused("{ insights_grouped(by: created_at_day) { count } }", limits) == (message, "$", "validation-failed")
    query = "{ insights_grouped(by: created_at_day, limit: 3) { count } }"
    assert len(data(query)["insights_grouped"]) == 3
    filled = "{ insights_grouped(by: priority, fill: true, limit: 1) { count } }"
    assert refused(filled, limits)[0] == "filling would make more than 3 groups: group by less, or for a shorter time"


@pytest.mark.usefixtures("app")
def test_nothing_to_group() -> None:
    assert data("{ insights_grouped(by: [status, created_at_day]) { count } }") == {"insights_grouped": []}
    fill = "{ insights_grouped(by: status, fill: true) { status count aggregate { count max { title } } } }"
    empty = {"count": 0, "aggregate": {"count": 0, "max": {"title": None}}}
    tokens = ("draft", "published", "archived")
    assert data(fill) == {"insights_grouped": [{"status": token} | empty for token in tokens]}
    open_end = (
        '{ insights_grouped(by: created_at_day, fill: true, where: {created_at: {_gte: "2026-01-01"}}) { count } }'
    )
    assert data(open_end) == {"insights_grouped": []}
    infinite = open_end.replace('_gte: "2026-01-01"', '_gte: "-infinity", _lt: "infinity"')
    assert data(infinite) == {"insights_grouped": []}


@pytest.mark.usefixtures("knowledge")
def test_order_limit_and_offset() -> None:
    whole = data("{ insights_grouped(by: tag, fill: true, order_by: [{count: desc}]) { tag_id count } }")
    groups = whole["insights_grouped"]
    assert [group["count"] for group in groups] == sorted((group["count"] for group in groups), reverse=True)
    part = data(
        "query ($l: Int, $o: Int, $d: order_by) { insights_grouped("
        "by: tag, fill: true, order_by: [{count: $d}], limit: $l, offset: $o) { tag_id count } }",
        l=2, o=1, d="desc",
    )  # fmt: skip
    assert part["insights_grouped"] == groups[1:3]
    assert data("{ insights_grouped(by: tag, limit: 0) { count } }") == {"insights_grouped": []}
    first = data("{ insights_grouped(by: category, order_by: {category: desc}, limit: 1) { category { name } } }")
    assert first == {"insights_grouped": [{"category": None}]}


@pytest.mark.usefixtures("knowledge")
def test_arguments_that_are_null_are_not_given() -> None:
    plain = data("{ insights_grouped(by: created_at_week) { created_at_week { label } count } }")
    nulls = data(
        "query ($s: weekday, $z: String) { insights_grouped(by: created_at_week, time_zone: $z, where: null,"
        " week_start: $s, fill: null, order_by: null, limit: null, offset: null) { created_at_week { label } count } }",
        s=None,
    )
    assert plain == nulls


@pytest.mark.usefixtures("knowledge")
def test_rows_of_groups_in_one_statement(statements: Callable[[], list[str]]) -> None:
    found = data(
        "{ a: insights_grouped(by: [tag, category]) { __typename tag { insights_aggregate { aggregate { count } } }"
        " category { slug parent { name } } category_id n: count }"
        ' b: insights_grouped(by: published_at_quarter, time_zone: "Asia/Tokyo", fill: true)'
        " { published_at_quarter { __typename label } count } insights(limit: 1) { id } }"
    )
    assert len(statements()) == 1
    assert {group["__typename"] for group in found["a"]} == {"insights_group"}
    slugs = {group["category_id"]: group["category"] and group["category"]["slug"] for group in found["a"]}
    assert slugs.items() <= {None: None, 1: "technical", 2: "databases", 3: "équipe"}.items()
    assert found["b"][-1]["published_at_quarter"] is None
    assert sum(group["count"] for group in found["b"]) == len(INSIGHTS)
