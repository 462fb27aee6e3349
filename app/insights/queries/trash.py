"""What lies in the trash: what the actor sees and may bring back."""

from app.core.db import read_json
from app.errors import NotFound
from app.identity.actor import Actor
from app.insights.policy import may_change_sql

# What is there of `InsightAnswer`, without what is counted; the names are those of today.
TRASHED = """json_build_object(
    'id', i.id, 'public_id', i.public_id, 'external_key', i.external_key, 'title', i.title,
    'description', i.description, 'content', i.content, 'source', i.source, 'author', i.author,
    'category_id', i.category_id, 'priority', i.priority, 'status', i.status, 'visibility', i.visibility,
    'metadata', i.metadata, 'version', i.version, 'created_at', iso_utc(i.created_at),
    'updated_at', iso_utc(i.updated_at), 'published_at', iso_utc(i.published_at),
    'category', (SELECT json_build_object('id', c.id, 'name', c.name) FROM categories c WHERE c.id = i.category_id),
    'tags', (SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.name) ORDER BY folded(t.name)), '[]')
             FROM tags t WHERE t.id = ANY (i.tag_ids)),
    'trashed_at', iso_utc(i.trashed_at), 'trashed_by', coalesce((
        SELECT u.name FROM insight_revisions r LEFT JOIN users u ON u.id = r.actor_id
        WHERE r.insight_id = i.id ORDER BY r.number DESC LIMIT 1), i.trashed_by),
    'purged_at', iso_utc(i.trashed_at + make_interval(days => :days)))"""
PAGE = f"""
WITH page AS MATERIALIZED (
  SELECT i.* FROM insight_trash i WHERE {{where}}
  ORDER BY i.trashed_at DESC, i.id DESC OFFSET :skip LIMIT :page_size)
SELECT json_build_object('total', (SELECT count(*) FROM insight_trash i WHERE {{where}}), 'page', :page,
    'page_size', :page_size, 'insights', (
        SELECT coalesce(json_agg({TRASHED} ORDER BY i.trashed_at DESC, i.id DESC), '[]') FROM page i))::text"""

ONE = f"SELECT {TRASHED}::text FROM insight_trash i WHERE i.id = :id AND {{where}}"


def trash_json(actor: Actor, days: int, page: int = 1, page_size: int = 20) -> bytes:
    """One page (`TrashPage`), what was trashed last first; everything is purged ``days`` after it came."""
    statement = PAGE.format(where=_where(actor))
    slicing = {"skip": (page - 1) * page_size, "page": page, "page_size": page_size, "days": days}
    return read_json(statement, **slicing, changer=actor.user_id, **actor.audience.parameters) or b"{}"


def trashed_json(actor: Actor, days: int, insight_id: int) -> bytes:
    """One insight in the trash (`TrashedAnswer`). `NotFound` also for one that the actor may not bring back."""
    statement = ONE.format(where=_where(actor))
    found = read_json(statement, id=insight_id, days=days, changer=actor.user_id, **actor.audience.parameters)
    if found is None:
        raise NotFound(f"Insight {insight_id} is not in the trash.")
    return found


def _where(actor: Actor) -> str:
    return f"{actor.audience.sources.sees} AND {may_change_sql(actor)}"
