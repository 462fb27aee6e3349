"""Many concurrent writers, a fold beside them, then a recount: are all counts exact?

    python -m benchmarks.counts_proof --writers 16 --operations 2000 [--database-url URL]

The database must be migrated and hold no insights, as the writers delete what they find; without a URL a PostgreSQL of
its own is started in a temporary folder. Exit status 1 when a count is wrong, the category tree has a cycle or a
history outlived its insight.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import click
import psycopg

from benchmarks.counts_writer import Tally, Writer
from benchmarks.database import libpq, throwaway_servers

CATEGORIES = 30
TAGS = 40
FOLD_EVERY_SECONDS = 0.5
PENDING = "SELECT (SELECT count(*) FROM insight_count_delta) + (SELECT count(*) FROM tag_count_delta)"
# Walks up from every category; a cycle is what never reaches a root.
CYCLES = """
WITH RECURSIVE rooted AS (SELECT id FROM categories WHERE parent_id IS NULL
                          UNION ALL SELECT c.id FROM categories c JOIN rooted ON c.parent_id = rooted.id)
SELECT count(*) FROM categories WHERE id NOT IN (SELECT id FROM rooted)
"""
ORPHANS = "SELECT count(*) FROM insight_revisions WHERE insight_id NOT IN (SELECT id FROM insights)"


@dataclass(frozen=True, slots=True)
class Proof:
    """What happened and what came of it; exact when ``drift_*``, ``cycles`` and ``orphans`` are 0."""

    tally: Tally
    seconds: float
    folds: int
    worst_pending: int
    insights: int
    links: int
    drift_before_fold: int
    drift_after_fold: int
    pending_after_fold: int
    cycles: int
    orphans: int

    @property
    def exact(self) -> bool:
        wrong = (self.drift_before_fold, self.drift_after_fold, self.pending_after_fold, self.cycles, self.orphans)
        return not any(wrong)


@dataclass
class Folder:
    """Folds the counts again and again on a connection of its own until it is stopped."""

    url: str
    folds: int = 0
    worst_pending: int = 0

    def run(self, stop: threading.Event) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not stop.wait(FOLD_EVERY_SECONDS):
                self.worst_pending = max(self.worst_pending, number(connection, PENDING))
                number(connection, "SELECT counts_fold()")
                self.folds += 1


def prove(url: str, writers: int, operations: int, seed: int = 1) -> Proof:
    """Run ``writers`` x ``operations`` random operations beside a fold; raises what a writer could not get over."""
    with psycopg.connect(url, autocommit=True) as connection:
        prepare(connection)
        started = time.perf_counter()
        tally, folder = _write(url, writers, operations, seed)
        seconds = time.perf_counter() - started
        return _judge(connection, tally, seconds, folder)


def prepare(connection: psycopg.Connection) -> None:
    """Categories and tags to choose from."""
    if number(connection, "SELECT count(*) FROM insights"):
        raise click.UsageError("The database holds insights, and the writers would change and delete them.")
    connection.execute(
        "INSERT INTO categories (name, slug) SELECT 'Category ' || n, 'category-' || n FROM generate_series(1, %s) n",
        (CATEGORIES,),
    )
    connection.execute(
        "INSERT INTO tags (id, name, slug) SELECT n, 'Tag ' || n, 'tag-' || n FROM generate_series(1, %s) n", (TAGS,)
    )


def number(connection: psycopg.Connection, question: str) -> int:
    row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _write(url: str, writers: int, operations: int, seed: int) -> tuple[Tally, Folder]:
    tally, folder, stop = Tally(), Folder(url), threading.Event()
    with ThreadPoolExecutor(writers + 1) as pool:
        folding = pool.submit(folder.run, stop)
        try:
            staff = [pool.submit(_work, url, seed * 1000 + position, operations) for position in range(writers)]
            for done in staff:
                tally.add(done.result())
        finally:
            stop.set()
        folding.result()
    return tally, folder


def _work(url: str, seed: int, operations: int) -> Tally:
    return Writer(url, seed).run(operations)


def _judge(connection: psycopg.Connection, tally: Tally, seconds: float, folder: Folder) -> Proof:
    drift_before_fold = number(connection, "SELECT count(*) FROM counts_drift")
    number(connection, "SELECT counts_fold()")
    return Proof(
        tally=tally,
        seconds=seconds,
        folds=folder.folds,
        worst_pending=folder.worst_pending,
        insights=number(connection, "SELECT count(*) FROM insights"),
        links=number(connection, "SELECT count(*) FROM insight_tags"),
        drift_before_fold=drift_before_fold,
        drift_after_fold=number(connection, "SELECT count(*) FROM counts_drift"),
        pending_after_fold=number(connection, PENDING),
        cycles=number(connection, CYCLES),
        orphans=number(connection, ORPHANS),
    )


def figures(proof: Proof) -> Iterator[str]:
    """The proof as lines of text."""
    done = proof.tally.operations.total()
    for operation, count in proof.tally.operations.most_common():
        yield f"{operation:24} {count:8}"
    yield f"{'operations':24} {done:8} in {proof.seconds:.1f} s, {done / proof.seconds:.0f}/s"
    yield f"{'deadlocks retried':24} {proof.tally.deadlocks:8}"
    yield f"{'serialisation retried':24} {proof.tally.serialisation_failures:8}"
    yield f"{'cycles refused':24} {proof.tally.cycles_refused:8}"
    yield f"{'folds':24} {proof.folds:8}"
    yield f"{'worst pending rows':24} {proof.worst_pending:8}"
    yield f"{'insights, links left':24} {proof.insights:8} {proof.links}"
    yield f"{'drift before fold':24} {proof.drift_before_fold:8}"
    yield f"{'drift after fold':24} {proof.drift_after_fold:8}"
    yield f"{'pending after fold':24} {proof.pending_after_fold:8}"
    yield f"{'categories in a cycle':24} {proof.cycles:8}"
    yield f"{'revisions of gone ones':24} {proof.orphans:8}"


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--writers", default=16, show_default=True, type=click.IntRange(1, 100))
@click.option("--operations", default=2000, show_default=True, type=click.IntRange(1), help="Of each writer.")
@click.option("--seed", default=1, show_default=True)
@click.option("--database-url", help="postgresql://... of a migrated database without insights.")
def main(writers: int, operations: int, seed: int, database_url: str | None) -> None:
    with ExitStack() as stack:
        if database_url is None:
            database_url = libpq(stack.enter_context(throwaway_servers()))
        proof = prove(database_url, writers, operations, seed)
    for line in figures(proof):
        click.echo(line)
    raise SystemExit(not proof.exact)


if __name__ == "__main__":
    main()
