"""What the page makes of the text in the search box."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.search.pages.typed import Problem, Typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CATEGORIES = [{"id": 1, "name": "Technical"}, {"id": 2, "name": "Other"}]
TAGS = [{"id": 1, "name": "Incident"}, {"id": 2, "name": "On call"}]


def typed(text: str, error: str | None = None) -> Typed:
    return Typed.of(text, NOW, error)


def test_a_problem_has_its_place_and_all_are_mended_at_once() -> None:
    found = typed("cache status:publishd prioriy:high now")
    assert found.problems == (
        Problem("status must be one of draft, published, archived", "cache status:", "publishd", " prioriy:high now"),
        Problem(
            "prioriy is no field; in quotes it is looked for as text", "cache status:publishd ", "prioriy", ":high now"
        ),
    )
    assert found.mended == "cache status:published priority:high now"
    assert typed(found.mended).problems == ()


def test_the_error_of_the_field_comes_first() -> None:
    found = typed("status:publishd", "must have 5000 characters at most, has 5001")
    assert (found.problems, found.mended) == ((Problem("must have 5000 characters at most, has 5001"),), "")


@pytest.mark.parametrize(
    ("text", "corrected", "as_written"),
    [
        ("databse lock", "database lock", '"databse" lock'),
        ("lock databse OR vaccum", "lock database OR vacuum", 'lock "databse" OR "vaccum"'),
        ('"some phrase" databse tag:x', '"some phrase" database tag:x', '"some phrase" "databse" tag:x'),
        ("(databse)", "(database)", '("databse")'),
    ],
)
def test_words_that_were_replaced_are_put_in_quotes(text: str, corrected: str, as_written: str) -> None:
    assert typed(text).as_written(corrected) == as_written


def test_a_text_that_became_too_long_is_put_in_quotes_word_by_word() -> None:
    assert typed("databse lock").as_written("x" * 5001) == '"databse" "lock"'


def test_a_condition_is_put_in_and_taken_out() -> None:
    text = typed("vite OR rollup")
    assert not text.has("created:2026-01")
    narrower = typed(text.toggled("created:2026-01"))
    assert narrower.text == "created:2026-01 (vite OR rollup)"
    assert narrower.has("created:2026-01")
    assert narrower.toggled("created:2026-01") == "(vite OR rollup)"


@pytest.mark.parametrize(
    ("text", "arguments", "kept"),
    [
        ("vacuum", {}, "vacuum"),
        ("vacuum", {"status": "draft", "priority": "high"}, "status:draft priority:high vacuum"),
        ("a OR b", {"visibility": "PUBLIC"}, "visibility:PUBLIC (a OR b)"),
        ("", {"author": "Ada Lovelace"}, 'author:"Ada Lovelace"'),
        ("x", {"category_id": 1, "tag_ids": [2, 1]}, 'category:=Technical tag:Incident tag:"On call" x'),
        ("x", {"category_id": 99, "tag_ids": [99]}, "x"),
        ("x", {"sort": "-created_at"}, "sort:newest x"),
        ("x", {"sort": "title"}, "sort:title x"),
        ("status:publishd", {"status": "draft"}, "status:publishd"),
    ],
)
def test_a_search_is_kept_with_its_filters(text: str, arguments: dict[str, Any], kept: str) -> None:
    assert typed(text).kept(arguments, CATEGORIES, TAGS) == kept


@pytest.mark.parametrize(("text", "order"), [("x", None), ("x sort:title", "title"), ("sort:foo", None)])
def test_the_order_of_the_text(text: str, order: str | None) -> None:
    assert typed(text).order == order
