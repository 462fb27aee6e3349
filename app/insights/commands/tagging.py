"""The links between insights and tags."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, text

from app.extensions import db
from app.insights.models import InsightTag
from app.taxonomy.commands.resolving import resolve
from app.taxonomy.models import Tag

LARGEST_ID = 2**31 - 1

# Unknown ids are ignored; a known tag can't be deleted before the links to it are committed.
LINK = text("""
    INSERT INTO insight_tags (insight_id, tag_id)
    SELECT link.insight_id, t.id
    FROM unnest(CAST(:insight_ids AS int[]), CAST(:tag_ids AS int[])) AS link(insight_id, tag_id)
    JOIN tags t ON t.id = link.tag_id
    FOR KEY SHARE OF t
    ON CONFLICT DO NOTHING""")


def wanted_tags(drafts: Sequence[Mapping[str, Any]]) -> list[list[int] | None]:
    """The tag ids that each draft asks for by ``tag_ids`` or, without these, by the names in ``tags``; None: no word
    of tags."""
    names = [name for draft in drafts if draft.get("tag_ids") is None for name in draft.get("tags") or ()]
    ids = resolve(Tag, names) if names else {}
    return [_wanted(draft, ids) for draft in drafts]


def _wanted(draft: Mapping[str, Any], ids: Mapping[str, int]) -> list[int] | None:
    if draft.get("tag_ids") is not None:
        return [tag_id for tag_id in dict.fromkeys(draft["tag_ids"]) if 0 < tag_id <= LARGEST_ID]
    names = draft.get("tags")
    return None if names is None else list(dict.fromkeys(ids[name] for name in names))


def link(pairs: Iterable[tuple[int, int]]) -> None:
    """Tag insights: pairs of insight id and tag id."""
    insight_ids, tag_ids = [], []
    for insight_id, tag_id in pairs:
        insight_ids.append(insight_id)
        tag_ids.append(tag_id)
    if insight_ids:
        db.session.execute(LINK, {"insight_ids": insight_ids, "tag_ids": tag_ids})


def unlink(insight_id: int, tag_ids: Iterable[int]) -> None:
    """Take tags off one insight."""
    ids = list(tag_ids)
    if ids:
        db.session.execute(delete(InsightTag).where(InsightTag.insight_id == insight_id, InsightTag.tag_id.in_(ids)))


def tags_of(insight_id: int) -> set[int]:
    """The ids of one insight's tags."""
    return set(db.session.scalars(select(InsightTag.tag_id).where(InsightTag.insight_id == insight_id)))


def existing_tags(tag_ids: Iterable[int]) -> set[int]:
    """Those of the ids that are tags."""
    return set(db.session.scalars(select(Tag.id).where(Tag.id.in_(list(tag_ids)))))
