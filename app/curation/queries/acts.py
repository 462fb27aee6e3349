"""Acts as their pages tell them: a receipt, with the names of what it was about."""

from uuid import UUID

from app.core.db import read_json
from app.curation.policy import sees_receipt_sql
from app.curation.queries.receipts import SUMMARY
from app.errors import NotFound
from app.identity.actor import Actor
from app.insights.policy import may_change_sql

MOST_LISTED = 100
# The names are those of today; what has none any more was deleted. What names thousands of insights stays away.
ABOUT = f"""{SUMMARY}, 'about', (r.request - 'ids' - 'filter' - 'message')
    || jsonb_build_object(
        'chosen', jsonb_array_length(r.request->'ids'), 'filter', r.request->'filter',
        'tags', coalesce(r.request->'tags', (
            SELECT jsonb_agg(coalesce(t.name, concat('tag ', given.id)) ORDER BY folded(t.name))
            FROM jsonb_array_elements_text(r.request->'tag_ids') given(id)
            LEFT JOIN tags t ON t.id = CAST(given.id AS integer))),
        'category', coalesce(r.request->>'category_name', (
            SELECT c.name FROM categories c WHERE c.id = CAST(r.request->>'category_id' AS integer))),
        'tag', (SELECT t.name FROM tags t WHERE t.id = CAST(r.request->>'tag_id' AS integer)),
        'parent', (SELECT c.name FROM categories c WHERE c.id = CAST(r.request->>'parent_id' AS integer)),
        'from', coalesce(r.outcome->'row'->>'name', r.outcome->'before'->>'name'),
        'into', coalesce(r.outcome->'into'->>'name', r.outcome->'after'->>'name'),
        'fields', (SELECT jsonb_agg(name ORDER BY name) FROM jsonb_object_keys(r.outcome->'before') name),
        'insights', CASE jsonb_typeof(r.outcome->'insights') WHEN 'number' THEN r.outcome->'insights' END)"""
PAGE = f"""
SELECT json_build_object('total', (SELECT count(*) FROM receipts r WHERE {{seen}}), 'page', :page,
    'page_size', :page_size, 'acts', (
        SELECT coalesce(json_agg(json_build_object({ABOUT}) ORDER BY r.at DESC, r.id DESC), '[]')
        FROM (SELECT * FROM receipts r WHERE {{seen}} ORDER BY r.at DESC, r.id DESC OFFSET :skip LIMIT :page_size) r
    ))::text"""
# Its revisions say which insights an act changed, whatever the act was.
ONE = f"""
SELECT json_build_object({ABOUT}, 'outcome', r.outcome - 'insights' - 'row' - 'aliases',
    'touched', (SELECT count(DISTINCT insight_id) FROM insight_revisions WHERE receipt_id = r.id),
    'insights', (
        SELECT coalesce(json_agg(json_build_object('id', i.id, 'title', i.title, 'trashed', i.trashed) ORDER BY i.id),
            '[]')
        FROM (
          SELECT DISTINCT insight_id FROM insight_revisions WHERE receipt_id = r.id
          ORDER BY insight_id LIMIT {MOST_LISTED}
        ) touched
        JOIN LATERAL (
          SELECT i.id, i.title, false AS trashed FROM insights i WHERE i.id = touched.insight_id AND {{sees}}
          UNION ALL
          SELECT i.id, i.title, true FROM insight_trash i WHERE i.id = touched.insight_id AND {{sees}} AND {{mine}}
        ) i ON true))::text
FROM receipts r WHERE r.id = :id AND {{seen}}"""


def acts_json(actor: Actor, page: int, page_size: int) -> bytes:
    """One page of the acts that the actor sees (``total``, ``page``, ``page_size``, ``acts``), newest first.

    Each is a `ReceiptSummary` with ``about``: what was asked for, in names.
    """
    slicing = {"skip": (page - 1) * page_size, "page": page, "page_size": page_size}
    found = read_json(PAGE.format(seen=sees_receipt_sql(actor)), **slicing, reader=actor.user_id)
    return found or b"{}"


def act_json(actor: Actor, receipt_id: UUID) -> bytes:
    """One act with its outcome, how many insights it ``touched`` and the first of those that the actor sees.

    `NotFound` when the actor doesn't see it.
    """
    conditions = {"sees": actor.audience.sources.sees, "mine": may_change_sql(actor)}
    statement = ONE.format(seen=sees_receipt_sql(actor), **conditions)
    found = read_json(statement, id=receipt_id, reader=actor.user_id, changer=actor.user_id)
    if found is None:
        raise NotFound.of("Act", receipt_id)
    return found
