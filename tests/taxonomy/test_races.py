"""Several people at once: the database decides, and says so in our words."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.answers import make_category, make_insight, problem

Call = Callable[[FlaskClient], Any]


def at_once(app: Flask, calls: list[Call]) -> list[Any]:
    """Each call by a client and thread of its own, all started together."""
    barrier = Barrier(len(calls))

    def start(call: Call) -> Any:
        client = app.test_client()
        barrier.wait(timeout=10)
        return call(client)

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(start, calls))


def test_of_eight_creators_of_a_tag_one_wins(client: FlaskClient, application: Flask) -> None:
    spellings = ["Café", "CAFÉ", "cafe", "Cafe", "CAFE", "café", "cAfé", "caFE"]

    def creator(number: int, name: str) -> Call:
        return lambda other: other.post("/tags", json={"name": name, "slug": f"slug-{number}"})

    responses = at_once(application, [creator(number, name) for number, name in enumerate(spellings)])
    won = [response for response in responses if response.status_code == 201]
    assert len(won) == 1
    for response in responses:
        if response.status_code != 201:
            assert problem(response, 400)["errors"][0]["code"] == "duplicate"
    assert client.get("/tags").get_json() == [won[0].get_json()]


@pytest.mark.parametrize(("field", "path"), [("tags", "/tags"), ("category_name", "/categories")])
def test_eight_insights_share_one_new_name(client: FlaskClient, application: Flask, field: str, path: str) -> None:
    spellings = ["Night Shift", "night shift", "NIGHT SHIFT", "Night shift"] * 2

    def creator(name: str) -> Call:
        return lambda other: make_insight(other, **{field: [name] if field == "tags" else name})

    insights = at_once(application, [creator(name) for name in spellings])
    [shared] = client.get(path).get_json()
    assert shared["name"] in spellings
    assert shared["slug"] == "night-shift"
    assert shared.get("usage_count", shared.get("insight_count")) == 8
    assert {insight["tags"][0]["id"] if field == "tags" else insight["category_id"] for insight in insights} == {
        shared["id"]
    }


def test_names_in_opposite_orders_do_not_lock_each_other_out(client: FlaskClient, application: Flask) -> None:
    names = [f"Tag {number}" for number in range(6)]

    def creator(wanted: list[str]) -> Call:
        return lambda other: make_insight(other, tags=wanted)

    at_once(application, [creator(names if turn % 2 else names[::-1]) for turn in range(8)])
    assert [(tag["name"], tag["usage_count"]) for tag in client.get("/tags").get_json()] == [
        (name, 8) for name in names
    ]


def test_crossing_moves_make_no_cycle(client: FlaskClient, application: Flask) -> None:
    for turn in range(5):
        one = make_category(client, f"One {turn}")["id"]
        two = make_category(client, f"Two {turn}")["id"]

        def mover(moved: int, below: int) -> Call:
            return lambda other: other.put(f"/categories/{moved}", json={"parent_id": below})

        responses = at_once(application, [mover(one, two), mover(two, one)])
        assert sorted(response.status_code for response in responses) == [200, 400]
        [refused] = [response for response in responses if response.status_code == 400]
        assert problem(refused, 400)["errors"][0]["code"] == "cycle"
    assert len(client.get("/categories/tree").get_json()["categories"]) == 5


def test_a_category_is_not_deleted_under_an_insight_that_moves_in(client: FlaskClient, application: Flask) -> None:
    for turn in range(5):
        category_id = make_category(client, f"Contested {turn}")["id"]
        calls: list[Call] = [
            lambda other, key=category_id: other.delete(f"/categories/{key}"),  # type: ignore[misc]
            lambda other, key=category_id: other.post(  # type: ignore[misc]
                "/insights", json={"title": "T", "description": "d", "author": "A", "category_id": key}
            ),
        ]
        deleted, created = at_once(application, calls)
        assert (deleted.status_code, created.status_code) in [(204, 400), (400, 201)]
        left = client.get("/insights", query_string={"category_id": category_id}).get_json()["total"]
        assert left == int(created.status_code == 201)


def test_of_eight_writers_with_one_version_one_wins(client: FlaskClient, application: Flask) -> None:
    make_insight(client)
    etag = client.get("/insights/1").headers["ETag"]

    def writer(number: int) -> Call:
        return lambda other: other.put("/insights/1", json={"title": f"T{number}"}, headers={"If-Match": etag})

    responses = at_once(application, [writer(number) for number in range(8)])
    assert sorted(response.status_code for response in responses) == [200] + [412] * 7
    [won] = [response for response in responses if response.status_code == 200]
    assert client.get("/insights/1").get_json() == won.get_json()
    assert won.get_json()["version"] == 2
