"""The history of an insight over REST: what is listed, shown, compared and brought back, and to whom."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from app.insights.schemas import DiffAnswer, InsightAnswer, RevisionAnswer, RevisionList
from app.insights.unified import unified_diff
from tests.answers import answered, make_category, make_insight, make_tag, problem, wrong_fields
from tests.identity.world import KINDS, ROLES
from tests.insights.conftest import Ask
from tests.insights.past import state, told

Statements = Callable[[], list[str]]
LONG = "".join(f"Line {number} of a long text.\n" for number in range(40))
OTHER = LONG.replace("Line 20 of", "Another line in")
LOCAL = {"kind": "local", "id": None, "name": "local administrator"}


@pytest.fixture
def database(clean_database: None, owner_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def changed(client: FlaskClient) -> FlaskClient:
    """An insight of three revisions."""
    make_category(client, "Technical")
    for name in ("One", "Two"):
        make_tag(client, name)
    make_insight(client, content=LONG, tag_ids=[1], message="Heard at lunch")
    change = {"content": OTHER, "category_id": 1, "tag_ids": [1, 2], "metadata": {"n": 1}, "message": "Heard again"}
    assert client.put("/insights/1", json=change).status_code == 200
    assert client.put("/insights/1", json={"title": "Third", "status": "published"}).status_code == 200
    return client


def revision_list(client: FlaskClient, insight_id: int = 1) -> list[Any]:
    found: list[Any] = answered(client.get(f"/insights/{insight_id}/revisions"), RevisionList)["revisions"]
    return found


def test_the_list_tells_who_when_why_and_what(changed: FlaskClient) -> None:
    listed = revision_list(changed)
    times = [revision.pop("at") for revision in listed]
    assert times == sorted(times)
    assert changed.get("/insights/1").json["created_at"][:16] == times[0][:16]
    common = {"actor": LOCAL, "receipt_id": None}
    why = "Heard again"
    assert listed == [
        {"number": 1, "version": 1, "verb": "create", "message": "Heard at lunch", "fields": [], **common},
        {"number": 2, "version": 2, "verb": "update", "message": why, **common}
        | {"fields": ["content", "category", "metadata", "tags"]},
        {"number": 3, "version": 3, "verb": "update", "message": None, **common}
        | {"fields": ["title", "status", "published_at"]},
    ]


def test_one_revision_tells_field_by_field(changed: FlaskClient) -> None:
    listed = revision_list(changed)
    revision = answered(changed.get("/insights/1/revisions/2"), RevisionAnswer)
    one, two = {"id": 1, "name": "One"}, {"id": 2, "name": "Two"}
    assert revision.pop("changes") == [
        {"field": "content", "before": LONG, "after": OTHER},
        {"field": "category", "before": None, "after": {"id": 1, "name": "Technical"}},
        {"field": "metadata", "before": {}, "after": {"n": 1}},
        {"field": "tags", "before": [one], "after": [one, two]},
    ]
    insight = revision.pop("insight")
    assert revision == listed[1]
    assert insight.pop("created_at") == changed.get("/insights/1").json["created_at"]
    assert insight == {
        "title": "Title",
        "description": "Text",
        "content": OTHER,
        "source": None,
        "author": "Ada",
        "category_id": 1,
        "category": {"id": 1, "name": "Technical"},
        "priority": "medium",
        "status": "draft",
        "visibility": "INTERNAL",
        "metadata": {"n": 1},
        "external_key": None,
        "published_at": None,
        "tags": [one, two],
    }


def test_the_creation_is_the_insight_as_it_was_made(changed: FlaskClient) -> None:
    revision = answered(changed.get("/insights/1/revisions/1"), RevisionAnswer)
    assert (revision["changes"], revision["insight"]["title"], revision["insight"]["content"]) == ([], "Title", LONG)
    assert revision["insight"]["tags"] == [{"id": 1, "name": "One"}]


def test_the_newest_revision_is_what_is_stored(changed: FlaskClient) -> None:
    stored = changed.get("/insights/1").json
    newest = answered(changed.get("/insights/1/revisions/3"), RevisionAnswer)["insight"]
    same = set(newest) - {"category", "tags"}
    assert {name: newest[name] for name in same} == {name: stored[name] for name in same}


def test_what_differs_between_two_revisions(changed: FlaskClient) -> None:
    forth = answered(changed.get("/insights/1/revisions/1/diff/3"), DiffAnswer)
    assert (forth["from"], forth["to"]) == (1, 3)
    fields = ["title", "content", "category", "status", "metadata", "published_at", "tags"]
    assert [change["field"] for change in forth["changes"]] == fields
    content = forth["changes"][1]
    assert (content["before"], content["after"]) == (LONG, OTHER)
    assert content["unified"].splitlines()[0] == "@@ -18,7 +18,7 @@"
    assert content["unified"].splitlines()[4:6] == ["-Line 20 of a long text.", "+Another line in a long text."]
    back = answered(changed.get("/insights/1/revisions/3/diff/1"), DiffAnswer)
    assert [(change["field"], change["after"], change["before"]) for change in back["changes"]] == [
        (change["field"], change["before"], change["after"]) for change in forth["changes"]
    ]
    assert answered(changed.get("/insights/1/revisions/2/diff/2"), DiffAnswer)["changes"] == []


def test_a_text_that_came_has_no_unified_diff(client: FlaskClient) -> None:
    make_insight(client)
    client.put("/insights/1", json={"content": "New"})
    [change] = client.get("/insights/1/revisions/1/diff/2").json["changes"]
    assert change == {"field": "content", "before": None, "after": "New"}


@pytest.mark.parametrize("path", ["0", "4", "99999999999999999999", "-1", "1/diff/4", "4/diff/1", "1/diff/0"])
def test_there_is_no_such_revision(changed: FlaskClient, path: str) -> None:
    wanted = path.replace("1/diff/", "").replace("/diff/1", "")
    problem(changed.get(f"/insights/1/revisions/{path}"), 404, f"Insight 1 has no revision {wanted}.")


@pytest.mark.parametrize("path", ["", "/1", "/1/diff/2"])
def test_there_is_no_such_insight(client: FlaskClient, path: str) -> None:
    problem(client.get(f"/insights/7/revisions{path}"), 404, "Insight 7 does not exist.")


@pytest.mark.parametrize("path", ["/x", "/1/diff/y", "/1.5"])
def test_what_is_no_number_is_named(changed: FlaskClient, path: str) -> None:
    name = "path.other" if "diff" in path else "path.number"
    assert wrong_fields(changed.get(f"/insights/1/revisions{path}")) == {name: "type"}


def test_deleted_names_are_missing_and_merged_ones_remembered(
    changed: FlaskClient, database: psycopg.Connection[Any]
) -> None:
    changed.put("/insights/1", json={"tag_ids": [], "category_id": None})
    assert changed.delete("/tags/1").status_code == changed.delete("/categories/1").status_code == 204
    database.execute("DELETE FROM tags WHERE id = 2")
    database.execute("INSERT INTO tags (name, slug) VALUES ('Both', 'both')")
    database.execute("INSERT INTO tag_aliases (former_id, tag_id, name, slug) VALUES (2, 3, 'Two', 'two')")
    insight = changed.get("/insights/1/revisions/2").json["insight"]
    assert insight["tags"] == [{"id": 1, "name": None}, {"id": 2, "name": "Two"}]
    assert insight["category"] == {"id": 1, "name": None}


# Reverting


def test_an_earlier_revision_is_brought_back(changed: FlaskClient, database: psycopg.Connection[Any]) -> None:
    changed.put("/insights/1", json={"source": "Slack", "author": "Bob", "priority": "high", "visibility": "PUBLIC"})
    before = state(database)
    response = changed.post("/insights/1/revisions/1/restore", json={"message": "It was better"})
    insight = answered(response, InsightAnswer)
    assert response.headers["ETag"] == changed.get("/insights/1").headers["ETag"]
    assert (insight["version"], insight["tags"][0]["id"]) == (5, 1)
    kept = ("status", "visibility", "published_at", "external_key", "created_at", "owner_id")
    back = {"title": "Title", "content": LONG, "source": None, "author": "Ada", "category_id": None, "tags": [1]}
    assert state(database) == {**before, **back, "priority": "medium", "metadata": {}}
    assert {name: before[name] for name in kept} == {name: state(database)[name] for name in kept}
    fields = ["author", "category_id", "content", "metadata", "priority", "source", "tags", "title"]
    assert told(database)[-1] == (5, 5, "revert", "local administrator", "It was better", fields)
    [entry] = database.execute("SELECT verb, subject_name FROM audit_log WHERE verb = 'insight.revert'").fetchall()
    assert entry == ("insight.revert", "Third")


def test_without_words_the_revision_says_where_to(changed: FlaskClient, database: psycopg.Connection[Any]) -> None:
    assert changed.post("/insights/1/revisions/2/restore").status_code == 200
    assert told(database)[-1][2:5] == ("revert", "local administrator", "Back to revision 2")
    assert changed.post("/insights/1/revisions/3/restore").status_code == 200
    assert revision_list(changed)[-1]["fields"] == ["title"]


def test_what_is_so_already_writes_nothing(changed: FlaskClient, stored: Any) -> None:
    before = stored()
    assert changed.post("/insights/1/revisions/3/restore", json={}).json["version"] == 3
    assert stored() == before


def test_merged_names_come_back_as_what_they_were_merged_into(
    changed: FlaskClient, database: psycopg.Connection[Any]
) -> None:
    changed.put("/insights/1", json={"tag_ids": [], "category_id": None})
    database.execute("DELETE FROM tags")
    database.execute("DELETE FROM categories")
    database.execute("INSERT INTO tags (name, slug) VALUES ('Both', 'both')")
    database.execute("INSERT INTO tag_aliases (former_id, tag_id, name, slug) VALUES (2, 3, 'Two', 'two')")
    database.execute("INSERT INTO categories (name, slug) VALUES ('Wider', 'wider')")
    database.execute("INSERT INTO category_aliases (former_id, category_id, name, slug) VALUES (1, 2, 'T', 't')")
    insight = changed.post("/insights/1/revisions/2/restore", json={}).json
    assert ([tag["id"] for tag in insight["tags"]], insight["category_id"]) == ([3], 2)


def test_a_deleted_category_does_not_come_back(changed: FlaskClient) -> None:
    changed.put("/insights/1", json={"category_id": None})
    changed.delete("/categories/1")
    insight = answered(changed.post("/insights/1/revisions/2/restore", json={}), InsightAnswer)
    assert (insight["category_id"], insight["title"]) == (None, "Title")


def test_reverting_names_the_version_that_was_read(changed: FlaskClient, stored: Any) -> None:
    before = stored()
    stale = changed.post("/insights/1/revisions/1/restore", json={}, headers={"If-Match": '"2"'})
    assert problem(stale, 412)["current_version"] == 3
    assert [found["field"] for found in stale.json["differs"]] == ["title", "status"]
    assert stored() == before
    etag = changed.get("/insights/1").headers["ETag"]
    fresh = changed.post("/insights/1/revisions/1/restore", json={}, headers={"If-Match": etag})
    assert (fresh.status_code, fresh.json["title"]) == (200, "Title")


def test_a_repeated_reverting_happens_once(changed: FlaskClient, database: psycopg.Connection[Any]) -> None:
    key = {"Idempotency-Key": "again"}
    first = changed.post("/insights/1/revisions/1/restore", json={}, headers=key)
    changed.put("/insights/1", json={"title": "Newer"})
    again = changed.post("/insights/1/revisions/1/restore", json={}, headers=key)
    assert (again.data, again.headers["Idempotency-Replayed"]) == (first.data, "true")
    assert [row[2] for row in told(database)] == ["create", "update", "update", "revert", "update"]


@pytest.mark.parametrize("body", [{"message": "x" * 501}, {"message": 5}, {"why": "x"}])
def test_a_wrong_reason_is_named(changed: FlaskClient, stored: Any, body: dict[str, Any]) -> None:
    before = stored()
    [name] = wrong_fields(changed.post("/insights/1/revisions/1/restore", json=body))
    assert name == f"body.{next(iter(body))}"
    assert stored() == before


def test_a_revision_that_is_not_there_is_not_brought_back(changed: FlaskClient, stored: Any) -> None:
    before = stored()
    problem(changed.post("/insights/1/revisions/9/restore", json={}), 404, "Insight 1 has no revision 9.")
    problem(changed.post("/insights/9/revisions/1/restore", json={}), 404, "Insight 9 does not exist.")
    assert stored() == before


# Who sees what


@pytest.fixture
def opened(ask: Ask) -> int:
    """A published insight that was a draft, then restricted, and is public now; its revisions: 1 and 2 (a tag) the
    editor's draft, 3 published but restricted, 4 a text that only editors saw, 5 public, 6 a new title."""
    draft = next(
        kind for kind in KINDS if (kind.owner, kind.status, kind.visibility) == ("editor", "draft", "INTERNAL")
    )
    for change in (
        {"status": "published", "visibility": "RESTRICTED", "message": "Secret"},
        {"content": "Only for us", "title": "Ours"},
        {"visibility": "PUBLIC", "content": "For all", "message": "Opened"},
        {"title": "Known"},
    ):
        assert ask("editor", "PUT", f"/insights/{draft.id}", change).status_code == 200
    return draft.id


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_editors_see_every_revision(ask: Ask, opened: int, role: str) -> None:
    listed = answered(ask(role, "GET", f"/insights/{opened}/revisions"), RevisionList)["revisions"]
    assert [revision["number"] for revision in listed] == [1, 2, 3, 4, 5, 6]
    assert listed[4]["actor"] == {"kind": "person", "id": 3, "name": "Editor"}
    revision = answered(ask(role, "GET", f"/insights/{opened}/revisions/5"), RevisionAnswer)
    assert [(change["field"], change["before"]) for change in revision["changes"]] == [
        ("content", "Only for us"),
        ("visibility", "RESTRICTED"),
    ]


