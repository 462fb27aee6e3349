"""The contract of what analytics gives out."""

from marshmallow import fields

from app.core.fields import Schema, Text, Whole
from app.insights.schemas import InsightAnswer


def _counts() -> fields.Dict:
    return fields.Dict(keys=Text(), values=Whole(), required=True)


class StatisticsAnswer(Schema):
    """How many insights there are, in all and by each property; only tokens that occur, but every category."""

    total_insights = Whole(required=True)
    insights_by_status = _counts()
    insights_by_priority = _counts()
    insights_by_visibility = _counts()
    insights_by_category = _counts()
    total_tags = Whole(required=True)
    total_categories = Whole(required=True)
    recent_insights = fields.List(fields.Nested(InsightAnswer), required=True)
