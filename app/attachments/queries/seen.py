"""A file, for whom it is."""

from functools import cache
from typing import Any
from uuid import UUID

from app.core.db import read_rows
from app.errors import NotFound
from app.identity.audience import WHOLE, Audience, Sources


@cache
def _one(sources: Sources) -> str:
    mentioned = f"""
EXISTS (SELECT FROM insight_attachments m JOIN insights i ON i.id = m.insight_id
        WHERE m.attachment_id = a.id AND {sources.sees})"""
    seen = "true" if sources is WHOLE else f"(a.owner_id = CAST(:reader AS integer) OR {mentioned})"
    return f"SELECT a.id, a.name, a.media_type, a.size, a.sha256 FROM attachments a WHERE a.id = :id AND {seen}"


def seen_attachment(audience: Audience, attachment_id: UUID) -> Any:
    """A file (id, name, media_type, size, sha256) that the audience may see: its owner, whoever sees an insight that
    mentions it, and whoever sees every insight. Else `NotFound`."""
    rows = read_rows(_one(audience.sources), id=attachment_id, **audience.parameters)
    if not rows:
        raise NotFound.of("Attachment", attachment_id)
    return rows[0]
