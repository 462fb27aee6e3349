"""What upkeep counts of words and documents, when it does, and what it tidies."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask
from psycopg.conninfo import conninfo_to_dict

from app.cli import cli
from app.search import cli as search_cli
from app.search.commands import refreshing
from app.search.commands.refreshing import Counted, Rebuilt, rebuild, refresh, refresh_if_due
from app.search.queries.checks import CHECKS
from app.worker import upkeep
from tests.faults.breaking import END_SESSIONS, SESSIONS

INSERT = "INSERT INTO insights (title, description, content, author) VALUES (%s, '.', %s, 'Ada')"
Query = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def query(owner_url: str) -> Iterator["Query"]:
    with psycopg.connect(owner_url, autocommit=True) as connection:

        def run(statement: str, *values: object) -> list[tuple[object, ...]]:
            cursor = connection.execute(statement, values or None)  # type: ignore[call-overload]
            # What the server counts of changes is told when a session has nothing to do.
            connection.execute("SELECT pg_stat_force_next_flush()")
            return cursor.fetchall() if cursor.description else []

        yield run


def terms(query: Query) -> dict[object, object]:
    return dict(query("SELECT term, documents FROM search_terms"))  # type: ignore[arg-type]


def test_terms_are_counted_by_tier(app: Flask, query: Query) -> None:
    query(INSERT, "Caching caches", None)
    query(INSERT, "Notes", "cached text and more of it")
    assert refresh().documents == 2
    # In the title, a word counts three times. Lengths are 4 and 8, so that the impacts of "cach" are 2.08 and 1.60.
    assert terms(query) == {
        "cach": [2, 2, 2, 1, 1, 1, 1, 1],
        "note": [1, 1, 1, 1, 1, 1, 1],
        "text": [1, 1, 1],
    }
    assert query("SELECT documents, average_length FROM search_statistics") == [(2, 6.0)]


def test_what_is_gone_is_forgotten(app: Flask, query: Query) -> None:
    query(INSERT, "cache", None)
    query(INSERT, "queue", None)
    refresh()
    query("DELETE FROM insights WHERE id = 1")
    assert query("SELECT word FROM search_words ORDER BY word") == [("cache",), ("queue",)]
    refresh()
    assert list(terms(query)) == ["queue"]
    assert query("SELECT word FROM search_words") == [("queue",)]


def test_a_word_is_known_once(app: Flask, query: Query) -> None:
    query(INSERT, "cache", None)
    query("INSERT INTO search_words (word) VALUES ('cache'), ('cache')")
    refresh()
    assert query("SELECT word FROM search_words") == [("cache",)]


def test_a_word_that_came_back_while_it_was_taken_away_is_known(app: Flask, query: Query) -> None:
    query(INSERT, "cache", None)
    query("DELETE FROM search_words")
    refreshing._write(refreshing.USED_AFTER_ALL, words=["cache", "queue"])  # as if both had just been taken away
    assert query("SELECT word FROM search_words") == [("cache",)]


def test_of_many_documents_a_sample_is_counted(app: Flask, query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    query("INSERT INTO insights (title, description, author) SELECT 'cache', '.', 'Ada' FROM generate_series(1, 2000)")
    monkeypatch.setattr(refreshing, "COUNTED", 1000)
    refresh()
    ((counted,),) = query("SELECT documents[1] FROM search_terms WHERE term = 'cach'")
    assert isinstance(counted, int)
    assert 500 < counted <= 2000
    assert query("SELECT documents FROM search_statistics") == [(2000,)]


@pytest.fixture
def told(database_url: str) -> None:
    """What the sessions of all applications counted before is told: it is when they end."""
    database = conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(database_url, autocommit=True) as sessions:
        sessions.execute(END_SESSIONS, (database,))
        while sessions.execute(SESSIONS, (database,)).fetchone() != (0,):
            time.sleep(0.01)


def test_it_is_due_when_a_tenth_has_changed(
    app: Flask, told: None, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[None] = []

    def refreshed() -> Counted:
        runs.append(None)
        return refresh()

    monkeypatch.setattr(refreshing, "refresh", refreshed)
    refresh_if_due()
    assert runs == []  # nothing is there
    query("INSERT INTO insights (title, description, author) SELECT 'cache', '.', 'Ada' FROM generate_series(1, 20)")
    refresh_if_due()
    refresh_if_due()
    assert len(runs) == 1
    query("UPDATE insights SET title = 'queue' WHERE id <= 2")
    refresh_if_due()
    assert len(runs) == 1
    query("UPDATE insights SET title = 'queue' WHERE id = 3")
    refresh_if_due()
    assert len(runs) == 2
    query("UPDATE insights SET title = 'disk' WHERE id = 3")
    refresh_if_due()
    assert len(runs) == 2
    query("UPDATE search_statistics SET refreshed_at = now() - interval '25 hours'")
    refresh_if_due()
    assert len(runs) == 3


def test_rebuild_makes_documents_and_words_what_the_texts_say(app: Flask, query: Query) -> None:
    for title in ("cache", "queue", "disk"):
        query(INSERT, title, None)
    query("UPDATE search_documents SET stems = 'wrong', length = 7 WHERE insight_id = 1")
    query("DELETE FROM search_documents WHERE insight_id = 2")
    query("DELETE FROM search_words WHERE word = 'disk'")
    assert rebuild() == Rebuilt(documents=2, words=1)
    assert [list(check.violations()) for check in CHECKS] == [[], []]
    assert rebuild() == Rebuilt(documents=0, words=0)


def test_the_worker_does_it(app: Flask) -> None:
    assert "count the words of search" in [job.name for job in upkeep()]


def test_commands(app: Flask, query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def application(instance: Path | None) -> Iterator[Flask]:
        yield app

    monkeypatch.setattr(search_cli, "application", application)
    query(INSERT, "cache", None)
    query("DELETE FROM search_words")
    assert run("rebuild") == (0, "rebuilt: 0 documents, 1 words\n")
    assert run("refresh") == (0, "counted: 1 documents, 0 words new or changed\n")


def run(command: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["search", command])
    return done.exit_code, done.stdout
