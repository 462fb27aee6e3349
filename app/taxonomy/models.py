"""Categories (a tree of any depth) and tags.

Triggers of the first migrations keep what a column constraint can't: a category is never its own ancestor, a change
raises ``version``, and ``usage_count`` follows the links.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base

COLOR_PATTERN = "^#[0-9A-Fa-f]{6}$"
CATEGORY_NAME_LENGTH = 100
TAG_NAME_LENGTH = 50
ICON_LENGTH = 50


class Category(Base):
    """A place in the tree; an insight lies in one category at most."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(CATEGORY_NAME_LENGTH))
    slug: Mapped[str] = mapped_column(String(CATEGORY_NAME_LENGTH), unique=True)
    description: Mapped[str | None] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)
    color: Mapped[str | None] = mapped_column(String(7))
    icon: Mapped[str | None] = mapped_column(String(ICON_LENGTH))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))

    __table_args__ = (
        CheckConstraint("btrim(name) <> ''", "name_not_blank"),
        CheckConstraint("btrim(slug) <> ''", "slug_not_blank"),
        CheckConstraint(f"color ~ '{COLOR_PATTERN}'", "color"),
        Index("uq_categories_name", "name", unique=True),
        Index("uq_categories_folded_name", text("folded(name)"), unique=True),
    )


class Tag(Base):
    """A word that insights share. Its name is unique regardless of case and accents; the first spelling is kept."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(TAG_NAME_LENGTH))
    slug: Mapped[str] = mapped_column(String(TAG_NAME_LENGTH), unique=True)
    description: Mapped[str | None] = mapped_column(Text)
    color: Mapped[str | None] = mapped_column(String(7))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    usage_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))

    __table_args__ = (
        CheckConstraint("btrim(name) <> ''", "name_not_blank"),
        CheckConstraint("btrim(slug) <> ''", "slug_not_blank"),
        CheckConstraint(f"color ~ '{COLOR_PATTERN}'", "color"),
        Index("uq_tags_name", "name", unique=True),
        Index("uq_tags_folded_name", text("folded(name)"), unique=True),
    )


class TagAlias(Base):
    """The name of a tag that was merged into another one: whoever types it means that one."""

    __tablename__ = "tag_aliases"

    former_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(TAG_NAME_LENGTH))
    slug: Mapped[str] = mapped_column(String(TAG_NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (Index("uq_tag_aliases_folded_name", text("folded(name)"), unique=True),)


class CategoryAlias(Base):
    """The name of a category that was merged into another one."""

    __tablename__ = "category_aliases"

    former_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(CATEGORY_NAME_LENGTH))
    slug: Mapped[str] = mapped_column(String(CATEGORY_NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (Index("uq_category_aliases_folded_name", text("folded(name)"), unique=True),)
