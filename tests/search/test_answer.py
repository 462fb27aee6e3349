"""What an answer to a search holds beside the insights: order, totals, facets, and how it was understood."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from app.search.queries import facets, matches
from app.search.queries.answer import search_json
from app.search.queries.ranking import Ranking
from app.search.queries.wanted import Portion, Search, Wishes
from app.search.schemas.searches import SearchPage
from tests.answers import answered, ids, make_insight, problem, wrong_fields
from tests.conftest import built

LIBRARY = """
INSERT INTO categories (name, slug) VALUES ('Technical', 'technical'), ('People', 'people');
INSERT INTO tags (name, slug) VALUES ('Incident', 'incident'), ('Review', 'review');
INSERT INTO insights (title, description, content, author, category_id, priority, status, visibility, created_at)
SELECT title, description, content, author, category_id, priority, status, visibility,
  now() + number * interval '1 microsecond'
FROM (VALUES
  (1, 'A storm of retries', 'Text', NULL, 'Ada', 1, 'medium', 'published', 'INTERNAL'),
  (2, 'Retries make a storm', 'Text', NULL, 'Ada', 1, 'high', 'draft', 'INTERNAL'),
  (3, 'Storm', 'Text', NULL, 'Bob', 2, 'medium', 'published', 'RESTRICTED'),
  (4, 'A storm at sea', 'Text', NULL, 'Bob', NULL, 'medium', 'archived', 'INTERNAL'),
  (5, 'Storms', 'Text', 'more of the storm', 'Ada', NULL, 'medium', 'draft', 'INTERNAL'),
  (6, 'Stormy', 'A storm', NULL, 'Ada', NULL, 'critical', 'draft', 'INTERNAL'),
  (7, 'Deploys', 'Text', NULL, 'Ada', NULL, 'medium', 'draft', 'INTERNAL'),
  (8, 'Hiring', 'Text', NULL, 'Ada', 2, 'medium', 'published', 'INTERNAL'),
  (9, 'Budgets', 'Text', NULL, 'Ada', NULL, 'medium', 'draft', 'INTERNAL'))
  row (number, title, description, content, author, category_id, priority, status, visibility)
