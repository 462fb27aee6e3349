"""A tag or category goes with the names that were merged into it, and comes back with them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text

from app.core.db import refusing
from app.errors import Refused
from app.extensions import db
from app.taxonomy.commands.naming import free_slug
from app.taxonomy.commands.resolving import hold_categories
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import KINDS, ids_named

TAKE_ALIASES = "DELETE FROM {aliases} alias WHERE {target} = :id RETURNING to_jsonb(alias) AS row"
DELETE = "DELETE FROM {table} stored WHERE id = :id RETURNING to_jsonb(stored) AS row"
INSERT = "INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, CAST(:row AS jsonb))"
INSERT_ALIASES = "INSERT INTO {aliases} SELECT * FROM jsonb_populate_recordset(NULL::{aliases}, CAST(:rows AS jsonb))"
# One that is itself again, or was merged into another one by now, stands for nothing here any more.
TAKEN = """
SELECT id FROM {table} WHERE id = ANY (CAST(:ids AS int[]))
UNION SELECT former_id FROM {aliases} WHERE former_id = ANY (CAST(:ids AS int[]))"""


class Deleted(NamedTuple):
    """What bringing one back needs: its row and those of its aliases, as JSON."""

    row: Mapping[str, Any]
    aliases: Sequence[Mapping[str, Any]]


def delete_row(kind: type[Category] | type[Tag], key: int) -> Deleted:
    """Delete one that the caller has locked; the links of a tag go with it."""
    aliases = sorted((each.row for each in _run(TAKE_ALIASES, kind, id=key)), key=lambda row: int(row["former_id"]))
    return Deleted(_run(DELETE, kind, id=key).one().row, aliases)


def bring_back(kind: type[Category] | type[Tag], deleted: Deleted) -> None:
    """Bring one back under its old id, in a new version, with the names that stood for it. `Refused` when one of the
    names is in use."""
    former = [row["former_id"] for row in deleted.aliases]
    taken = {row.id for row in _run(TAKEN, kind, ids=former)}
    aliases = [row for row in deleted.aliases if row["former_id"] not in taken]
    _refuse_in_use(kind, [row["name"] for row in aliases])
    come_back(kind, deleted.row)
    _run(INSERT_ALIASES, kind, rows=json.dumps(aliases))


def come_back(kind: type[Category] | type[Tag], row: Mapping[str, Any]) -> None:
    """Store a row under its old id, in a new version; a category whose parent is gone comes to the top. `Refused` when
    its name is in use."""
    name = row["name"]
    _refuse_in_use(kind, [name])
    back = {**row, **_place(row), "slug": free_slug(kind, name, row["slug"]), "version": row["version"] + 1}
    in_use = _name_in_use(kind, name)
    with refusing({f"uq_{kind.__tablename__}_folded_name": in_use, f"uq_{kind.__tablename__}_name": in_use}):
        _run(INSERT, kind, row=json.dumps(back))


def _place(row: Mapping[str, Any]) -> dict[str, int | None]:
    """A tag has none."""
    if row.get("parent_id") is None:
        return {}
    return {"parent_id": hold_categories([row["parent_id"]]).get(row["parent_id"])}


def _refuse_in_use(kind: type[Category] | type[Tag], names: Sequence[str]) -> None:
    for name in ids_named(kind, names):
        raise _name_in_use(kind, name)


def _name_in_use(kind: type[Category] | type[Tag], name: str) -> Refused:
    return Refused(f"The name {name!r} is in use by now: rename that {KINDS[kind].noun} first.")


def _run(statement: str, kind: type[Category] | type[Tag], **parameters: Any) -> Any:
    return db.session.execute(text(statement.format(**KINDS[kind]._asdict())), parameters)
