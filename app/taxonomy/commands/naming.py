"""Which names may be given to tags and categories, and by whom."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from sqlalchemy import text

from app.core.names import slug_candidates
from app.errors import Refused
from app.extensions import db
from app.identity.acting import require
from app.taxonomy.commands.resolving import NAME_LENGTH
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import KINDS, alias_named
from app.taxonomy.vocabulary import may_name, who_names

RENAME_ALIAS = "UPDATE {aliases} SET name = :name, slug = :slug WHERE former_id = :former_id"
SLUG_TAKEN = "SELECT id FROM {table} WHERE slug = :slug"


def name_new(kind: type[Category] | type[Tag], name: str) -> None:
    """See that the actor may name a new one so. `Forbidden`; `Refused` when the name was merged away."""
    require(may_name(), f"New {KINDS[kind].table} are named by {who_names()}.")
    if alias := alias_named(kind, name):
        raise _merged(kind, name, alias)


def rename(kind: type[Category] | type[Tag], stored: Any, name: str) -> None:
    """See that the actor may rename a stored one, which it has locked, so.

    When the name was merged into the stored one itself, the two names change places: insights and files that use either
    still find it.
    """
    if name == stored.name:
        return
    require(may_name(), f"{KINDS[kind].table.capitalize()} are named, and so renamed, by {who_names()}.")
    alias = alias_named(kind, name)
    if alias is None:
        return
    if alias.id != stored.id:
        raise _merged(kind, name, alias)
    values = {"name": stored.name, "slug": stored.slug, "former_id": alias.former_id}
    db.session.execute(text(RENAME_ALIAS.format(**KINDS[kind]._asdict())), values)


def with_slug(kind: type[Category] | type[Tag], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values of a new one; without a slug it gets the first free one for its name."""
    return values if "slug" in values else {**values, "slug": free_slug(kind, values["name"])}


def free_slug(kind: type[Category] | type[Tag], name: str, *wanted: str) -> str:
    """The first of the ``wanted`` slugs, and then of those for a name, that nobody has."""
    taken = text(SLUG_TAKEN.format(**KINDS[kind]._asdict()))
    candidates = chain(wanted, slug_candidates(name, NAME_LENGTH[kind]))
    return next(slug for slug in candidates if db.session.execute(taken, {"slug": slug}).first() is None)


def _merged(kind: type[Category] | type[Tag], name: str, alias: Any) -> Refused:
    noun = KINDS[kind].noun
    return Refused.because_of("name", f"{name!r} was merged into the {noun} {alias.name!r} ({alias.id}).", "duplicate")
