"""What a comparison shows of two texts: lines, and in them the words that differ."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.insights.marked import Hunk, Row, Side, marked_diff, marked_words


def sides(hunks: list[Hunk] | None) -> list[tuple[str | None, str | None]]:
    """Each row as its two lines."""

    def text(side: Side | None) -> str | None:
        return None if side is None else "".join(piece for piece, _ in side.pieces)

    return [(text(row.before), text(row.after)) for hunk in hunks or () for row in hunk.rows]


def test_words_are_marked_in_a_line_that_changed() -> None:
    assert marked_diff("one\ntwo words here\nthree", "one\ntwo other words\nthree") == [
        Hunk(
            0,
            [
                Row(Side(1, [("one", False)]), Side(1, [("one", False)])),
                Row(
                    Side(2, [("two ", False), ("words", False), (" here", True)]),
                    Side(2, [("two ", False), ("other ", True), ("words", False)]),
                ),
                Row(Side(3, [("three", False)]), Side(3, [("three", False)])),
            ],
        )
    ]


def test_lines_that_have_little_in_common_are_marked_whole() -> None:
    assert marked_words("alpha beta gamma", "completely.different!text;here") == (
        [("alpha beta gamma", True)],
        [("completely.different!text;here", True)],
    )


def test_very_long_lines_are_not_compared_word_by_word() -> None:
    long = "word " * 300
    assert marked_words(long, f"{long}more") == ([(long, True)], [(f"{long}more", True)])


def test_equal_lines_are_skipped_and_counted() -> None:
    before = "\n".join(str(number) for number in range(1, 41))
    [first, second] = marked_diff(before, before.replace("\n10\n", "\nten\n").replace("\n30\n", "\n")) or []
    assert (first.skipped, second.skipped) == (6, 13)
    assert [row.before.number for row in first.rows if row.before] == [7, 8, 9, 10, 11, 12, 13]
    assert [(row.before and row.before.number, row.after and row.after.number) for row in second.rows] == [
        (27, 27), (28, 28), (29, 29), (30, None), (31, 30), (32, 31), (33, 32),
    ]  # fmt: skip
    assert [(same, len(rows)) for same, rows in first.runs] == [(True, 3), (False, 1), (True, 3)]


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        ("", "new", [(None, "new")]),
        ("old", "", [("old", None)]),
        ("a\n", "a", [("a", "a")]),
        ("a\nb", "a\nx\ny\nb", [("a", "a"), (None, "x"), (None, "y"), ("b", "b")]),
        ("-- sql\n@@ -1 +1 @@", "-- sql\n++", [("-- sql", "-- sql"), ("@@ -1 +1 @@", "++")]),
        ("same", "same", []),
    ],
)
def test_rows(before: str, after: str, rows: list[tuple[str | None, str | None]]) -> None:
    assert sides(marked_diff(before, after)) == rows


def test_thousands_of_lines_are_not_compared() -> None:
    before = "\n".join(f"a{number}" for number in range(3000))
    assert marked_diff(before, before.replace("a", "b")) is None


@settings(max_examples=200, deadline=None)
@given(*[st.lists(st.sampled_from(["", "a b", "a c", "-x", "+y", "@@ -1 +1 @@", "\\ no", " "]), max_size=4)] * 2)
def test_both_texts_can_be_read_off(before: list[str], after: list[str]) -> None:
    """Of few lines all are shown."""
    rows = sides(marked_diff(*("".join(f"{line}\n" for line in text) for text in (before, after))))
    if before == after:
        assert rows == []
    else:
        assert [line for line, _ in rows if line is not None] == before
        assert [line for _, line in rows if line is not None] == after
