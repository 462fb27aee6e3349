"""Tags as JSON, with the exact number of insights that carry each and that the audience sees."""

from collections.abc import Sequence
from functools import cache

from app.core.db import Versioned, read_json, read_versioned
from app.errors import NotFound
from app.identity.audience import Audience, Sources
from app.taxonomy.models import Tag
from app.taxonomy.queries.names import missing

# A tag `t`, read from `Sources.tags`.
TAG = """json_build_object(
    'id', t.id, 'name', t.name, 'slug', t.slug, 'description', t.description, 'color', t.color,
    'created_at', iso_utc(t.created_at), 'usage_count', t.usage_count, 'version', t.version)"""


@cache
def _one(sources: Sources) -> str:
    return f"SELECT {TAG}::text, t.version FROM {sources.tags} t WHERE t.id = :id"


@cache
def _list(sources: Sources) -> str:
    return f"""
SELECT coalesce(json_agg({TAG} ORDER BY folded(t.name)), '[]')::text
FROM (SELECT * FROM {sources.tags} ORDER BY folded(name) OFFSET :skip LIMIT :limit) t"""


def most_used(sources: Sources, first: str, condition: str = "true") -> str:
    """The ``first`` so many tags by use, as SQL, and those used as often as the last of them: their names decide, and
    are costly to fold, so only theirs are."""
    return f"""(SELECT * FROM {sources.tags} WHERE {condition}
      ORDER BY usage_count DESC FETCH FIRST ({first}) ROWS WITH TIES)"""


@cache
def _most_used(sources: Sources) -> str:
    used = most_used(sources, "CAST(:limit AS bigint)", "usage_count > 0")
    return f"""
SELECT coalesce(json_agg({TAG} ORDER BY folded(t.name)), '[]')::text
FROM (SELECT * FROM {sources.tags} WHERE id = ANY (CAST(:chosen AS numeric[])) UNION
      (SELECT * FROM {used} used ORDER BY usage_count DESC, folded(name) LIMIT :limit)) t"""


def tag_json(audience: Audience, tag_id: int) -> Versioned:
    """One tag (`TagAnswer`). `NotFound` says into what it was merged."""
    try:
        return read_versioned("Tag", _one(audience.sources), tag_id, **audience.parameters)
    except NotFound as error:
        raise missing(Tag, tag_id) from error


def tags_json(audience: Audience, skip: int = 0, limit: int = 1000) -> bytes:
    """A JSON array of tags by name."""
    return read_json(_list(audience.sources), skip=skip, limit=limit, **audience.parameters) or b"[]"


def most_used_tags_json(audience: Audience, limit: int, chosen: Sequence[int] = ()) -> bytes:
    """The most used tags and the ``chosen`` ones, as a JSON array by name; other unused tags are left out."""
    statement = _most_used(audience.sources)
    return read_json(statement, limit=limit, chosen=list(chosen), **audience.parameters) or b"[]"
