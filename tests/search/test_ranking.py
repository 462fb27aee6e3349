"""The order of hits: all words first, then by score; whichever way the documents were looked for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import log
from typing import Any

import psycopg
import pytest
from flask import Flask

from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from app.insights.queries.listing import InsightFilter
from app.search.commands.refreshing import refresh
from app.search.language.parser import parse
from app.search.queries import candidates, plans
from app.search.queries.conditions import compiled
from app.search.queries.ranking import Hit, Ranking, ranked
from app.search.queries.refinement import PUBLISHED, SHARE
from app.search.queries.words import understand

NOW = datetime(2026, 11, 22, tzinfo=UTC)
VIEWER = Audience.of([ROLES[Role.VIEWER]])


def capture(url: str, *texts: str, **columns: Any) -> None:
    """Published insights with these titles, or ``title / content``, all of one moment."""
    columns = {"status": "published", "created_at": NOW, "published_at": NOW, "visibility": "INTERNAL"} | columns
    names = ", ".join(columns)
    with psycopg.connect(url, autocommit=True) as connection:
        for text in texts:
            title, _, content = text.partition(" / ")
            connection.execute(
                f"INSERT INTO insights (title, description, content, author, {names}) VALUES (%s, '.', %s, 'Ada'"
                + ", %s" * len(columns)
                + ")",
                (title, content or None, *columns.values()),
            )


def search(
    text: str, audience: Audience = EVERYTHING, most: int = 100, explain: bool = False, **wanted: Any
) -> Ranking:
    understood = understand(audience, parse(text, NOW))
    return ranked(audience, understood, compiled(understood, audience), InsightFilter(**wanted), most, explain=explain)


def ids(text: str, *args: Any, **wanted: Any) -> list[int]:
    return [hit.insight_id for hit in search(text, *args, **wanted).hits]


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were so many documents that only candidates are scored."""
    monkeypatch.setattr(candidates, "EXHAUSTIVE", 0)
    monkeypatch.setattr(candidates, "SMALL_TABLE", 0)
    monkeypatch.setattr(plans, "NARROW", -1)


def test_all_words_come_first_then_the_rarer_word(app: Flask, database_url: str) -> None:
    capture(database_url, "cache cache cache", "queue", "cache", "cache queue / and much more text about other things")
    assert ids("cache queue ") == [4, 2, 1, 3]
    assert [hit.strict for hit in search("cache queue ").hits] == [True, False, False, False]


def test_the_title_weighs_most_and_long_texts_less(app: Flask, database_url: str) -> None:
    capture(database_url, "Notes / cache", "cache / Notes", "Notes / cache " + "something else entirely " * 20)
    assert ids("cache ") == [2, 1, 3]


def test_the_score_is_bm25(app: Flask, database_url: str) -> None:
    capture(database_url, "Notes / cache cache", "Notes / other words", "Notes / something short")
    (hit,) = search("cache ", explain=True).hits
    weight = log(1 + 2.5 / 1.5)
    assert hit.parts is not None
    (word,) = hit.parts["words"]  # type: ignore[misc]
    length, mean = 3, (3 + 3 + 3) / 3
    expected = weight * 2.2 * 2 / (2 + 1.2 * (0.25 + 0.75 * length / mean))
    assert word == {
        "word": "cache",
        "weight": round(weight, 4),
        "frequency": 2,
        "score": pytest.approx(expected, abs=2e-3),
    }
    assert hit.score == pytest.approx(word["score"] + sum(hit.parts[name] for name in SMALL), abs=1e-3)  # type: ignore[misc]


SMALL = ("feedback", "exact", "published", "recency")


def test_an_explanation_adds_up(app: Flask, database_url: str) -> None:
    capture(database_url, "cache queue broker", "cache broker / queue", "queue", "other", "words", "again")
    refresh()
    for hit in search("cache queue ", explain=True).hits:
        assert hit.parts is not None
        words: Sequence[dict[str, float]] = hit.parts["words"]  # type: ignore[assignment]
        total = sum(word["score"] for word in words) + sum(hit.parts[name] for name in SMALL)  # type: ignore[misc]
        assert hit.parts["total"] == pytest.approx(total, abs=1e-3)
    assert [hit.parts for hit in search("cache queue ").hits] == [None, None, None]


def test_feedback_brings_what_is_about_the_same_thing(app: Flask, database_url: str) -> None:
    capture(database_url, *["slow database / replication lag postgres"] * 5, *["unrelated / filler words here"] * 30)
    capture(database_url, "database / kitchen sink tables", "database / replication lag postgres")
    refresh()
    assert ids("slow database ")[5:] == [37, 36]


