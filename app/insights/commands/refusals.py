"""How the database's refusals of an insight are told."""

from collections.abc import Mapping
from typing import Any

from app.core.db import OUT_OF_RANGE
from app.errors import DomainError, Refused


def refusals(written: Mapping[str, Any]) -> dict[str, DomainError]:
    """The error for each constraint that the written columns may break; of many rows nobody knows which it was."""
    category = f"category {written['category_id']}" if "category_id" in written else "a category"
    key = f"the external key {written['external_key']!r}" if "external_key" in written else "one of the external keys"
    unknown = Refused.because_of("category_id", f"category_id: {category} does not exist.", "unknown_reference")
    taken = Refused.because_of("external_key", f"An insight with {key} already exists.", "duplicate")
    return {"fk_insights_category_id": unknown, OUT_OF_RANGE: unknown, "uq_insights_external_key": taken}
