"""What PostgreSQL alone is asked for the same words: ids, by a plain index of the vectors or by `ILIKE`."""

import time
from typing import Any

import psycopg
from psycopg.errors import QueryCanceled

from benchmarks.questions import Question

PATIENCE_MS = 10_000
PAGE_SIZE = 20

FILTERS = {
    "status": "AND i.status = %(status)s",
    "category_id": "AND i.category_id = %(category_id)s",
    "tag_ids": "AND EXISTS (SELECT FROM insight_tags WHERE insight_id = i.id AND tag_id = ALL (%(tag_ids)s))",
}
# Apart from the product's tables, so that its statements are planned as they always are.
BARE = """
CREATE SCHEMA bare;
CREATE TABLE bare.documents (id integer PRIMARY KEY, stems tsvector NOT NULL) WITH (toast_tuple_target = 8160);
ALTER TABLE bare.documents ALTER COLUMN stems SET STORAGE MAIN;
INSERT INTO bare.documents SELECT insight_id, stems FROM search_documents;
CREATE INDEX ON bare.documents USING gin (stems);
"""
MATCHES = "SELECT d.id FROM bare.documents d {join} WHERE d.stems @@ {words} {filters}"
JOIN = "JOIN insights i ON i.id = d.id"
ILIKE = """
SELECT i.id, count(*) OVER () FROM insights i
WHERE concat_ws(E'\\n', i.title, i.description, i.content) ILIKE ALL (%(parts)s) {filters}
ORDER BY i.created_at DESC, i.id DESC
"""
SLICE = " LIMIT %(page_size)s OFFSET %(offset)s"


def make_bare(connection: psycopg.Connection) -> None:
    """The vectors once more, unless a former run left them; from now on no statement takes longer than our patience."""
    if connection.execute("SELECT to_regclass('bare.documents')").fetchone() == (None,):
        connection.execute(BARE)
        connection.execute("VACUUM ANALYZE bare.documents")
    connection.execute(f"SET statement_timeout = {PATIENCE_MS}")


def statements(question: Question) -> dict[str, str]:
    """By name, with placeholders for `parameters`."""
    words = _tsquery(question)
    filters = " ".join(FILTERS[name] for name in question.filters)
    matches = MATCHES.format(join=JOIN if filters else "", words=words, filters=filters)
    return {
        "@@": matches + SLICE,
        "ts_rank": f"{matches} ORDER BY ts_rank(d.stems, {words}) DESC{SLICE}",
        "ILIKE": ILIKE.format(filters=filters) + SLICE,
    }


def _tsquery(question: Question) -> str:
    if question.is_phrase:
        return "phraseto_tsquery('english', %(text)s)"
    if question.beginning:
        return "to_tsquery('english', %(text)s || ':*')"
    return "plainto_tsquery('english', %(text)s)"


def parameters(question: Question) -> dict[str, Any]:
    parts = [question.meant] if question.is_phrase else question.meant.split()
    return {
        "text": question.meant,
        "parts": [f"%{part}%" for part in parts],
        "page_size": PAGE_SIZE,
        "offset": (question.page - 1) * PAGE_SIZE,
        **question.filters,
    }


def timed(connection: psycopg.Connection, statement: str, values: dict[str, Any]) -> float:
    """Milliseconds; those of our patience when it took longer."""
    begun = time.perf_counter()
    try:
        connection.execute(statement, values).fetchall()
    except QueryCanceled:
        return float(PATIENCE_MS)
    return (time.perf_counter() - begun) * 1000
