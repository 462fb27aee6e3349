"""Insights that may say the same as one that somebody is about to write."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.search.schemas.suggestions import SimilarList
from tests.answers import answered, make_category, make_insight, problem, wrong_fields
from tests.identity.world import KINDS
from tests.search.people import Call, people

ADDRESS = "/insights/similar"
TITLE = "Kubernetes rollouts fail without readiness probes"


def similar(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answered(client.get(ADDRESS, query_string=query), SimilarList)["insights"]
    return found


def found(client: FlaskClient, title: str, **query: Any) -> dict[str, float]:
    return {each["title"]: each["similarity"] for each in similar(client, title=title, **query)}


def test_the_same_title(client: FlaskClient) -> None:
    make_category(client, "Platform")
    stored = make_insight(client, title=TITLE, author="Bob", category_id=1)
    make_insight(client, title="Something else")
    assert similar(client, title=TITLE) == [
        {
            "id": 1,
            "title": TITLE,
            "status": "draft",
            "author": "Bob",
            "created_at": stored["created_at"],
            "category": {"id": 1, "name": "Platform"},
            "similarity": 1.0,
        }
    ]


@pytest.mark.parametrize(
    ("typed", "least", "most"),
    [
        (TITLE.upper(), 1, 1),
        (f"  {TITLE} ", 1, 1),
        ("Kubernétes rollouts fail without readiness probes", 1, 1),
        ("Without readiness probes kubernetes rollouts fail", 1, 1),
        ("Kubernetes rollout fails without readiness probe", 0.8, 0.99),
        ("Kubernets rolouts fail without readines probes", 0.6, 0.9),
        ("Readiness probes", 0.4, 0.6),
    ],
)
def test_nearly_the_same_titles(client: FlaskClient, typed: str, least: float, most: float) -> None:
    make_insight(client, title=TITLE)
    make_insight(client, title="Growing apples without pears")
    [similarity] = found(client, typed).values()
    assert least <= similarity <= most


@pytest.mark.parametrize(
    "typed", ["Kubernetes", "Rollouts of apples and pears in autumn", "", " ", "?", "without", "%"]
)
def test_what_is_not_similar(client: FlaskClient, typed: str) -> None:
    make_insight(client, title=TITLE)
    assert similar(client, title=typed) == []


def test_without_a_text_nothing_is_similar(client: FlaskClient) -> None:
    make_insight(client)
    assert answered(client.get(ADDRESS), SimilarList) == {"insights": []}


def test_the_most_alike_first_and_the_newer_of_equals(client: FlaskClient) -> None:
    for title in ("Slow database queries", "Slow queries", "slow database queries", "Slow database joins"):
        make_insight(client, title=title)
    assert list(found(client, "Slow database queries")) == [
        "slow database queries",
        "Slow database queries",
        "Slow queries",
        "Slow database joins",
    ]
    assert list(found(client, "Slow database queries", limit=1)) == ["slow database queries"]


def test_titles_of_stop_words_are_compared_by_their_letters(client: FlaskClient) -> None:
    make_insight(client, title="To be or not to be")
    assert found(client, "To be or not to be") == {"To be or not to be": 1.0}
    assert found(client, "to be or not") == {}  # nothing to look it up by


def test_a_description_can_only_raise_it(client: FlaskClient) -> None:
    make_insight(client, title="Slow queries", description="Indexes were missing on the orders table since March.")
    alone = found(client, "Slow queries on orders")["Slow queries"]
    same = found(client, "Slow queries on orders", description="Since March indexes were missing on the orders table!")[
        "Slow queries"
    ]
    another = found(client, "Slow queries on orders", description="Apples and pears.")["Slow queries"]
    assert alone == another < same < 1
    assert found(client, "A title of its own", description="Since March indexes were missing on the orders table") == {
        "Slow queries": 0.5
    }
    assert found(client, "", description="indexes") == {}


def test_counted_words_are_asked_for_by_their_tiers(client: FlaskClient, owner_url: str) -> None:
    make_insight(client, title="Slow database", description="w " * 3)
    make_insight(client, title="Slow databases", content=" ".join(f"w{number}" for number in range(900)))
    assert len(found(client, "Slow database")) == 2
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "INSERT INTO search_terms VALUES ('slow', '{90000,30000,400}'), ('databas', '{80000,9000,300}')"
        )
    assert list(found(client, "Slow database")) == ["Slow database"]


def test_what_lies_in_the_trash_is_not_similar(client: FlaskClient) -> None:
    make_insight(client, title=TITLE)
    client.delete("/insights/1")
    assert similar(client, title=TITLE) == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"title": "x" * 501}, {"query.title": "too_long"}),
        ({"description": "x" * 10_001}, {"query.description": "too_long"}),
        ({"title": "a\0"}, {"query.title": "nul_character"}),
        ({"limit": "51"}, {"query.limit": "too_large"}),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, query: dict[str, Any], wrong: dict[str, str]) -> None:
    assert wrong_fields(client.get(ADDRESS, query_string=query)) == wrong


def test_with_another_method_it_is_no_wrong_id(client: FlaskClient) -> None:
    for method in ("PUT", "DELETE", "POST"):
        problem(client.open(ADDRESS, method=method), 405)


@pytest.fixture
def asked(
    application_with: Callable[..., Flask], clean_database: None, owner_connection: psycopg.Connection
) -> Iterator[Call]:
    with people(application_with, owner_connection, anonymous_reading=True) as call:
        yield call


@pytest.mark.parametrize("role", ["anonymous", "viewer", "contributor", "editor", "analyst", "admin"])
def test_only_what_is_seen_is_similar(asked: Call, role: str) -> None:
    for status in ("draft", "archived"):
        answer = asked(role, "GET", f"{ADDRESS}?title={status}%20RESTRICTED&limit=50")
        found = {each["id"] for each in answered(answer, SimilarList)["insights"] if each["similarity"] == 1}
        assert found == {
            kind.id for kind in KINDS if kind.seen_by(role) and (kind.status, kind.visibility) == (status, "RESTRICTED")
        }


def test_one_statement_and_a_validator(client: FlaskClient, statements: Callable[[], list[str]]) -> None:
    first = client.get(f"{ADDRESS}?title=Slow")
    assert len(statements()) == 1
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(f"{ADDRESS}?title=Slow", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
