"""The types of searches."""

from app.graphql_api.model import INSIGHTS
from app.graphql_api.schema.building import Field, Types
from app.graphql_api.schema.tables import row_fields

SEARCH, SUMMARY = "insights_search", "insights_search_summary"
DEFAULT_LIMIT = 20
OWN_FIELDS = {
    "score": Field("Float | None", about="Null when only conditions were asked for, or far down."),
    "highlights": Field("json", about="Safe HTML fragments by field; the words that were found stand in <mark>."),
}


def add_searching(types: Types) -> dict[str, Field]:
    """Add them, and return the root fields."""
    types.output(SEARCH, dict(row_fields(INSIGHTS)) | OWN_FIELDS, "An insight that was found.")
    summary = {
        "total": Field("Int"),
        "total_relation": Field("String", about='"exact" or "estimate".'),
        "corrected_query": Field("String | None", about="What was searched for in place of a mistyped word."),
    }
    types.output(SUMMARY, summary)
    page = {"query": "String", "limit": "Int | None", "offset": "Int | None"}
    about = f"The best hits first: {DEFAULT_LIMIT} unless a limit says otherwise. The query is in the search language."
    return {
        SEARCH: Field(f"list[{SEARCH}]", page, about),
        SUMMARY: Field(SUMMARY, {"query": "String"}, "How many insights a search finds."),
    }
