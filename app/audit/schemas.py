"""Which entries are asked for, and the contract of the log as it goes out."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import fields

from app.audit.models import NAME_LENGTH, OUTCOMES
from app.core.fields import JsonObject, Moment, Schema, Text, Token, Whole

LAST_PAGE = 10**9
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class DayOrMoment(Moment):
    """A time, or a whole day in UTC: its beginning, or its end (``ends``)."""

    def __init__(self, *, ends: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.ends = ends

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            return super()._deserialize(value, attr, data, **kwargs)
        try:
            return datetime.fromisoformat(value).replace(tzinfo=UTC) + timedelta(days=self.ends)
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid", input=value, obj_type="datetime") from error


class AuditFilterSchema(Schema):
    """The query of the log; all conditions must hold."""

    as_text = True

    actor = Text(
        most=NAME_LENGTH, strip=True, metadata={"description": "Part of who acted, regardless of case, or a user's id."}
    )
    verb = Text(
        most=50,
        strip=True,
        metadata={"description": "What was done: `insight.update`, or `insight` for everything done to insights."},
    )
    outcome = Token(OUTCOMES)
    subject_type = Text(most=30, strip=True, metadata={"description": "`insight`, `user`, `session` and so on."})
    subject_id = Text(most=100, strip=True)
    since = DayOrMoment(metadata={"description": "The first moment; a day (`2026-11-22`) from its beginning."})
    until = DayOrMoment(
        ends=True, metadata={"description": "The moment before which it was; a day (`2026-11-22`) to its end."}
    )
    page = Whole(least=1, most=LAST_PAGE, load_default=1)
    page_size = Whole(least=1, most=100, load_default=50)


class AuditEntryAnswer(Schema):
    """One act, or one attempt that was denied. ``diff`` holds field -> [before, after], long texts shortened."""

    id = Whole(required=True)
    at = Moment(required=True)
    actor_kind = Text(required=True)
    actor_id = Whole(required=True, allow_none=True)
    actor_name = Text(required=True)
    verb = Text(required=True)
    outcome = Token(OUTCOMES, required=True)
    subject_type = Text(required=True, allow_none=True)
    subject_id = Text(required=True, allow_none=True)
    subject_name = Text(required=True, allow_none=True)
    diff = JsonObject(required=True, allow_none=True)
    ip = Text(required=True, allow_none=True)
    request_id = Text(required=True, allow_none=True)


class AuditPage(Schema):
    """One page of the log, newest first; ``total`` counts every match."""

    total = Whole(required=True)
    page = Whole(required=True)
    page_size = Whole(required=True)
    entries = fields.List(fields.Nested(AuditEntryAnswer), required=True)
