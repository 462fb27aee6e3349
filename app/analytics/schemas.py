"""The contract of what analytics gives out."""

from marshmallow import fields

from app.core.fields import Schema, Text, Whole
from app.insights.schemas import InsightAnswer


def _counts(example: dict[str, int]) -> fields.Dict:
    return fields.Dict(keys=Text(), values=Whole(), required=True, metadata={"example": example})


class StatisticsAnswer(Schema):
    """How many insights there are, in all and by each property; only tokens that occur, but every category."""

    total_insights = Whole(required=True)
    insights_by_status = _counts({"draft": 23, "published": 128, "archived": 5})
    insights_by_priority = _counts({"low": 45, "medium": 67, "high": 38, "critical": 6})
    insights_by_visibility = _counts({"INTERNAL": 140, "PUBLIC": 16})
    insights_by_category = _counts({"Technical": 56, "Process": 42})
    total_tags = Whole(required=True)
    total_categories = Whole(required=True)
    recent_insights = fields.List(fields.Nested(InsightAnswer), required=True)
