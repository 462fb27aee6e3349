"""One insight."""

from app.core.db import Versioned, read_versioned
from app.insights.queries.representation import INSIGHTS_OF_PAGE

ONE = f"""
WITH page AS MATERIALIZED (SELECT id FROM insights WHERE id = :id)
SELECT insight::text, version FROM ({INSIGHTS_OF_PAGE}) chosen"""


def insight_json(insight_id: int) -> Versioned:
    """One insight (`InsightAnswer`)."""
    return read_versioned("Insight", ONE, insight_id)
