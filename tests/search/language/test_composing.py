"""What is put together parses to what was meant."""

from datetime import UTC, datetime

import pytest

from app.search.language.composing import condition, has, narrowed, without
from app.search.language.parser import parse
from app.search.language.tree import Condition

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value", "exact", "written"),
    [
        ("tag", "incident", False, "tag:incident"),
        ("tag", "On call", False, 'tag:"On call"'),
        ("tag", "a,b", False, 'tag:"a,b"'),
        ("tag", "(x)", False, 'tag:"(x)"'),
        ("category", "Technical", True, "category:=Technical"),
        ("category", "R&D / ops", True, 'category:="R&D / ops"'),
        ("created", "2026-01", False, "created:2026-01"),
        ("sort", "-created", False, "sort:-created"),
        ("author", "Zoë Müller", False, 'author:"Zoë Müller"'),
        ("tag", 'a "b" c', False, 'tag:“a "b" c”'),
        ("tag", "the “best”", False, 'tag:"the “best”"'),
        ("category", '"', True, 'category:=“"”'),
    ],
)
def test_a_condition_is_written_so_that_it_parses(field: str, value: str, exact: bool, written: str) -> None:
    assert condition(field, value, exact=exact) == written
    query = parse(written, NOW)
    if field in ("tag", "category", "author"):
        assert query.root == Condition(field, (value,), exact=exact)


@pytest.mark.parametrize(
    ("text", "narrower"),
    [
        ("", "created:2026-01"),
        ("vite prox", "created:2026-01 vite prox"),
        ("a OR b", "created:2026-01 (a OR b)"),
        ("a AND b", "created:2026-01 a AND b"),
        ('x "a OR b"', 'created:2026-01 x "a OR b"'),
        ('a OR "b c', 'created:2026-01 (a OR "b c)'),  # what is open closes at the end
        ("a OR (b", "created:2026-01 (a OR (b)"),
    ],
)
def test_a_narrowed_text_asks_for_both(text: str, narrower: str) -> None:
    assert narrowed(text, "created:2026-01", NOW) == narrower
    parse(narrower, NOW)


@pytest.mark.parametrize(
    ("text", "there", "left"),
    [
        ("created:2026-01 vite", True, "vite"),
        ("vite created:2026-01", True, "vite"),
        ("a created:2026-01 b", True, "a b"),
        ("created:2026-01", True, ""),
        ("-created:2026-01 a", False, "-created:2026-01 a"),
        ("created:2026-01-15 a", False, "created:2026-01-15 a"),
        ("created:2026-011", False, "created:2026-011"),
        ("", False, ""),
    ],
)
def test_a_condition_is_found_and_taken_away(text: str, there: bool, left: str) -> None:
    assert has(text, "created:2026-01") == there
    assert without(text, "created:2026-01") == left
