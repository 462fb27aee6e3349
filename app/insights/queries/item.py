"""One insight."""

from functools import cache

from app.core.db import Versioned, read_versioned
from app.identity.audience import Audience, Sources
from app.insights.queries.representation import insights_of_page


@cache
def _one(sources: Sources) -> str:
    return f"""
WITH page AS MATERIALIZED (SELECT i.id FROM insights i WHERE i.id = :id AND {sources.sees})
SELECT insight::text, version FROM ({insights_of_page(sources)}) chosen"""


def insight_json(audience: Audience, insight_id: int) -> Versioned:
    """One insight (`InsightAnswer`); `NotFound` also for one that the audience doesn't see."""
    return read_versioned("Insight", _one(audience.sources), insight_id, **audience.parameters)
