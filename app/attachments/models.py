"""Files, and which insights mention them.

The bytes lie in the object store under their checksum (`app.attachments.store`). Triggers keep ``insight_attachments``.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, String, Uuid, func
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.identity.models import User

NAME_LENGTH = 255
MEDIA_TYPE_LENGTH = 100


class Attachment(Base):
    """A file that somebody brought. It never changes: another file is another attachment."""

    __tablename__ = "attachments"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    media_type: Mapped[str] = mapped_column(String(MEDIA_TYPE_LENGTH))
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("size > 0", "size"),
        CheckConstraint("octet_length(sha256) = 32", "sha256"),
        Index("ix_attachments_owner_id", "owner_id"),
        Index("ix_attachments_sha256", "sha256"),
    )


class InsightAttachment(Base):
    """An insight, in the trash or not, whose content mentions a file or did so in an earlier revision."""

    __tablename__ = "insight_attachments"

    insight_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    attachment_id: Mapped[UUID] = mapped_column(ForeignKey(Attachment.id, ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_insight_attachments_attachment_id", "attachment_id"),)
