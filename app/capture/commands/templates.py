"""Templates are made, changed and deleted here."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, update

from app.audit.commands import changed, record, told
from app.capture.models import TEMPLATE_FIELDS, ContentTemplate
from app.capture.policy import keeps_copies, may_change, sees
from app.capture.queries.templates import KIND
from app.capture.schemas import TemplateForm, loaded
from app.capture.typed import Texts, as_shown
from app.core.db import refusing
from app.core.locking import lock, otherwise
from app.errors import DomainError, Forbidden, NotFound, Refused
from app.extensions import db
from app.identity.acting import current_actor, require

NOBODYS = "Only somebody with an account can keep templates."
NOT_YOURS = "A template is changed by its owner; a shared one by administrators, too."


def create_template(texts: Texts) -> int:
    """Keep a template (fields of `TemplateForm`) as the actor's; return its id."""
    values = _values(texts)
    require(keeps_copies(current_actor()), NOBODYS)
    owned = {**values, "owner_id": current_actor().user_id}
    with refusing(_duplicate(values["name"])):
        made = db.session.execute(insert(ContentTemplate).values(**owned).returning(ContentTemplate.id)).scalar_one()
    record("template.create", made, values["name"], told(values))
    return int(made)


def update_template(template_id: int, texts: Texts, expected_version: int) -> None:
    """Make a template what was typed. When nothing differs, nothing is written."""
    values = _values(texts)
    stored = _lock(template_id, expected_version, values)
    if differing := changed(stored, values):
        with refusing(_duplicate(values["name"])):
            db.session.execute(update(ContentTemplate).where(ContentTemplate.id == template_id).values(**values))
        record("template.update", template_id, stored.name, differing)


def delete_template(template_id: int, expected_version: int) -> None:
    """Delete a template; what began with it stays."""
    stored = _lock(template_id, expected_version, {})
    db.session.execute(delete(ContentTemplate).where(ContentTemplate.id == template_id))
    record("template.delete", template_id, stored.name, told({"fields": stored.fields}))


def _values(texts: Texts) -> dict[str, Any]:
    """The columns. What a new insight begins with stays as it was typed: the form checks it when it is used."""
    given = loaded(TemplateForm(), {"name": "", **texts})
    shown = as_shown(texts)
    fields = {name: shown[name] for name in TEMPLATE_FIELDS if shown.get(name, "").strip()}
    return {"name": given["name"], "shared": given.get("shared", False), "fields": fields}


def _lock(template_id: int, expected_version: int, wanted: Mapping[str, Any]) -> ContentTemplate:
    differs = otherwise(wanted)
    return lock(ContentTemplate, template_id, expected_version, admit=_admit, name=KIND, differs=differs)


def _admit(stored: ContentTemplate) -> None:
    """What isn't seen is not there."""
    actor = current_actor()
    if not sees(actor, stored):
        raise NotFound.of(KIND, stored.id)
    if not may_change(actor, stored):
        raise Forbidden(NOT_YOURS)


def _duplicate(name: str) -> dict[str, DomainError]:
    refusal = f"You have a template named {name!r} already."
    return {"uq_content_templates_name": Refused.because_of("name", refusal, "duplicate")}
