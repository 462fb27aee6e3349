"""How an insight looks in every answer (`InsightAnswer`)."""

from app.taxonomy.queries.categories import CATEGORY_MEMBERS, DIRECT_COUNTS
from app.taxonomy.queries.tags import TAG

# The insights whose ids a CTE `page` holds, as rows (id, created_at, version, insight). Ids are chosen first and
# everything else is joined to them as sets: a deep page costs no more than the first.
INSIGHTS_OF_PAGE = f"""
SELECT i.id, i.created_at, i.version, json_build_object(
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
    {DIRECT_COUNTS.format(within="category_id IN (SELECT category_id FROM page JOIN insights USING (id))")}
) d ON d.category_id = c.id
LEFT JOIN (
    SELECT it.insight_id, json_agg({TAG} ORDER BY folded(t.name)) AS tags
    FROM page JOIN insight_tags it ON it.insight_id = page.id JOIN tags_counted t ON t.id = it.tag_id
    GROUP BY it.insight_id
) tagged ON tagged.insight_id = i.id"""

# The same rows as one JSON array, newest first.
INSIGHTS_NEWEST_FIRST = f"""
SELECT coalesce(json_agg(insight ORDER BY created_at DESC, id DESC), '[]') FROM ({INSIGHTS_OF_PAGE}) chosen"""
