"""What a search box offers while somebody types."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.db import read_rows
from app.identity.permissions import ROLES as RIGHTS
from app.search.queries.completing import MOST_TITLE_WORDS, Run, Typed
from app.search.queries.folding import FOLDED
from app.search.schemas.suggestions import SuggestionList
from tests.answers import answered, make_category, make_insight, make_tag, wrong_fields
from tests.identity.world import KINDS
from tests.search.people import Call, people

ADDRESS = "/search/suggest"
AUTHORED = """
INSERT INTO insights (title, description, author, status, visibility) VALUES ('t', 'd', %s, 'published', %s)"""


def suggest(client: FlaskClient, q: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answered(client.get(ADDRESS, query_string={"q": q, **query}), SuggestionList)[
        "suggestions"
    ]
    return found


def texts(client: FlaskClient, q: str, kind: str, **query: Any) -> list[str]:
    return [each["text"] for each in suggest(client, q, **query) if each["kind"] == kind]


@pytest.fixture
def library(client: FlaskClient) -> FlaskClient:
    """Names and titles that begin alike."""
    for name in ("Quick win", "Not so quick", "Seaquick", "Quicksand", "Unused quick"):
        make_tag(client, name)
    make_category(client, "Quick answers")
    make_category(client, "Below", parent_id=1)
    make_category(client, "Quick and empty")
    make_insight(client, title="Quick deployments", author="Ada Quickly", tag_ids=[1, 3], category_id=2)
    make_insight(client, title="How Kubernetes is quick", author="Ada Quickly", tag_ids=[1, 2, 3, 4])
    make_insight(client, title="Nothing of it", author="Quick, Charles", status="published", tag_ids=[4])
    return client


def test_names_and_titles_that_begin_so(library: FlaskClient) -> None:
    assert suggest(library, "quick") == [
        {"kind": "tag", "text": "Quick win", "id": 1, "insight_count": 2, "query": 'tag:"Quick win"'},
        {"kind": "tag", "text": "Quicksand", "id": 4, "insight_count": 2, "query": "tag:Quicksand"},
        {"kind": "tag", "text": "Not so quick", "id": 2, "insight_count": 1, "query": 'tag:"Not so quick"'},
        {"kind": "tag", "text": "Seaquick", "id": 3, "insight_count": 2, "query": "tag:Seaquick"},
        {"kind": "category", "text": "Quick answers", "id": 1, "insight_count": 1, "query": 'category:"Quick answers"'},
        {
            "kind": "author",
            "text": "Quick, Charles",
            "id": None,
            "insight_count": 1,
            "query": 'author:"Quick, Charles"',
        },
        {"kind": "author", "text": "Ada Quickly", "id": None, "insight_count": 2, "query": 'author:"Ada Quickly"'},
        {"kind": "title", "text": "Quick deployments", "id": 1, "insight_count": None, "query": '"Quick deployments"'},
        {
            "kind": "title",
            "text": "How Kubernetes is quick",
            "id": 2,
            "insight_count": None,
            "query": '"How Kubernetes is quick"',
        },
    ]


def test_every_suggestion_finds_what_it_counts(library: FlaskClient) -> None:
    for each in suggest(library, "quick"):
        found = library.post("/insights/search", json={"query": each["query"]}).get_json()
        assert found["total"] == (each["insight_count"] or 1), each


@pytest.mark.parametrize("q", ["", " ", "?!", '"', "tag:", "OR", "xyzzy", "\u3000"])
def test_nothing_is_suggested_for_nothing(library: FlaskClient, q: str) -> None:
    assert suggest(library, q) == []


def test_without_a_text_nothing_is_suggested(library: FlaskClient) -> None:
    assert answered(library.get(ADDRESS), SuggestionList) == {"suggestions": []}


def test_two_letters_are_no_part_of_a_word(library: FlaskClient) -> None:
    assert texts(library, "qu", "tag") == ["Quick win", "Quicksand", "Not so quick"]
    assert texts(library, "qu", "title") == ["Quick deployments", "How Kubernetes is quick"]
    assert texts(library, "k", "title") == ["How Kubernetes is quick"]


def test_case_accents_and_width_do_not_count(client: FlaskClient) -> None:
    make_tag(client, "Café Größe")
    make_insight(client, title="Überlastung im Café", author="Zoë", tag_ids=[1])
    for typed in ("CAFE", "café", "ｃａｆé", "Cafe grosse"):
        assert texts(client, typed, "tag") == ["Café Größe"], typed
    assert texts(client, "uberl", "title") == ["Überlastung im Café"]
    assert texts(client, "caf", "title") == ["Überlastung im Café"]
    assert texts(client, "zoe", "author") == ["Zoë"]


def test_all_words_of_a_title_are_wanted_in_any_order(client: FlaskClient) -> None:
    make_insight(client, title="Deploying to Kubernetes in 2024")
    make_insight(client, title="Deploying by hand", description="Kubernetes would do it.")
    for typed in ("deploy to kub", "kubernetes depl", "deploying to k", "deploying 2024", "in 20"):
        assert texts(client, typed, "title") == ["Deploying to Kubernetes in 2024"], typed
    assert texts(client, "deploy", "title") == ["Deploying by hand", "Deploying to Kubernetes in 2024"]


def test_titles_that_begin_with_the_text_come_first_then_the_published_then_the_newest(client: FlaskClient) -> None:
    make_insight(client, title="Old cache")
    make_insight(client, title="Older cache", status="published")
    make_insight(client, title="Cache first", status="archived")
    make_insight(client, title="New cache")
    assert texts(client, "cache", "title") == ["Cache first", "Older cache", "New cache", "Old cache"]
    assert texts(client, "ca", "title") == ["Cache first", "Older cache", "New cache", "Old cache"]


def test_the_last_words_of_a_longer_text_are_completed(library: FlaskClient) -> None:
    found = suggest(library, "status:draft kubernetes quick w")
    assert [(each["text"], each["query"]) for each in found] == [
        ("Quick win", 'status:draft kubernetes tag:"Quick win"')
    ]
    assert [each["query"] for each in suggest(library, "-tag:quicks")] == ["-tag:Quicksand"]
    assert [each["query"] for each in suggest(library, '(foo OR tag:"quick w')] == ['(foo OR tag:"Quick win"']


@pytest.mark.parametrize(
    ("q", "kinds"), [("tag:quick", {"tag"}), ("category:=quick", {"category"}), ('author:"qui', {"author"})]
)
def test_a_field_asks_for_names_of_its_kind(library: FlaskClient, q: str, kinds: set[str]) -> None:
    assert {each["kind"] for each in suggest(library, q)} == kinds


def test_each_kind_has_its_share_of_a_short_list(library: FlaskClient) -> None:
    assert [each["kind"] for each in suggest(library, "quick", limit=4)] == ["tag", "category", "author", "title"]
    assert [each["text"] for each in suggest(library, "quick", limit=1)] == ["Quick, Charles"]
    assert len(suggest(library, "quick", limit=6)) == 6


def test_names_with_quotes(client: FlaskClient) -> None:
    make_tag(client, 'The "new" way', slug="new-way")
    make_insight(client, title='What "new" means', author='Bob "the builder" Newman', tag_ids=[1])
    assert {each["kind"]: each["query"] for each in suggest(client, "new")} == {
        "tag": "tag:new-way",
        "author": 'author:"the builder"',
        "title": '"What new means"',
    }


def test_marks_of_patterns_and_queries_are_letters_like_others(client: FlaskClient) -> None:
    make_tag(client, "100% (sure) a_b C++ \\d")
    make_insight(client, title="It's 100% sure: 'quoted' \\ & | !", tag_ids=[1])
    for typed in ("100%", "(sure)", "a_b", "c++", "c++ \\d", "100% (s"):
        assert texts(client, typed, "tag") == ["100% (sure) a_b C++ \\d"], typed
    for typed in ("it's 100", "'quot", "sure: 'quoted' \\ &", "100"):
        assert texts(client, typed, "title") == ["It's 100% sure: 'quoted' \\ & | !"], typed
    assert suggest(client, "%") == suggest(client, ".*") == []
    make_tag(client, ".NET")
    make_insight(client, tag_ids=[2])
    assert texts(client, ".n", "tag") == [".NET"]


def test_counted_words_are_listed_by_their_tiers(client: FlaskClient, owner_url: str) -> None:
    make_insight(client, title="Caching of everything")
    make_insight(client, title="Cachet", description="cache cache cache")
    with psycopg.connect(owner_url) as connection:
        connection.execute("INSERT INTO search_terms VALUES ('cach', '{9000,700,90,0}'), ('cachet', '{9000,8000}')")
    # The one weighs enough there; the other is too common even at its best.
    assert texts(client, "cach", "title") == ["Caching of everything"]
    assert texts(client, "everything cach", "title") == ["Caching of everything"]
    assert texts(client, "cachet", "title") == ["Cachet"]  # so the newest are looked at


@pytest.fixture
def asked(
    application_with: Callable[..., Flask], clean_database: None, owner_connection: psycopg.Connection
) -> Iterator[Call]:
    with people(application_with, owner_connection, anonymous_reading=True) as call:
        yield call


@pytest.mark.parametrize("role", ["anonymous", "viewer", "contributor", "editor", "analyst", "admin"])
def test_only_what_is_seen_is_suggested_and_counted(asked: Call, role: str) -> None:
    seen = [kind for kind in KINDS if kind.seen_by(role)]

    def found(q: str, kind: str) -> list[dict[str, Any]]:
        answer = asked(role, "GET", f"{ADDRESS}?q={q}&limit=50")
        return [each for each in answer.get_json()["suggestions"] if each["kind"] == kind]

    for status in ("draft", "published", "archived"):
        titles = {each["id"] for each in found(status, "title")}
        assert titles == {kind.id for kind in seen if kind.status == status}
        if status != "published":  # which begins like PUBLIC
            assert titles == {each["id"] for each in found(status[:2], "title")}
    assert [(each["text"], each["insight_count"]) for each in found("inc", "tag")] == [("Incident", len(seen))]
    assert found("unused", "tag") == []
    assert [each["insight_count"] for each in found("technical", "category")] == [len(seen)]
    for author in (*RIGHTS, "stranger"):
        mine = sum(kind.owner == author for kind in seen)
        assert [each["insight_count"] for each in found(author, "author")] == [mine] * (mine > 0)


def test_what_lies_in_the_trash_is_not_suggested(client: FlaskClient) -> None:
    make_tag(client, "Gone")
    make_category(client, "Gone away")
    make_insight(client, title="Gone tomorrow", author="Gone Fishing", tag_ids=[1], category_id=1)
    assert len(suggest(client, "gone")) == 4
    client.delete("/insights/1")
    assert suggest(client, "gone") == []
    client.post("/insights/1/restore")
    assert len(suggest(client, "gone")) == 4


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"q": "x" * 5001}, {"query.q": "too_long"}),
        ({"q": "a\0b"}, {"query.q": "nul_character"}),
        ({"q": "a", "limit": 0}, {"query.limit": "too_small"}),
        ({"q": "a", "limit": 51}, {"query.limit": "too_large"}),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, query: dict[str, Any], wrong: dict[str, str]) -> None:
    assert wrong_fields(client.get(ADDRESS, query_string=query)) == wrong


def test_very_long_texts_are_completed_too(library: FlaskClient) -> None:
    typed = "word " * 990 + "quick w"
    assert [each["query"] for each in suggest(library, typed)] == ["word " * 990 + 'tag:"Quick win"']
    assert suggest(library, "x" * 5000) == []


def test_one_statement_and_a_validator(library: FlaskClient, statements: Callable[[], list[str]]) -> None:
    first = library.get(f"{ADDRESS}?q=quick")
    assert len(statements()) == 1
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = library.get(f"{ADDRESS}?q=quick", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_typed_as_runs_of_words() -> None:
    typed = Typed.of("one two three four ")
    assert typed.runs == (
        Run("", "one two three four"),
        Run("one ", "two three four"),
        Run("one two ", "three four"),
        Run("one two three ", "four"),
    )
    assert typed.words == ("one", "two", "three", "four")
    assert Typed.of('say "quick w').runs == (Run("", 'say "quick w'), Run("say ", "quick w"))
    assert Typed.of("status:draft author:Ada quick").words == ("quick",)
    assert len(Typed.of("w " * 20).words) == MOST_TITLE_WORDS


def test_folding_written_out_is_folding(app: Flask) -> None:
    texts = ["Ä", "ＡＢ", "ﬁ", "E\u0301", "İ", "ß", "", "Plain", "½", "가", "ﷺ"]
    both = f"SELECT {FOLDED.format(value='given')} AS here, folded(given) AS there"
    for row in read_rows(f"{both} FROM unnest(CAST(:texts AS text[])) given", texts=texts):
        assert row.here == row.there


def test_a_name_may_be_typed_on_two_lines(library: FlaskClient) -> None:
    assert [each["text"] for each in suggest(library, 'storm tag:"Quick\n win')] == ["Quick win"]
    assert suggest(library, 'author:"nobody\nAda') == []


def test_the_beginning_of_a_word_that_most_titles_have(library: FlaskClient, owner_url: str) -> None:
    for number in range(3):
        make_insight(library, title=f"Deploying quokkas {number}")
    with psycopg.connect(owner_url) as connection:
        connection.execute("INSERT INTO search_terms VALUES ('quokka', %s)", ([9000] * 8,))
    assert texts(library, "quok", "title") == texts(library, "quokka", "title")
    assert texts(library, "quok", "title") == [f"Deploying quokkas {number}" for number in (2, 1, 0)]


def test_authors_that_nobody_sees_take_no_place(
    application_with: Callable[..., Flask], clean_database: None, owner_url: str, owner_connection: psycopg.Connection
) -> None:
    with people(application_with, owner_connection) as call, psycopg.connect(owner_url, autocommit=True) as connection:
        for number in range(9):
            connection.execute(AUTHORED, (f"Mallory {number}", "RESTRICTED"))
        connection.execute(AUTHORED, ("Mallory Z", "PUBLIC"))
        found = call("viewer", "GET", f"{ADDRESS}?q=author:mallory&limit=2").get_json()["suggestions"]
    assert [(each["text"], each["insight_count"]) for each in found] == [("Mallory Z", 1)]


def test_a_title_with_spaces_that_are_words(library: FlaskClient) -> None:
    make_insight(library, title="Zebras \u2028 on\ttwo lines")
    [found] = suggest(library, "zebras")
    assert found["query"] == '"Zebras \u2028 on two lines"'
    assert library.post("/insights/search", json={"query": found["query"]}).get_json()["total"] == 1
