"""Files are kept here, and nowhere else."""

from hashlib import sha256
from uuid import uuid4

from sqlalchemy import text

from app.attachments.kinds import media_type, plain_name
from app.attachments.models import Attachment
from app.attachments.store import objects
from app.audit.commands import record, told
from app.core.sizes import readable_size
from app.errors import FieldError, Invalid
from app.extensions import db
from app.identity.acting import current_actor

# Of one object: it isn't dropped between being found and being named.
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('object ' || :digest, 0))")


def refuse_unfit(content: bytes, most: int) -> None:
    """Raises `Invalid` naming the field ``file``, for one that is empty or has more than so many bytes."""
    if not content:
        raise Invalid.because([FieldError(("file",), "is empty", "required")])
    if len(content) > most:
        raise Invalid.because([FieldError(("file",), f"must have {readable_size(most)} at most", "too_large")])


def attach(given_name: str, content: bytes) -> Attachment:
    """Keep a file. Whoever brought it sees it, and whoever sees an insight that mentions it.

    The bytes are in the store before the row is there; those of a row that never comes are dropped by the upkeep. Give
    them to the store before (`Objects.keep`), and the transaction needs only to look.
    """
    digest = sha256(content).digest()
    db.session.execute(LOCK, {"digest": digest.hex()})
    objects().keep(content)
    attachment = Attachment(
        id=uuid4(),  # drawn at random: who doesn't know it can't guess it
        owner_id=current_actor().user_id,
        name=plain_name(given_name),
        media_type=media_type(content),
        size=len(content),
        sha256=digest,
    )
    db.session.add(attachment)
    db.session.flush()
    kept = {"media_type": attachment.media_type, "size": attachment.size}
    record("attachment.create", attachment.id, attachment.name, told(kept))
    return attachment