ORDER BY number;
INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1), (1, 2), (2, 1), (7, 2)"""


@pytest.fixture
def library(client: FlaskClient, owner_connection: psycopg.Connection) -> FlaskClient:
    """Nine insights: 1 to 6 have "storm", 1 and 2 also "retries", the others neither."""
    owner_connection.execute(LIBRARY)
    return client


def found(client: FlaskClient, query: str, **more: Any) -> Any:
    return answered(client.post("/insights/search", json={"query": query, **more}), SearchPage)


def counted(facet: list[dict[str, Any]]) -> list[tuple[Any, int]]:
    return [(each["value"], each["count"]) for each in facet]


def test_all_that_is_there(library: FlaskClient) -> None:
    page = found(library, "storm retries")
    members = "total total_relation page page_size matched insights facets corrected_query took_ms"
    assert set(members.split()) <= set(page)
    assert (page["total"], page["total_relation"], page["page"], page["page_size"]) == (6, "exact", 1, 20)
    assert (page["matched"], page["corrected_query"]) == ("words", None)
    assert page["took_ms"] > 0
    best = page["insights"][0]
    assert set(best) - set(library.get("/insights/1").get_json()) == {"score", "highlights"}
    assert {each["id"] for each in page["insights"][:2]} == {1, 2}
    scores = [each["score"] for each in page["insights"]]
    assert scores[2:] == sorted(scores[2:], reverse=True)
    assert min(scores) > 0
    marked = {each["id"]: each["highlights"] for each in page["insights"]}
    assert marked[1] == {"title": ["A <mark>storm</mark> of <mark>retries</mark>"]}
    assert marked[5] == {"title": ["<mark>Storms</mark>"], "content": ["more of the <mark>storm</mark>"]}


def test_insights_are_as_everywhere(library: FlaskClient) -> None:
    library.put("/insights/1", json={"metadata": {"big": 2**70, "float": 1.5e300, "text": '}\\" <é>'}})
    [hit] = found(library, "sea")["insights"]
    assert {name: hit[name] for name in hit if name not in ("score", "highlights")} == library.get("/insights/4").json
    assert (
        found(library, '"storm of retries"')["insights"][0]["metadata"] == library.get("/insights/1").json["metadata"]
    )


def test_a_list_without_a_text_is_what_it_was(library: FlaskClient) -> None:
    for body in ({}, {"status": "draft"}, {"query": " "}):
        page = answered(library.post("/insights/search", json=body), SearchPage)
        assert list(page) == ["total", "page", "page_size", "matched", "insights"]
        assert not {"score", "highlights"} & set(page["insights"][0])


def test_what_is_asked_without_words_has_no_scores(library: FlaskClient) -> None:
    page = found(library, "tag:incident")
    assert (page["total"], page["total_relation"], page["matched"]) == (2, "exact", None)
    assert [each["id"] for each in page["insights"]] == [2, 1]
    assert "facets" not in page
    assert "score" not in page["insights"][0]


def test_facets(library: FlaskClient) -> None:
    for page in (found(library, "storm"), found(library, "storm", page=9), found(library, "storm", sort="title")):
        told = page["facets"]
        assert counted(told["status"]) == [("draft", 3), ("published", 2), ("archived", 1)]
        assert counted(told["priority"]) == [("medium", 4), ("critical", 1), ("high", 1)]
        assert counted(told["author"]) == [("Ada", 4), ("Bob", 2)]
        assert told["category"] == [
            {"value": None, "id": None, "name": None, "count": 3},
            {"value": "technical", "id": 1, "name": "Technical", "count": 2},
            {"value": "people", "id": 2, "name": "People", "count": 1},
        ]
        assert told["tags"] == [
            {"value": "incident", "id": 1, "name": "Incident", "count": 2},
            {"value": "review", "id": 2, "name": "Review", "count": 1},
        ]
        [(month, number)] = counted(told["month"])
        assert (len(month), number) == (len("2026-11"), 6)
        assert told["sampled"] is False


def test_facets_follow_filters_and_wishes(library: FlaskClient) -> None:
    assert counted(found(library, "storm status:draft", author="ada")["facets"]["status"]) == [("draft", 3)]
    assert "facets" not in found(library, "storm", facets=False)
    assert counted(found(library, "tag:incident", facets=True)["facets"]["status"]) == [("draft", 1), ("published", 1)]
    everything = answered(library.get("/insights?facets=true&page_size=1"), SearchPage)
    assert (everything["total"], everything["total_relation"]) == (9, "exact")
    assert counted(everything["facets"]["status"]) == [("draft", 5), ("published", 3), ("archived", 1)]
    authored = answered(library.get("/insights?facets=true&author=bob&cursor="), SearchPage)
    assert counted(authored["facets"]["author"]) == [("Bob", 2)]
    assert (authored["total"], authored["next_cursor"]) == (2, None)


def test_facets_and_totals_show_no_more_than_is_seen(library: FlaskClient, app: Flask) -> None:
    viewer = Audience.of([ROLES[Role.VIEWER]])
    for text in ("storm", "storm status:published", "author:bob"):
        page = json.loads(search_json(viewer, Search.of({"query": text}), wishes=Wishes(facets=True)))
        seen = {each["id"] for each in page["insights"]}
        assert page["total"] == len(seen) == sum(number for _, number in counted(page["facets"]["status"]))
        assert not seen & {2, 3, 5, 6}  # drafts, and what is restricted


def test_of_many_matches_the_best_are_counted(library: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "COUNTED", 5)
    monkeypatch.setattr(facets, "SAMPLED", 2)
    page = found(library, "storm retries")
    assert page["facets"]["sampled"] is True
    assert page["facets"]["tags"][0] == {"value": "incident", "id": 1, "name": "Incident", "count": 2}
    assert sum(number for _, number in counted(page["facets"]["status"])) == 2
    listed = library.get("/insights?facets=true").get_json()["facets"]
    assert (listed["sampled"], sum(number for _, number in counted(listed["status"]))) == (True, 5)


def test_at_most_ten_values(client: FlaskClient) -> None:
    for number in range(12):
        make_insight(
            client, title="Same", author=f"Author {number}", tags=[f"Tag {number}"], category_name=f"C{number}"
        )
    told = found(client, "same")["facets"]
    assert [len(told[name]) for name in ("author", "tags", "category")] == [10, 10, 10]


def test_a_total_beyond_what_is_counted_is_an_estimate(library: FlaskClient, app: Flask) -> None:
    for text, exact, total, relation in [
        ("status:draft", 5, 5, "exact"),
        ("status:draft", 4, 5, "estimate"),
        ("-storm", 2, 3, "estimate"),
        ("-storm", 3, 3, "exact"),
    ]:
        page = json.loads(search_json(EVERYTHING, Search.of({"query": text}), wishes=Wishes(exact_total=exact)))
        assert (page["total"], page["total_relation"]) == (total, relation), text


def test_so_is_that_of_a_text_without_words(library: FlaskClient, app: Flask) -> None:
    search, first = Search.of({"query": "a"}), Portion(1, 1, 0)
    for exact, relation in [(4, "exact"), (1, "estimate")]:
        page = json.loads(search_json(EVERYTHING, search, first, Wishes(exact_total=exact)))
        assert (page["total"], page["total_relation"], page["matched"]) == (4, relation, "substring")


@pytest.fixture(params=["counted", "walked", "looked up"])
def best_two(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were too many matches to rank more than two of them; then they are counted, walked or looked up."""
    ranked = matches.ranked

    def few(*arguments: Any, **options: Any) -> Ranking:
        return replace(
            ranked(*arguments, **options), hits=ranked(*arguments, **options).hits[:2], complete=False, found=None
        )

    monkeypatch.setattr(matches, "ranked", few)
    if request.param != "counted":
        monkeypatch.setattr(matches, "SMALL_TABLE", -1)
        monkeypatch.setattr(matches, "SLACK", -1)
        monkeypatch.setattr(matches, "READS_EACH", 10**6 if request.param == "walked" else 0)


