"""Categories as JSON. Counts come from the cells that the database keeps, never from a recount; they count what the
audience sees."""

from functools import cache
from typing import Any

from app.core.db import Versioned, read_json, read_rows, read_versioned
from app.errors import NotFound
from app.identity.audience import Audience, Sources
from app.taxonomy.models import Category
from app.taxonomy.queries.names import missing

# Columns of a category `c` and its count `d`, without the closing brace: the tree adds its own members.
CATEGORY_MEMBERS = """
    'id', c.id, 'name', c.name, 'slug', c.slug, 'description', c.description, 'parent_id', c.parent_id,
    'color', c.color, 'icon', c.icon, 'created_at', iso_utc(c.created_at), 'updated_at', iso_utc(c.updated_at),
    'version', c.version, 'insight_count', coalesce(d.n, 0)"""


def direct_counts(sources: Sources, within: str = "true") -> str:
    """The insights directly in each category, as SQL; ``within`` narrows the cells so that an item reads its own."""
    return f"SELECT category_id, sum(n)::bigint AS n FROM {sources.cells} WHERE {within} GROUP BY category_id"


@cache
def _one(sources: Sources) -> str:
    return f"""
SELECT json_build_object({CATEGORY_MEMBERS})::text, c.version
FROM categories c LEFT JOIN ({direct_counts(sources, "category_id = :id")}) d ON d.category_id = c.id
WHERE c.id = :id"""


@cache
def _list(sources: Sources) -> str:
    return f"""
SELECT coalesce(json_agg(page.category ORDER BY page.place), '[]')::text FROM (
  SELECT json_build_object({CATEGORY_MEMBERS}) AS category, folded(c.name) AS place
  FROM categories c LEFT JOIN ({direct_counts(sources)}) d ON d.category_id = c.id
  ORDER BY place OFFSET :skip LIMIT :limit) page"""


def _counted(sources: Sources) -> str:
    """CTEs of the tree: ``direct`` and ``subtree`` counts, and a ``walk`` that is depth first by its ``trail``."""
    return f"""direct AS MATERIALIZED ({direct_counts(sources, "category_id <> 0")}),
rising AS (
  SELECT category_id AS id, n FROM direct
  UNION ALL SELECT c.parent_id, r.n FROM rising r JOIN categories c USING (id) WHERE c.parent_id IS NOT NULL),
subtree AS (SELECT id, sum(n) AS n FROM rising GROUP BY id),
walk AS (
  SELECT id, 1 AS depth, ARRAY[folded(name)] AS trail FROM categories WHERE parent_id IS NULL
  UNION ALL
  SELECT c.id, w.depth + 1, w.trail || folded(c.name) FROM categories c JOIN walk w ON c.parent_id = w.id)"""


@cache
def _tree(sources: Sources) -> str:
    """Depth first, each node is written up to its list of children; what closes it follows from how far the next node
    lies above it. So a tree of any depth is nested by one pass of string_agg."""
    return f"""
WITH RECURSIVE {_counted(sources)},
nodes AS (
  SELECT w.depth, w.trail, lead(w.depth, 1, 1) OVER (ORDER BY w.trail) AS next_depth,
         lag(w.depth, 1, 0) OVER (ORDER BY w.trail) AS last_depth,
         json_build_object({CATEGORY_MEMBERS}, 'subtree_count', coalesce(s.n, 0))::text AS node
  FROM walk w JOIN categories c USING (id) LEFT JOIN direct d ON d.category_id = c.id
       LEFT JOIN subtree s ON s.id = c.id)
SELECT '{{"categories": [' || coalesce(string_agg(
    CASE WHEN depth > last_depth THEN '' ELSE ', ' END
    || left(node, -1) || ', "children": [' || repeat(']}}', greatest(depth - next_depth + 1, 0)),
    '' ORDER BY trail), '') || ']}}'
FROM nodes"""


@cache
def _outline(sources: Sources) -> str:
    return f"""
WITH RECURSIVE {_counted(sources)}
SELECT c.id, c.name, c.parent_id, c.color, c.icon, c.version, w.depth - 1 AS depth,
    coalesce(d.n, 0)::integer AS insight_count, coalesce(s.n, 0)::integer AS subtree_count
FROM walk w JOIN categories c USING (id) LEFT JOIN direct d ON d.category_id = c.id LEFT JOIN subtree s ON s.id = c.id
ORDER BY w.trail"""


@cache
def _options(sources: Sources) -> str:
    return f"""
WITH RECURSIVE walk AS (
  SELECT id, name, 0 AS depth, ARRAY[folded(name)] AS trail FROM categories WHERE parent_id IS NULL
  UNION ALL
  SELECT c.id, c.name, w.depth + 1, w.trail || folded(c.name) FROM categories c JOIN walk w ON c.parent_id = w.id)
SELECT w.id, w.name, w.depth, coalesce(d.n, 0) AS insight_count
FROM walk w LEFT JOIN ({direct_counts(sources, "category_id <> 0")}) d ON d.category_id = w.id
ORDER BY w.trail"""


def category_json(audience: Audience, category_id: int) -> Versioned:
    """One category (`CategoryAnswer`). `NotFound` says into what it was merged."""
    try:
        return read_versioned("Category", _one(audience.sources), category_id, **audience.parameters)
    except NotFound as error:
        raise missing(Category, category_id) from error


def categories_json(audience: Audience, skip: int = 0, limit: int = 1000) -> bytes:
    """A JSON array of categories by name."""
    return read_json(_list(audience.sources), skip=skip, limit=limit, **audience.parameters) or b"[]"


def category_tree_json(audience: Audience) -> bytes:
    """The nested tree (`CategoryTree`) with direct and subtree counts."""
    return read_json(_tree(audience.sources), **audience.parameters) or b"{}"


def category_outline(audience: Audience) -> list[dict[str, Any]]:
    """The tree laid flat for its page, depth first: ``id``, ``name``, ``parent_id``, ``color``, ``icon``, ``version``,
    ``depth`` (0 for roots), ``insight_count`` and ``subtree_count``. However deep, nothing is nested."""
    return [row._asdict() for row in read_rows(_outline(audience.sources), **audience.parameters)]


def category_options(audience: Audience) -> list[dict[str, Any]]:
    """The tree laid flat for a picker, depth first: ``id``, ``name``, ``insight_count``, ``depth`` (0 for roots)."""
    return [row._asdict() for row in read_rows(_options(audience.sources), **audience.parameters)]
