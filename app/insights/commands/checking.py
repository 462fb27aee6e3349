"""What every write of insights looks at first, and how the database's refusals are told."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.core.db import OUT_OF_RANGE, refusing
from app.errors import DomainError, NotFound, Refused, Stale
from app.extensions import db
from app.insights.models import Insight


def lock_insight(insight_id: int, expected_version: int | None) -> Insight:
    """The stored insight, nobody else's to change until the transaction ends.

    Raises `NotFound`, and `Stale` when its version is not the expected one.
    """
    statement = select(Insight).where(Insight.id == insight_id).with_for_update(key_share=True)
    with refusing({OUT_OF_RANGE: NotFound.of("Insight", insight_id)}):
        stored = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if stored is None:
        raise NotFound.of("Insight", insight_id)
    db.session.expunge(stored)
    if expected_version is not None and expected_version != stored.version:
        raise Stale.of("Insight", insight_id, stored.version)
    return stored


def refusals(written: Mapping[str, Any]) -> dict[str, DomainError]:
    """The error for each constraint that the written columns may break; of many rows nobody knows which it was."""
    category = f"category {written['category_id']}" if "category_id" in written else "a category"
    key = f"the external key {written['external_key']!r}" if "external_key" in written else "one of the external keys"
    unknown = Refused.because_of("category_id", f"category_id: {category} does not exist.", "unknown_reference")
    taken = Refused.because_of("external_key", f"An insight with {key} already exists.", "duplicate")
    return {"fk_insights_category_id": unknown, OUT_OF_RANGE: unknown, "uq_insights_external_key": taken}
