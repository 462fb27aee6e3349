"""The corpus: insights streamed by COPY into an empty, migrated database, and all that follows from them there.

    python -m benchmarks.corpus --insights 1000000 --database-url URL

A write by the triggers, row by row, would take hours at 1,000,000. So they are off, indexes and foreign keys are made
afterwards, and what they would have kept (links' labels, revisions, search documents, known words, counts) is written
by one statement each. `insights verify` finds nothing to say about the result.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import click
import psycopg

from benchmarks.data import CATEGORIES, COLUMNS, LONG, PERIOD, SHORT, STATUSES, TAGS, Lengths, Writer, parent

STATUS = [column.strip() for column in COLUMNS.split(",")].index("status")
RARE = 0.01
# From so many on texts are short: a million long ones would measure the disk.
MANY = 500_000

TABLES = ["insights", "insight_tags", "insight_revisions", "search_documents", "search_words"]
LATER = """
WITH filled AS (SELECT unnest(%s::regclass[]) AS name)
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM filled JOIN pg_index ON indrelid = name WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
UNION ALL
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', name, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', name, conname, pg_get_constraintdef(oid))
FROM filled JOIN pg_constraint ON conrelid = name AND contype = 'f'
UNION ALL
SELECT format('ALTER TABLE %%s DISABLE TRIGGER USER', name), format('ALTER TABLE %%s ENABLE TRIGGER USER', name)
FROM filled
"""
NAMES = """
INSERT INTO categories (name, slug, parent_id) SELECT 'Category ' || n, 'category-' || n, parent
FROM unnest(%s::int[]) WITH ORDINALITY AS given(parent, n)
"""
REVISIONS = """
INSERT INTO insight_revisions (insight_id, number, version, at, verb, actor_kind, actor_name)
SELECT id, 1, version, created_at, 'create', 'database', session_user FROM insights
"""
DOCUMENTS = """
INSERT INTO search_documents (insight_id, length, stems, words)
SELECT i.id, d.length, d.stems, d.words
FROM insights i CROSS JOIN LATERAL search_document(i.title, i.description, i.content) d
WHERE i.id BETWEEN %s AND %s
"""
KNOWN_WORDS = """
INSERT INTO search_words (word)
SELECT word FROM ts_stat('SELECT words FROM search_documents') WHERE length(word) BETWEEN 3 AND 40
"""


@dataclass(frozen=True, slots=True)
class Data:
    """What the workloads need to know of it: insights have the ids 1 to ``insights``."""

    insights: int
    rare_word: str
    category_id: int


def lengths_of(insights: int) -> Lengths:
    return SHORT if insights >= MANY else LONG


def fill(url: str, insights: int, seed: int = 1) -> Data:
    """Fill an empty, migrated database as its owner (libpq URL).

    Two minutes for 100,000 insights, ten for 1,000,000, on two cores; memory doesn't grow with them.
    """
    writer = Writer(seed, lengths_of(insights))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute(NAMES, ([parent(number) for number in range(1, CATEGORIES + 1)],))
        connection.execute(
            "INSERT INTO tags (name, slug) SELECT 'Tag ' || n, 'tag-' || n FROM generate_series(1, %s) n", (TAGS,)
        )
        with _kept_afterwards(connection):
            statuses = _copy_insights(connection, writer, insights)
            _copy_links(connection, writer, statuses)
            connection.execute(REVISIONS)
            _write_documents(url, insights)
            connection.execute(KNOWN_WORDS)
        settle(connection)
    return Data(insights, writer.word(RARE), category_id=CATEGORIES // 10)


@contextmanager
def _kept_afterwards(connection: psycopg.Connection) -> Iterator[None]:
    """Indexes and foreign keys are made in one go afterwards; no trigger runs in between."""
    found = connection.execute(LATER, (TABLES,)).fetchall()
    for take, _ in found:
        connection.execute(take)
    yield
    for _, make in found:
        connection.execute(make)


def rows(writer: Writer, insights: int, newest: datetime) -> Iterator[tuple[object, ...]]:
    """Columns of `COLUMNS`, the oldest first."""
    for number in range(1, insights + 1):
        yield writer.row(newest - PERIOD * (1 - number / insights))


def _copy_insights(connection: psycopg.Connection, writer: Writer, insights: int) -> bytearray:
    """The place of each one's status in `STATUSES`."""
    statuses = bytearray()
    with connection.cursor().copy(f"COPY insights ({COLUMNS}) FROM STDIN") as copy:
        for row in rows(writer, insights, datetime.now(UTC)):
            copy.write_row(row)
            statuses.append(STATUSES.index(str(row[STATUS])))
    return statuses


def _copy_links(connection: psycopg.Connection, writer: Writer, statuses: Sequence[int]) -> None:
    """Each says under which status and visibility it is counted."""
    columns = "insight_id, tag_id, counted_status, counted_visibility"
    with connection.cursor().copy(f"COPY insight_tags ({columns}) FROM STDIN") as copy:
        for insight_id, status in enumerate(statuses, start=1):
            for tag_id in writer.tags():
                copy.write_row((insight_id, tag_id, STATUSES[status], "INTERNAL"))


def _write_documents(url: str, insights: int) -> None:
    """A part for each core: an INSERT runs on one."""
    parts = os.cpu_count() or 1
    ends = [insights * part // parts for part in range(parts + 1)]

    def write(part: int) -> None:
        with psycopg.connect(url) as connection:
            connection.execute(DOCUMENTS, (ends[part] + 1, ends[part + 1]))

    with ThreadPoolExecutor(parts) as threads:
        list(threads.map(write, range(parts)))


def settle(connection: psycopg.Connection) -> None:
    """Count what was written and give the planner its statistics."""
    connection.execute("SELECT counts_repair()")
    connection.execute("SELECT counts_fold()")
    connection.execute("VACUUM ANALYZE")


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--database-url", required=True, help="Of an empty, migrated database, as its owner (postgresql://).")
@click.option("--insights", default=100_000, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True)
def main(database_url: str, insights: int, seed: int) -> None:
    click.echo(f"A word of one in a hundred insights: {fill(database_url, insights, seed).rare_word}")


if __name__ == "__main__":
    main()
