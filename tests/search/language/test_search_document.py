"""The reference of the query language says what the language does."""

import re
from datetime import UTC, datetime

import pytest

from app.config import REPOSITORY
from app.errors import Invalid
from app.search.language.dates import AGES, NAMED
from app.search.language.fields import FIELDS, SORT, SORTS, TOKENS
from app.search.language.parser import parse
from app.search.language.tree import Condition

NOW = datetime(2026, 3, 31, 10, 30, tzinfo=UTC)
TEXT = (REPOSITORY / "docs" / "reference" / "search.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)}
CODE = re.compile(r"`([^`]+)`")


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [line.strip("| ").split(" | ") for line in lines[2:]]


def test_every_field_has_a_row_with_an_example() -> None:
    documented = rows("Fields")
    assert [CODE.findall(row[0])[0] for row in documented] == [
        "tag", "category", "category", "author", "author", "source", "status", "priority", "visibility",
        "created", "updated", "published", "has", "is", "sort",
    ]  # fmt: skip
    assert {CODE.findall(row[0])[0] for row in documented} == set(FIELDS.values())
    for row in documented:
        field = CODE.findall(row[0])[0]
        for example in CODE.findall(row[1]):
            query = parse(example, NOW)
            if field == SORT:
                assert query.sort is not None
            else:
                assert isinstance(query.root, Condition)
                assert query.root.field == field


@pytest.mark.parametrize("field", TOKENS)
def test_every_token_is_named(field: str) -> None:
    (row,) = [row for row in rows("Fields") if row[0] == f"`{field}`"]
    assert set(CODE.findall(row[2])) - {"<", "<=", ">", ">="} == {token.lower() for token in TOKENS[field].values()}


def test_every_date_and_order_is_named_and_parses() -> None:
    named = set(CODE.findall(SECTIONS["Dates"]))
    assert set(NAMED) | set(AGES) <= named
    for example in [CODE.findall(row[0])[0] for row in rows("Dates")] + [name for name in named if ":" in name]:
        assert isinstance(parse(example, NOW).root, Condition)
    orders = {example for row in rows("Order") for example in CODE.findall(row[0])}
    assert orders == {f"sort:{order}" for order in SORTS}


def test_every_way_to_ask_parses() -> None:
    for row in rows("Words"):
        assert parse(CODE.findall(row[0])[0], NOW).root is not None


@pytest.mark.parametrize("row", rows("What is refused"), ids=lambda row: row[0])
def test_what_is_refused(row: list[str]) -> None:
    code, example, suggestion = (CODE.findall(cell)[0] for cell in row)
    with pytest.raises(Invalid) as caught:
        parse(example, NOW)
    assert [(error.code, error.suggestion) for error in caught.value.errors] == [(code, suggestion)]


def test_what_binds_stronger() -> None:
    typed, meant = "a b OR c AND d e", "(a b) OR ((c AND d) e)"
    assert f"`{typed}` means\n`{meant}`" in SECTIONS["Words"]
    in_letters = [re.sub(r"start=\d+|prefix=\w+", "", repr(parse(f"{text} ", NOW).root)) for text in (typed, meant)]
    assert in_letters[0] == in_letters[1]
