"""The insight and its tags; the tokens of its enumerations; its lifecycle.

Triggers of the migrations add: ``published_at`` is set when an insight is first published, a change raises ``version``
and ``updated_at`` and leaves a revision, and every count follows (see ``docs/reference/counts.md`` and
``docs/reference/revisions.md``).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.identity.models import User
from app.identity.permissions import Visibility

TITLE_LENGTH = 500
AUTHOR_LENGTH = 255
SOURCE_LENGTH = 255
EXTERNAL_KEY_LENGTH = 255
MESSAGE_LENGTH = 500


class Status(StrEnum):
    """Where an insight stands in its life; any state may follow any other (`published_at` remembers the first time)."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Priority(StrEnum):
    """How much an insight matters, least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Verb(StrEnum):
    """What a revision did."""

    CREATE = "create"
    UPDATE = "update"
    REVERT = "revert"  # to an earlier revision
    TRASH = "trash"
    RESTORE = "restore"  # from the trash


def _one_of(column: str, tokens: type[StrEnum]) -> CheckConstraint:
    values = ", ".join(f"'{token}'" for token in tokens)
    return CheckConstraint(f"{column} IN ({values})", column)


class Insight(Base):
    """A captured learning."""

    __tablename__ = "insights"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(Uuid, unique=True, server_default=text("gen_random_uuid()"))
    external_key: Mapped[str | None] = mapped_column(String(EXTERNAL_KEY_LENGTH), unique=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    description: Mapped[str] = mapped_column(Text)
    content: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(String(SOURCE_LENGTH))
    author: Mapped[str] = mapped_column(String(AUTHOR_LENGTH), index=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    priority: Mapped[str] = mapped_column(String(20), index=True, server_default=Priority.MEDIUM)
    status: Mapped[str] = mapped_column(String(20), index=True, server_default=Status.DRAFT)
    visibility: Mapped[str] = mapped_column(String(20), server_default=Visibility.INTERNAL)
    extra: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default=text("'{}'"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        _one_of("priority", Priority),
        _one_of("status", Status),
        _one_of("visibility", Visibility),
        CheckConstraint("btrim(title) <> ''", "title_not_blank"),
        CheckConstraint("jsonb_typeof(metadata) = 'object'", "metadata_object"),
        CheckConstraint("status <> 'published' OR published_at IS NOT NULL", "published_at"),
        Index("idx_insights_status_priority", "status", "priority"),
        Index("idx_insights_category_status", "category_id", "status"),
        Index("ix_insights_category_id", "category_id", postgresql_include=["id"]),
        Index("idx_insights_author_status", "author", "status"),
        Index("ix_insights_created_at", text("created_at DESC"), text("id DESC")),
        Index("ix_insights_published_at", text("published_at DESC NULLS LAST"), text("id DESC")),
        Index("ix_insights_updated_at", text("updated_at DESC"), text("id DESC")),
        Index("ix_insights_title", "title", "id"),
        Index("ix_insights_source", text("folded(source)")),
        Index("ix_insights_owner_drafts", "owner_id", postgresql_where=text("status = 'draft'")),
        Index("ix_insights_author_part", "author", postgresql_using="gin", postgresql_ops={"author": "gin_trgm_ops"}),
    )


class InsightTag(Base):
    """A tag on an insight, and under which status and visibility that link is counted (kept by triggers)."""

    __tablename__ = "insight_tags"

    insight_id: Mapped[int] = mapped_column(ForeignKey("insights.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    counted_status: Mapped[str | None] = mapped_column(String(20))
    counted_visibility: Mapped[str | None] = mapped_column(String(20))

    __table_args__ = (
        Index("idx_insight_tags_insight_id", "insight_id"),
        Index("idx_insight_tags_tag_id", "tag_id", postgresql_include=["insight_id"]),
    )


class Revision(Base):
    """One change of an insight: ``changes`` holds, for each field that it touched, what was there before.

    A long text is told by the newer one (`app.insights.history.older_text`). Written by triggers alone.
    """

    __tablename__ = "insight_revisions"

    insight_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    verb: Mapped[str] = mapped_column(String(20))
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(Integer)
    actor_name: Mapped[str] = mapped_column(String(300))
    message: Mapped[str | None] = mapped_column(String(MESSAGE_LENGTH))
    receipt_id: Mapped[UUID | None] = mapped_column(Uuid)
    xact: Mapped[int] = mapped_column(BigInteger, server_default=text("current_xact()"))
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))

    __table_args__ = (
        CheckConstraint("number >= 1", "number"),
        _one_of("verb", Verb),
        Index("ix_insight_revisions_receipt_id", "receipt_id", postgresql_where=text("receipt_id IS NOT NULL")),
    )


class TrashedInsight(Base):
    """An insight in the trash: the columns that it had, and the tags that it carried."""

    __tablename__ = "insight_trash"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    public_id: Mapped[UUID] = mapped_column(Uuid)
    external_key: Mapped[str | None] = mapped_column(String(EXTERNAL_KEY_LENGTH))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    description: Mapped[str] = mapped_column(Text)
    content: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(String(SOURCE_LENGTH))
    author: Mapped[str] = mapped_column(String(AUTHOR_LENGTH))
    category_id: Mapped[int | None] = mapped_column(Integer)
    priority: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    visibility: Mapped[str] = mapped_column(String(20))
    extra: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB)
    owner_id: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    tag_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    trashed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    trashed_by: Mapped[str] = mapped_column(String(300))

    __table_args__ = (Index("ix_insight_trash_trashed_at", text("trashed_at DESC"), text("id DESC")),)
