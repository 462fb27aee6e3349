"""The numbers behind the ``research_insights_*`` gauges, read when Prometheus asks (contract, section 6)."""

from functools import cache
from typing import Any

import orjson

from app.core.db import read_json
from app.identity.audience import Audience, Sources


# Everything but the two publication windows comes from maintained counts; these walk the index on published_at and so
# cost as much as was published in a month.
@cache
def _gauges(sources: Sources) -> str:
    return f"""
WITH cells AS MATERIALIZED (
  SELECT category_id, status, priority, sum(n)::bigint AS n, sum(action_seconds) AS action_seconds
  FROM {sources.cells} GROUP BY category_id, status, priority HAVING sum(n) <> 0),
per_category AS (
  SELECT CASE WHEN cells.category_id = 0 THEN 'Uncategorized' ELSE c.name END AS category, sum(cells.n) AS n,
         coalesce(sum(cells.n) FILTER (WHERE status = 'published'), 0) AS published,
         sum(cells.action_seconds) FILTER (WHERE status = 'published') AS action_seconds
  FROM cells LEFT JOIN categories c ON c.id = cells.category_id GROUP BY 1),
recent AS (
  SELECT count(*) AS month, count(*) FILTER (WHERE published_at >= now() - interval '7 days') AS week
  FROM insights i WHERE {sources.sees} AND i.status = 'published' AND i.published_at >= now() - interval '30 days')
SELECT json_build_object(
  'status', (SELECT json_object_agg(status, n) FROM (SELECT status, sum(n) AS n FROM cells GROUP BY 1) s),
  'priority', (SELECT json_object_agg(priority, n) FROM (SELECT priority, sum(n) AS n FROM cells GROUP BY 1) p),
  'empty_categories', (SELECT json_agg(name) FROM categories c
      WHERE NOT EXISTS (SELECT FROM cells WHERE cells.category_id = c.id)),
  'categories', (SELECT json_agg(per_category) FROM per_category),
  'total_tags', (SELECT count(*) FROM tags),
  'total_categories', (SELECT count(*) FROM categories),
  'tags', (SELECT json_object_agg(name, usage_count) FROM {sources.tags}),
  'published_7d', (SELECT week FROM recent),
  'published_30d', (SELECT month FROM recent))::text"""


def gauges(audience: Audience) -> dict[str, Any]:
    """One snapshot of all the gauges' numbers, over what the audience sees."""
    return dict(orjson.loads(read_json(_gauges(audience.sources), **audience.parameters) or b"{}"))
