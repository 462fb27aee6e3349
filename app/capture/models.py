"""What somebody is writing and has not saved yet, and templates to begin with.

Both hold the fields of the capture form as texts, by their names there (`FIELDS`): as they were typed, so they may be
wrong or missing.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, String, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.identity.models import User

NAME_LENGTH = 100
FIELDS = (
    "title", "description", "content", "source", "author", "category_id", "priority", "status", "visibility", "tags",
    "message",
)  # fmt: skip
# What a new insight may begin with.
TEMPLATE_FIELDS = ("title", "description", "content", "category_id", "priority", "tags")


class WorkingCopy(Base):
    """What is being written: of a new insight, or of one that is stored, in the version that it began with.

    Its id is chosen by the browser. Without an owner it is of whoever sits at an installation without sign-in. The
    insight may lie in the trash meanwhile.
    """

    __tablename__ = "working_copies"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    insight_id: Mapped[int | None] = mapped_column(Integer)
    base_version: Mapped[int | None] = mapped_column(Integer)
    fields: Mapped[dict[str, str]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("jsonb_typeof(fields) = 'object'", "fields"),
        CheckConstraint("(insight_id IS NULL) = (base_version IS NULL)", "base"),
        Index(
            "uq_working_copies_insight",
            text("coalesce(owner_id, 0)"),
            "insight_id",
            unique=True,
            postgresql_where=text("insight_id IS NOT NULL"),
        ),
    )


class ContentTemplate(Base):
    """What a new insight may begin with: somebody's own, or ``shared``. It stays when its owner goes."""

    __tablename__ = "content_templates"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    shared: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    fields: Mapped[dict[str, str]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("btrim(name) <> ''", "name_not_blank"),
        CheckConstraint("jsonb_typeof(fields) = 'object'", "fields"),
        Index(
            "uq_content_templates_name",
            "owner_id",
            text("folded(name)"),
            unique=True,
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
    )
