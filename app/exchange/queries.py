"""Insights on their way out, and what is stored of those that come in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from app.core.db import like_literal, read_rows
from app.exchange.records import Exported

BATCH = 200
CATEGORY = "i.category_id = (SELECT id FROM categories WHERE folded(name) = folded(:category))"
TAG = """(SELECT count(DISTINCT it.tag_id) FROM insight_tags it JOIN tags t ON t.id = it.tag_id
    WHERE it.insight_id = i.id AND folded(t.name) = ANY (SELECT folded(n) FROM unnest(CAST(:tags AS text[])) n))
    = (SELECT count(DISTINCT folded(n)) FROM unnest(CAST(:tags AS text[])) n)"""
CONDITIONS = {
    "status": "i.status = :status",
    "category": CATEGORY,
    "tags": TAG,
    "author": r"i.author ILIKE :author ESCAPE '\'",
}

# In the order of the public ids: it is much the order of creation, and the same wherever the insights were imported.
PAGE = """
SELECT i.public_id, json_build_object(
    'external_key', i.external_key, 'public_id', i.public_id, 'title', i.title, 'description', i.description,
    'content', nullif(i.content, ''), 'source', nullif(i.source, ''), 'author', i.author, 'category', c.name,
    'tags', (SELECT coalesce(json_agg(t.name ORDER BY t.name), '[]') FROM insight_tags it
             JOIN tags t ON t.id = it.tag_id WHERE it.insight_id = i.id),
    'priority', i.priority, 'status', i.status, 'visibility', i.visibility, 'created_at', iso_utc(i.created_at),
    'updated_at', iso_utc(i.updated_at), 'published_at', iso_utc(i.published_at), 'metadata', i.metadata)::text AS body,
    i.metadata::text AS metadata
FROM insights i LEFT JOIN categories c ON c.id = i.category_id
WHERE {where} ORDER BY i.public_id LIMIT :batch"""


def exported(wanted: Mapping[str, Any]) -> Iterator[Exported]:
    """The insights that fit all conditions (``status``, ``category``, ``tags``: all of them, ``author``: a part of it),
    read in small batches; each batch sees what is stored at its time."""
    given = {name: value for name, value in wanted.items() if value}
    if "author" in given:
        given["author"] = f"%{like_literal(given['author'])}%"
    where = " AND ".join(CONDITIONS[name] for name in given) or "true"
    rows = read_rows(PAGE.format(where=where), batch=BATCH, **given)
    following = PAGE.format(where=f"{where} AND i.public_id > :after")
    while rows:
        for row in rows:
            yield Exported(row.body, row.metadata)
        rows = read_rows(following, batch=BATCH, after=rows[-1].public_id, **given)


STORED = """
SELECT i.id, i.external_key, i.public_id, i.title, i.description, i.content, i.source, i.author, i.category_id,
    i.priority, i.status, i.visibility, i.metadata AS extra, i.created_at, i.updated_at, i.published_at,
    ARRAY (SELECT it.tag_id FROM insight_tags it WHERE it.insight_id = i.id) AS tag_ids
FROM insights i
WHERE i.external_key = ANY (CAST(:external_keys AS text[])) OR i.public_id = ANY (CAST(:public_ids AS uuid[]))
ORDER BY i.id FOR NO KEY UPDATE OF i"""


def stored_insights(external_keys: Sequence[str], public_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """The insights that have one of the keys or public ids, locked until the transaction ends."""
    return read_rows(STORED, external_keys=list(external_keys), public_ids=list(public_ids))
