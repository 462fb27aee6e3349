"""How an insight looks in every answer (`InsightAnswer`)."""

from functools import cache

from app.identity.audience import Sources
from app.taxonomy.queries.categories import CATEGORY_MEMBERS, direct_counts
from app.taxonomy.queries.tags import TAG


@cache
def insights_of_page(sources: Sources) -> str:
    """The insights whose ids a CTE ``page`` holds, as rows (id, version, insight, and what lists are sorted by).

    Ids are chosen first, of what the audience sees, and everything else is joined to them as sets: a deep page costs no
    more than the first.
    """
    return f"""
SELECT i.id, i.version, i.created_at, i.updated_at, i.published_at, i.title, json_build_object(
    'id', i.id, 'public_id', i.public_id, 'external_key', i.external_key, 'title', i.title,
    'description', i.description, 'content', i.content, 'source', i.source, 'author', i.author,
    'category_id', i.category_id, 'priority', i.priority, 'status', i.status, 'visibility', i.visibility,
    'metadata', i.metadata, 'version', i.version, 'created_at', iso_utc(i.created_at),
    'updated_at', iso_utc(i.updated_at), 'published_at', iso_utc(i.published_at),
    'category', CASE WHEN c.id IS NOT NULL THEN json_build_object({CATEGORY_MEMBERS}) END,
    'tags', coalesce(tagged.tags, '[]')) AS insight
FROM page JOIN insights i USING (id)
LEFT JOIN categories c ON c.id = i.category_id
LEFT JOIN (
    {direct_counts(sources, "category_id = ANY (ARRAY(SELECT category_id FROM page JOIN insights USING (id)))")}
) d ON d.category_id = c.id
LEFT JOIN (
    SELECT it.insight_id, json_agg({TAG} ORDER BY folded(t.name)) AS tags
    FROM page JOIN insight_tags it ON it.insight_id = page.id JOIN {sources.tags} t ON t.id = it.tag_id
    GROUP BY it.insight_id
) tagged ON tagged.insight_id = i.id"""


@cache
def insights_in_order(sources: Sources, order: str) -> str:
    """The same rows as one JSON array; ``order`` is what follows ORDER BY."""
    return f"""
SELECT coalesce(json_agg(insight ORDER BY {order}), '[]')
FROM ({insights_of_page(sources)}) chosen"""


def insights_newest_first(sources: Sources) -> str:
    """The same rows as one JSON array, newest first."""
    return insights_in_order(sources, "created_at DESC, id DESC")
