"""The types of ``insights_grouped``."""

from collections.abc import Iterator

from app.graphql_api.grouping import KEYS, WEEKDAYS, Bucket, Key, Other
from app.graphql_api.schema.building import Field, Types

GROUPED, GROUP, BUCKET = "insights_grouped", "insights_group", "calendar_bucket"
KEY, ORDER, WEEKDAY = "insights_group_key", "insights_group_order_by", "weekday"
DEFAULT_ZONE, DEFAULT_START, DEFAULT_FILL = "UTC", "monday", False
ABOUT = "Counts and aggregates per group. Calendar units are those of the time zone; `fill` adds the groups of nothing."


def add_grouping(types: Types) -> dict[str, Field]:
    """Add them, and return the root field."""
    types.enumeration(KEY, KEYS)
    weekdays = types.enumeration(WEEKDAY, WEEKDAYS)
    types.output(BUCKET, BUCKET_FIELDS, "A unit of the calendar in a time zone.")
    types.output(GROUP, dict(_fields()), "The fields of keys that it is not grouped by can't be asked for.")
    types.input(ORDER, dict.fromkeys(("count", *KEYS), "order_by | None"), "Buckets are ordered by their start.")
    defaults = {"time_zone": DEFAULT_ZONE, "week_start": weekdays[DEFAULT_START], "fill": DEFAULT_FILL}
    return {GROUPED: Field(f"list[{GROUP}]", ARGUMENTS, ABOUT, defaults)}


ARGUMENTS = {
    "by": f"list[{KEY}]",
    "where": "insights_bool_exp | None",
    "time_zone": "String | None",
    "week_start": f"{WEEKDAY} | None",
    "fill": "Boolean | None",
    "order_by": f"list[{ORDER}] | None",
    "limit": "Int | None",
    "offset": "Int | None",
}
BUCKET_FIELDS = {
    "label": Field("String", about="2026-01-31, 2026-W05 (its first day when it starts otherwise), 2026-01, 2026-Q1."),
    "start": Field("timestamptz", about="The first instant of its first day."),
    "end": Field("timestamptz", about="Where the next one starts."),
    "date": Field("date", about="Its first day."),
}


def _fields() -> Iterator[tuple[str, Field]]:
    for key in KEYS.values():
        yield from _of_key(key)
    yield "count", Field("Int", about="How many insights.")
    yield "aggregate", Field("insights_aggregate_fields", about="Aggregates of these insights.")


def _of_key(key: Key) -> Iterator[tuple[str, Field]]:
    match key:
        case Other():
            yield key.name, Field(f"{key.relationship.table} | None")
            yield f"{key.name}_id", Field("Int | None")
        case Bucket():
            yield key.name, Field(f"{BUCKET} | None")
        case _:
            yield key.name, Field("String | None")
