"""Which word somebody meant who typed another."""

import pytest

from app.search.language.fields import meant_field
from app.search.language.nearest import is_one_edit_away, nearest


@pytest.mark.parametrize(
    ("typed", "word", "is_near"),
    [
        ("prioriy", "priority", True),
        ("priorityy", "priority", True),
        ("prioritx", "priority", True),
        ("pirority", "priority", True),
        ("riority", "priority", True),
        ("priority", "priority", False),
        ("prioit", "priority", False),
        ("rpioriyt", "priority", False),
        ("", "a", True),
        ("ab", "ba", True),
        ("ab", "cd", False),
        ("aab", "ab", True),
    ],
)
def test_one_edit(typed: str, word: str, is_near: bool) -> None:
    assert is_one_edit_away(typed, word) is is_near
    assert is_one_edit_away(word, typed) is is_near


def test_the_most_alike() -> None:
    assert nearest("PUBLISHD", ["draft", "published", "archived"]) == "published"
    assert nearest("", ["draft", "published"]) == "draft"
    assert nearest("y" * 5000, ["draft", "yes"]) == "yes"


@pytest.mark.parametrize("name", ["port", "tga", "ag", "s", "tabs", "priority", "prrity", "title", "http"])
def test_what_means_no_field(name: str) -> None:
    assert meant_field(name) is None
