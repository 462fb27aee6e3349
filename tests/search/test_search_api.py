"""``POST /insights/search``: what people type finds what they mean, and is never an error."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.search.schemas.searches import SearchPage
from tests.answers import answered, ids, make_category, make_insight, wrong_fields

# Contents as long as write-ups are, which is what makes it dear to look at them all.
ROWS = """
INSERT INTO insights (title, description, author, content)
SELECT 'Common title ' || n, 'Text', 'Ada',
    (SELECT string_agg('word' || (n * 7 + k) % 5000, ' ') FROM generate_series(1, 100) k) || ' common'
FROM generate_series(1, 3000) n"""


@pytest.fixture
def library(client: FlaskClient) -> FlaskClient:
    make_category(client, "Technical")
    rows = [
        {"title": "Retries exhausted the connections", "description": "One storm", "content": "use budgets"},
        {"title": "Performance of queries", "description": "Running slowly at night", "status": "published"},
        {"title": "Café opening hours", "description": "résumé of the meeting", "category_id": 1},
        {"title": "Discount of 100% on a_b", "description": 'It\'s "quoted" & (odd) | not!', "content": "C:\\temp <->"},
        {"title": "The", "description": "to be or not to be", "content": "x" * 30_000},
    ]
    for row in rows:
        make_insight(client, **row)
    return client


FOUND = [
    ("retries", [1], "words"),
    ("RETRY", [1], "words"),
    ("retry connection", [1], "words"),
    ("connections   storm budget", [1], "words"),
    ("retries performance", [2, 1], "partial"),
    ("ran slow", [2], "partial"),
    ("run night", [2], "words"),
    ("query", [2], "words"),
    ("cafe", [3], "words"),
    ("CAFÉ Resume", [3], "words"),
    ("formance", [2], "substring"),
    ("torm", [1], "substring"),
    ("100%", [4], "words"),
    ("% on", [4], "substring"),
    ("a_b", [4], "words"),
    ("_", [4], "substring"),
    ("it's", [4], "substring"),
    ('"quoted" & (odd)', [4], "words"),
    ("& (odd) |", [4], "words"),
    ("C:\\temp", [4], "words"),
    ("\\", [4], "substring"),
    ("<->", [4], "substring"),
    ("!", [4], "substring"),
    ("'; DROP TABLE insights; --", [], None),
    ("the", [5, 3, 1], "substring"),
    ("not to be", [5], "substring"),
    (":words %s %(x)s {where}", [], None),
    ("xxxxxxxx", [5], "substring"),
]


@pytest.mark.parametrize(("query", "found", "matched"), FOUND)
def test_what_is_typed_finds_what_is_meant(
    library: FlaskClient, query: str, found: list[int], matched: str | None
) -> None:
    response = library.post("/insights/search", json={"query": query})
    assert (ids(response), response.get_json()["matched"]) == (found, matched)
    assert answered(response, SearchPage)["total"] == len(found)


@pytest.mark.parametrize(
    "body", [{}, {"query": None}, {"query": ""}, {"query": None, "status": None, "tag_ids": None, "page": None}]
)
def test_without_text_everything_is_found(library: FlaskClient, body: dict[str, Any]) -> None:
    response = library.post("/insights/search", json=body)
    assert ids(response) == [5, 4, 3, 2, 1]
    assert response.get_json()["matched"] is None


def test_white_space_around_a_text_does_not_matter(library: FlaskClient) -> None:
    response = library.post("/insights/search", json={"query": " \tformance\n"})
    assert (ids(response), response.get_json()["matched"]) == ([2], "substring")
    everything = library.post("/insights/search", json={"query": "  "})
    assert (ids(everything), everything.get_json()["matched"]) == ([5, 4, 3, 2, 1], None)


def test_text_that_grows_when_it_is_folded_can_be_stored_and_found(client: FlaskClient) -> None:
    """One of these characters folds to as many as six, and each part of a hyphenated word is a word of its own."""
    squared = [chr(code) for code in range(0x3300, 0x3358)]
    words = ("-".join(squared[(start + step * 7) % 88] for step in range(8)) for start in range(88 * 128))
    content = " ".join(words)[:90_000]
    assert make_insight(client, content=content)["content"] == content
    assert ids(client.post("/insights/search", json={"query": squared[0]})) == [1]


def test_an_absent_body_is_an_empty_one(library: FlaskClient) -> None:
    assert ids(library.post("/insights/search")) == [5, 4, 3, 2, 1]


def test_text_and_filters_must_both_hold(library: FlaskClient) -> None:
    make_insight(library, title="Retries again", author="Bob", status="published", tags=["A"])
    for filters, found in [
        ({}, [6, 1]),
        ({"author": "bob"}, [6]),
        ({"status": "draft"}, [1]),
        ({"tag_ids": [1]}, [6]),
        ({"category": "Technical"}, []),
        ({"priority": "medium", "page_size": 1}, [6]),
        ({"page": 2, "page_size": 1}, [1]),
        ({"limit": 1, "offset": 1}, [1]),
    ]:
        assert ids(library.post("/insights/search", json={"query": "retry", **filters})) == found


def test_a_filter_does_not_change_what_a_word_means(library: FlaskClient) -> None:
    """A word is looked for as a part of others only when no insight has it, whatever passes the filters."""
    make_insight(library, title="Nonperformance", author="Bob")
    response = library.post("/insights/search", json={"query": "performance", "author": "Bob"})
    assert (ids(response), response.get_json()["matched"]) == ([], None)
    assert ids(library.post("/insights/search", json={"query": "performance"})) == [2]
    response = library.post("/insights/search", json={"query": "formance", "author": "Bob"})
    assert (ids(response), response.get_json()["matched"]) == ([6], "substring")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"query": 5, "page": 0}, {"body.query": "type", "body.page": "too_small"}),
        ({"query": "q" * 5001, "page_size": 101}, {"body.query": "too_long", "body.page_size": "too_large"}),
        ({"query": "\0", "tag_ids": [1.5]}, {"body.query": "nul_character", "body.tag_ids.0": "type"}),
        ({"page": "1", "page_size": True}, {"body.page": "type", "body.page_size": "type"}),
        ({"q": "text", "status": "open"}, {"body.q": "unknown_field", "body.status": "unknown_token"}),
    ],
)
def test_wrong_fields_are_all_named(client: FlaskClient, body: dict[str, Any], wrong: dict[str, str]) -> None:
    assert wrong_fields(client.post("/insights/search", json=body)) == wrong


def test_a_text_of_the_greatest_length(client: FlaskClient) -> None:
    assert ids(client.post("/insights/search", json={"query": "word " * 100})) == []


@pytest.mark.parametrize("text", ["-".join(["storm", "budgets"] * 200), "\ufdfa" * 200 + "-storm"])
def test_a_word_longer_than_any_that_is_stored(library: FlaskClient, text: str) -> None:
    assert ids(library.post("/insights/search", json={"query": f"{text} retry"})) == [1]


@pytest.mark.parametrize(
    ("text", "matched", "marked"),
    [("node", "words", "node.js"), ("ode.j", "substring", "node.js"), ("node.js", "words", "node.js"),
     ("log4", "words", "log4js"), ("log4js", "words", "log4js")],
)  # fmt: skip
def test_a_name_with_signs_is_found_by_its_parts(client: FlaskClient, text: str, matched: str, marked: str) -> None:
    make_insight(client, title="Use node.js and log4js")
    make_insight(client, title="The code of a mode")
    found = client.post("/insights/search", json={"query": text}).get_json()
    assert (found["matched"], found["corrected_query"]) == (matched, None)
    title = "Use node.js and log4js".replace(marked, f"<mark>{marked}</mark>")
    assert [each["highlights"]["title"] for each in found["insights"]] == [[title]]


def test_changed_text_is_found_at_once(client: FlaskClient) -> None:
    make_insight(client, title="Before")
    client.put("/insights/1", json={"title": "After"})
    assert ids(client.post("/insights/search", json={"query": "after"})) == [1]
    assert ids(client.post("/insights/search", json={"query": "before"})) == []
