"""What search looks at, what it knows about words, saved searches and the log of what was searched for.

Triggers keep documents and words in step with the insights, whoever writes them; upkeep counts terms and statistics.
How the vectors and the index are made is in the migration ``0005_search``.
"""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.identity.models import User
from app.insights.models import Insight

NAME_LENGTH = 100
QUERY_LENGTH = 5_000
MATCHED_LENGTH = 10


class SearchDocument(Base):
    """What search looks at of one insight. ``length`` counts its words."""

    __tablename__ = "search_documents"

    insight_id: Mapped[int] = mapped_column(ForeignKey(Insight.id, ondelete="CASCADE"), primary_key=True)
    length: Mapped[int] = mapped_column(Integer)
    stems: Mapped[str] = mapped_column(TSVECTOR)
    words: Mapped[str] = mapped_column(TSVECTOR)

    __table_args__ = (
        Index("ix_search_documents_tokens", text("search_tokens(stems, length)"), postgresql_using="gin"),
    )


class SearchWord(Base):
    """A word as it is written in some document; may be there twice until upkeep passes."""

    __tablename__ = "search_words"

    word: Mapped[str] = mapped_column(Text)

    __mapper_args__ = {"primary_key": [word]}
    __table_args__ = (
        Index("ix_search_words_word", "word", postgresql_ops={"word": "text_pattern_ops"}),
        Index("ix_search_words_part", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )


class SearchTerm(Base):
    """A stem: how many ``documents`` have it, then how many of them at each tier of impact or above."""

    __tablename__ = "search_terms"

    term: Mapped[str] = mapped_column(Text, primary_key=True)
    documents: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class SearchStatistics(Base):
    """What upkeep counted last: one row, or none on a new installation."""

    __tablename__ = "search_statistics"

    single: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    documents: Mapped[int] = mapped_column(Integer)
    average_length: Mapped[float] = mapped_column(Double)
    changes: Mapped[int] = mapped_column(BigInteger)
    refreshed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (CheckConstraint("single", "single"),)


class SavedSearch(Base):
    """A query with a name. Without an owner it is of whoever sits at an installation without sign-in."""

    __tablename__ = "saved_searches"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    query: Mapped[str] = mapped_column(Text)
    shared: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    feed_key_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("btrim(name) <> ''", "name_not_blank"),
        Index("uq_saved_searches_name", text("coalesce(owner_id, 0)"), text("folded(name)"), unique=True),
    )


class LoggedSearch(Base):
    """One search: the folded text, how many were found (the estimate when there are many), what was opened of it.

    ``searcher`` is a hash of whoever asked, salted anew each day: enough to tell that two entries are of one person on
    one day.
    """

    __tablename__ = "search_log"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    query: Mapped[str] = mapped_column(Text)
    results: Mapped[int] = mapped_column(Integer)
    matched: Mapped[str | None] = mapped_column(String(MATCHED_LENGTH))
    opened: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))
    searcher: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_search_log_at", "at"),
        Index("ix_search_log_searcher", "searcher", text("at DESC")),
    )
