"""The types of ``statistics``: the names of the REST API."""

from app.analytics.queries.statistics import FIGURES
from app.graphql_api.schema.building import Field, Types

STATISTICS = "statistics"
MAP = "From a token or a name to a number."


def add_figures(types: Types) -> dict[str, Field]:
    """Add them, and return the root field."""
    fields = {name: Field("Int") if name.startswith("total") else Field("json", about=MAP) for name in FIGURES}
    fields["recent_insights"] = Field("list[insights]", about="The five newest.")
    types.output(STATISTICS, fields)
    return {STATISTICS: Field(STATISTICS, about="What GET /statistics answers, of what you see.")}
