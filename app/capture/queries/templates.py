"""Templates: those that come with the product, one's own, and those that others share."""

from typing import Any

from app.capture.builtin import BUILTIN, Builtin
from app.capture.models import TEMPLATE_FIELDS
from app.capture.policy import may_change, sees_sql
from app.core.db import read_rows
from app.errors import NotFound
from app.identity.actor import Actor
from app.taxonomy.forms import tags_text
from app.taxonomy.models import Category
from app.taxonomy.queries.names import ids_named

KIND = "Template"
COLUMNS = "t.id, t.name, t.owner_id, t.shared, t.version, (SELECT u.name FROM users u WHERE u.id = t.owner_id) AS owner"
LIST = f"SELECT {COLUMNS} FROM content_templates t WHERE {{sees}} ORDER BY folded(t.name), t.id LIMIT 200"
ONE = f"SELECT {COLUMNS}, t.fields FROM content_templates t WHERE t.id = CAST(:id AS numeric) AND {{sees}}"


def beginnings(actor: Actor) -> list[dict[str, str]]:
    """What a new insight may begin with, for a list of links: ``key``, ``name``, ``about``."""
    ours = [{"key": key, "name": each.name, "about": each.about} for key, each in BUILTIN.items()]
    theirs = [
        {"key": str(each["id"]), "name": each["name"], "about": "" if each["mine"] else f"by {each['owner']}"}
        for each in templates(actor)
    ]
    return ours + theirs


def templates(actor: Actor) -> list[dict[str, Any]]:
    """The stored ones that the actor sees, by name, without their fields; ``mine`` and ``may_change`` besides."""
    rows = read_rows(LIST.format(sees=sees_sql(actor)), reader=actor.user_id)
    return [_told(actor, row) for row in rows]


def template(actor: Actor, template_id: int) -> dict[str, Any]:
    """One stored template with its ``fields``. `NotFound` when the actor doesn't see it."""
    rows = read_rows(ONE.format(sees=sees_sql(actor)), id=template_id, reader=actor.user_id)
    if not rows:
        raise NotFound.of(KIND, template_id)
    return _told(actor, rows[0])


def chosen(actor: Actor, key: str | None) -> dict[str, str]:
    """The texts that a form begins with; `NotFound` for a template that there isn't (any more)."""
    if not key:
        return {}
    if key in BUILTIN:
        return _builtin(BUILTIN[key])
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        raise NotFound.of(KIND, key)
    fields: dict[str, str] = template(actor, int(key))["fields"]
    return {name: fields[name] for name in TEMPLATE_FIELDS if fields.get(name)}


def _builtin(given: Builtin) -> dict[str, str]:
    category = ids_named(Category, [given.category]).get(given.category) if given.category else None
    texts = {"content": given.content, "priority": str(given.priority), "tags": tags_text(given.tags)}
    return texts | ({"category_id": str(category)} if category else {})


def _told(actor: Actor, row: Any) -> dict[str, Any]:
    mine = row.owner_id == actor.user_id
    return {**row._asdict(), "mine": mine, "may_change": may_change(actor, row)}
