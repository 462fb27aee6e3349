"""What an act on many rows leaves behind."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Integer, String, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base

# What the receipt of an undoing says of itself; its request holds the action that was undone.
UNDO = "undo"


# Why an undoing left an insight as it is.
CHANGED, TRASHED, PURGED, FORBIDDEN = "changed since", "in the trash", "purged", "forbidden"
KEY_TAKEN, DELETED = "key taken", "category or tag deleted"
LEFT_FOR = (CHANGED, TRASHED, PURGED, FORBIDDEN, KEY_TAKEN, DELETED)
# In the outcome of what was undone: how many insights were left.
LEFT = "left_by_undo"


class Action(StrEnum):
    """What can be done to many insights at once. All that it does is in the revisions that it leaves."""

    TAG = "tag"
    UNTAG = "untag"
    RECATEGORISE = "recategorise"
    SET_PRIORITY = "set_priority"
    PUBLISH = "publish"
    ARCHIVE = "archive"
    TRASH = "trash"


class Receipt(Base):
    """One act on many rows: who did what to how many. The revisions that the act left name the receipt, so that undoing
    it follows from them; what they don't hold (a merged tag's own row) is in ``outcome``."""

    __tablename__ = "receipts"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(Integer)
    actor_name: Mapped[str] = mapped_column(String(300))
    action: Mapped[str] = mapped_column(String(30))
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    outcome: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("receipts.id"))

    __table_args__ = (Index("ix_receipts_at", text("at DESC"), text("id DESC")),)
