"""Statistics of the words, and what keeps documents and words right. Each runs in a transaction of its own, beside
writers, whom nothing here makes wait."""

from typing import NamedTuple

import structlog
from sqlalchemy import text

from app.core.db import domain_errors, read_rows
from app.extensions import db
from app.search.queries.checks import UNKNOWN_WORDS

# Up to here every document is counted; of more a sample of pages, the counts multiplied.
COUNTED = 50_000
# Rankings hardly notice what less than this part of the documents says.
NOTICED = 0.1

# What the database counted of changes comes a second late, and starts again after a crash.
CHANGES = """
SELECT n_tup_ins + n_tup_upd + n_tup_del AS changes FROM pg_stat_user_tables
WHERE relid = 'search_documents'::regclass"""
DUE = f"""
SELECT (SELECT count(*) FROM (SELECT FROM search_documents LIMIT 1) any_document) > 0 AND NOT EXISTS (
  SELECT FROM search_statistics known, ({CHANGES}) now
  WHERE now.changes = known.changes
     OR abs(now.changes - known.changes) <= :noticed * known.documents
        AND known.refreshed_at > now() - interval '1 day')"""

# A stem's entries are itself and one for each tier that it reaches, with the tier's mark (1 to 7) at the end.
TERMS = r"""
WITH counted AS MATERIALIZED (
  SELECT term, array_agg(documents ORDER BY tier) AS documents FROM (
    SELECT rtrim(word, E'\x01\x02\x03\x04\x05\x06\x07') AS term,
      CASE WHEN ascii(right(word, 1)) < 8 THEN ascii(right(word, 1)) ELSE 0 END AS tier,
      least(round(ndoc * CAST(:factor AS float8)), :documents)::integer AS documents
    FROM ts_stat(CAST(:sample AS text))) entries
  GROUP BY term),
gone AS (DELETE FROM search_terms t WHERE NOT EXISTS (SELECT FROM counted WHERE counted.term = t.term))
INSERT INTO search_terms AS known (term, documents) SELECT term, documents FROM counted
ON CONFLICT (term) DO UPDATE SET documents = excluded.documents WHERE known.documents <> excluded.documents"""
SAMPLE = "SELECT search_tokens(stems, length) FROM search_documents{some}"
ALL_OF = "SELECT count(*) AS documents, coalesce(avg(length), 0)::float8 AS mean FROM search_documents"
STATISTICS = """
INSERT INTO search_statistics (documents, average_length, changes) VALUES (:documents, :mean, :changes)
ON CONFLICT (single) DO UPDATE SET documents = excluded.documents, average_length = excluded.average_length,
  changes = excluded.changes, refreshed_at = now()"""

UNUSED = """
DELETE FROM search_words known WHERE NOT EXISTS (
  SELECT FROM ts_stat('SELECT words FROM search_documents') used WHERE used.word = known.word) RETURNING word"""
TWICE = "DELETE FROM search_words a USING search_words b WHERE a.word = b.word AND a.ctid > b.ctid"
# Who began to use a word while it was being taken away found it known.
USED_AFTER_ALL = """
INSERT INTO search_words (word) SELECT taken.word FROM unnest(CAST(:words AS text[])) AS taken(word)
WHERE EXISTS (SELECT FROM search_documents d WHERE d.words @@ plainto_tsquery('pg_catalog.simple', taken.word)
    AND search_tokens(d.stems, d.length) @@ plainto_tsquery('pg_catalog.english', taken.word))
  AND NOT EXISTS (SELECT FROM search_words known WHERE known.word = taken.word)"""

WRONG_DOCUMENTS = """
UPDATE search_documents d SET length = fresh.length, stems = fresh.stems, words = fresh.words
FROM insights i CROSS JOIN LATERAL search_document(i.title, i.description, i.content) fresh
WHERE i.id = d.insight_id AND (d.length, d.stems, d.words) IS DISTINCT FROM (fresh.length, fresh.stems, fresh.words)"""
MISSING_DOCUMENTS = """
INSERT INTO search_documents (insight_id, length, stems, words)
SELECT i.id, fresh.length, fresh.stems, fresh.words
FROM insights i CROSS JOIN LATERAL search_document(i.title, i.description, i.content) fresh
WHERE NOT EXISTS (SELECT FROM search_documents d WHERE d.insight_id = i.id) ON CONFLICT DO NOTHING"""
MISSING_WORDS = f"INSERT INTO search_words (word) SELECT used.word {UNKNOWN_WORDS}"

log = structlog.get_logger(__name__)


class Counted(NamedTuple):
    """How many ``documents`` there are, and how many different ``terms`` were found in those that were counted."""

    documents: int
    terms: int


class Rebuilt(NamedTuple):
    """How many documents and words were wrong or missing."""

    documents: int
    words: int


def refresh_if_due() -> None:
    """Count anew when a tenth of the documents changed since, or a day passed with any change. Asking costs nothing."""
    if read_rows(f"{DUE} AS due", noticed=NOTICED)[0].due:
        counted = refresh()
        log.info("counted the words of search", documents=counted.documents, terms=counted.terms)


def refresh() -> Counted:
    """Count terms and lengths, and forget words that no document has any more.

    About a second for each 5,000 documents that are counted (50,000 at most), and for each 40,000 that there are.
    """
    changes = read_rows(CHANGES)[0].changes
    known = read_rows(ALL_OF)[0]
    _forget_words()
    part = min(1.0, COUNTED / max(known.documents, 1))
    sample = SAMPLE.format(some="" if part == 1 else f" TABLESAMPLE SYSTEM ({100 * part})")
    terms = _write(TERMS, sample=sample, factor=1 / part, documents=known.documents)
    _write(STATISTICS, documents=known.documents, mean=known.mean, changes=changes)
    return Counted(known.documents, terms)


def rebuild() -> Rebuilt:
    """Make documents and words what the texts say, then refresh the statistics. Reads all insights."""
    documents = _write(WRONG_DOCUMENTS) + _write(MISSING_DOCUMENTS)
    rebuilt = Rebuilt(documents, _write(MISSING_WORDS))
    refresh()
    return rebuilt


def _forget_words() -> None:
    _write(TWICE)
    with domain_errors(), db.engine.begin() as connection:
        words = list(connection.execute(text(UNUSED)).scalars())
    if words:
        _write(USED_AFTER_ALL, words=words)


def _write(statement: str, **parameters: object) -> int:
    with domain_errors(), db.engine.begin() as connection:
        return int(connection.execute(text(statement), parameters).rowcount)
