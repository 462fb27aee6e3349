"""Older texts and states from newer ones; texts as the database tells them, of any shape and size."""

import random
import time
from collections.abc import Iterator
from hashlib import md5
from typing import Any

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from app.insights.history import DamagedHistory, differences, older_text, same, state_before, states

Database = psycopg.Connection[Any]


def fingerprint(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture(scope="module")
def database(owner_url: str) -> Iterator[Database]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


def was(database: Database, newer: str | None, older: str | None) -> Any:
    row = database.execute("SELECT text_was(%s, %s)", [newer, older]).fetchone()
    assert row is not None
    return row[0]


def test_a_text_is_put_together_from_the_newer_one() -> None:
    delta = {"delta": [[0, 4], "old", [7, 2], [0, 1]], "md5": fingerprint("the oldéxt")}
    assert older_text("the newéx", delta | {"delta": [[0, 4], "old", [7, 2], "t"]}) == "the oldéxt"
    assert (older_text("new", None), older_text("new", "old"), older_text(None, "old")) == (None, "old", "old")


@pytest.mark.parametrize(
    ("delta", "said"),
    [
        ({"delta": ["other"], "md5": fingerprint("old")}, "fingerprint"),
        ({"delta": [[0, 5]], "md5": fingerprint("newer")}, "fingerprint"),
        ({"delta": [[0]], "md5": fingerprint("old")}, "malformed"),
        ({"delta": [7], "md5": fingerprint("old")}, "malformed"),
        ({"delta": ["old"]}, "malformed"),
        ({"md5": fingerprint("old")}, "malformed"),
        (7, "malformed"),
    ],
)
def test_a_damaged_delta_is_told(delta: Any, said: str) -> None:
    with pytest.raises(DamagedHistory, match=said):
        older_text("new", delta)


def test_states_are_walked_back() -> None:
    head = {"title": "C", "description": "three", "content": None, "tags": [2]}
    changes = [{"title": "B"}, {"content": "text", "tags": [1, 2]}, {}]
    assert list(states(head, changes)) == [
        head,
        {**head, "title": "B"},
        {**head, "title": "B", "content": "text", "tags": [1, 2]},
        {**head, "title": "B", "content": "text", "tags": [1, 2]},
    ]
    assert state_before({"content": None}, {"content": "text"}) == {"content": "text"}


def test_where_states_differ() -> None:
    before = {"title": "A", "tags": [1], "source": None}
    assert differences(before, {**before, "tags": [], "title": "B"}) == [("title", "A", "B"), ("tags", [1], [])]
    assert differences(before, before) == []


def test_numbers_are_compared_as_postgres_stores_them() -> None:
    assert same({"a": [100000, {"b": None}]}, {"a": [1e5, {"b": None}]})
    assert not same({"a": 1}, {"a": True})
    assert not same([1], [1, 2])


TEXTS = some.text(alphabet=some.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=400)
PIECES = some.lists(
    some.one_of(
        some.sampled_from(["\n", "a\n", " word", "The same sentence, again and again. ", "é𝒳\u0301", "\r\n"]), TEXTS
    ),
    max_size=40,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(PIECES, PIECES)
@example("x" * 200, "x" * 201)
@example("\n" * 150, "\n" * 300)
@example("", "a" * 100)
@example("a" * 100, "")
def test_any_text_is_rebuilt(database: Database, newer: str, older: str) -> None:
    assert older_text(newer, was(database, newer, older)) == older


@settings(max_examples=200, deadline=None)
@given(some.lists(PIECES, min_size=3, max_size=12), some.randoms())
def test_any_edit_is_rebuilt(database: Database, pieces: list[str], chance: random.Random) -> None:
    edited = pieces.copy()
    chance.shuffle(edited)
    newer, older = "".join(edited[1:]), "".join(pieces)
    assert older_text(newer, was(database, newer, older)) == older


def test_what_is_short_or_alone_is_kept_itself(database: Database) -> None:
    long = "long " * 30
    assert was(database, long, None) is None
    assert was(database, None, long) == long
    assert was(database, "", long) == long
    assert was(database, long + "x", long[:99]) == long[:99]


def test_the_delta_of_a_change_in_the_middle(database: Database) -> None:
    older = "é" * 100 + "old" + "z" * 100
    newer = "é" * 100 + "brand new" + "z" * 100
    assert was(database, newer, older) == {"delta": [[0, 100], "old", [109, 100]], "md5": fingerprint(older)}


def test_a_paragraph_that_moved_is_not_kept(database: Database) -> None:
    paragraphs = [f"{number}: " + f"words of {number} " * 20 for number in range(6)]
    moved = [*paragraphs[1:], paragraphs[0]]
    older, newer = "\n\n".join(paragraphs), "\n\n".join(moved)
    kept = was(database, newer, older)
    assert older_text(newer, kept) == older
    assert sum(len(part) for part in kept["delta"] if isinstance(part, str)) < 100
    assert len(kept["delta"]) <= 6


def words(chance: random.Random, number: int) -> list[str]:
    return ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(number)]


CHANCE = random.Random(4)
GREAT = {
    "blank lines": ("\n" * 1_000_000, "a" + "\n" * 500_000 + "b" + "\n" * 400_000 + "c"),
    "short lines": ("\n".join(map(str, range(140_000))), "x\n" + "\n".join(map(str, range(139_999, 0, -1)))),
    "one word": ("é" * 1_000_000, "x" + "é" * 999_990 + "y"),
    "other words": (" ".join(words(CHANCE, 140_000)), " ".join(words(CHANCE, 140_000))),
    "as many as are compared": (" ".join(words(CHANCE, 148_000)), " ".join(words(CHANCE, 148_000))),
    "one letter": ("words " * 166_000 + "x", "words " * 83_000 + "y" + "words " * 83_000 + "x"),
}


@pytest.mark.parametrize("kind", GREAT)
def test_the_greatest_texts_take_seconds_at_most(database: Database, kind: str) -> None:
    older, newer = GREAT[kind]
    began = time.monotonic()
    kept = was(database, newer, older)
    assert time.monotonic() - began < 6
    assert older_text(newer, kept) == older
