"""Writers that meet: in chosen races, and many at random."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from benchmarks.counts_proof import prove
from tests.analytics.conftest import Connect
from tests.analytics.ledger import TAG_CELLS, Ledger

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
Later = Callable[[psycopg.Connection, str], Future[object]]


@pytest.fixture
def later() -> Iterator[Later]:
    """Run a statement on another session, which is expected to wait for a lock; returns once it does."""
    with ThreadPoolExecutor() as pool:

        def start(session: psycopg.Connection, statement: str) -> Future[object]:
            running: Future[object] = pool.submit(session.execute, statement.encode())
            with psycopg.connect(session.info.dsn, autocommit=True) as watcher:
                deadline = time.monotonic() + 10
                while watcher.execute(WAITING, (session.info.backend_pid,)).fetchone() != (1,):
                    assert not running.done()
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
            return running

        yield start


@pytest.mark.parametrize(
    ("first", "second", "tags"),
    [
        (
            "INSERT INTO insight_tags VALUES (1, 3)",
            "UPDATE insights SET status = 'archived' WHERE id = 1",
            {"1/archived/INTERNAL": 1, "2/archived/INTERNAL": 1, "3/archived/INTERNAL": 1, "1/published/PUBLIC": 1},
        ),
        (
            "UPDATE insights SET status = 'archived' WHERE id = 1",
            "INSERT INTO insight_tags VALUES (1, 3)",
            {"1/archived/INTERNAL": 1, "2/archived/INTERNAL": 1, "3/archived/INTERNAL": 1, "1/published/PUBLIC": 1},
        ),
        (
            "DELETE FROM insight_tags WHERE insight_id = 1",
            "UPDATE insights SET visibility = 'PUBLIC' WHERE id = 1",
            {"1/published/PUBLIC": 1},
        ),
        (
            "UPDATE insights SET visibility = 'PUBLIC' WHERE id = 1",
            "DELETE FROM insight_tags WHERE insight_id = 1",
            {"1/published/PUBLIC": 1},
        ),
        ("INSERT INTO insight_tags VALUES (1, 3)", "DELETE FROM insights WHERE id = 1", {"1/published/PUBLIC": 1}),
        (
            "INSERT INTO insight_tags VALUES (1, 3)",
            "DELETE FROM tags WHERE id = 3",
            TAG_CELLS,
        ),
        ("DELETE FROM insight_tags WHERE tag_id = 1", "DELETE FROM tags WHERE id = 1", {"2/draft/INTERNAL": 1}),
    ],
)
def test_the_second_writer_waits_and_both_are_counted(
    first: str, second: str, tags: dict[str, int], connect: Connect, ledger: Ledger, *, later: Later
) -> None:
    with ledger.connection.transaction():
        ledger.connection.execute(first.encode())
        waiting = later(connect(), second)
    waiting.result()
    assert ledger.drift() == []
    assert ledger.tag_cells() == tags


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("UPDATE insights SET status = 'archived' WHERE id = 1", "INSERT INTO insight_tags VALUES (1, 3)"),
        ("INSERT INTO insight_tags VALUES (1, 3)", "UPDATE insights SET status = 'archived' WHERE id = 1"),
    ],
)
def test_a_writer_with_an_old_snapshot_is_refused_rather_than_counted_wrong(
    first: str, second: str, session: psycopg.Connection, connect: Connect, ledger: Ledger
) -> None:
    other = connect()
    other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with other.transaction(force_rollback=True):
        other.execute("SELECT 1 FROM insights")
        session.execute(first.encode())
        with pytest.raises(psycopg.errors.SerializationFailure):
            other.execute(second.encode())
    assert ledger.drift() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE categories SET parent_id = 1 WHERE id = 1",
        "UPDATE categories SET parent_id = 3 WHERE id = 1",
        "INSERT INTO categories (id, name, slug, parent_id) VALUES (9, 'N', 'n', 9)",
        "INSERT INTO categories (id, name, slug, parent_id) VALUES (8, 'M', 'm', 9), (9, 'N', 'n', 8)",
    ],
)
@pytest.mark.parametrize("level", [psycopg.IsolationLevel.READ_COMMITTED, psycopg.IsolationLevel.REPEATABLE_READ])
def test_a_category_is_never_its_own_ancestor(
    statement: str, level: psycopg.IsolationLevel, session: psycopg.Connection, connect: Connect
) -> None:
    other = connect()
    other.isolation_level = level
    with pytest.raises(psycopg.errors.CheckViolation) as refused, other.transaction():
        other.execute(statement.encode())
    assert refused.value.diag.constraint_name == "categories_no_cycle"


def test_crossing_moves_make_no_cycle(session: psycopg.Connection, connect: Connect, later: Later) -> None:
    other = connect()
    with session.transaction():
        session.execute("UPDATE categories SET parent_id = 1 WHERE id = 2")
        waiting = later(other, "UPDATE categories SET parent_id = 2 WHERE id = 1")
    with pytest.raises(psycopg.errors.CheckViolation):
        waiting.result()
    parents = session.execute("SELECT id, parent_id FROM categories ORDER BY id").fetchall()
    assert parents == [(1, None), (2, 1), (3, 1)]


def test_a_rearrangement_may_pass_through_a_cycle(session: psycopg.Connection) -> None:
    with session.transaction():
        session.execute("SET CONSTRAINTS categories_no_cycle DEFERRED")
        session.execute("UPDATE categories SET parent_id = 3 WHERE id = 1")
        session.execute("UPDATE categories SET parent_id = NULL WHERE id = 3")
    parents = session.execute("SELECT id, parent_id FROM categories ORDER BY id").fetchall()
    assert parents == [(1, 3), (2, None), (3, None)]


@pytest.mark.usefixtures("clean_database")
def test_sixteen_writers_and_a_fold(database_url: str) -> None:
    proof = prove(database_url, writers=16, operations=150)
    done = proof.tally.operations.total() + proof.tally.cycles_refused
    assert (done, proof.drift_before_fold, proof.drift_after_fold) == (16 * 150, 0, 0)
    assert (proof.pending_after_fold, proof.cycles, proof.orphans) == (0, 0, 0)
    assert min(proof.insights, proof.links, proof.folds) > 0