@pytest.mark.parametrize("role", ["anonymous", "viewer", "contributor", "analyst"])
def test_others_see_what_they_would_have_seen(ask: Ask, opened: int, role: str) -> None:
    listed = answered(ask(role, "GET", f"/insights/{opened}/revisions"), RevisionList)["revisions"]
    assert [revision["number"] for revision in listed] == [5, 6]
    assert "Only" not in str(listed) + str(ask(role, "GET", f"/insights/{opened}/revisions/5").json)
    revision = answered(ask(role, "GET", f"/insights/{opened}/revisions/5"), RevisionAnswer)
    assert revision["changes"] == [
        {"field": "content", "before": None, "after": "For all", "withheld": True},
        {"field": "visibility", "before": None, "after": "PUBLIC", "withheld": True},
    ]
    known = {"kind": "person", "id": 3, "name": "Editor"}
    assert revision["actor"] == (known if role != "anonymous" else {"kind": "person", "id": None, "name": None})
    assert revision["message"] == listed[0]["message"] == ("Opened" if role != "anonymous" else None)
    newest = answered(ask(role, "GET", f"/insights/{opened}/revisions/6"), RevisionAnswer)
    assert newest["changes"] == [{"field": "title", "before": "Ours", "after": "Known"}]
    for hidden in ("1", "2", "3", "4", "1/diff/6", "6/diff/4", "4/diff/4"):
        number = 4 if "4" in hidden else int(hidden[0])
        refused = ask(role, "GET", f"/insights/{opened}/revisions/{hidden}")
        problem(refused, 404, f"Insight {opened} has no revision {number}.")
    assert ask(role, "GET", f"/insights/{opened}/revisions/5/diff/6").status_code == 200


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_strangers_are_not_told_whose_it_is(
    ask: Ask, database: psycopg.Connection[Any], opened: int, role: str
) -> None:
    database.execute("UPDATE insights SET owner_id = 1 WHERE id = %s", [opened])
    changes = ask(role, "GET", f"/insights/{opened}/revisions/7").json["changes"]
    told = [] if role == "anonymous" else [{"field": "owner_id", "before": 3, "after": 1}]
    assert changes == ask(role, "GET", f"/insights/{opened}/revisions/6/diff/7").json["changes"] == told


