"""The figures of ``GET /statistics``, read from the maintained cells: no insight is counted here."""

from collections.abc import Mapping
from functools import cache

from app.core.db import read_json
from app.identity.audience import Audience, Sources
from app.insights.queries.representation import insights_newest_first

RECENT = 5

# Each figure as JSON, beside the CTEs of `counted`.
FIGURES: Mapping[str, str] = {
    "total_insights": "(SELECT coalesce(sum(n), 0) FROM cells)",
    "insights_by_status": """(SELECT coalesce(json_object_agg(status, n), '{}')
      FROM (SELECT status, sum(n) AS n FROM cells GROUP BY 1 ORDER BY 1) s)""",
    "insights_by_priority": """(SELECT coalesce(json_object_agg(priority, n), '{}')
      FROM (SELECT priority, sum(n) AS n FROM cells GROUP BY 1
            ORDER BY array_position(ARRAY['low', 'medium', 'high', 'critical'], priority::text)) p)""",
    "insights_by_visibility": """(SELECT coalesce(json_object_agg(visibility, n), '{}')
      FROM (SELECT visibility, sum(n) AS n FROM cells GROUP BY 1 ORDER BY 1) v)""",
    "insights_by_category": """(SELECT coalesce(json_object_agg(name, n ORDER BY name), '{}')
      FROM (SELECT name, sum(n) AS n FROM per_category GROUP BY name) c)""",
    "total_tags": "(SELECT count(*) FROM tags)",
    "total_categories": "(SELECT count(*) FROM categories)",
}


def counted(sources: Sources) -> str:
    """The CTEs ``cells`` and ``per_category``, with what the audience sees."""
    return f"""cells AS MATERIALIZED (SELECT category_id, status, priority, visibility, sum(n)::bigint AS n
    FROM {sources.cells} GROUP BY category_id, status, priority, visibility HAVING sum(n) <> 0),
per_category AS (
  SELECT c.name, coalesce(sum(cells.n), 0) AS n
  FROM categories c LEFT JOIN cells ON cells.category_id = c.id GROUP BY c.id
  UNION ALL SELECT 'Uncategorized', sum(n) FROM cells WHERE category_id = 0 HAVING sum(n) > 0)"""


@cache
def _statistics(sources: Sources) -> str:
    figures = ", ".join(f"'{name}', {figure}" for name, figure in FIGURES.items())
    return f"""
WITH {counted(sources)},
page AS MATERIALIZED (
  SELECT i.id FROM insights i WHERE {sources.sees} ORDER BY i.created_at DESC, i.id DESC LIMIT {RECENT})
SELECT json_build_object({figures}, 'recent_insights', ({insights_newest_first(sources)}))::text"""


def statistics_json(audience: Audience) -> bytes:
    """The figures as JSON (`StatisticsAnswer`) of what the audience sees, exact in the snapshot of this one
    statement."""
    return read_json(_statistics(audience.sources), **audience.parameters) or b"{}"
