"""The one transaction: commit, roll back, run again; errors of the driver become ours."""

import psycopg
import pytest
import structlog
from flask import Flask
from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import ATTEMPTS, after_commit, like_literal, read_json, read_rows, refusing, transact
from app.errors import Invalid, Refused, Unavailable
from app.extensions import db

INSERT = "INSERT INTO tags (name, slug) VALUES (:name, :name)"


def insert(name: str) -> None:
    db.session.execute(text(INSERT), {"name": name})


def names() -> list[str]:
    return [row.name for row in read_rows("SELECT name FROM tags ORDER BY name")]


def failed(error: type[psycopg.Error]) -> DBAPIError:
    return DBAPIError("statement", {}, error())


def test_a_command_is_committed_and_then_calls_back(app: Flask) -> None:
    seen: list[list[str]] = []

    def command() -> str:
        insert("a")
        after_commit(lambda: seen.append(names()))
        assert seen == []
        return "result"

    assert transact(command) == "result"
    assert (names(), seen) == (["a"], [["a"]])


def test_a_command_that_begins_with_a_read_reads_in_its_transaction(app: Flask) -> None:
    def command() -> int:
        read_rows("SELECT pg_try_advisory_xact_lock(42)")
        return int(read_rows(held)[0].locks)

    held = "SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert transact(command) == 1


def test_what_raises_leaves_nothing_and_calls_nobody(app: Flask) -> None:
    called: list[None] = []

    def command() -> None:
        insert("a")
        after_commit(lambda: called.append(None))
        raise KeyError("stop")

    with pytest.raises(KeyError):
        transact(command)
    assert (names(), called) == ([], [])
    transact(insert, "b")
    assert (names(), called) == (["b"], [])


@pytest.mark.parametrize("error", [pg.SerializationFailure, pg.DeadlockDetected])
def test_a_lost_race_is_run_again_from_its_beginning(app: Flask, error: type[psycopg.Error]) -> None:
    runs: list[int] = []
    called: list[int] = []

    def command() -> None:
        runs.append(len(runs))
        insert("a")
        after_commit(lambda: called.append(len(runs)))
        if len(runs) < 3:
            raise failed(error)

    transact(command)
    assert (names(), len(runs), called) == (["a"], 3, [3])


def test_a_read_that_lost_a_race_runs_its_command_again(app: Flask) -> None:
    runs: list[None] = []

    def command() -> None:
        insert("a")
        runs.append(None)
        if len(runs) < 2:
            read_rows("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END $$")

    transact(command)
    assert (names(), len(runs)) == (["a"], 2)


def test_a_lock_that_was_waited_for_in_vain_is_not_waited_for_again(app: Flask) -> None:
    runs: list[None] = []

    def command() -> None:
        runs.append(None)
        raise failed(pg.LockNotAvailable)

    with pytest.raises(Unavailable, match=r"Others are changing the same data just now\."):
        transact(command)
    assert len(runs) == 1


def test_a_command_does_not_open_another_transaction(app: Flask) -> None:
    def command() -> None:
        insert("a")
        transact(insert, "b")

    with pytest.raises(RuntimeError, match="must not open another"):
        transact(command)
    assert names() == []
    transact(insert, "c")
    assert names() == ["c"]


def test_a_callback_that_fails_is_logged_and_keeps_no_other_from_being_called(
    app: Flask, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.db.log", structlog.get_logger())
    called: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    def command() -> str:
        insert("a")
        after_commit(fail)
        after_commit(lambda: called.append("second"))
        return "result"

    assert transact(command) == "result"
    assert (names(), called) == (["a"], ["second"])
    logged = capsys.readouterr().out
    assert "a callback after the commit failed" in logged
    assert "ZeroDivisionError" in logged


def test_a_race_that_is_always_lost_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.db.time.sleep", lambda _: None)
    runs: list[None] = []

    def command() -> None:
        runs.append(None)
        raise failed(pg.SerializationFailure)

    with pytest.raises(Unavailable):
        transact(command)
    assert len(runs) == ATTEMPTS


def test_a_named_constraint_is_refused_in_our_words(app: Flask) -> None:
    transact(insert, "a")
    with pytest.raises(Refused, match=r"Taken\."), refusing({"uq_tags_slug": Refused("Taken.")}):
        insert("a")
    db.session.rollback()


def test_a_constraint_nobody_named_is_refused_too(app: Flask) -> None:
    with pytest.raises(Refused, match="it breaks ck_tags_name_not_blank"):
        transact(insert, " ")
    assert names() == []


def test_a_value_that_can_not_be_stored(app: Flask) -> None:
    with pytest.raises(Invalid, match="The database can't store this value: value too long"):
        transact(insert, "x" * 51)
    assert names() == []


def test_reading_inside_a_transaction_sees_its_writes(app: Flask) -> None:
    def command() -> list[str]:
        insert("a")
        return names()

    assert transact(command) == ["a"]


def test_json_of_no_row_is_none(app: Flask) -> None:
    assert read_json("SELECT '{}'::text") == b"{}"
    assert read_json("SELECT 'x' WHERE false") is None
    assert read_json("SELECT NULL") is None


def test_reading_takes_no_connection_along(app: Flask) -> None:
    for _ in range(30):
        read_rows("SELECT 1")
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "literal"), [("100%", r"100\%"), ("a_b", r"a\_b"), ("\\", r"\\"), ("plain", "plain")]
)
def test_what_is_typed_is_literal_inside_like(typed: str, literal: str) -> None:
    assert like_literal(typed) == literal
