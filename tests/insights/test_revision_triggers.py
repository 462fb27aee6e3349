"""Every change leaves a revision, whoever makes it and however; and every earlier state can be told from them."""

import random
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.exchange.formats.csv import CsvReader
from app.insights.history import FIELDS
from tests.answers import make_category, make_insight, make_tag
from tests.exchange.stored import imported
from tests.insights.past import past, revisions, state, told

Database = psycopg.Connection[Any]
BLANK = "INSERT INTO insights (public_id, title, description, author) VALUES (gen_random_uuid(), 'T', 'D', 'Ada')"


@pytest.fixture
def database(clean_database: None, owner_url: str) -> Iterator[Database]:
    """A connection that knows nothing of the application."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def raw(database: Database) -> Database:
    """The same, over one insight made by SQL, two tags, a category and somebody."""
    database.execute(BLANK)
    database.execute("INSERT INTO tags (name, slug) VALUES ('One', 'one'), ('Two', 'two'), ('Three', 'three')")
    database.execute("INSERT INTO categories (name, slug) VALUES ('First', 'first')")
    database.execute("INSERT INTO users (kind, email, name, role) VALUES ('person', 'a@example.org', 'Ada', 'editor')")
    return database


def change(database: Database, assignment: str) -> None:
    database.execute(f"UPDATE insights SET {assignment} WHERE id = 1".encode())


def names(database: Database, insight_id: int = 1) -> list[list[str]]:
    return [sorted(row["changes"]) for row in revisions(database, insight_id)]


def numbers(database: Database, insight_id: int = 1) -> list[int]:
    return [row["number"] for row in revisions(database, insight_id)]


def database_role(database: Database) -> str:
    row = database.execute("SELECT session_user").fetchone()
    assert row is not None
    return str(row[0])


def version(database: Database, insight_id: int = 1) -> int:
    row = database.execute("SELECT version FROM insights WHERE id = %s", [insight_id]).fetchone()
    assert row is not None
    return int(row[0])


EACH_FIELD = {
    "title": ("title = 'New'", "T"),
    "description": ("description = 'New'", "D"),
    "content": ("content = 'New'", None),
    "source": ("source = 'Slack'", None),
    "author": ("author = 'Bob'", "Ada"),
    "category_id": ("category_id = 1", None),
    "priority": ("priority = 'high'", "medium"),
    "status": ("status = 'archived'", "draft"),
    "visibility": ("visibility = 'PUBLIC'", "INTERNAL"),
    "owner_id": ("owner_id = 1", None),
    "metadata": ("""metadata = '{"a": [1, null]}'""", {}),
    "external_key": ("external_key = 'K-1'", None),
    "created_at": ("created_at = '2020-01-02T03:04:05.678Z'", ...),
    "published_at": ("published_at = '2020-01-02T03:04:05Z'", None),
}


@pytest.mark.parametrize("field", EACH_FIELD)
def test_each_field_is_kept_as_it_was(raw: Database, field: str) -> None:
    assignment, before = EACH_FIELD[field]
    stored = state(raw)
    change(raw, assignment)
    row = revisions(raw)[-1]
    assert row["changes"] == {field: stored[field]}
    assert before is ... or row["changes"] == {field: before}
    assert (row["number"], row["version"], row["verb"]) == (2, version(raw), "update")
    assert past(raw) == [stored, state(raw)]
    if before is None:  # and what was there when it is cleared again
        raw.execute("SELECT set_config('insights.undoing', 'on', false)")
        filled = state(raw)
        change(raw, f"{field} = NULL")
        assert revisions(raw)[-1]["changes"] == {field: filled[field]}
        assert past(raw) == [stored, filled, stored]


def test_the_fields_are_those_of_a_state(raw: Database) -> None:
    assert {*EACH_FIELD, "tags"} == set(FIELDS) == set(state(raw))


def test_all_fields_at_once_are_one_revision(raw: Database) -> None:
    stored = state(raw)
    change(raw, ", ".join(assignment for assignment, _ in EACH_FIELD.values()))
    assert names(raw) == [[], sorted(EACH_FIELD)]
    assert past(raw)[0] == stored


def test_an_update_of_nothing_leaves_none(raw: Database) -> None:
    change(raw, "title = title, metadata = metadata || '{}'")
    assert (numbers(raw), version(raw)) == ([1], 1)


def test_who_works_past_the_application_is_told_by_role(raw: Database) -> None:
    change(raw, "title = 'New'")
    for row in revisions(raw):
        assert (row["actor_kind"], row["actor_id"], row["actor_name"]) == ("database", None, database_role(raw))
        assert (row["message"], row["receipt_id"]) == (None, None)


def test_links_by_sql(raw: Database) -> None:
    seen = [state(raw)]
    for statement in (
        "INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 2), (1, 1)",
        "UPDATE insight_tags SET tag_id = 3 WHERE tag_id = 1",
        "DELETE FROM insight_tags WHERE tag_id = 2",
        "DELETE FROM tags WHERE id = 3",
    ):
        raw.execute(statement.encode())
        seen.append(state(raw))
    assert [row["changes"].get("tags") for row in revisions(raw)] == [None, [], [1, 2], [2, 3], [3]]
    assert past(raw) == seen
    assert seen[-1]["tags"] == []


def test_a_tag_that_goes_leaves_a_revision_on_each_of_its_insights(client: FlaskClient, database: Database) -> None:
    make_tag(client, "Shared")
    make_tag(client, "Other")
    for tags in ([1], [1, 2], [2]):
        make_insight(client, tag_ids=tags)
    assert client.delete("/tags/1").status_code == 204
    gone = (2, 1, "update", "local administrator", "Tag deleted: Shared", ["tags"])
    assert [told(database, insight_id)[1:] for insight_id in (1, 2, 3)] == [[gone], [gone], []]
    assert [past(database, insight_id)[0]["tags"] for insight_id in (1, 2, 3)] == [[1], [1, 2], [2]]


def test_a_request_is_one_revision(client: FlaskClient, database: Database) -> None:
    for name in ("One", "Two", "Three"):
        make_tag(client, name)
    make_insight(client, tag_ids=[1, 2], message="Heard at lunch")
    first = state(database)
    client.put("/insights/1", json={"title": "New", "tag_ids": [2, 3], "message": "Heard it again"})
    second = state(database)
    client.put("/insights/1", json={"tag_ids": []})
    assert told(database) == [
        (1, 1, "create", "local administrator", "Heard at lunch", []),
        (2, 2, "update", "local administrator", "Heard it again", ["tags", "title"]),
        (3, 3, "update", "local administrator", None, ["tags"]),
    ]
    assert revisions(database)[1]["changes"] == {"title": "Title", "tags": [1, 2]}
    assert past(database) == [first, second, state(database)]


def test_two_changes_in_one_transaction_are_two_revisions(raw: Database) -> None:
    with raw.transaction():
        change(raw, "title = 'Second'")
        raw.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1)")
        change(raw, "title = 'Third'")
        raw.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 2)")
        raw.execute("DELETE FROM insight_tags WHERE tag_id = 1")
    assert [row["changes"] for row in revisions(raw)] == [
        {},
        {"title": "T", "tags": []},
        {"title": "Second", "tags": [1]},
    ]
    assert [(found["title"], found["tags"]) for found in past(raw)] == [("T", []), ("Second", [1]), ("Third", [2])]
    assert {row["xact"] for row in revisions(raw)[1:]} == {revisions(raw)[-1]["xact"]}


def test_what_is_made_and_changed_in_one_transaction(database: Database) -> None:
    database.execute("INSERT INTO tags (name, slug) VALUES ('One', 'one'), ('Two', 'two')")
    with database.transaction():
        database.execute(BLANK)
        database.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1)")
        change(database, "title = 'New'")
        database.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 2)")
    assert [(found["title"], found["tags"]) for found in past(database)] == [("T", [1]), ("New", [1, 2])]


def test_a_savepoint_takes_its_revisions_back(raw: Database) -> None:
    with raw.transaction():
        change(raw, "title = 'Kept'")
        with raw.transaction(force_rollback=True):
            change(raw, "title = 'Lost'")
            raw.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1)")
        with raw.transaction():
            raw.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 2)")
    assert [row["changes"] for row in revisions(raw)] == [{}, {"title": "T", "tags": []}]
    assert [(found["title"], found["tags"]) for found in past(raw)] == [("T", []), ("Kept", [2])]


def test_copy_leaves_revisions(raw: Database) -> None:
    copying = raw.cursor()
    with copying.copy("COPY insights (public_id, title, description, author) FROM STDIN") as rows:
        for number in range(50):
            rows.write_row([f"00000000-0000-0000-0000-{number:012d}", f"Title {number}", "D", "Ada"])
    with copying.copy("COPY insight_tags (insight_id, tag_id) FROM STDIN") as rows:
        for insight_id in range(2, 52):
            rows.write_row([insight_id, 1 + insight_id % 3])
    for insight_id in range(2, 52):
        assert names(raw, insight_id) == [[], ["tags"]]
        assert past(raw, insight_id)[0]["tags"] == []


def test_copy_in_one_transaction_belongs_to_the_creation(raw: Database) -> None:
    with raw.transaction():
        raw.execute("INSERT INTO insights (public_id, title, description, author) VALUES"
                    " (gen_random_uuid(), 'Second', 'D', 'Ada')")  # fmt: skip
        with raw.cursor().copy("COPY insight_tags (insight_id, tag_id) FROM STDIN") as rows:
            rows.write_row([2, 3])
            rows.write_row([1, 3])
    assert (names(raw, 2), past(raw, 2)) == ([[]], [state(raw, 2)])
    assert names(raw) == [[], ["tags"]]


def test_one_statement_for_many_rows(raw: Database) -> None:
    raw.execute("INSERT INTO insights (public_id, title, description, author)"
                " SELECT gen_random_uuid(), 'Title ' || n, 'D', 'Ada' FROM generate_series(2, 1000) n")  # fmt: skip
    raw.execute("INSERT INTO insight_tags (insight_id, tag_id) SELECT id, 1 FROM insights")
    raw.execute("UPDATE insights SET priority = 'high' WHERE id % 2 = 0")
    raw.execute("UPDATE insight_tags SET tag_id = 2 WHERE insight_id % 2 = 0")
    assert raw.execute(
        "SELECT number, count(*), min(changes::text), max(changes::text) FROM insight_revisions GROUP BY 1 ORDER BY 1"
    ).fetchall() == [
        (1, 1000, "{}", "{}"),
        (2, 1000, '{"tags": []}', '{"tags": []}'),
        (3, 500, '{"priority": "medium"}', '{"priority": "medium"}'),
        (4, 500, '{"tags": [1]}', '{"tags": [1]}'),
    ]


def test_the_importer_leaves_revisions(app: Flask, database: Database, tmp_path: Path) -> None:
    for name, tags in (("First", "one"), ("Renamed", "one;three")):
        source = tmp_path / "insights.csv"
        rows = f"K-1,{name},Text,Ada,{tags}\nK-2,Second,Text,Bob,two\n"
        source.write_text(f"external_key,title,description,author,tags\n{rows}", encoding="utf-8")
        imported(CsvReader(source))
    assert told(database, 1) == [
        (1, 1, "create", "local administrator", None, []),
        (2, 2, "update", "local administrator", None, ["tags", "title"]),
    ]
    assert len(told(database, 2)) == 1


def test_the_trash_continues_the_history(client: FlaskClient, database: Database) -> None:
    make_category(client, "First")
    for name in ("One", "Two"):
        make_tag(client, name)
    make_insight(client, tag_ids=[1, 2], category_id=1, description="long " * 40)
    client.put("/insights/1", json={"description": "long " * 20 + "short " + "long " * 20})
    seen = past(database)
    assert client.delete("/insights/1", query_string={"message": "Twice"}).status_code == 204
    assert client.post("/insights/1/restore", json={"message": "Not twice"}).status_code == 200
    assert told(database)[2:] == [
        (3, 2, "trash", "local administrator", "Twice", []),
        (4, 3, "restore", "local administrator", "Not twice", []),
    ]
    assert past(database) == [*seen, seen[-1], seen[-1]]


def test_what_went_while_it_lay_in_the_trash_is_told(client: FlaskClient, raw: Database) -> None:
    raw.execute("INSERT INTO categories (name, slug) VALUES ('Second', 'second')")
    change(raw, "category_id = 2, owner_id = 1")
    raw.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1), (1, 2)")
    before = state(raw)
    client.delete("/insights/1")
    raw.execute("DELETE FROM tags WHERE id = 2")
    raw.execute("DELETE FROM categories WHERE id = 2")
    raw.execute("DELETE FROM users")
    restored = client.post("/insights/1/restore", json={}).get_json()
    assert ([tag["id"] for tag in restored["tags"]], restored["category"]) == ([1], None)
    assert revisions(raw)[-1]["changes"] == {"tags": [1, 2], "category_id": 2, "owner_id": 1}
    assert past(raw)[-2] == before


@pytest.mark.parametrize("gone", ["DELETE FROM insights WHERE id = 1", "TRUNCATE insights CASCADE"])
def test_what_is_deleted_past_the_trash_takes_its_history_along(raw: Database, gone: str) -> None:
    raw.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1)")
    raw.execute(gone.encode())
    assert revisions(raw) == []


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_who_deletes_with_an_old_snapshot_leaves_no_newer_history_behind(
    raw: Database, database_url: str, level: psycopg.IsolationLevel
) -> None:
    raw.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1)")
    with psycopg.connect(database_url) as other:
        other.isolation_level = level
        other.execute("SELECT FROM insights")
        raw.execute("DELETE FROM insight_tags")
        with pytest.raises(psycopg.errors.SerializationFailure):
            other.execute("DELETE FROM insights WHERE id = 1")
        other.rollback()
        assert [each["changes"] for each in revisions(raw)][-1] == {"tags": [1]}
        other.execute("DELETE FROM insights WHERE id = 1")
    assert revisions(raw) == []


def test_a_truncation_leaves_the_trash_its_history(client: FlaskClient, database: Database) -> None:
    for _ in range(2):
        make_insight(client)
    client.delete("/insights/1")
    database.execute("TRUNCATE insights CASCADE")
    assert (numbers(database, 1), numbers(database, 2)) == ([1, 2], [])
    assert client.post("/insights/1/restore", json={}).status_code == 200
    database.execute("TRUNCATE insight_trash")
    assert numbers(database, 1) == [1, 2, 3]


@pytest.mark.parametrize("purge", ["DELETE FROM insight_trash", "TRUNCATE insight_trash"])
def test_a_purge_takes_the_history_along(client: FlaskClient, database: Database, purge: str) -> None:
    make_insight(client)
    make_insight(client)
    client.delete("/insights/1")
    database.execute(purge.encode())
    assert (numbers(database, 1), numbers(database, 2)) == ([], [1])


def test_links_emptied_by_a_truncation_are_told(raw: Database) -> None:
    raw.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1), (1, 2)")
    raw.execute("TRUNCATE insight_tags")
    assert revisions(raw)[-1]["changes"] == {"tags": [1, 2]}


def test_eight_writers_of_one_row_leave_no_gap(raw: Database, database_url: str) -> None:
    def write(writer: int) -> None:
        with psycopg.connect(database_url) as connection:
            for step in range(25):
                connection.execute(
                    "UPDATE insights SET metadata = metadata || jsonb_build_object(%s::text, %s::int) WHERE id = 1",
                    [str(writer), step],
                )
                if step % 5 == 0:
                    link = "INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, %s) ON CONFLICT DO NOTHING"
                    connection.execute(link, [1 + writer % 3])
                connection.commit()

    writers = [threading.Thread(target=write, args=[writer]) for writer in range(8)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    rows = revisions(raw)
    assert [row["number"] for row in rows] == list(range(1, 202))
    assert [row["version"] for row in rows] == list(range(1, 202))
    steps = past(raw)
    assert steps[0]["metadata"] == {}
    assert steps[-1]["metadata"] == {str(writer): 24 for writer in range(8)}
    for before, after in pairwise(steps):
        [changed] = after["metadata"].items() - before["metadata"].items()
        assert changed[1] == before["metadata"].get(changed[0], -1) + 1  # nobody's step was lost


def test_a_hundred_edits_cost_less_than_a_few_copies(raw: Database) -> None:
    chance = random.Random(20)
    texts = [prose(chance)]
    raw.execute("UPDATE insights SET content = %s", [texts[0]])
    for _ in range(100):
        texts.append(edited(texts[-1], chance))
        raw.execute("UPDATE insights SET content = %s", [texts[-1]])
    assert [found["content"] for found in past(raw)] == [None, *texts]
    cost = "SELECT sum(pg_column_size(r.*)), (SELECT pg_column_size(content) FROM insights) FROM insight_revisions r"
    row = raw.execute(cost).fetchone()
    assert row is not None
    copies = row[0] / row[1]
    print(f"100 edits of {len(texts[0]):,} characters: {row[0]:,} bytes, as much as {copies:.1f} copies")
    assert 19_000 < len(texts[0]) < 25_000
    assert copies < 5


def word(chance: random.Random) -> str:
    return "".join(chance.choices("etaoinshrdlucmfwygp", k=chance.randint(2, 9)))


def prose(chance: random.Random) -> str:
    """Paragraphs of 20 kB together."""
    return "\n\n".join(" ".join(word(chance) for _ in range(80)) for _ in range(40))


def edited(text: str, chance: random.Random) -> str:
    """A word here and there, a paragraph that moves, or both ends at once."""
    paragraphs = text.split("\n\n")
    match chance.randrange(3):
        case 0:
            words = text.split(" ")
            for _ in range(chance.randint(1, 3)):
                words[chance.randrange(len(words))] = word(chance)
            return " ".join(words)
        case 1:
            paragraph = paragraphs.pop(chance.randrange(len(paragraphs)))
            paragraphs.insert(chance.randrange(len(paragraphs) + 1), paragraph)
            return "\n\n".join(paragraphs)
        case _:
            return f"{word(chance)} {text} {word(chance)}"