@pytest.mark.parametrize("role", ROLES)
def test_who_may_change_it_may_bring_back_what_it_sees(ask: Ask, stored: Any, role: str) -> None:
    for kind in KINDS:
        assert ask("admin", "PUT", f"/insights/{kind.id}", {"description": "Changed"}).status_code == 200
        before = stored()
        answer = ask(role, "POST", f"/insights/{kind.id}/revisions/2/restore", {})
        expected = 404 if not kind.seen_by(role) else 200 if kind.changed_by(role) else 403
        assert (answer.status_code, stored() != before) == (expected, expected == 200), kind
        if expected == 200:
            assert answer.json["description"] == "One of the world."


def test_nobody_brings_back_what_they_do_not_see(ask: Ask, owner_url: str, stored: Any) -> None:
    """A contributor's draft that was an editor's before."""
    draft = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("editor", "draft"))
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE insights SET owner_id = 2, title = 'Handed over' WHERE id = %s", [draft])
    before = stored()
    assert ask("contributor", "GET", f"/insights/{draft}").status_code == 200
    refused = ask("contributor", "POST", f"/insights/{draft}/revisions/1/restore", {})
    problem(refused, 404, f"Insight {draft} has no revision 1.")
    assert stored() == before


# Cost


def many(database: psycopg.Connection[Any], number: int) -> None:
    for step in range(number):
        database.execute("UPDATE insights SET content = %s WHERE id = 1", [f"{LONG}{step}\n{LONG}"])


