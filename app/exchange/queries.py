"""Insights on their way out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.core.db import read_rows
from app.errors import NotFound
from app.exchange.records import Exported
from app.identity.audience import Audience
from app.insights.queries.listing import InsightFilter
from app.search.queries.matches import matching_sql
from app.search.queries.wanted import Search
from app.taxonomy.models import Tag
from app.taxonomy.queries.names import ids_named

# Few: contents may be large, and all of a batch lies in memory.
BATCH = 50
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
IN_ORDER = "SELECT id FROM ({found}) found JOIN insights USING (id) ORDER BY public_id"


def exported(audience: Audience, search: Search) -> Iterator[Exported]:
    """The insights that fit and that the audience sees, read in small batches; each batch sees what is stored at its
    time. What a text finds is looked up once, before the first."""
    return _found(audience, search) if search.asks else _fitting(audience, search.wanted)


def _fitting(audience: Audience, wanted: InsightFilter) -> Iterator[Exported]:
    where = wanted.where(audience)
    parameters = {**wanted.parameters, **audience.parameters}
    rows = read_rows(PAGE.format(where=where), batch=BATCH, **parameters)
    following = PAGE.format(where=f"{where} AND i.public_id > :after")
    while rows:
        yield from _told(rows)
        rows = read_rows(following, batch=BATCH, after=rows[-1].public_id, **parameters)


def _found(audience: Audience, search: Search) -> Iterator[Exported]:
    found, bound, _ = matching_sql(audience, search)
    ids = [row.id for row in read_rows(IN_ORDER.format(found=found), **bound)]
    statement = PAGE.format(where=f"i.id = ANY (CAST(:ids AS int[])) AND {audience.sources.sees}")
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        yield from _told(read_rows(statement, batch=BATCH, ids=batch, **audience.parameters))


def _told(rows: Iterable[Any]) -> Iterator[Exported]:
    for row in rows:
        yield Exported(row.body, row.metadata)


def tag_ids_named(names: Sequence[str]) -> tuple[int, ...]:
    """The ids of tags, regardless of case and accents. Raises `NotFound` for a name that is none."""
    ids = ids_named(Tag, names) if names else {}
    for name in names:
        if name not in ids:
            raise NotFound.of("Tag", repr(name))
    return tuple(ids.values())
