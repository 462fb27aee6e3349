"""Tags as JSON, with the exact number of insights that carry each (``tags_counted``)."""

from collections.abc import Sequence

from app.core.db import Versioned, read_json, read_versioned

# A tag `t`, read from tags_counted.
TAG = """json_build_object(
    'id', t.id, 'name', t.name, 'slug', t.slug, 'description', t.description, 'color', t.color,
    'created_at', iso_utc(t.created_at), 'usage_count', t.usage_count, 'version', t.version)"""

ONE = f"SELECT {TAG}::text, t.version FROM tags_counted t WHERE t.id = :id"

LIST = f"""
SELECT coalesce(json_agg({TAG} ORDER BY folded(t.name)), '[]')::text
FROM (SELECT * FROM tags_counted ORDER BY folded(name) OFFSET :skip LIMIT :limit) t"""

MOST_USED = f"""
SELECT coalesce(json_agg({TAG} ORDER BY folded(t.name)), '[]')::text
FROM (SELECT * FROM tags_counted WHERE id = ANY (CAST(:chosen AS numeric[])) UNION
      (SELECT * FROM tags_counted WHERE usage_count > 0 ORDER BY usage_count DESC, folded(name) LIMIT :limit)) t"""


def tag_json(tag_id: int) -> Versioned:
    """One tag (`TagAnswer`)."""
    return read_versioned("Tag", ONE, tag_id)


def tags_json(skip: int = 0, limit: int = 1000) -> bytes:
    """A JSON array of tags by name."""
    return read_json(LIST, skip=skip, limit=limit) or b"[]"


def most_used_tags_json(limit: int, chosen: Sequence[int] = ()) -> bytes:
    """The most used tags and the ``chosen`` ones, as a JSON array by name; other unused tags are left out."""
    return read_json(MOST_USED, limit=limit, chosen=list(chosen)) or b"[]"
