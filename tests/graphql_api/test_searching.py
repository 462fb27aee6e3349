"""``insights_search`` and its summary: what search answers everywhere, found once in an operation."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.search.queries import paging
from tests.answers import make_insight, make_tag
from tests.graphql_api.asking import asked, data, error

ROWS = [
    {"title": "A storm of retries", "tag_ids": [1], "status": "published"},
    {"title": "Retries make a storm", "author": "Bob"},
    {"title": "Storm"},
    {"title": "Storms", "content": "more of the storm"},
    {"title": "Deploys"},
]
HITS = "insights_search(query: $q) { id score highlights }"
SUMMARY = "insights_search_summary(query: $q) { total total_relation corrected_query }"
VALIDATION = "validation-failed"


@pytest.fixture
def library(client: FlaskClient) -> FlaskClient:
    make_tag(client, "Incident")
    for row in ROWS:
        make_insight(client, **row)
    return client


@pytest.fixture
def sent(library: FlaskClient, statements: Callable[[], list[str]]) -> Callable[..., int]:
    """How many statements are sent for a selection."""

    def count(selection: str, variables: dict[str, Any] | None = None) -> int:
        declared = ", ".join(f"${name}: {'String!' if name in 'pq' else 'Int'}" for name in variables or {})
        before = len(statements())
        data(asked(library, f"query({declared}) {{ {selection} }}" if declared else f"{{ {selection} }}", variables))
        return len([one for one in statements()[before:] if not one.startswith("SET")])

    return count


def by_rest(client: FlaskClient, query: str, **more: Any) -> Any:
    return client.post("/insights/search", json={"query": query, **more}).get_json()


@pytest.mark.parametrize(
    "query", ["storm retries", "strom", "storm tag:incident", "author:bob", "sort:oldest", "", "++"]
)
def test_it_is_what_search_answers_everywhere(library: FlaskClient, query: str) -> None:
    page = by_rest(library, query)
    found = data(asked(library, f"query($q: String!) {{ {HITS} {SUMMARY} }}", {"q": query}))
    hits = [
        {"id": each["id"], "score": each.get("score"), "highlights": each.get("highlights", {})}
        for each in page["insights"]
    ]
    assert found["insights_search"] == hits
    summary = {"total": page["total"], "total_relation": page.get("total_relation", "exact")}
    summary |= {"corrected_query": page.get("corrected_query")}
    assert found["insights_search_summary"] == summary
    assert data(asked(library, f"query($q: String!) {{ {SUMMARY} }}", {"q": query})) == {
        "insights_search_summary": summary
    }


def test_pages_of_a_search(library: FlaskClient) -> None:
    best = [each["id"] for each in by_rest(library, "storm retries")["insights"]]
    assert len(best) == 4
    query = """query($q: String!, $n: Int, $skip: Int) {
      all: insights_search(query: $q) { id }
      none: insights_search(query: $q, limit: 0) { id }
      first: insights_search(query: $q, limit: $n) { id }
      again: insights_search(query: $q, limit: 2, offset: 0) { id title }
      next: insights_search(query: $q, limit: $n, offset: $skip) { id }
      beyond: insights_search(query: $q, offset: 100) { id }
      other: insights_search(query: "deploys", limit: $n) { id }
      insights_search_summary(query: $q) { total }
    }"""
    found = data(asked(library, query, {"q": "storm retries", "n": 2, "skip": 1}))
    assert found.pop("insights_search_summary") == {"total": 4}
    assert found.pop("again")[0] == {"id": best[0], "title": ROWS[best[0] - 1]["title"]}
    shown = {key: [each["id"] for each in hits] for key, hits in found.items()}
    assert shown == {"all": best, "none": [], "first": best[:2], "next": best[1:3], "beyond": [], "other": [5]}


@pytest.mark.parametrize("text", ["storm retries", "strom", "author:bob"])
def test_equal_searches_are_found_once(sent: Callable[..., int], text: str) -> None:
    alone = sent(HITS, {"q": text})
    assert sent(f"{SUMMARY} {HITS}", {"q": text}) == alone
    assert (
        sent(f"{HITS} b: insights_search(query: $q, limit: 20, offset: 0) {{ title }} {SUMMARY}", {"q": text}) == alone
    )
    assert (
        sent(f'a: insights_search(query: "{text}") {{ id }} insights_search_summary(query: "{text}") {{ total }}')
        == alone
    )
    same_page = "a: insights_search(query: $q, limit: $n) { id } b: insights_search(query: $q, limit: $m) { id }"
    assert sent(same_page, {"q": text, "n": 3, "m": 3}) == alone


def test_another_page_costs_one_statement(sent: Callable[..., int]) -> None:
    alone = sent(HITS, {"q": "storm retries"})
    two = f"{HITS} b: insights_search(query: $q, limit: 1, offset: 1) {{ id }} {SUMMARY}"
    assert sent(two, {"q": "storm retries"}) == alone + 1


def test_another_text_is_another_search(sent: Callable[..., int]) -> None:
    alone = sent(HITS, {"q": "storm retries"})
    both = f"{HITS} b: insights_search(query: $p) {{ id }}"
    assert sent(both, {"q": "storm retries", "p": "storm of retries"}) == 2 * alone - 1


def test_the_ranking_is_paid_for_once(library: FlaskClient) -> None:
    def cost(selection: str) -> int:
        return int(asked(library, f"{{ {selection} }}").get_json()["extensions"]["cost"])

    hits = 'insights_search(query: "storm", limit: 5) { id }'
    summary = 'insights_search_summary(query: "storm") { total }'
    assert [cost(hits), cost(summary), cost(f"{summary} {hits}"), cost(f"a: {hits} b: {hits}")] == [
        1005,
        1000,
        1005,
        1010,
    ]
    assert cost('insights_search(query: "storm") { id tags { id } }') == 1000 + 20 * 4
    assert cost(f'{hits} other: insights_search(query: "storms", limit: 0) {{ id }}') == 2005


@pytest.mark.parametrize(
    ("selection", "variables", "place", "message"),
    [
        (
            'insights_search(query: "a") { id } b: insights_search(query: "status:lost") { id }', {},
            "$.selectionSet.b.args.query", "status must be one of",
        ),
        ("a: insights_search_summary(query: $q) { total }", {"q": "a\0"}, "$.selectionSet.a.args.query", "must not"),
        (
            "a: insights_search(query: $q) { id } b: insights_search(query: $q, limit: 101) { id }", {"q": "x"},
            "$.selectionSet.b.args.limit", "a search shows 100 hits at most",
        ),
        (
            "insights_search_summary(query: $q) { total } b: insights_search(query: $q, offset: -1) { id }", {"q": "x"},
            "$.selectionSet.b.args.offset", "expected a non-negative integer, but found -1",
        ),
    ],
)  # fmt: skip
def test_what_no_search_is(
    library: FlaskClient,
    statements: Callable[[], list[str]],
    selection: str,
    variables: dict[str, str],
    place: str,
    message: str,
) -> None:
    head = "query($q: String!)" if variables else ""
    code, found, said = error(asked(library, f"{head} {{ {selection} }}", variables))
    assert (code, found) == (VALIDATION, place)
    assert said.startswith(message), said


def test_a_page_that_is_too_deep(library: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "DEEPEST", 2)
    two = 'a: insights_search(query: "storm", limit: 2) { id } b: insights_search(query: "storm", offset: 1) { id }'
    code, place, message = error(asked(library, f"{{ {two} }}"))
    assert (code, place) == (VALIDATION, "$.selectionSet.b.args.offset")
    assert message == paging.TOO_DEEP


def test_a_word_longer_than_any_index_has(library: FlaskClient) -> None:
    assert data(asked(library, f"query($q: String!) {{ {SUMMARY} }}", {"q": "x" * 4_900})) == {
        "insights_search_summary": {"total": 0, "total_relation": "exact", "corrected_query": None}
    }


def test_a_search_that_takes_too_long(
    library: FlaskClient, application_with: Callable[..., Flask], owner_url: str
) -> None:
    """Its statements are ended like those of anything else that is asked for by GraphQL."""
    hurried = application_with(graphql_timeout_seconds=1).test_client()
    late = ("time-limit-exceeded", "$", "The operation takes too long: ask for less.")
    query = f"query($q: String!) {{ {HITS} {SUMMARY} }}"
    with psycopg.connect(owner_url) as connection:
        connection.execute("LOCK TABLE search_documents")
        began = monotonic()
        assert error(asked(hurried, query, {"q": "storm"})) == late
        assert monotonic() - began < 3
        connection.rollback()
    assert len(data(asked(hurried, query, {"q": "storm"}))["insights_search"]) == 4
