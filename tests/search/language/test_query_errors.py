"""What is refused: where, why, and what could stand there."""

from datetime import UTC, datetime

import pytest

from app.errors import Invalid
from app.search.language.dates import FORMS
from app.search.language.parser import parse

NOW = datetime(2026, 3, 31, 10, 30, tzinfo=UTC)


def refused(text: str) -> list[tuple[str, str, str]]:
    """The code, the wrong part of the text and the suggestion of each problem, by their places."""
    with pytest.raises(Invalid) as caught:
        parse(text, NOW)
    errors = caught.value.errors
    assert {(error.path, error.where) for error in errors} == {(("query",), "body")}
    places = [error.position for error in errors]
    assert places == sorted(places)
    return [
        (error.code, text[error.position : error.position + error.length], error.suggestion or "") for error in errors
    ]


@pytest.mark.parametrize(
    ("text", "wrong", "suggestion"),
    [
        ("status:publishd", "publishd", "published"),
        ("a status:draff b", "draff", "draft"),
        ("-status:archive", "archive", "archived"),
        ("(status:xyz)", "xyz", "draft"),
        ('status:"pub lished"', '"pub lished"', "published"),
        ("status:draft,publishd", "publishd", "published"),
        ("priority:>=hihg", "hihg", "high"),
        ("priority:hgih", "hgih", "high"),
        ("priority:urgent", "urgent", "critical"),
        ("visibility:pubilc", "pubilc", "public"),
        ("has:x", "x", "content"),
        ("has:sorce", "sorce", "source"),
        ("is:min", "min", "mine"),
        ("is:uncategorise", "uncategorise", "uncategorised"),
        ("sort:foo", "foo", "oldest"),
        ("sort:-create", "-create", "-created"),
        ("sort:-newest", "-newest", "newest"),
    ],
)
def test_an_unknown_token(text: str, wrong: str, suggestion: str) -> None:
    assert refused(text) == [("unknown_token", wrong, suggestion)]


@pytest.mark.parametrize(
    ("text", "wrong", "suggestion"),
    [
        ("prioriy:high", "prioriy", "priority"),
        ("x -pirority:high", "pirority", "priority"),
        ("STATSU:draft", "STATSU", "status"),
        ("auther:ada", "auther", "author"),
        ("categry:x", "categry", "category"),
        ("create:2026", "create", "created"),
        ("sources:x", "sources", "source"),
        ("sotr:title", "sotr", "sort"),
    ],
)
def test_a_mistyped_field(text: str, wrong: str, suggestion: str) -> None:
    assert refused(text) == [("unknown_field", wrong, suggestion)]


@pytest.mark.parametrize(
    ("text", "wrong", "suggestion"),
    [
        ("created:2026-13", "2026-13", "2026-12"),
        ("created:2026-00", "2026-00", "2026-01"),
        ("created:2026-02-30", "2026-02-30", "2026-02-28"),
        ("created:2024-02-30", "2024-02-30", "2024-02-29"),
        ("created:2026-1-5", "2026-1-5", "2026-01-05"),
        ("created:2026/01/05", "2026/01/05", "2026-01-05"),
        ("created:20260105", "20260105", "2026-01-05"),
        ("created:2026-01-15T10:30", "2026-01-15T10:30", "2026-01-15"),
        ("created:15.1.2026", "15.1.2026", "2026-01-15"),
        ("created:1/15/2026", "1/15/2026", "2026-01-15"),
        ("created:0000", "0000", "0001"),
        ("created:>2026-13", ">2026-13", ">2026-12"),
        ('created:>="2026-13"', '>="2026-13"', ">=2026-12"),
        ("updated:7d", "7d", "<7d"),
        ("updated:<7days", "<7days", "<7d"),
        ('updated:"7 days"', '"7 days"', "<7d"),
        ("updated:>30", ">30", ">30d"),
        ("published:yesterdy", "yesterdy", "yesterday"),
        ("published:month", "month", "this-month"),
        ("created:2026-01..2026-13", "2026-01..2026-13", "2026-01..2026-12"),
        ("created:30d..2026", "30d..2026", "2026-03-01..2026"),
        ("created:yesterdy..", "yesterdy..", "yesterday.."),
        ("created:..", "..", "today"),
        ("created:>2025..2026", ">2025..2026", "2025..2026"),
    ],
)
def test_a_date_that_is_none(text: str, wrong: str, suggestion: str) -> None:
    assert refused(text) == [("date", wrong, suggestion)]


