"""The log, newest first: filtered and paged by the database, in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from app.core.db import like_literal, read_json

CONDITIONS = {
    "actor": r"(e.actor_name ILIKE :actor ESCAPE '\' OR CAST(e.actor_id AS text) = :actor_id)",
    "verb": r"(e.verb = :verb OR e.verb LIKE :verbs ESCAPE '\')",
    "outcome": "e.outcome = :outcome",
    "subject_type": "e.subject_type = :subject_type",
    "subject_id": "e.subject_id = :subject_id",
    "since": "e.at >= :since",
    "until": "e.at < :until",
}

# The page is chosen before its JSON is made; the order is that of the partitions, newest first.
PAGE = """
SELECT json_build_object('total', (SELECT count(*) FROM audit_log e WHERE {where}), 'page', :page,
    'page_size', :page_size, 'entries', coalesce(json_agg(json_build_object(
        'id', p.id, 'at', iso_utc(p.at), 'actor_kind', p.actor_kind, 'actor_id', p.actor_id,
        'actor_name', p.actor_name, 'verb', p.verb, 'outcome', p.outcome, 'subject_type', p.subject_type,
        'subject_id', p.subject_id, 'subject_name', p.subject_name, 'diff', p.diff, 'ip', host(p.ip),
        'request_id', p.request_id) ORDER BY p.at DESC, p.id DESC), '[]'))::text
FROM (SELECT * FROM audit_log e WHERE {where} ORDER BY e.at DESC, e.id DESC OFFSET :skip LIMIT :page_size) p"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries; all given conditions must hold.

    ``actor`` is a part of the name or a user's id, ``verb`` a whole verb or what it is about (``insight``); ``since``
    is the first moment, ``until`` the one before which it was.
    """

    actor: str | None = None
    verb: str | None = None
    outcome: str | None = None
    subject_type: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """From loaded arguments (`AuditFilterSchema`), whatever else they hold."""
        return cls(**{field.name: arguments[field.name] for field in fields(cls) if field.name in arguments})

    @property
    def given(self) -> dict[str, Any]:
        """The conditions that are set."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value not in (None, "")}

    @property
    def where(self) -> str:
        """The conditions on an entry ``e``."""
        return " AND ".join(CONDITIONS[name] for name in self.given) or "true"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the conditions bind."""
        bound = self.given
        if self.actor:
            bound |= {"actor": f"%{like_literal(self.actor)}%", "actor_id": self.actor}
        if self.verb:
            bound["verbs"] = f"{like_literal(self.verb)}.%"
        return bound


def audit_json(wanted: AuditFilter, page: int = 1, page_size: int = 50) -> bytes:
    """One page (`AuditPage`)."""
    statement = PAGE.format(where=wanted.where)
    skip = (page - 1) * page_size
    return read_json(statement, **wanted.parameters, skip=skip, page=page, page_size=page_size) or b"{}"
