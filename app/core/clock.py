"""Time as this product writes it: RFC 3339, UTC, ``Z``."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


def as_utc(value: datetime) -> datetime:
    """Read a naive time as UTC, bring any other to UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def iso_utc(value: datetime) -> str:
    """``2026-11-22T09:30:00.123456Z``: the form that Postgres' ``iso_utc()`` gives as well."""
    return as_utc(value).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