@pytest.mark.usefixtures("best_two")
@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 20])
def test_below_the_ranked_hits_the_newest_come_first(library: FlaskClient, page_size: int) -> None:
    best = ids(library.post("/insights/search", json={"query": "storm retries", "page_size": 2}))
    assert set(best) == {1, 2}
    whole = [found(library, "storm retries", page=page, page_size=page_size) for page in range(1, 8)]
    assert [each["id"] for page in whole for each in page["insights"]] == [*best, 6, 5, 4, 3]
    last = whole[5 // page_size]  # it may be full, and then nobody knows that it is the last
    assert (last["total"], last["total_relation"]) == (6, "exact") or 6 % page_size == 0
    assert all(each["score"] is None for page in whole for each in page["insights"] if each["id"] > 2)
    ordered = [found(library, "storm retries", page=page, page_size=page_size, sort="title") for page in range(1, 8)]
    assert [each["id"] for page in ordered for each in page["insights"]] == [4, 1, 2, 3, 5, 6]


@pytest.mark.usefixtures("best_two")
def test_pages_after_a_cursor_have_all_matches(library: FlaskClient) -> None:
    for sort, expected in (("", [6, 5, 4, 3, 2, 1]), ("&sort=title", [4, 1, 2, 3, 5, 6])):
        address, listed = f"/insights?q=storm+retries&cursor=&limit=4{sort}", []
        while address:
            response = library.get(address)
            listed += ids(response)
            page = answered(response, SearchPage)
            assert page["matched"] == "words"
            address = response.headers["Link"].split(">")[0][1:] if page["next_cursor"] else ""
        assert listed == expected


def test_a_page_that_is_too_deep(library: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ids(library.post("/insights/search", json={"query": "storm", "page": 10**9, "page_size": 100})) == []
    few = Ranking([], complete=False, found=None)
    monkeypatch.setattr(matches, "ranked", lambda *_, **__: few)
    monkeypatch.setattr(matches, "SMALL_TABLE", -1)
    monkeypatch.setattr(matches, "SLACK", -1)
    detail = "reaches beyond the first 10,000 hits of a search; GET /insights with q and cursor has all of them"
    refused = library.post("/insights/search", json={"query": "storm", "page": 501})
    assert wrong_fields(refused) == {"body.page": "too_deep"}
    problem(refused, 422, f"page: {detail}")
    assert wrong_fields(library.get("/insights?q=storm&limit=1&offset=10000")) == {"query.offset": "too_deep"}
    assert library.post("/insights/search", json={"query": "storm", "page": 500}).status_code == 200


SORTED = [
    ("storm sort:title", {}, [4, 1, 2, 3, 5, 6]),
    ("sort:-title storm", {}, [6, 5, 3, 2, 1, 4]),
    ("storm sort:title", {"sort": "-created_at"}, [6, 5, 4, 3, 2, 1]),
    ("storm", {"sort": "created_at"}, [1, 2, 3, 4, 5, 6]),
    ("tag:incident", {"sort": "relevance"}, [2, 1]),
    ("tag:incident sort:created", {}, [1, 2]),
]


@pytest.mark.parametrize(("query", "more", "expected"), SORTED)
def test_the_order(library: FlaskClient, query: str, more: dict[str, Any], expected: list[int]) -> None:
    assert [each["id"] for each in found(library, query, **more)["insights"]] == expected
    assert ids(library.get("/insights", query_string={"q": query, **more})) == expected


def test_a_mistyped_word_is_corrected_and_said(library: FlaskClient) -> None:
    page = found(library, "retires -sea")
    assert page["corrected_query"] == "retries -sea"
    assert {each["id"] for each in page["insights"]} == {1, 2}
    assert page["insights"][0]["highlights"]["title"][0].count("<mark>") == 1


def test_how_it_was_matched(library: FlaskClient) -> None:
    for query, matched in [
        ("storm", "words"), ("storm retries", "words"), ("storm nothingness", "partial"), ("etrie", "substring"),
        ("nothingness", None), ('"to be of"', None), ("tag:incident", None), ("!!", None), ('"at sea"', "words"),
    ]:  # fmt: skip
        assert found(library, query)["matched"] == matched, query
        assert found(library, query, sort="title")["matched"] == matched, query


def test_an_explanation(library: FlaskClient) -> None:
    hit = found(library, "storm retries", explain=True)["insights"][0]
    assert {"words", "total"} <= set(hit["explanation"])
    assert [word["word"] for word in hit["explanation"]["words"]]
    assert "explanation" not in found(library, "storm")["insights"][0]
    listed = library.get("/insights?q=storm&explain=true").get_json()["insights"][0]
    assert listed["explanation"]["total"] == listed["score"]


STATEMENTS = [
    ("tag:incident -status:draft", 1),
    ("-storm", 2),
    ("storm retries ", 5),  # of which one is about words that begin like the last
    ("storm retries status:draft", 4),
    ("!!", 3),
]


@pytest.mark.parametrize(("query", "most"), STATEMENTS)
def test_few_statements(library: FlaskClient, statements: Callable[[], list[str]], query: str, most: int) -> None:
    before = len(statements())
    found(library, query)
    assert len(statements()[before:]) <= most


def test_where_a_mistake_is(library: FlaskClient) -> None:
    expected = {"position": 6, "length": 7, "suggestion": "published"}
    for response, loc in [
        (library.post("/insights/search", json={"query": "storm status:publishd"}), ["body", "query"]),
        (library.get("/insights?q=storm+status:publishd"), ["query", "q"]),
        (
            library.post("/insights/bulk", json={"action": "trash", "filter": {"query": "storm status:publishd"}}),
            ["body", "filter", "query"],
        ),
    ]:
        assert response.status_code == 422
        [error] = response.get_json()["errors"]
        assert error["loc"] == loc
        assert {"position", "length", "suggestion"} <= set(error)
        assert "storm status:publishd"[error["position"] :].startswith(("status", "publishd"))
        assert expected["suggestion"] in error["suggestion"]


def test_hits_that_vanish_meanwhile_are_left_out(
    library: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = matches.ranked

    def late(*arguments: Any, **options: Any) -> Ranking:
        ranking = ranked(*arguments, **options)
        library.delete("/insights/4")
        return ranking

    monkeypatch.setattr(matches, "ranked", late)
    page = json.loads(search_json(EVERYTHING, Search.of({"query": "storm"}), Portion(1, 20, 0)))
    assert 4 not in [each["id"] for each in page["insights"]]
    assert len(page["insights"]) == 5


def test_stop_words_are_marked_as_they_stand(client: FlaskClient) -> None:
    make_insight(client, title="To be or not to be")
    for query in ('"to be or"', "to be or"):
        [hit] = found(client, query)["insights"]
        assert hit["highlights"] == {"title": ["<mark>To be or</mark> not to be"]}
        assert hit["score"] is None


def test_up_to_where_matches_are_counted_is_a_setting(library: FlaskClient, migrated: Settings) -> None:
    with built(migrated.model_copy(update={"search_exact_total": 3})) as app:
        client = app.test_client()
        for query, relation in (("status:draft", "estimate"), ("status:published", "exact")):
            assert found(client, query)["total_relation"] == relation
            assert client.get("/insights", query_string={"q": query}).get_json()["total_relation"] == relation


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("facets=yes&explain=1", {"query.facets": "type", "query.explain": "type"}),
        ("facets=&q=%00", {"query.facets": "type", "query.q": "nul_character"}),
        ("q=" + "q" * 5001, {"query.q": "too_long"}),
    ],
)
def test_wrong_values_are_all_named(client: FlaskClient, query: str, wrong: dict[str, str]) -> None:
    assert wrong_fields(client.get(f"/insights?{query}")) == wrong


def test_a_browser_is_sent_to_the_same_search(library: FlaskClient) -> None:
    response = library.get("/insights?q=storm+tag:review&sort=title", headers={"Accept": "text/html"})
    expected = "/library?q=storm+tag:review&sort=title&page=1&page_size=20"
    assert (response.status_code, response.headers["Location"]) == (303, expected)


def test_a_cursor_is_of_one_text(library: FlaskClient) -> None:
    cursor = library.get("/insights?q=storm&cursor=&limit=2").get_json()["next_cursor"]
    assert ids(library.get(f"/insights?q=storm&cursor={cursor}")) == [4, 3, 2, 1]
    for query in ("q=storms&", "", "q=storm&author=a&", "q=storm+sort:title&"):
        wrong = wrong_fields(library.get(f"/insights?{query}cursor={cursor}"))
        assert wrong == {"query.cursor": "cursor_of_another_list"}
