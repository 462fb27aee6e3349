"""The links between insights and tags, many at a time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, text

from app.extensions import db
from app.insights.models import InsightTag
from app.taxonomy.commands.resolving import LARGEST_ID, resolve
from app.taxonomy.models import Tag, TagAlias

# Unknown ids are ignored, the former id of a merged tag is its target's; a known tag can't be deleted or merged before
# the links to it are committed.
LINK = text("""
    INSERT INTO insight_tags (insight_id, tag_id)
    SELECT link.insight_id, t.id
    FROM unnest(CAST(:insight_ids AS int[]), CAST(:tag_ids AS int[])) AS link(insight_id, tag_id)
    LEFT JOIN tag_aliases a ON a.former_id = link.tag_id
    JOIN tags t ON t.id = coalesce(a.tag_id, link.tag_id)
    FOR KEY SHARE OF t
    ON CONFLICT DO NOTHING""")
MERGED = text("""
    SELECT link.insight_id, a.tag_id
    FROM unnest(CAST(:insight_ids AS int[]), CAST(:tag_ids AS int[])) AS link(insight_id, tag_id)
    JOIN tag_aliases a ON a.former_id = link.tag_id""")
UNLINK = text("""
    DELETE FROM insight_tags it
    USING unnest(CAST(:insight_ids AS int[]), CAST(:tag_ids AS int[])) AS gone(insight_id, tag_id)
    WHERE it.insight_id = gone.insight_id AND it.tag_id = gone.tag_id""")

# An insight's id and a tag's id.
Pairs = Iterable[tuple[int, int]]


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


def link(pairs: Pairs) -> None:
    """Tag insights. A tag that is merged away at the same moment gives them its target."""
    links = list(pairs)
    while links and _linked(links) < len(links):
        # Perhaps one went while we waited for it: a new statement sees into what.
        links = [(row.insight_id, row.tag_id) for row in db.session.execute(MERGED, _columns(links))]


def _linked(links: list[tuple[int, int]]) -> int:
    """Link them; the number of links that are new."""
    return db.session.execute(LINK, _columns(links)).rowcount  # type: ignore[attr-defined,no-any-return]


def unlink(pairs: Pairs) -> None:
    """Take tags off insights."""
    if links := list(pairs):
        db.session.execute(UNLINK, _columns(links))


def _columns(links: list[tuple[int, int]]) -> dict[str, list[int]]:
    return {
        "insight_ids": [insight_id for insight_id, _ in links],
        "tag_ids": [tag_id for _, tag_id in links],
    }


def tags_of(insight_id: int) -> frozenset[int]:
    """The ids of one insight's tags."""
    return frozenset(db.session.scalars(select(InsightTag.tag_id).where(InsightTag.insight_id == insight_id)))


def existing_tags(tag_ids: Iterable[int]) -> frozenset[int]:
    """Those of the ids that are tags; for the former id of a merged one, its target's."""
    wanted = list(tag_ids)
    merged = select(TagAlias.tag_id).where(TagAlias.former_id.in_(wanted))
    return frozenset(db.session.scalars(select(Tag.id).where(Tag.id.in_(wanted)).union(merged)))