def test_published_comes_first_among_equals_then_the_newer(app: Flask, database_url: str) -> None:
    capture(database_url, "cache", created_at=datetime(2020, 1, 1, tzinfo=UTC), published_at=NOW)
    capture(database_url, "cache", status="draft", published_at=None)
    capture(database_url, "cache", "cache", "cache much more often: cache cache")
    assert ids("cache ") == [5, 4, 3, 1, 2]
    assert PUBLISHED < SHARE


def test_the_form_that_was_typed_comes_first(app: Flask, database_url: str) -> None:
    capture(database_url, "caching", "caches", "cached")
    assert ids("caches ")[0] == 2


@pytest.mark.parametrize("text", ["cache ", "cache queue ", "cache queue broker ", "cache queue broker lag disk "])
def test_candidates_are_scored_as_everything_is(
    app: Flask, database_url: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["cache", "queue", "broker", "lag", "disk", "other"]
    capture(database_url, *(" ".join(words[n % k % 6] for k in range(2, 9)) + f" / {words[n % 6]}" for n in range(60)))
    refresh()
    everything = search(text)
    assert everything.complete
    assert everything.found == len(everything.hits)
    monkeypatch.setattr(candidates, "EXHAUSTIVE", 0)
    monkeypatch.setattr(candidates, "SMALL_TABLE", 0)
    few = search(text)
    assert (few.complete, few.found) == (False, None)
    assert [scored(hit) for hit in few.hits[:20]] == [scored(hit) for hit in everything.hits[:20]]


def scored(hit: Hit) -> tuple[int, bool, float]:
    return hit.insight_id, hit.strict, round(hit.score, 4)


FILTERS: list[dict[str, Any]] = [
    {"status": "draft"},
    {"author": "ada"},
    {"tag_ids": (1,)},
    {"tag_ids": (1, 2)},
    {"category_id": 1},
]


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_filters_hold_in_every_plan(
    app: Flask, database_url: str, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO categories (name, slug) VALUES ('One', 'one')")
        connection.execute("INSERT INTO tags (name, slug) VALUES ('A', 'a'), ('B', 'b')")
        capture(database_url, *["cache queue"] * 3)
        capture(database_url, *["cache / queue"] * 3, status="draft", published_at=None, category_id=1)
        connection.execute("UPDATE insights SET author = 'Bob' WHERE id = 2")
        connection.execute("INSERT INTO insight_tags VALUES (1, 1), (2, 1), (2, 2), (5, 1), (5, 2)")
    refresh()
    expected = {"status": {4, 5, 6}, "author": {1, 3, 4, 5, 6}, "category_id": {4, 5, 6}}
    tagged = {(1,): {1, 2, 5}, (1, 2): {2, 5}}
    right = expected.get(next(iter(wanted))) or tagged[wanted["tag_ids"]]
    assert set(ids("cache queue ", **wanted)) == right
    monkeypatch.setattr(candidates, "EXHAUSTIVE", 0)
    monkeypatch.setattr(candidates, "SMALL_TABLE", 0)
    assert set(ids("cache queue ", **wanted)) == right
    monkeypatch.setattr(plans, "NARROW", -1)
    assert set(ids("cache queue ", **wanted)) == right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('"disk full"', {1, 3}),
        ("cache -queue", {3}),
        ("cache status:draft", {4}),
        ("(cache OR disk) queue", {2, 4, 1, 3}),
    ],
)
def test_the_language_holds_in_every_plan(
    app: Flask, database_url: str, bounded: None, text: str, right: set[int]
) -> None:
    capture(database_url, "disk full", "queue cache", "cache / the disk full of it")
    capture(database_url, "queue / cache", status="draft", published_at=None)
    refresh()
    assert set(ids(text)) == right


@pytest.mark.parametrize("narrow", [-1, 5_000])
def test_nobody_finds_what_they_do_not_see(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch, narrow: int
) -> None:
    capture(database_url, "cache queue", visibility="RESTRICTED")
    capture(database_url, "cache queue", status="draft", published_at=None)
    capture(database_url, "cache queue", "cache")
    refresh()
    assert ids("cache queue ", VIEWER) == [3, 4]
    monkeypatch.setattr(candidates, "EXHAUSTIVE", 0)
    monkeypatch.setattr(candidates, "SMALL_TABLE", 0)
    monkeypatch.setattr(plans, "NARROW", narrow)
    assert ids("cache queue ", VIEWER) == [3, 4]


def test_what_can_be_found_without_the_words_is_left_to_others(app: Flask, database_url: str, bounded: None) -> None:
    capture(database_url, "disk", "queue cache", "queue")
    refresh()
    found = search("queue OR status:published")
    assert ({hit.insight_id for hit in found.hits}, found.complete) == ({2, 3}, False)


def test_what_nobody_has_finds_nothing(app: Flask, database_url: str) -> None:
    assert search("cache ").hits == []
    capture(database_url, "queue")
    assert search("zzzzzz ").hits == []
