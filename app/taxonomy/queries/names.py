"""From names that people type to ids. The name of what was merged away stands for what it was merged into."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.core.db import read_rows
from app.errors import NotFound
from app.taxonomy.models import Category, CategoryAlias, Tag, TagAlias


class Kind(NamedTuple):
    """How SQL calls a table of names and its aliases, and people one of them."""

    table: str
    aliases: str
    target: str  # the aliases' column with the id of what a name was merged into
    noun: str


KINDS: Mapping[type[Category] | type[Tag], Kind] = {
    Category: Kind(Category.__tablename__, CategoryAlias.__tablename__, "category_id", "category"),
    Tag: Kind(Tag.__tablename__, TagAlias.__tablename__, "tag_id", "tag"),
}
NAMED = """
WITH wanted AS (SELECT name, folded(name) AS folded FROM unnest(CAST(:names AS text[])) AS name)
SELECT wanted.name, stored.id FROM wanted JOIN {table} stored ON folded(stored.name) = wanted.folded
UNION ALL
SELECT wanted.name, alias.{target} FROM wanted JOIN {aliases} alias ON folded(alias.name) = wanted.folded"""
ALIAS = """
SELECT alias.former_id, stored.id, stored.name
FROM {aliases} alias JOIN {table} stored ON stored.id = alias.{target} WHERE folded(alias.name) = folded(:name)"""
FORMER = """
SELECT stored.id, stored.name
FROM {aliases} alias JOIN {table} stored ON stored.id = alias.{target} WHERE alias.former_id = :id"""
NEW = """
SELECT DISTINCT ON (folded(wanted.name)) wanted.name, wanted.place
FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS wanted(name, place)
ORDER BY folded(wanted.name), wanted.place"""
# Each name is compared with all others: of a long list only the first get this help.
MOST_NEAREST = 20
ALIKE = 0.3
NEAREST = """
SELECT wanted.name, near.name AS nearest FROM unnest(CAST(:names AS text[])) AS wanted(name)
CROSS JOIN LATERAL (
  SELECT name, similarity(folded(stored.name), folded(wanted.name)) AS alike FROM {table} stored
  ORDER BY alike DESC, name LIMIT 1) near
WHERE near.alike >= :alike"""


def ids_named(kind: type[Category] | type[Tag], names: Sequence[str]) -> dict[str, int]:
    """The id for each name that is known, or was before a merge, regardless of case and accents."""
    rows = read_rows(NAMED.format(**KINDS[kind]._asdict()), names=list(names))
    return {row.name: row.id for row in rows}


def alias_named(kind: type[Category] | type[Tag], name: str) -> Any | None:
    """What a name was merged into (``id``, ``name``) and the ``former_id`` that it had; None: it is no alias."""
    rows = read_rows(ALIAS.format(**KINDS[kind]._asdict()), name=name)
    return rows[0] if rows else None


def missing(kind: type[Category] | type[Tag], key: int) -> NotFound:
    """Says that there is none with the id or, when it was merged away, into what."""
    known = KINDS[kind]
    rows = read_rows(FORMER.format(**known._asdict()), id=key)
    if not rows:
        return NotFound.of(kind.__name__, key)
    [into] = rows
    return NotFound(f"{kind.__name__} {key} was merged into the {known.noun} {into.name!r} ({into.id}).")


def told_apart(names: Sequence[str]) -> list[str]:
    """The names without those that differ only by case or accents from an earlier one."""
    rows = sorted(read_rows(NEW, names=list(names)), key=lambda row: row.place) if names else []
    return [row.name for row in rows]


def nearest_names(kind: type[Category] | type[Tag], names: Sequence[str]) -> dict[str, str]:
    """For unknown names, the known one that looks most like it; without those that resemble none."""
    statement = NEAREST.format(**KINDS[kind]._asdict())
    rows = read_rows(statement, names=list(names[:MOST_NEAREST]), alike=ALIKE)
    return {row.name: row.nearest for row in rows}
