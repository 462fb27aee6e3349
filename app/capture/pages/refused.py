"""What was sent and could not be saved is kept as a working copy: also without a script nothing is lost by closing the
page."""

from contextlib import suppress
from uuid import UUID

from app.capture.commands.copies import keep_copy
from app.capture.typed import Texts
from app.core.db import transact
from app.errors import DomainError


def keep_refused(copy_id: UUID, texts: Texts, insight_id: int | None = None, version: int | None = None) -> None:
    """Keep it, if that can be done just now: the page has it all the same."""
    with suppress(DomainError):
        transact(keep_copy, copy_id, {"insight_id": insight_id, "base_version": version, "texts": dict(texts)})
