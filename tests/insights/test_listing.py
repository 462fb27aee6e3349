"""``GET /insights``: order, filters, pages."""

from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from app.insights.schemas import InsightPage
from tests.answers import answered, ids, make_category, make_insight, make_tag, wrong_fields


@pytest.fixture
def library(client: FlaskClient) -> FlaskClient:
    """Five insights: every filter finds another set of them."""
    make_category(client, "Technical")
    make_category(client, "Databases", parent_id=1)
    for name in ("A", "B"):
        make_tag(client, name)
    rows: list[dict[str, Any]] = [
        {"author": "Ada 100%", "category_id": 1, "priority": "low", "tag_ids": [1]},
        {"author": "Ada_Byron", "category_id": 2, "priority": "high", "status": "published", "tag_ids": [1, 2]},
        {"author": "Bob", "category_id": 2, "status": "archived", "tag_ids": [2]},
        {"author": "Zoë", "status": "published", "visibility": "PUBLIC"},
        {"author": "back\\slash", "category_id": 1, "priority": "critical", "status": "published", "tag_ids": [2, 1]},
    ]
    for row in rows:
        make_insight(client, **row)
    return client


def test_an_empty_library(client: FlaskClient) -> None:
    page = answered(client.get("/insights"), InsightPage)
    assert page == {"total": 0, "page": 1, "page_size": 20, "matched": None, "insights": []}


def test_the_newest_come_first(library: FlaskClient) -> None:
    page = answered(library.get("/insights"), InsightPage)
    assert [insight["id"] for insight in page["insights"]] == [5, 4, 3, 2, 1]
    assert (page["total"], page["page"], page["page_size"]) == (5, 1, 20)
    assert page["insights"][0] == library.get("/insights/5").get_json()


def test_of_one_moment_the_greatest_id_comes_first(library: FlaskClient, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE insights SET created_at = '2026-01-01Z' WHERE id IN (1, 3, 5)")
    assert ids(library.get("/insights")) == [4, 2, 5, 3, 1]


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({"status": "published"}, [5, 4, 2]),
    ({"priority": "medium"}, [4, 3]),
    ({"visibility": "PUBLIC"}, [4]),
    ({"category_id": 1}, [5, 1]),
    ({"category_id": 2}, [3, 2]),
    ({"category_id": 99}, []),
    ({"category_id": 0}, []),
    ({"category_id": -1}, []),
    ({"category_id": 2**63}, []),
    ({"category": "databases"}, [3, 2]),
    ({"category": "DATÁBASES "}, [3, 2]),
    ({"category": "nowhere"}, []),
    ({"author": "ADA"}, [2, 1]),
    ({"author": "%"}, [1]),
    ({"author": "_"}, [2]),
    ({"author": "\\"}, [5]),
    ({"author": "O"}, [4, 3, 2]),
    ({"author": "zoË"}, [4]),
    ({"author": "'; --"}, []),
    ({"status": "published", "category_id": 2, "author": "a", "priority": "high"}, [2]),
    ({"status": "published", "category_id": 2, "priority": "low"}, []),
]


@pytest.mark.parametrize(("filters", "found"), FILTERS)
def test_filters(library: FlaskClient, filters: dict[str, Any], found: list[int]) -> None:
    for response in (library.get("/insights", query_string=filters), library.post("/insights/search", json=filters)):
        assert ids(response) == found
        assert answered(response, InsightPage)["total"] == len(found)


@pytest.mark.parametrize(
    ("tag_ids", "found"),
    [
        ([], [5, 4, 3, 2, 1]),
        ([1], [5, 2, 1]),
        ([1, 2], [5, 2]),
        ([2, 2, 1], [5, 2]),
        ([1, 99], []),
        ([2**63], []),
        ([-1], []),
    ],
)
def test_an_insight_must_carry_every_tag(library: FlaskClient, tag_ids: list[int], found: list[int]) -> None:
    response = library.post("/insights/search", json={"tag_ids": tag_ids})
    assert ids(response) == found
    assert response.get_json()["total"] == len(found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("page=1&page_size=2", [5, 4]),
        ("page=2&page_size=2", [3, 2]),
        ("page=3&page_size=2", [1]),
        ("page=4&page_size=2", []),
        ("page=1000000000&page_size=100", []),
        ("page_size=3&status=published", [5, 4, 2]),
        ("page=2&page_size=1&author=a", [2]),
    ],
)
def test_pages(library: FlaskClient, query: str, found: list[int]) -> None:
    response = library.get(f"/insights?{query}")
    assert ids(response) == found
    wanted = dict(part.split("=") for part in query.split("&"))
    document = answered(response, InsightPage)
    assert (document["page"], document["page_size"]) == (int(wanted.get("page", 1)), int(wanted["page_size"]))
    assert document["total"] == (3 if "status" in wanted or "author" in wanted else 5)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("page=0&page_size=0", {"query.page": "too_small", "query.page_size": "too_small"}),
        ("page=-1&page_size=101", {"query.page": "too_small", "query.page_size": "too_large"}),
        ("page=x&page_size=1.0", {"query.page": "type", "query.page_size": "type"}),
        ("page=&page_size=1_0", {"query.page": "type", "query.page_size": "type"}),
        ("page=1000000001&page_size=1e2", {"query.page": "too_large", "query.page_size": "type"}),
        (f"page={'9' * 5000}&category_id={'9' * 5000}", {"query.page": "type", "query.category_id": "type"}),
        ("status=open&priority=Low", {"query.status": "unknown_token", "query.priority": "unknown_token"}),
        ("category_id=one&visibility=all", {"query.category_id": "type", "query.visibility": "unknown_token"}),
        ("author=%00", {"query.author": "nul_character"}),
        ("offset=-1&limit=101", {"query.offset": "too_small", "query.limit": "too_large"}),
    ],
)
def test_wrong_values_are_all_named(client: FlaskClient, query: str, wrong: dict[str, str]) -> None:
    assert wrong_fields(client.get(f"/insights?{query}")) == wrong


def test_unknown_keys_of_a_query_are_ignored(library: FlaskClient) -> None:
    assert ids(library.get("/insights?colour=red&priority=low")) == [1]


@pytest.mark.parametrize("query", ["status=draft&status=published", "page_size=1&page_size=2"])
def test_of_a_repeated_key_the_first_counts(library: FlaskClient, query: str) -> None:
    assert ids(library.get(f"/insights?{query}")) == ([1] if "status" in query else [5])
