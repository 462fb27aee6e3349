"""Tags are made, changed and deleted here, and nowhere else."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text, update

from app.audit.commands import Diff, announce, changed, record, told
from app.core.db import refusing
from app.core.locking import lock, otherwise
from app.errors import DomainError, Refused
from app.extensions import db
from app.taxonomy.commands.deleting import Deleted, delete_row
from app.taxonomy.commands.naming import name_new, rename, with_slug
from app.taxonomy.models import Tag

# Everybody locks insights before their tags, in the order of their ids.
CARRIERS = text("""
    SELECT id FROM insights WHERE id IN (SELECT insight_id FROM insight_tags WHERE tag_id = :tag_id)
    ORDER BY id FOR NO KEY UPDATE""")


def create_tag(values: Mapping[str, Any]) -> int:
    """Store a tag (fields of `TagSchema`; a slug is found for one without) and return its id."""
    name_new(Tag, values["name"])
    values = with_slug(Tag, values)
    with refusing(_duplicates(values)):
        tag_id = int(db.session.execute(insert(Tag).values(**values).returning(Tag.id)).scalar_one())
    record("tag.create", tag_id, values["name"], told(values))
    return tag_id


def update_tag(tag_id: int, changes: Mapping[str, Any], expected_version: int | None = None) -> Diff:
    """Change the given fields; those that differed. When none does, nothing is written."""
    stored = lock(Tag, tag_id, expected_version, differs=otherwise(changes))
    if differing := changed(stored, changes):
        rename(Tag, stored, changes.get("name", stored.name))
        with refusing(_duplicates(changes)):
            db.session.execute(update(Tag).where(Tag.id == tag_id).values(**changes))
        record("tag.update", tag_id, stored.name, differing)
    return differing


def delete_tag(tag_id: int, expected_version: int | None = None, receipt_id: UUID | None = None) -> Deleted:
    """Delete a tag; the insights that carried it stay, and their revisions name the receipt. What bringing it back
    needs."""
    db.session.execute(CARRIERS, {"tag_id": tag_id})
    stored = lock(Tag, tag_id, expected_version, to_delete=True)
    announce(message=f"Tag deleted: {stored.name}", receipt_id=receipt_id)
    deleted = delete_row(Tag, tag_id)
    record("tag.delete", tag_id, stored.name)
    return deleted


def _duplicates(values: Mapping[str, Any]) -> dict[str, DomainError]:
    name = Refused.because_of("name", f"A tag named {values.get('name')!r} already exists.", "duplicate")
    slug = Refused.because_of("slug", f"A tag with the slug {values.get('slug')!r} already exists.", "duplicate")
    return {"uq_tags_name": name, "uq_tags_folded_name": name, "uq_tags_slug": slug}
