"""Fields: what each takes, and the code of what it refuses."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError

from app.core.fields import Id, JsonObject, Many, Message, Moment, Schema, Text, Token, Whole, flatten


class Body(Schema):
    text = Text(least=1, most=3, strip=True)
    token = Token(("red", "blue"))
    whole = Whole(least=0, most=9)
    many = Many(Id(), most=2)
    moment = Moment()
    extra = JsonObject(data_key="metadata")


class Query(Body):
    as_text = True


def codes(schema: Schema, **values: Any) -> dict[tuple[str | int, ...], str]:
    with pytest.raises(ValidationError) as caught:
        schema.load(values)
    return {error.path: error.code for error in flatten(caught.value.normalized_messages(), "body")}


@pytest.mark.parametrize(
    ("given", "loaded"),
    [
        ({"text": " ab "}, {"text": "ab"}),
        ({"whole": 9}, {"whole": 9}),
        ({"whole": 8.0}, {"whole": 8}),
        ({"many": [1, -(10**30)]}, {"many": [1, -(10**30)]}),
        ({"moment": "2026-01-02T03:04:05+01:00"}, {"moment": datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)}),
        ({"moment": "2026-01-02T03:04:05"}, {"moment": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}),
        ({"metadata": {"a": [1, None]}}, {"extra": {"a": [1, None]}}),
    ],
)
def test_what_is_taken(given: dict[str, Any], loaded: dict[str, Any]) -> None:
    assert Body().load(given) == loaded


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("text", "abcd", "too_long"),
        ("text", "  ", "too_short"),
        ("text", "\ud800", "lone_surrogate"),
        ("token", "green", "unknown_token"),
        ("token", ["red"], "type"),
        ("whole", "1", "type"),
        ("whole", 1.5, "type"),
        ("whole", float("nan"), "type"),
        ("whole", float("inf"), "type"),
        ("whole", False, "type"),
        ("whole", 10, "too_large"),
        ("whole", -1, "too_small"),
        ("many", [1, 2, 3], "too_long"),
        ("many", {"0": 1}, "type"),
        ("moment", "yesterday", "type"),
        ("moment", 0, "type"),
        ("moment", "0001-01-01T00:00:00+14:00", "type"),
        ("metadata", {"a": "\ud800"}, "lone_surrogate"),
        ("metadata", {"\0": 1}, "nul_character"),
        ("metadata", {"a": float("inf")}, "too_large"),
        ("other", 1, "unknown_field"),
    ],
)
def test_what_is_refused(name: str, value: Any, code: str) -> None:
    assert codes(Body(), **{name: value}) == {(name,): code}


def test_a_query_string_has_only_text() -> None:
    assert Query().load({"whole": "7", "many": ["1", "-2"]}) == {"whole": 7, "many": [1, -2]}
    assert codes(Query(), whole="7.0", many=["1_0", "١"]) == {
        ("whole",): "type",
        ("many", 0): "type",
        ("many", 1): "type",
    }


def test_a_message_keeps_its_code_through_copies() -> None:
    message = Message("must be {0}", "odd")
    assert copy.deepcopy(message).code == message.format("x").code == "odd"
    assert message.format("x") == "must be x"
