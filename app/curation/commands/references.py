"""The tags and categories that an act on many insights names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text

from app.curation.models import Action
from app.errors import Refused
from app.extensions import db
from app.taxonomy.commands.resolving import LARGEST_ID, hold_categories, require_known, resolve
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import ids_named, told_apart

HOLD = text("""
    SELECT wanted.id AS wanted, t.id FROM unnest(CAST(:ids AS int[])) AS wanted(id)
    LEFT JOIN tag_aliases a ON a.former_id = wanted.id
    JOIN tags t ON t.id = coalesce(a.tag_id, wanted.id)
    ORDER BY t.id FOR KEY SHARE OF t""")
Kind = type[Category] | type[Tag]


@dataclass(frozen=True, slots=True)
class Given:
    """What an act gives the insights. ``unmade``: names, of the ``kind``, that stand for nothing yet."""

    tag_ids: Sequence[int] = ()
    category_id: int | None = None
    priority: str | None = None
    kind: Kind = Tag
    unmade: Sequence[str] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """What the act's conditions bind, named apart from what a filter binds."""
        return {
            "act_tag_ids": list(self.tag_ids),
            "act_category_id": self.category_id,
            "act_priority": self.priority,
        }


def given(arguments: Mapping[str, Any]) -> Given:
    """What an act (`BulkSchema`) gives. Names become ids; those that stand for nothing yet are noted, or `Refused` when
    it takes tags off or the actor may not name new ones. Nothing is made."""
    named = list(arguments.get("tags", ()))
    category_name = arguments.get("category_name")
    if named and arguments["action"] == Action.UNTAG:
        tags = ids_named(Tag, named)
        _refuse_missing("tags", "tag", [name for name in named if name not in tags])
    require_known({Category: [category_name] if category_name else [], Tag: named})
    kind, names = (Category, [category_name]) if category_name else (Tag, named)
    known = ids_named(kind, names) if names else {}
    ids = [known[name] for name in names if name in known]
    return Given(
        list(dict.fromkeys([*arguments.get("tag_ids", ()), *(ids if kind is Tag else ())])),
        next(iter(ids), None) if category_name else arguments.get("category_id"),
        arguments.get("priority"),
        kind=kind,
        unmade=told_apart([name for name in names if name not in known]),
    )


def make_missing(wanted: Given) -> Given:
    """The same with the tags or the category that were missing."""
    made = resolve(wanted.kind, list(wanted.unmade)).values()
    if wanted.kind is Category:
        return replace(wanted, category_id=next(iter(made)), unmade=())
    return replace(wanted, tag_ids=[*wanted.tag_ids, *made], unmade=())


def hold(wanted: Given) -> Given:
    """The same with the tags and categories that merged ones became. Nobody deletes or merges them before the
    transaction ends. Raises `Refused` for ids of none. Everybody locks insights before tags and categories."""
    tags = _hold_tags(wanted.tag_ids)
    _refuse_missing("tag_ids", "tag", [key for key in wanted.tag_ids if key not in tags])
    tag_ids = list(dict.fromkeys(tags[key] for key in wanted.tag_ids))
    if wanted.category_id is None:
        return replace(wanted, tag_ids=tag_ids)
    categories = hold_categories([wanted.category_id])
    _refuse_missing("category_id", "category", [wanted.category_id] if not categories else [])
    return replace(wanted, tag_ids=tag_ids, category_id=categories[wanted.category_id])


def _hold_tags(ids: Sequence[int]) -> dict[int, int]:
    left = [key for key in ids if 0 < key <= LARGEST_ID]
    held: dict[int, int] = {}
    # One that was merged away while we waited for it: a new statement sees into what.
    for _ in range(2 if left else 0):
        held |= {row.wanted: row.id for row in db.session.execute(HOLD, {"ids": left})}
        left = [key for key in left if key not in held]
        if not left:
            break
    return held


def _refuse_missing(name: str, kind: str, missing: Collection[object]) -> None:
    if missing:
        listed = ", ".join(map(str, missing))
        detail = f"{name}: {kind} {listed} does not exist."
        raise Refused.because_of(name, detail, "unknown_reference")
