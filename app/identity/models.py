"""People and services, and what they show to be known: sessions, tokens, links, identities elsewhere.

Secrets are kept as hashes: a password's argon2id, for what was drawn at random its SHA-256.
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
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, column_property, mapped_column

from app.extensions import Base
from app.identity.naming import called
from app.identity.permissions import GIVEN_ROLES

EMAIL_LENGTH = 254
NAME_LENGTH = 255
USER_AGENT_LENGTH = 255
ROLES = ", ".join(f"'{role}'" for role in GIVEN_ROLES)


class Purpose(StrEnum):
    """What a one-time link is for."""

    FIRST_ADMINISTRATOR = "first_administrator"
    INVITE = "invite"
    RESET = "reset"


def _user(**options: Any) -> Mapped[int]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), **options)


def _moment(**options: Any) -> Mapped[datetime]:
    return mapped_column(DateTime(timezone=True), **options)


class User(Base):
    """A person who signs in, or a service that only shows tokens."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    email: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    role: Mapped[str | None] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = _moment(server_default=func.now())
    updated_at: Mapped[datetime] = _moment(server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    called: Mapped[str] = column_property(literal_column(called("users"), Text))

    __table_args__ = (
        CheckConstraint("kind IN ('person', 'service')", "kind"),
        CheckConstraint(f"role IN ({ROLES})", "role"),
        CheckConstraint("(kind = 'person') = (role IS NOT NULL)", "person_has_role"),
        CheckConstraint("kind = 'person' OR (email IS NULL AND password_hash IS NULL)", "service_signs_in_by_token"),
        CheckConstraint("btrim(name) <> ''", "name_not_blank"),
        Index("uq_users_email", text("lower(email)"), unique=True),
        Index("uq_users_service_name", text("folded(name)"), unique=True, postgresql_where=text("kind = 'service'")),
    )


class Session(Base):
    """A device on which a person is signed in."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[int] = _user(index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    rotated_at: Mapped[datetime] = _moment(server_default=func.now())
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = _moment(server_default=func.now())
    last_seen_at: Mapped[datetime] = _moment(server_default=func.now())
    expires_at: Mapped[datetime] = _moment()
    signed_in_with: Mapped[str] = mapped_column(String(20))
    ip: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None] = mapped_column(String(USER_AGENT_LENGTH))

    __table_args__ = (Index("uq_sessions_previous_hash", "previous_hash", unique=True),)


class ApiToken(Base):
    """What a script shows. A person's token may do what the person may, or less (``role``); a service's has a role."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = _user(index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    last4: Mapped[str] = mapped_column(String(4))
    role: Mapped[str | None] = mapped_column(String(20))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    created_at: Mapped[datetime] = _moment(server_default=func.now())
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint(f"role IN ({ROLES})", "role"),
        CheckConstraint("btrim(name) <> ''", "name_not_blank"),
    )


class OneTimeLink(Base):
    """An address that works once: it makes the first administrator, or sets a person's password."""

    __tablename__ = "one_time_links"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int | None] = _user(index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = _moment(server_default=func.now())
    expires_at: Mapped[datetime] = _moment()
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("purpose IN ('first_administrator', 'invite', 'reset')", "purpose"),
        CheckConstraint("(purpose = 'first_administrator') = (user_id IS NULL)", "user"),
    )


class ExternalIdentity(Base):
    """A person as another issuer (OpenID Connect, a JWT's) knows it."""

    __tablename__ = "external_identities"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = _user(index=True)
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = _moment(server_default=func.now())

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class RecoveryCode(Base):
    """Stands in once for a lost second factor."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[int] = _user(primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class IdempotencyKey(Base):
    """What was answered to a request under a key of its caller's; the same request again gets it again."""

    __tablename__ = "idempotency_keys"

    caller: Mapped[str] = mapped_column(String(320), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    at: Mapped[datetime] = _moment(server_default=func.now(), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