def test_reading_is_one_statement_however_long_the_history(
    changed: FlaskClient, database: psycopg.Connection[Any], statements: Statements
) -> None:
    for length in (0, 30):
        many(database, length)
        for path in ("", "/1", "/2", "/1/diff/3", "/3/diff/2"):
            before = len(statements())
            assert changed.get(f"/insights/1/revisions{path}").status_code == 200
            assert len(statements()) - before == 1


def test_a_thousand_revisions_are_listed_at_once(changed: FlaskClient, database: psycopg.Connection[Any]) -> None:
    with database.transaction():
        many(database, 1000)
    began = time.monotonic()
    listed = revision_list(changed)
    took = time.monotonic() - began
    print(f"a list of 1,003 revisions: {took * 1000:.0f} ms")
    assert [revision["number"] for revision in listed] == list(range(1, 1004))
    assert took < 0.7
    began = time.monotonic()
    assert changed.get("/insights/1/revisions/1/diff/1003").json["changes"][1]["before"] == LONG
    assert time.monotonic() - began < 1.5


# Line by line


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"),
        ("a", "b", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"),
        ("a\n", "a", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"),
        ("", "a\n", "@@ -0,0 +1 @@\n+a\n"),
        ("a\n", "", "@@ -1 +0,0 @@\n-a\n"),
        ("a\u2028b\n", "a\u2028c\n", "@@ -1 +1 @@\n-a\u2028b\n+a\u2028c\n"),
        ("a\n", "a\n", ""),
    ],
)
def test_a_unified_diff(before: str, after: str, told: str) -> None:
    assert unified_diff(before, after) == told


def test_a_unified_diff_counts_the_lines_before(client: FlaskClient) -> None:
    lines = [f"{number}\n" for number in range(1, 101)]
    changed = [*lines[:49], "new\n", *lines[50:]]
    assert unified_diff("".join(lines), "".join(changed)) == (
        "@@ -47,7 +47,7 @@\n 47\n 48\n 49\n-50\n+new\n 51\n 52\n 53\n"
    )


def test_too_many_lines_are_not_compared() -> None:
    chance = random.Random(5)
    old, new = ("".join(f"{chance.randrange(150)}\n" for _ in range(2001)) for _ in range(2))
    assert unified_diff(old, new) is None
    began = time.monotonic()
    assert unified_diff("".join(old.splitlines(True)[:2000]), "".join(new.splitlines(True)[:2000])) is not None
    assert time.monotonic() - began < 3
