"""Insights that have to do with one."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.search.schemas.suggestions import RelatedList
from tests.answers import answered, make_category, make_insight, make_tag, problem, wrong_fields
from tests.identity.world import KINDS, STATUSES
from tests.search.people import Call, people

NOTHING = {"words": [], "tags": [], "category": None}


def related(client: FlaskClient, insight_id: int, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answered(
        client.get(f"/insights/{insight_id}/related", query_string=query), RelatedList
    )["insights"]
    return found


def shared(client: FlaskClient, insight_id: int) -> dict[int, dict[str, Any]]:
    """What each related insight shares, in order."""
    return {each["id"]: each["shared"] for each in related(client, insight_id, limit=10)}


@pytest.fixture
def others(client: FlaskClient) -> FlaskClient:
    """Insights that have nothing to do with anything, so that two of a kind are rare."""
    for word in ("apples", "pears", "plums", "cherries", "quinces", "berries"):
        make_insight(client, title=f"Growing {word}", description=word)
    return client


def test_an_insight_in_short_with_what_is_shared(others: FlaskClient) -> None:
    make_category(others, "Platform")
    make_tag(others, "Incident")
    here = make_insight(others, title="Kubernetes upgrades", description="Slow.", category_id=1, tag_ids=[1])
    there = make_insight(
        others, title="Upgrading Kubernetes", description="Fast.", author="Bob", category_id=1, tag_ids=[1],
        status="archived",
    )  # fmt: skip
    [found] = related(others, here["id"])
    assert found.pop("score") > 0
    assert found == {
        "id": there["id"],
        "title": "Upgrading Kubernetes",
        "status": "archived",
        "author": "Bob",
        "created_at": there["created_at"],
        "category": {"id": 1, "name": "Platform"},
        "shared": {
            "words": ["kubernetes", "upgrades"],
            "tags": [{"id": 1, "name": "Incident"}],
            "category": {"id": 1, "name": "Platform"},
        },
    }


def test_words_alone_tags_alone_and_the_category_alone(others: FlaskClient) -> None:
    for name in ("Rare", "Common"):
        make_tag(others, name)
    make_category(others, "Platform")
    here = make_insight(others, title="Kubernetes", description="x1", tag_ids=[1, 2], category_id=1)["id"]
    words = make_insight(others, title="About kubernetes", description="x2")["id"]
    tags = make_insight(others, title="First", description="x3", tag_ids=[1])["id"]
    common = [make_insight(others, title=f"Number{n}", description=f"y{n}", tag_ids=[2])["id"] for n in range(3)]
    place = make_insight(others, title="Second", description="x4", category_id=1)["id"]
    found = shared(others, here)
    assert found == {
        words: {**NOTHING, "words": ["kubernetes"]},
        tags: {**NOTHING, "tags": [{"id": 1, "name": "Rare"}]},
        **{each: {**NOTHING, "tags": [{"id": 2, "name": "Common"}]} for each in common},
        place: {**NOTHING, "category": {"id": 1, "name": "Platform"}},
    }
    assert list(found) == [words, tags, *reversed(common), place]


def test_the_rarer_the_closer_and_the_newer_of_equals(others: FlaskClient) -> None:
    here = make_insight(others, title="Zebra and lion", description="here")["id"]
    lions = [make_insight(others, title="Lion", description=f"l{number}")["id"] for number in range(3)]
    zebra = make_insight(others, title="Zebra", description="z")["id"]
    both = make_insight(others, title="Lion meets zebra", description="b")["id"]
    found = related(others, here, limit=6)
    assert [each["id"] for each in found] == [both, zebra, *reversed(lions)]
    assert [each["score"] for each in found] == sorted((each["score"] for each in found), reverse=True)
    assert [each["shared"]["words"] for each in found] == [["zebra", "lion"], ["zebra"], ["lion"], ["lion"], ["lion"]]
    assert [each["id"] for each in related(others, here, limit=2)] == [both, zebra]


def test_what_everybody_has_is_not_shared(client: FlaskClient) -> None:
    for number in range(4):
        make_insight(client, title=f"Team {number}", description="the and of")
    assert related(client, 1) == []


def test_numbers_and_single_letters_are_no_words(others: FlaskClient) -> None:
    here = make_insight(others, title="31 R", description="2026-11-22 10:30 x")["id"]
    make_insight(others, title="31 R", description="2026-11-22 10:30 x")
    assert related(others, here) == []


def test_words_are_shown_as_the_insight_writes_them(others: FlaskClient) -> None:
    here = make_insight(others, title="Ponies", description="Café ponies pony")["id"]
    make_insight(others, title="A pony in the cafe")
    [found] = related(others, here)
    assert found["shared"]["words"] == ["cafe", "ponies"]


def test_counted_words_are_asked_for_by_their_tiers(others: FlaskClient, owner_url: str) -> None:
    here = make_insight(others, title="Zebra")["id"]
    strong = make_insight(others, title="Zebra crossing")["id"]
    weak = make_insight(others, title="Roads", description="zebra " + " ".join(f"w{n}" for n in range(300)))["id"]
    assert list(shared(others, here)) == [strong, weak]
    with psycopg.connect(owner_url) as connection:
        connection.execute("INSERT INTO search_statistics VALUES (true, 1000, 100, 0)")
        connection.execute("INSERT INTO search_terms VALUES ('zebra', '{400,90,20}')")
    assert list(shared(others, here)) == [strong]


def test_an_insight_that_is_not_there(client: FlaskClient) -> None:
    make_insight(client)
    for key in (2, 0, -1, 2**31, 2**63, 10**30):
        problem(client.get(f"/insights/{key}/related"), 404, f"Insight {key} does not exist.")
    client.delete("/insights/1")
    problem(client.get("/insights/1/related"), 404, "Insight 1 does not exist.")
    assert wrong_fields(client.get("/insights/abc/related")) == {"path.insight_id": "type"}
    assert wrong_fields(client.get("/insights/1/related?limit=0")) == {"query.limit": "too_small"}


def test_what_lies_in_the_trash_is_not_related(others: FlaskClient) -> None:
    here, gone = (make_insight(others, title="Zebra", description=f"d{number}")["id"] for number in range(2))
    assert list(shared(others, here)) == [gone]
    others.delete(f"/insights/{gone}")
    assert shared(others, here) == {}


@pytest.fixture
def asked(
    application_with: Callable[..., Flask], clean_database: None, owner_connection: psycopg.Connection
) -> Iterator[Call]:
    with people(application_with, owner_connection, anonymous_reading=True) as call:
        yield call


@pytest.mark.parametrize("role", ["anonymous", "viewer", "contributor", "editor", "analyst", "admin"])
def test_only_what_is_seen_is_related(asked: Call, role: str) -> None:
    seen = {kind.id: kind for kind in KINDS if kind.seen_by(role)}
    for kind in KINDS[:: len(STATUSES)]:
        answer = asked(role, "GET", f"/insights/{kind.id}/related?limit=50")
        if kind.id not in seen:
            problem(answer, 404, f"Insight {kind.id} does not exist.")
            continue
        found = {each["id"] for each in answered(answer, RelatedList)["insights"]}
        assert found <= set(seen) - {kind.id}
        # All have the tag, and half of them the category.
        assert len(found) == min(len(seen) - 1, 50)


def test_one_statement_and_a_validator(others: FlaskClient, statements: Callable[[], list[str]]) -> None:
    first = others.get("/insights/1/related")
    assert len(statements()) == 1
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = others.get("/insights/1/related", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
