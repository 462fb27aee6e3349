"""From names and former ids that people use to ids, making the names that are missing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Result, text
from sqlalchemy.dialects.postgresql import insert

from app.audit.commands import Entry, record_all
from app.core.names import slug_candidates, slugify
from app.errors import FieldError, Refused
from app.extensions import db
from app.taxonomy.models import CATEGORY_NAME_LENGTH, TAG_NAME_LENGTH, Category, Tag
from app.taxonomy.queries.names import KINDS, NAMED, ids_named, nearest_names
from app.taxonomy.vocabulary import may_name, who_names

LARGEST_ID = 2**31 - 1
NAME_LENGTH: dict[type[Category] | type[Tag], int] = {Category: CATEGORY_NAME_LENGTH, Tag: TAG_NAME_LENGTH}
# Where an insight's names come from.
FIELD: dict[type[Category] | type[Tag], str] = {Category: "category_name", Tag: "tags"}
HOLD = text("""
    SELECT wanted.id AS wanted, c.id FROM unnest(CAST(:ids AS int[])) AS wanted(id)
    LEFT JOIN category_aliases a ON a.former_id = wanted.id
    JOIN categories c ON c.id = coalesce(a.category_id, wanted.id)
    ORDER BY c.id FOR KEY SHARE OF c""")


# The links to a tag hold it; what holds a category is this.
HOLD_NAMED = text(f"""
    SELECT named.name, c.id FROM ({NAMED.format(**KINDS[Category]._asdict())}) named
    JOIN categories c ON c.id = named.id
    ORDER BY c.id FOR KEY SHARE OF c""")


def resolve(kind: type[Category] | type[Tag], names: list[str]) -> dict[str, int]:
    """The id for each name, regardless of case and accents; one that was merged away gives what it was merged into.

    A missing one is made in the spelling given first. `Refused` when the actor may not name new ones. Categories stay
    until the transaction ends.
    """
    names = list(dict.fromkeys(names))  # the rows of an import say the same few again and again
    found = _known(kind, names)
    # In one order, whoever makes them: two writers that make the same names must not wait for each other.
    missing = sorted((name for name in names if name not in found), key=lambda name: slugify(name, NAME_LENGTH[kind]))
    if not missing:
        return found
    if not may_name():
        return found | _known_after_all(kind, missing)
    _create_most(kind, missing)
    found |= _known(kind, missing)
    left = [name for name in missing if name not in found]
    for name in left:
        _create_unless_there(kind, name)
    return found | (_known(kind, left) if left else {})


def require_known(names: Mapping[type[Category] | type[Tag], Iterable[str]]) -> None:
    """`Refused`, naming every unknown name of all kinds, when the actor may not name new ones."""
    if may_name():
        return
    wanted = {kind: list(dict.fromkeys(given)) for kind, given in names.items()}
    known = {kind: ids_named(kind, given) if given else {} for kind, given in wanted.items()}
    unknown = {kind: [name for name in given if name not in known[kind]] for kind, given in wanted.items()}
    if any(unknown.values()):
        raise _unknown({kind: missing for kind, missing in unknown.items() if missing})


def _known(kind: type[Category] | type[Tag], names: list[str]) -> dict[str, int]:
    if kind is Tag:
        return ids_named(kind, names)
    return {row.name: row.id for row in db.session.execute(HOLD_NAMED, {"names": names})}


def _known_after_all(kind: type[Category] | type[Tag], names: list[str]) -> dict[str, int]:
    """One may have been merged away while we waited for it: a new statement sees into what."""
    found = _known(kind, names)
    if missing := [name for name in names if name not in found]:
        raise _unknown({kind: missing})
    return found


def hold_categories(ids: Iterable[int]) -> dict[int, int]:
    """The category for each id, also for the former id of one that was merged away; they stay until the transaction
    ends. Ids of none are missing."""
    wanted = {key for key in ids if 0 < key <= LARGEST_ID}
    held = _hold(wanted) if wanted else {}
    # One that was merged away while we waited for it: a new statement sees into what.
    missing = wanted - held.keys()
    return held | (_hold(missing) if missing else {})


def _hold(ids: set[int]) -> dict[int, int]:
    return {row.wanted: row.id for row in db.session.execute(HOLD, {"ids": sorted(ids)})}


def _unknown(names: Mapping[type[Category] | type[Tag], Sequence[str]]) -> Refused:
    """The refusal that names every unknown name, with the known one that may be meant."""
    errors = [
        FieldError((FIELD[kind],), message, "unknown_name")
        for kind, missing in names.items()
        for message in _messages(kind, missing)
    ]
    tables = " and ".join(KINDS[kind].table for kind in names)
    told = "; ".join(error.message for error in errors).replace("there", "There", 1)
    return Refused(f"{told}. New {tables} are named by {who_names()}.", errors)


def _messages(kind: type[Category] | type[Tag], names: Sequence[str]) -> list[str]:
    nearest = nearest_names(kind, names)
    return [
        f"there is no {KINDS[kind].noun} {name!r}" + (f" (did you mean {nearest[name]!r}?)" if name in nearest else "")
        for name in names
    ]


def _create_most(kind: type[Category] | type[Tag], names: list[str]) -> None:
    """In one statement, those whose first slug is free."""
    statement = text(
        f"INSERT INTO {kind.__tablename__} (name, slug) "
        "SELECT name, slug FROM unnest(CAST(:names AS text[]), CAST(:slugs AS text[])) "
        "WITH ORDINALITY AS missing(name, slug, place) ORDER BY place ON CONFLICT DO NOTHING RETURNING id, name"
    )
    slugs = [slugify(name, NAME_LENGTH[kind]) for name in names]
    _record(kind, db.session.execute(statement, {"names": names, "slugs": slugs}))


def _create_unless_there(kind: type[Category] | type[Tag], name: str) -> None:
    """Another writer may make the same name, or take the slug, at the same moment: then the next slug is tried."""
    for slug in slug_candidates(name, NAME_LENGTH[kind]):
        missing = insert(kind).values(name=name, slug=slug).on_conflict_do_nothing().returning(kind.id, kind.name)
        _record(kind, db.session.execute(missing))
        if ids_named(kind, [name]):
            return


def _record(kind: type[Category] | type[Tag], made: Result[Any]) -> None:
    record_all(Entry(f"{kind.__name__.lower()}.create", row.id, row.name) for row in made)
