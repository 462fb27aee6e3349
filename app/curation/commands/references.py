"""The tags and categories that an act on many insights names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text

from app.curation.models import Action
from app.errors import Refused
from app.extensions import db
from app.taxonomy.commands.resolving import LARGEST_ID, hold_categories, resolve
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import ids_named
from app.taxonomy.vocabulary import may_name

HOLD = text("""
    SELECT wanted.id AS wanted, t.id FROM unnest(CAST(:ids AS int[])) AS wanted(id)
    LEFT JOIN tag_aliases a ON a.former_id = wanted.id
    JOIN tags t ON t.id = coalesce(a.tag_id, wanted.id)
    ORDER BY t.id FOR KEY SHARE OF t""")
Kind = type[Category] | type[Tag]


@dataclass(frozen=True, slots=True)
class Given:
    """What an act gives the insights. ``unmade``: a name among it stands for nothing yet."""

    tag_ids: Sequence[int] = ()
    category_id: int | None = None
    priority: str | None = None
    unmade: bool = field(default=False, kw_only=True)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the act's conditions bind, named apart from what a filter binds."""
        return {
            "act_tag_ids": list(self.tag_ids),
            "act_category_id": self.category_id,
            "act_priority": self.priority,
        }


def given(arguments: Mapping[str, Any], *, make: bool) -> Given:
    """What an act (`BulkSchema`) gives. Names become ids: those that stand for nothing are made, or only noted, or
    `Refused` when it takes tags off."""
    names = arguments.get("tags", ())
    if names and arguments["action"] == Action.UNTAG:
        tags = ids_named(Tag, names)
        _refuse_missing("tags", "tag", [name for name in names if name not in tags])
    else:
        tags = _ids(Tag, names, make=make)
    category_name = arguments.get("category_name")
    categories = _ids(Category, [category_name] if category_name else [], make=make)
    tag_ids = [*arguments.get("tag_ids", ()), *(tags[name] for name in names if name in tags)]
    return Given(
        list(dict.fromkeys(tag_ids)),
        categories.get(category_name or "", arguments.get("category_id")),
        arguments.get("priority"),
        unmade=len(tags) < len(set(names)) or bool(category_name and not categories),
    )


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


def _ids(kind: Kind, names: Sequence[str], *, make: bool) -> dict[str, int]:
    if not names:
        return {}
    # It makes nothing, and says why, when the actor may not name new ones.
    return resolve(kind, list(names)) if make or not may_name() else ids_named(kind, names)


def _refuse_missing(name: str, kind: str, missing: Collection[object]) -> None:
    if missing:
        listed = ", ".join(map(str, missing))
        detail = f"{name}: {kind} {listed} does not exist."
        raise Refused.because_of(name, detail, "unknown_reference")
