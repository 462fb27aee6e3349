"""The table of OWASP ASVS 5.0 is whole, and the tests that it names are there."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from app.config import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "reference" / "security.md"
HEADING = "## OWASP ASVS 5.0, levels 1 and 2\n"
NOT_MET = "Not met"
# ASVS 5.0.0. Of each section how many items are of level 1 or 2; they come first, level 3 follows.
SECTIONS = {
    "V1 Encoding and Sanitization": {1: 2, 2: 9, 3: 11, 4: 3, 5: 2},
    "V2 Validation and Business Logic": {1: 3, 2: 3, 3: 4, 4: 1},
    "V3 Web Frontend Security": {2: 2, 3: 4, 4: 6, 5: 5, 7: 2},
    "V4 API and Web Service": {1: 3, 2: 1, 3: 2, 4: 4},
    "V5 File Handling": {1: 1, 2: 3, 3: 2, 4: 3},
    "V6 Authentication": {1: 3, 2: 12, 3: 4, 4: 4, 5: 5, 6: 3, 8: 4},
    "V7 Session Management": {1: 3, 2: 4, 3: 2, 4: 5, 5: 2, 6: 2},
    "V8 Authorization": {1: 2, 2: 3, 3: 1, 4: 1},
    "V9 Self-contained Tokens": {1: 3, 2: 4},
    "V10 OAuth and OIDC": {1: 2, 2: 2, 3: 4, 4: 11, 5: 5, 6: 2, 7: 3},
    "V11 Cryptography": {1: 2, 2: 3, 3: 3, 4: 4, 5: 1, 6: 1},
    "V12 Secure Communication": {1: 3, 2: 2, 3: 4},
    "V13 Configuration": {1: 1, 2: 5, 3: 2, 4: 5},
    "V14 Data Protection": {1: 2, 2: 4, 3: 3},
    "V15 Secure Coding and Architecture": {1: 3, 2: 3, 3: 7},
    "V16 Security Logging and Error Handling": {1: 1, 2: 5, 3: 4, 4: 3, 5: 3},
    "V17 WebRTC": {1: 1, 2: 4, 3: 2},
}
ITEM = r"\d+\.\d+\.\d+"
LEVEL_1 = {
    *re.findall(
        ITEM,
        """
    1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1 3.4.2 3.5.1
    3.5.2 3.5.3 4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1
    6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1
    10.4.2 10.4.3 10.4.4 10.4.5 11.3.1 11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1
    15.3.1
        """,
    )
}
ITEMS = re.compile(rf"(?P<first>{ITEM})(?: to (?P<last>{ITEM}))?")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
LINK = re.compile(r"\[[^\]]+\]\([^)]+\)")


@cache
def chapters() -> dict[str, str]:
    """The text below each heading of the table."""
    [_, section] = DOCUMENT.read_text(encoding="utf-8").split(HEADING)
    parts = re.split(r"^### (.+)\n", section.partition("\n## ")[0], flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def rows(chapter: str) -> list[list[str]]:
    """The cells of each row below the header."""
    lines = [line for line in chapters()[chapter].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def items(text: str) -> Iterator[str]:
    """The numbers in a text, those of ``1.2.3 to 1.2.5`` too."""
    for found in ITEMS.finditer(text):
        section, _, first = found["first"].rpartition(".")
        last = (found["last"] or found["first"]).removeprefix(f"{section}.")
        yield from (f"{section}.{number}" for number in range(int(first), int(last) + 1))


def not_applicable(chapter: str) -> list[str]:
    """The numbers of the list below a chapter's table; each stands outside of the reasons in brackets."""
    text = chapters()[chapter].partition("Not applicable: ")[2]
    return list(items(re.sub(r"\([^()]*\)", "", text)))


def test_every_chapter_is_there() -> None:
    assert list(chapters()) == [*SECTIONS, NOT_MET]


def test_every_item_is_there_once() -> None:
    named = Counter(row[0] for chapter in chapters() for row in rows(chapter))
    named.update(item for chapter in SECTIONS for item in not_applicable(chapter))
    wanted = {
        f"{number}.{section}.{item}"
        for number, sections in enumerate(SECTIONS.values(), 1)
        for section, count in sections.items()
        for item in range(1, count + 1)
    }
    assert len(wanted) == 253
    assert set(named) == wanted
    assert [item for item, times in named.items() if times > 1] == []


@pytest.mark.parametrize("chapter", SECTIONS)
def test_items_stand_in_their_chapter_in_order(chapter: str) -> None:
    number = chapter.partition(" ")[0].removeprefix("V")
    numbers = [row[0] for row in rows(chapter)]
    assert numbers == sorted(numbers, key=lambda item: [int(part) for part in item.split(".")])
    assert {item.partition(".")[0] for item in [*numbers, *not_applicable(chapter)]} == {number}


def test_levels_are_the_standards() -> None:
    assert len(LEVEL_1) == 70
    for chapter in chapters():
        for row in rows(chapter):
            assert row[2] == ("1" if row[0] in LEVEL_1 else "2"), row[0]


@cache
def defined_in(path: str) -> set[str]:
    """The names of the tests that a file defines."""
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_item_that_is_met_names_what_holds_it() -> None:
    for chapter in SECTIONS:
        for row in rows(chapter):
            assert len(row) == 5, row
            assert all(row), row
            assert re.sub(r"[,\s]", "", LINK.sub("", TEST.sub("", row[4]))) == "", row
    assert all(len(row) == 4 and all(row) for row in rows(NOT_MET))


def test_every_named_test_exists() -> None:
    named = {found.groups() for text in chapters().values() for found in TEST.finditer(text)}
    assert len(named) > 100
    assert [f"{path}::{name}" for path, name in sorted(named) if name not in defined_in(path)] == []
