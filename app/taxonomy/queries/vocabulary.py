"""The vocabulary as those see it who take care of it: tags with the names that were merged into them."""

from functools import cache
from typing import Any

from app.core.db import read_json, read_rows
from app.identity.audience import Audience, Sources
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import KINDS
from app.taxonomy.queries.tags import TAG, most_used

ORDERS = {"name": "folded(t.name)", "usage": "t.usage_count DESC, folded(t.name)"}
ALIASES = "SELECT name FROM {aliases} WHERE {target} = :id ORDER BY folded(name)"
NAMES = "SELECT name FROM {table} WHERE id <> :id ORDER BY folded(name) LIMIT :most"


def _found(sources: Sources) -> str:
    holds = "position(folded(:text) IN folded(name)) > 0"
    return f"""(SELECT * FROM {sources.tags} t
  WHERE {holds} OR EXISTS (
    SELECT FROM tag_aliases a WHERE a.tag_id = t.id AND {holds.replace("(name)", "(a.name)")}))"""


def _all(sources: Sources, order: str) -> str:
    """Of all tags, those among which the slice is."""
    return most_used(sources, "CAST(:skip AS bigint) + CAST(:limit AS bigint)") if order == "usage" else sources.tags


@cache
def _page(sources: Sources, order: str, *, searched: bool) -> str:
    among, total = ("found", "found") if searched else (_all(sources, order), "tags")
    return f"""
WITH {f"found AS {_found(sources)}," if searched else ""}
page AS (SELECT * FROM {among} t ORDER BY {ORDERS[order]} OFFSET :skip LIMIT :limit)
SELECT json_build_object('total', (SELECT count(*) FROM {total}), 'tags', coalesce(json_agg(
    json_build_object('tag', {TAG}, 'aliases', (
        SELECT coalesce(json_agg(a.name ORDER BY folded(a.name)), '[]') FROM tag_aliases a WHERE a.tag_id = t.id))
    ORDER BY {ORDERS[order]}), '[]'))::text
FROM page t"""


def tag_table_json(audience: Audience, text: str, order: str, skip: int, limit: int) -> bytes:
    """A slice of the tags whose name or alias holds a text (all, when it is empty), by an order of `ORDERS`:
    ``{"total": 2, "tags": [{"tag": TagAnswer, "aliases": [name]}]}``."""
    values = {"skip": skip, "limit": limit, **({"text": text} if text else {})}
    statement = _page(audience.sources, order, searched=bool(text))
    return read_json(statement, **values, **audience.parameters) or b"{}"


def aliases_of(kind: type[Category] | type[Tag], key: int) -> list[str]:
    """The names that were merged into it."""
    return [row.name for row in read_rows(ALIASES.format(**KINDS[kind]._asdict()), id=key)]


def other_names(kind: type[Category] | type[Tag], key: int, most: int) -> list[Any]:
    """The names of the others, to be offered where one is typed."""
    return [row.name for row in read_rows(NAMES.format(**KINDS[kind]._asdict()), id=key, most=most)]
