"""Where the counts are kept. Triggers and the fold alone write here; see ``docs/reference/counts.md``.

Read the views instead: ``insight_cells``, ``tag_cells`` and ``tags_counted`` add what is pending to what is stored.
"""

from decimal import Decimal

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Numeric, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class InsightCount(Base):
    """How many insights share a category (0: none), status, priority and visibility."""

    __tablename__ = "insight_counts"

    category_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(Text, primary_key=True)
    priority: Mapped[str] = mapped_column(Text, primary_key=True)
    visibility: Mapped[str] = mapped_column(Text, primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)
    action_seconds: Mapped[Decimal] = mapped_column(Numeric)


class TagCount(Base):
    """How many insights of a status and visibility carry a tag."""

    __tablename__ = "tag_counts"

    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    status: Mapped[str] = mapped_column(Text, primary_key=True)
    visibility: Mapped[str] = mapped_column(Text, primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)


# Changes that are not folded in yet: append only, so without a key.
insight_count_delta = Table(
    "insight_count_delta",
    Base.metadata,
    Column("category_id", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("action_seconds", Numeric, nullable=False),
)
tag_count_delta = Table(
    "tag_count_delta",
    Base.metadata,
    Column("tag_id", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("n", BigInteger, nullable=False),
)