def test_a_range_that_ends_before_it_begins() -> None:
    assert refused("created:2026-03..2026-01") == [("reversed", "2026-03..2026-01", "2026-01..2026-03")]


@pytest.mark.parametrize(
    ("text", "wrong", "suggestion"),
    [
        ("tag:", "tag:", "has:tags"),
        ("a -category:=", "category:=", "has:category"),
        ("source:,", "source:,", "has:source"),
        ('author:""', 'author:""', '"author:"'),
        ("(status:)", "status:", "status:draft"),
        ("priority:>=", "priority:>=", "priority:low"),
        ("created:", "created:", "created:today"),
        ("sort:", "sort:", "sort:relevance"),
        ("tag: incident", "tag: ", "tag:"),
        ("priority:>= high", "priority:>= ", "priority:>="),
        ('tag: "on call"', "tag: ", "tag:"),
        ("tag: OR x", "tag:", "has:tags"),
        ("tag: (x)", "tag:", "has:tags"),
    ],
)
def test_a_field_without_a_value(text: str, wrong: str, suggestion: str) -> None:
    assert refused(text) == [("required", wrong, suggestion)]


@pytest.mark.parametrize(
    ("text", "wrong", "suggestion"),
    [
        ("tag:(a OR b) c", "tag:(a OR b)", 'tag:"a","b"'),
        ('tag:("on call", b', 'tag:("on call", b', 'tag:"on call","b"'),
        ("status:()", "status:()", "status:draft"),
    ],
)
def test_parentheses_behind_a_colon(text: str, wrong: str, suggestion: str) -> None:
    assert refused(text) == [("parentheses", wrong, suggestion)]


@pytest.mark.parametrize(
    ("text", "wrong", "suggestion"),
    [
        ("sort:title,newest", "title,newest", "title"),
        ("priority:>=low,high", "low,high", "low"),
        ("created:2025,2026", "2025,2026", "2025"),
        ("a " * 300 + "OR bc d", "OR bc d", ""),
        ("tag:" + "a," * 299 + "b c d e", "c d e", ""),
        ("x " + "NOT " * 650, "NOT " * 650, ""),
    ],
)
def test_too_many(text: str, wrong: str, suggestion: str) -> None:
    expected = [("too_many", wrong, suggestion)]
    assert refused(text) == expected


def test_a_negated_order() -> None:
    assert refused("a -sort:created") == [("negated", "-sort:created", "sort:-created")]
    assert refused("-sort:-title") == [("negated", "-sort:-title", "sort:title")]


def test_groups_that_are_nested_too_deep() -> None:
    assert refused("(" * 22 + "a (b) c" + ")" * 22 + " d") == [("too_deep", "((a (b) c))", "a  b  c")]
    assert refused("(" * 21) == [("too_deep", "(", "")]


def test_a_text_that_is_too_long() -> None:
    assert refused("x" * 5003) == [("too_long", "xxx", "")]


@pytest.mark.parametrize(("sign", "code"), [("\x00", "nul_character"), ("\ud83d", "lone_surrogate")])
def test_what_no_text_can_hold(sign: str, code: str) -> None:
    assert refused(f"ab{sign}c") == [(code, sign, "")]


def test_every_problem_is_named() -> None:
    assert refused("status:x OR (prioriy:high created:2026-13) tag:") == [
        ("unknown_token", "x", "draft"),
        ("unknown_field", "prioriy", "priority"),
        ("date", "2026-13", "2026-12"),
        ("required", "tag:", "has:tags"),
    ]


def test_messages() -> None:
    with pytest.raises(Invalid) as caught:
        parse("status:x prioriy:y created:z", NOW)
    assert [error.message for error in caught.value.errors] == [
        "status must be one of draft, published, archived",
        "prioriy is no field; in quotes it is looked for as text",
        f"created must be a date: {FORMS}",
    ]
    assert caught.value.errors[0].position == 7
    assert caught.value.errors[0].length == 1


def test_in_quotes_all_of_it_is_text() -> None:
    assert parse('"status:x" "prioriy:y" "tag:"', NOW).root is not None
