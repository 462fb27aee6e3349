"""Folding, verifying and repairing; what the counting itself must not do."""

from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest
from flask import Flask

from app.analytics.commands import fold_counts, repair_counts, vacuum_deltas
from app.analytics.queries.drift import Counted, Drift, count_drift, counted
from tests.analytics.conftest import Connect
from tests.analytics.ledger import CELLS, SECONDS, TAG_CELLS, USAGE, Ledger

EXACT = (CELLS, SECONDS, TAG_CELLS, USAGE)


def test_fold_moves_what_is_pending_into_the_stored_counts(
    app: Flask, session: psycopg.Connection, ledger: Ledger
) -> None:
    with app.app_context():
        assert fold_counts() == 6
        assert fold_counts() == 0
        vacuum_deltas()
    assert ledger.pending() == 0
    assert ledger.number("SELECT sum(n) FROM insight_counts") == 3
    assert ledger.number("SELECT sum(n) FROM tag_counts") == 3
    assert dict(session.execute("SELECT name, usage_count FROM tags").fetchall()) == USAGE
    assert ledger.shown() == EXACT


def test_deltas_are_vacuumed_where_the_server_lets_the_application(
    app: Flask, statements: Callable[[], list[str]], database_url: str
) -> None:
    vacuum_deltas()
    vacuumed = [sent for sent in statements() if sent.startswith("VACUUM")]
    warnings: list[str | None] = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.add_notice_handler(lambda told: warnings.append(told.message_primary))
        connection.execute("VACUUM insight_count_delta, tag_count_delta")
        lets = connection.info.server_version >= 170000 or not warnings
    assert (bool(vacuumed), bool(warnings)) == (lets, not lets)


def test_fold_leaves_no_rows_that_count_nothing(session: psycopg.Connection, ledger: Ledger) -> None:
    ledger.fold()
    session.execute("DELETE FROM insights")
    ledger.fold()
    assert ledger.number("SELECT count(*) FROM insight_counts") == 0
    assert ledger.number("SELECT count(*) FROM tag_counts") == 0


def test_only_one_fold_at_a_time(connect: Connect, session: psycopg.Connection, ledger: Ledger) -> None:
    other = connect()
    with other.transaction():
        assert Ledger(other).fold() == 6
        assert ledger.fold() == -1
        assert ledger.shown() == EXACT
    assert ledger.shown() == EXACT


def test_fold_passes_by_a_tag_that_somebody_holds(
    connect: Connect, session: psycopg.Connection, ledger: Ledger
) -> None:
    other = connect()
    with other.transaction():
        other.execute("UPDATE tags SET name = 'Incidents' WHERE id = 1")
        assert ledger.fold() == 4
        assert ledger.pending() == 2
    assert ledger.usage() == {"Incidents": 2, "Testing": 1, "Docs": 0}
    assert ledger.fold() == 2
    assert ledger.usage() == {"Incidents": 2, "Testing": 1, "Docs": 0}


def test_a_reader_with_an_old_snapshot_sees_its_own_time(
    connect: Connect, session: psycopg.Connection, ledger: Ledger
) -> None:
    other = connect()
    other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with other.transaction():
        assert Ledger(other).shown() == EXACT
        session.execute("DELETE FROM insights")
        ledger.fold()
        assert Ledger(other).shown() == EXACT
        assert Ledger(other).drift() == []
    assert ledger.cells() == {}


@pytest.mark.usefixtures("session")
def test_verify_counts_cells_and_tags(app: Flask) -> None:
    with app.app_context():
        assert count_drift() == []
        assert counted() == Counted(cells=3, tags=3)


def test_repair_mends_what_went_past_the_triggers(app: Flask, session: psycopg.Connection, ledger: Ledger) -> None:
    ledger.fold()
    session.execute("UPDATE insight_counts SET n = n + 5, action_seconds = 1 WHERE status = 'draft'")
    session.execute("UPDATE tag_counts SET n = n + 2 WHERE tag_id = 2")
    session.execute("SET insights.folding = 'on'; UPDATE tags SET usage_count = 9 WHERE id = 3; RESET insights.folding")
    session.execute("ALTER TABLE insight_tags DISABLE TRIGGER USER")
    session.execute("UPDATE insight_tags SET counted_status = 'archived' WHERE insight_id = 2")
    session.execute("ALTER TABLE insight_tags ENABLE TRIGGER USER")
    with app.app_context():
        assert count_drift() == [
            Drift("action_seconds", "1/draft/medium/INTERNAL", Decimal(0), Decimal(1)),
            Drift("insights", "1/draft/medium/INTERNAL", Decimal(1), Decimal(6)),
            Drift("link", "2/1", Decimal(1), Decimal(0)),
            Drift("tag", "Docs", Decimal(0), Decimal(9)),
            Drift("tag_cell", "Testing/draft/INTERNAL", Decimal(1), Decimal(3)),
        ]
        assert repair_counts() > 0
        assert count_drift() == []
        assert repair_counts() == 0
    assert ledger.pending() == 0
    assert ledger.shown() == EXACT


def test_counting_is_no_new_version(session: psycopg.Connection, ledger: Ledger) -> None:
    versions = "SELECT id, version, updated_at FROM insights ORDER BY id"
    before = session.execute(versions).fetchall()
    session.execute("INSERT INTO insight_tags VALUES (3, 3)")
    session.execute("DELETE FROM insight_tags WHERE insight_id = 1")
    ledger.fold()
    assert session.execute(versions).fetchall() == before
    assert ledger.number("SELECT max(version) FROM tags") == 1


def test_linking_an_insight_of_the_same_transaction_costs_no_second_row_version(session: psycopg.Connection) -> None:
    updates = "SELECT relname, n_tup_upd FROM pg_stat_xact_user_tables WHERE relname IN ('insights', 'insight_tags')"
    with session.transaction():
        session.execute("UPDATE insights SET title = 'A2' WHERE id = 1")
        session.execute("INSERT INTO insight_tags VALUES (1, 3)")
        assert dict(session.execute(updates).fetchall()) == {"insights": 1, "insight_tags": 0}


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_truncate_is_refused_with_an_old_snapshot(
    level: psycopg.IsolationLevel, connect: Connect, ledger: Ledger
) -> None:
    other = connect()
    other.isolation_level = level
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="insight_tags needs"), other.transaction():
        other.execute("TRUNCATE insight_tags")
    assert ledger.shown() == EXACT


def test_a_new_tag_starts_at_nothing(session: psycopg.Connection, ledger: Ledger) -> None:
    session.execute("INSERT INTO tags (name, slug, usage_count) VALUES ('New', 'new', 12)")
    assert ledger.usage() == {**USAGE, "New": 0}
