"""The corpus is the same whenever it is made, and leaves a database as the triggers would have left it."""

from datetime import UTC, datetime
from itertools import islice

import psycopg
import pytest

from app.core.migrations import upgrade
from app.verification import findings
from benchmarks.corpus import MANY, fill, lengths_of, rows
from benchmarks.data import LONG, SHORT, Writer
from tests.conftest import built, libpq, owner_libpq, scratch_database

NEWEST = datetime(2026, 11, 22, tzinfo=UTC)


def test_the_same_seed_makes_the_same_rows():
    first = list(rows(Writer(seed=7), 50, NEWEST))
    assert list(rows(Writer(seed=7), 50, NEWEST)) == first
    assert list(rows(Writer(seed=8), 50, NEWEST)) != first
    assert len(first) == 50


def test_rows_are_made_one_at_a_time():
    assert len(list(islice(rows(Writer(), 10**9, NEWEST), 3))) == 3


def test_rows_reach_over_three_years():
    moments = [row[8] for row in rows(Writer(), 1095, NEWEST)]
    assert (NEWEST - moments[0]).days == 1094
    assert moments[-1] == NEWEST
    assert moments == sorted(moments)


@pytest.mark.parametrize(("lengths", "mean"), [(SHORT, 68), (LONG, 234)])
def test_texts_have_the_lengths_asked_for(lengths, mean):
    writer = Writer(lengths=lengths)
    words = [sum(len(text.split()) for text in writer.texts()) for _ in range(2000)]
    assert sum(words) / len(words) == pytest.approx(mean, rel=0.02)
    assert mean * 0.5 <= min(words) < max(words) <= mean * 1.5


def test_many_insights_are_short():
    assert (lengths_of(MANY - 1), lengths_of(MANY)) == (LONG, SHORT)


@pytest.mark.parametrize("share", [0.01, 0.07, 0.3])
def test_a_word_is_as_common_as_was_asked_for(share):
    writer = Writer(lengths=SHORT)
    word = writer.word(share)
    having = sum(word in " ".join(writer.texts()).split() for _ in range(5000))
    assert having / 5000 == pytest.approx(share, rel=0.3)


def test_a_filled_database_keeps_every_promise(settings):
    with scratch_database(settings) as scratch, built(scratch) as app:
        upgrade(app)
        data = fill(owner_libpq(scratch), 300)
        with app.app_context():
            violations = {name: found for name, found in findings().items() if found}
        with psycopg.connect(libpq(scratch)) as connection:
            documents = connection.execute(
                "SELECT count(*), min(insight_id), max(insight_id) FROM search_documents"
            ).fetchone()
            links = connection.execute("SELECT count(*) FROM insight_tags").fetchone()
            numbers = connection.execute("SELECT count(*) FROM insight_revisions WHERE verb = 'create'").fetchone()
        with psycopg.connect(owner_libpq(scratch)) as connection:
            off = connection.execute("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'O'").fetchall()
    assert violations == {}
    assert (documents, links, numbers) == ((300, 1, 300), (900,), (300,))
    assert off == []
    assert (data.insights, data.category_id) == (300, 20)


def test_a_filled_database_has_the_schema_of_an_empty_one(settings, owner_url):
    with scratch_database(settings) as scratch, built(scratch) as app:
        upgrade(app)
        with psycopg.connect(owner_libpq(scratch)) as connection:
            before = schema(connection)
        fill(owner_libpq(scratch), 10)
        with psycopg.connect(owner_libpq(scratch)) as connection:
            assert schema(connection) == before


def schema(connection):
    return connection.execute(
        "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
    ).fetchall()
