"""From names that people type to ids, making what is missing."""

from typing import Any

from sqlalchemy import Result, text
from sqlalchemy.dialects.postgresql import insert

from app.audit.commands import Entry, record_all
from app.core.names import slug_candidates, slugify
from app.extensions import db
from app.taxonomy.models import CATEGORY_NAME_LENGTH, TAG_NAME_LENGTH, Category, Tag
from app.taxonomy.queries.names import ids_named

NAME_LENGTH: dict[type[Category] | type[Tag], int] = {Category: CATEGORY_NAME_LENGTH, Tag: TAG_NAME_LENGTH}


def resolve(kind: type[Category] | type[Tag], names: list[str]) -> dict[str, int]:
    """The id for each name, regardless of case and accents. A missing one is made in the spelling given first."""
    found = ids_named(kind, names)
    # In one order, whoever makes them: two writers that make the same names must not wait for each other.
    missing = sorted(
        (name for name in dict.fromkeys(names) if name not in found), key=lambda name: slugify(name, NAME_LENGTH[kind])
    )
    if not missing:
        return found
    _create_most(kind, missing)
    found |= ids_named(kind, missing)
    left = [name for name in missing if name not in found]
    for name in left:
        _create_unless_there(kind, name)
    return found | (ids_named(kind, left) if left else {})


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
