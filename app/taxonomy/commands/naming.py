"""Which names may be given to tags and categories, and by whom."""

from typing import Any

from sqlalchemy import text

from app.errors import Refused
from app.extensions import db
from app.identity.acting import require
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import KINDS, alias_named
from app.taxonomy.vocabulary import may_name, who_names

RENAME_ALIAS = "UPDATE {aliases} SET name = :name, slug = :slug WHERE former_id = :former_id"


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


def _merged(kind: type[Category] | type[Tag], name: str, alias: Any) -> Refused:
    noun = KINDS[kind].noun
    return Refused.because_of("name", f"{name!r} was merged into the {noun} {alias.name!r} ({alias.id}).", "duplicate")
