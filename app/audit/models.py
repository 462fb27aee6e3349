"""The audit log's table; its partitions lie in the schema ``audit`` and are the database's own affair."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base

DONE, DENIED = "done", "denied"
OUTCOMES = (DONE, DENIED)
NAME_LENGTH = 300


class AuditEntry(Base):
    """One act, or one attempt that was denied."""

    __tablename__ = "audit_log"

    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), primary_key=True, server_default=text("clock_timestamp()")
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(Integer)
    actor_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    verb: Mapped[str] = mapped_column(String(50))
    outcome: Mapped[str] = mapped_column(String(10))
    subject_type: Mapped[str | None] = mapped_column(String(30))
    subject_id: Mapped[str | None] = mapped_column(String(100))
    subject_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    diff: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    ip: Mapped[str | None] = mapped_column(INET)
    request_id: Mapped[str | None] = mapped_column(String(128))

    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'denied')", "outcome"),
        Index("ix_audit_log_actor_id", "actor_id", text("at DESC")),
        Index("ix_audit_log_subject", "subject_type", "subject_id", text("at DESC")),
        Index("ix_audit_log_verb", "verb", text("at DESC")),
        {"postgresql_partition_by": "RANGE (at)"},
    )
