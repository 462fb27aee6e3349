"""One language everywhere: whatever is asked, each surface finds the same insights."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.http.pages import DIST
from app.exchange.queries import exported
from app.identity.audience import EVERYTHING
from app.search.queries.wanted import Search
from tests.answers import ids, make_category, make_insight, make_tag

PAGE_SIZE = 13
WORDS = (
    "storm", "storms", "retries", "retry", "café", "cafe", "opening", "the", "of", "stor", "etri", "reties", "budget",
    "x1", "well-known", "nothing", "!", "%", "100", "zzzz", "é",
)  # fmt: skip
PHRASES = ("storm of", "of the", "cafe opening", "well-known", "retry budgets", "!", "nothing here")
FIELDS = (
    "tag:incident", "tag:review", 'tag:"no such"', "category:technical", "category:=technical", "author:bob",
    "author:ADA", "status:draft", "status:draft,published", "priority:>=high", "visibility:RESTRICTED", "source:chat",
    "has:content", "is:uncategorised", "is:untagged", "is:published", "created:2020..", "created:..2020",
    "updated:<7d", "published:this-year", "sort:title", "sort:relevance", "sort:-updated",
)  # fmt: skip
FILTERS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {}, {}, {"status": "draft"}, {"author": "a"}, {"category_id": 1}, {"priority": "medium"}]
)
ATOMS = st.sampled_from(WORDS) | st.sampled_from(FIELDS) | st.sampled_from(PHRASES).map(lambda text: f'"{text}"')
QUERIES = st.recursive(
    ATOMS,
    lambda part: (
        st.lists(part, min_size=2, max_size=3).map(" ".join)
        | st.tuples(part, part).map(" OR ".join)
        | st.tuples(part, part).map(" AND ".join)
        | part.map(lambda text: f"-({text})")
        | part.map(lambda text: f"({text})")
    ),
    max_leaves=6,
)
TEXTS = QUERIES | st.text(max_size=30).filter(lambda text: "\0" not in text)


@pytest.fixture
def library(client: FlaskClient, app: Flask) -> FlaskClient:
    """Twenty-four insights that mix words, categories, tags and states."""
    make_category(client, "Technical")
    make_category(client, "Databases", parent_id=1)
    for name in ("Incident", "Review"):
        make_tag(client, name)
    titles = (
        "Storm of retries",
        "The café",
        "Well-known storms",
        "Budgets, 100% of the time",
        "Retry budgets",
        "x1 é !",
    )
    for number in range(24):
        make_insight(
            client,
            title=f"{titles[number % 6]} {number}",
            description=("opening hours of the cafe", "nothing", "a storm of the century")[number % 3],
            content=(None, "retries and storms")[number % 2],
            author=("Ada", "Bob")[number % 5 // 3],
            source=(None, "chat")[number % 4 // 2],
            category_id=(None, 1, 2)[number % 3],
            tag_ids=([], [1], [2], [1, 2])[number % 4],
            status=("draft", "published", "archived")[number % 7 % 3],
            priority=("low", "medium", "high", "critical")[number % 4],
            visibility=("INTERNAL", "RESTRICTED")[number % 11 // 10],
        )
    return client


def by_search(client: FlaskClient, text: str, filters: dict[str, Any]) -> Iterator[int]:
    page = 1
    while found := ids(
        client.post("/insights/search", json={"query": text, **filters, "page": page, "page_size": PAGE_SIZE})
    ):
        yield from found
        page += 1


def by_list(client: FlaskClient, text: str, filters: dict[str, Any]) -> Iterator[int]:
    page = 1
    while found := ids(
        client.get("/insights", query_string={"q": text, **filters, "page": page, "page_size": PAGE_SIZE})
    ):
        yield from found
        page += 1


def by_cursor(client: FlaskClient, text: str, filters: dict[str, Any]) -> Iterator[int]:
    cursor: str | None = ""
    while cursor is not None:
        asked = {"q": text, **filters, "limit": PAGE_SIZE, "cursor": cursor}
        response = client.get("/insights", query_string=asked)
        yield from ids(response)
        cursor = response.get_json()["next_cursor"]


def by_bulk(client: FlaskClient, text: str, filters: dict[str, Any]) -> int:
    act = {"action": "trash", "filter": {"query": text, **filters}, "preview": True}
    return int(client.post("/insights/bulk", json=act).get_json()["matched"])


def by_export(text: str, filters: dict[str, Any]) -> set[str]:
    found = exported(EVERYTHING, Search.of({"query": text, **filters}))
    return {json.loads(each.body)["public_id"] for each in found}


def by_library(client: FlaskClient, text: str, filters: dict[str, Any]) -> list[int]:
    asked = {"q": text, **filters, "page_size": 100}
    html = client.get("/library", query_string=asked, headers={"Accept": "text/html"}).text
    return [int(found) for found in re.findall(r'class="row-title"><a href="/library/(\d+)', html)]


def by_saved(client: FlaskClient, text: str, filters: dict[str, Any]) -> list[int]:
    made = client.post("/search/saved", json={"name": "Mine", "query": text})
    address = f"/search/saved/{made.get_json()['id']}"
    found = ids(client.get(f"{address}/results", query_string={**filters, "page_size": 100}))
    fed = client.get(f"{address}/feed.atom").text
    everything = ids(client.get(f"{address}/results?page_size=100")) if filters else found
    assert fed.count("<entry>") == len(everything)
    assert client.delete(address).status_code == 204
    return found


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=TEXTS, filters=FILTERS)
def check(client: FlaskClient, known: dict[int, str], text: str, filters: dict[str, Any]) -> None:
    response = client.post("/insights/search", json={"query": text, **filters, "page_size": 100})
    if response.status_code == 422:  # it points at what is wrong, also where the parameter has another name
        positions = {error.get("position") for error in response.get_json()["errors"]}
        asked = client.get("/insights", query_string={"q": text})
        assert positions == {error.get("position") for error in asked.get_json()["errors"]} != {None}
        return
    found = ids(response)
    assert response.get_json()["total"] == len(found) == len(set(found))
    assert list(by_search(client, text, filters)) == found
    assert list(by_list(client, text, filters)) == found
    assert sorted(by_cursor(client, text, filters)) == sorted(found)
    assert by_bulk(client, text, filters) == len(found)
    if text.strip():
        assert by_saved(client, text, filters) == found
    assert by_export(text, filters) == {known[insight] for insight in found}
    if (DIST / "manifest.json").exists():
        assert by_library(client, text, filters) == found


def test_each_surface_finds_the_same(library: FlaskClient, app: Flask) -> None:
    everything = library.get("/insights?page_size=100").get_json()["insights"]
    check(library, {each["id"]: each["public_id"] for each in everything})
