"""``POST /receipts/{id}/undo``: the whole act goes back, exactly; what something newer touched stays and is listed."""

from collections.abc import Callable
from threading import Thread
from time import sleep
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.curation.schemas import UndoAnswer
from app.identity.queries.credentials import forget_callers
from tests.answers import answered, make_insight, make_tag, problem
from tests.curation.test_bulk import ACTIONS
from tests.identity.world import KINDS, headers
from tests.taxonomy.test_races import Call, at_once

Rows = Callable[..., list[dict[str, Any]]]
Stored = Callable[[], object]
OWN_DRAFTS = [kind.id for kind in KINDS if (kind.owner, kind.status) == ("contributor", "draft")]


KNOWLEDGE = """
INSERT INTO tags (name, slug) VALUES ('Testing', 'testing'), ('Incident', 'incident'), ('Other', 'other');
INSERT INTO categories (name, slug) VALUES ('First', 'first'), ('Second', 'second');
INSERT INTO insights (title, description, author, category_id, priority, status, visibility, external_key, content,
  metadata)
VALUES ('Title', 'Text', 'Ada', 1, 'medium', 'draft', 'INTERNAL', 'KEY-1', repeat('Long text. ', 100), '{}'),
  ('Title', 'Text', 'Ada', 2, 'medium', 'published', 'INTERNAL', NULL, NULL, '{"team": "core"}'),
  ('Title', 'Text', 'Ada', NULL, 'critical', 'published', 'INTERNAL', NULL, NULL, '{}'),
  ('Title', 'Text', 'Ada', NULL, 'high', 'archived', 'RESTRICTED', NULL, NULL, '{}');
INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1), (1, 2), (2, 1), (2, 3), (3, 3)"""


@pytest.fixture
def knowledge(client: FlaskClient, owner_connection: psycopg.Connection) -> FlaskClient:
    """Four insights that differ in all that an act may change."""
    owner_connection.execute(KNOWLEDGE)
    return client


def act(client: FlaskClient, role: str | None = None, **body: Any) -> Any:
    response = client.post("/insights/bulk", json=body, headers=headers(role) if role else {})
    assert response.status_code == 200, response.text
    return response.json


def undo(client: FlaskClient, done: dict[str, Any], role: str | None = None) -> Any:
    response = client.post(done["undo"], headers=headers(role) if role else {})
    undone = answered(response, UndoAnswer)
    assert undone["undo"] == (f"/receipts/{undone['receipt_id']}/undo" if undone["reverted"] else None)
    assert (undone["receipt_id"] is None) == (not undone["reverted"])
    return undone


def result(undone: dict[str, Any]) -> tuple[int, list[int]]:
    return undone["reverted"], [each["id"] for each in undone["left"]]


def reasons(undone: dict[str, Any]) -> list[str]:
    return [each["reason"] for each in undone["left"]]


def kept(rows: Rows) -> list[Any]:
    """Every insight, but for its version and the time of its change."""
    return [(row["id"], row["kept"], row["tags"], row["words"]) for row in rows()]


@pytest.mark.parametrize("action", ACTIONS)
def test_everything_goes_back(knowledge: FlaskClient, rows: Rows, revisions: Rows, action: str) -> None:
    takes, changing = ACTIONS[action]
    before, versions = kept(rows), {row["id"]: row["version"] for row in rows()}
    done = act(knowledge, action=action, **takes, filter={})
    after = kept(rows)
    assert after != before
    undone = undo(knowledge, done)
    assert result(undone) == (len(changing), [])
    assert kept(rows) == before
    assert {row["id"]: row["version"] - versions[row["id"]] for row in rows()} == {
        number: (1 if action == "trash" else 2) * (number in changing) for number in versions
    }
    verb = "restore" if action == "trash" else "revert"
    mine = [each for each in revisions() if each["receipt_id"] == undone["receipt_id"]]
    assert [(each["insight_id"], each["number"], each["verb"]) for each in mine] == [
        (number, 3, verb) for number in changing
    ]
    # The undoing is an act itself: undone, what was done is done again; and so on.
    redone = undo(knowledge, undone)
    assert result(redone) == (len(changing), [])
    assert kept(rows) == after
    assert result(undo(knowledge, redone)) == (len(changing), [])
    assert kept(rows) == before


def test_a_second_undo_is_refused(knowledge: FlaskClient, stored: Stored) -> None:
    done = act(knowledge, action="tag", tags=["new"], ids=[1, 2])
    undone = undo(knowledge, done)
    before = stored()
    detail = f"Receipt {done['receipt_id']} was undone already, by receipt {undone['receipt_id']}."
    problem(knowledge.post(done["undo"]), 400, detail)
    assert stored() == before


def test_what_was_left_is_taken_by_a_later_undo(knowledge: FlaskClient, rows: Rows, stored: Stored) -> None:
    before = kept(rows)
    first = act(knowledge, action="set_priority", priority="low", ids=[1, 2])
    second = act(knowledge, action="set_priority", priority="critical", ids=[2, 3])
    half = undo(knowledge, first)
    assert (half["reverted"], half["left"]) == (1, [{"id": 2, "reason": "changed since"}])
    receipt = knowledge.get(f"/receipts/{first['receipt_id']}").json
    assert (receipt["undone_by"], receipt["left"], receipt["undo"]) == (half["receipt_id"], 1, first["undo"])
    assert result(undo(knowledge, first)) == (0, [2])
    undo(knowledge, second)
    # What went back is the act's no more, even when it was done again.
    redone = undo(knowledge, half)
    rest = undo(knowledge, first)
    assert result(rest) == (1, [])
    assert knowledge.get("/insights/1").json["priority"] == "low"
    undo(knowledge, redone)
    assert kept(rows) == before
    receipt = knowledge.get(f"/receipts/{first['receipt_id']}").json
    assert (receipt["undone_by"], receipt["left"], receipt["undo"]) == (rest["receipt_id"], 0, None)
    detail = f"Receipt {first['receipt_id']} was undone already, by receipt {rest['receipt_id']}."
    everything = stored()
    problem(knowledge.post(first["undo"]), 400, detail)
    assert stored() == everything


def test_what_lay_in_the_trash_is_taken_once_it_is_back(knowledge: FlaskClient, rows: Rows) -> None:
    done = act(knowledge, action="set_priority", priority="low", ids=[1, 2, 3])
    knowledge.delete("/insights/2")
    knowledge.delete("/insights/3"), knowledge.delete("/insights/trash/3")
    assert undo(knowledge, done)["left"] == [
        {"id": 2, "reason": "in the trash"},
        {"id": 3, "reason": "purged"},
    ]
    # Of what went back, nothing is told, though it is gone by now.
    knowledge.delete("/insights/1"), knowledge.delete("/insights/trash/1")
    assert undo(knowledge, done)["left"] == [
        {"id": 2, "reason": "in the trash"},
        {"id": 3, "reason": "purged"},
    ]


NEWER: dict[str, Callable[[FlaskClient], Any]] = {
    "a title": lambda client: client.put("/insights/2", json={"title": "Newer"}),
    "tags": lambda client: client.put("/insights/2", json={"tag_ids": []}),
    "the same value by hand": lambda client: client.put("/insights/2", json={"priority": "critical"}),
    "the trash": lambda client: client.delete("/insights/2"),
    "there and back": lambda client: (client.delete("/insights/2"), client.post("/insights/2/restore", json={})),
    "for good": lambda client: (client.delete("/insights/2"), client.delete("/insights/trash/2")),
    "another act": lambda client: act(client, action="untag", tag_ids=[1, 3], ids=[2]),
    "a deleted tag": lambda client: client.delete("/tags/3"),
}


@pytest.mark.parametrize("newer", NEWER)
def test_what_is_newer_is_left_and_listed(knowledge: FlaskClient, rows: Rows, newer: str) -> None:
    before = {row["id"]: row["kept"] for row in rows()}
    done = act(knowledge, action="set_priority", priority="low", ids=[1, 2])
    NEWER[newer](knowledge)
    stays = [row for row in rows() if row["id"] == 2]
    undone = undo(knowledge, done)
    assert result(undone) == (1, [2])
    assert reasons(undone) == [{"the trash": "in the trash", "for good": "purged"}.get(newer, "changed since")]
    assert [row for row in rows() if row["id"] == 2] == stays
    assert [row["kept"] for row in rows() if row["id"] == 1] == [before[1]]


def test_trashed_insights_that_moved_on_are_left(knowledge: FlaskClient, rows: Rows) -> None:
    done = act(knowledge, action="trash", filter={})
    knowledge.post("/insights/1/restore", json={})
    knowledge.delete("/insights/trash/2")
    knowledge.post("/insights/4/restore", json={})
    knowledge.delete("/insights/4")
    assert result(undo(knowledge, done)) == (1, [1, 2, 4])
    assert [row["id"] for row in rows()] == [1, 3]


def test_a_key_that_another_has_now_keeps_an_insight_in_the_trash(knowledge: FlaskClient, rows: Rows) -> None:
    done = act(knowledge, action="trash", ids=[1, 2])
    make_insight(knowledge, external_key="KEY-1")
    undone = undo(knowledge, done)
    assert (result(undone), reasons(undone)) == ((1, [1]), ["key taken"])
    assert [row["id"] for row in rows()] == [2, 3, 4, 5]


def test_acts_undone_in_turn(knowledge: FlaskClient, rows: Rows, stored: Stored) -> None:
    """What was undone since is nothing newer; an undoing that finds nothing to set back uses nothing up."""
    before = kept(rows)
    first = act(knowledge, action="set_priority", priority="low", ids=[1, 2])
    second = act(knowledge, action="tag", tags=["new"], ids=[2, 3])
    third = act(knowledge, action="archive", ids=[1, 2, 3])
    assert result(undo(knowledge, first)) == (0, [1, 2])
    undone = undo(knowledge, third)
    assert result(undone) == (3, [])
    redone = undo(knowledge, undone)
    assert result(undo(knowledge, second)) == (0, [2, 3])
    undo(knowledge, redone)
    assert result(undo(knowledge, second)) == (2, [])
    assert result(undo(knowledge, first)) == (2, [])
    assert kept(rows) == before
    assert knowledge.get(f"/receipts/{first['receipt_id']}").json["undo"] is None


def test_an_undoing_of_something_older_is_newer(knowledge: FlaskClient, rows: Rows) -> None:
    older = act(knowledge, action="set_priority", priority="low", ids=[1])
    undone = undo(knowledge, act(knowledge, action="tag", tags=["new"], ids=[1]))
    assert result(undo(knowledge, older)) == (1, [])
    before = rows()
    assert result(undo(knowledge, undone)) == (0, [1])
    assert rows() == before


def test_more_than_a_batch(
    knowledge: FlaskClient, rows: Rows, revisions: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.curation.batches.BATCH", 3)
    before = kept(rows)
    for action in ("tag", "trash", "archive"):
        takes, changing = ACTIONS[action]
        done = act(knowledge, action=action, **takes, filter={})
        assert done["changed"] == len(changing)
        undone = undo(knowledge, done)
        assert result(undone) == (len(changing), [])
        assert kept(rows) == before
        assert sum(each["receipt_id"] in (done["receipt_id"], undone["receipt_id"]) for each in revisions()) == 2 * len(
            changing
        )


def test_a_first_publication_is_taken_back_and_an_older_one_stays(knowledge: FlaskClient) -> None:
    knowledge.put("/insights/2", json={"status": "draft"})
    published_at = knowledge.get("/insights/2").json["published_at"]
    undo(knowledge, act(knowledge, action="publish", ids=[1, 2]))
    assert knowledge.get("/insights/1").json["published_at"] is None
    assert knowledge.get("/insights/2").json["published_at"] == published_at is not None
    # Only an undoing takes it back.
    knowledge.put("/insights/1", json={"status": "published"})
    assert knowledge.put("/insights/1", json={"status": "draft"}).json["published_at"] is not None


def test_what_was_merged_or_deleted_since(knowledge: FlaskClient, rows: Rows) -> None:
    untagged = act(knowledge, action="untag", tag_ids=[1, 2, 3], ids=[1, 2, 3])
    moved = act(knowledge, action="recategorise", category_id=None, ids=[1, 2])
    assert knowledge.post("/tags/2/merge", json={"into": 1}).status_code == 200
    assert knowledge.delete("/tags/3").status_code == 204
    assert knowledge.post("/categories/1/merge", json={"into": 2}).status_code == 200
    assert result(undo(knowledge, moved)) == (2, [])
    assert [row["kept"]["category_id"] for row in rows()][:2] == [2, 2]
    # The first had the merged tag beside its target; the others had the one that is gone.
    assert result(undo(knowledge, untagged)) == (1, [2, 3])
    assert [row["tags"] for row in rows()] == [[1], [], [], []]


def test_a_deleted_category_leaves_its_insights_where_they_are(knowledge: FlaskClient, rows: Rows) -> None:
    moved = act(knowledge, action="recategorise", category_id=None, ids=[1, 2])
    assert knowledge.delete("/categories/1").status_code == 204
    undone = undo(knowledge, moved)
    assert (result(undone), reasons(undone)) == ((1, [1]), ["category or tag deleted"])
    assert [row["kept"]["category_id"] for row in rows()] == [None, 2, None, None]


def test_own_drafts_are_still_ones_own(caller: FlaskClient, rows: Rows) -> None:
    before = kept(rows)
    done = act(caller, "contributor", action="tag", tag_ids=[2], ids=OWN_DRAFTS)
    undone = undo(caller, done, "contributor")
    assert result(undone) == (len(OWN_DRAFTS), [])
    assert kept(rows) == before


def test_one_who_is_no_editor_any_more_undoes_what_is_still_theirs(
    caller: FlaskClient, rows: Rows, owner_url: str
) -> None:
    """Not the insights of others, and no publication, however it came about."""
    tagged = act(caller, "editor", action="tag", tag_ids=[2], ids=[1, *OWN_DRAFTS])
    mine = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("editor", "draft"))
    published = undo(caller, act(caller, "editor", action="publish", ids=[mine]), "editor")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE users SET role = 'contributor', version = version + 1 WHERE email LIKE 'editor@%'")
    forget_callers()
    before = kept(rows)
    assert result(undo(caller, tagged, "editor")) == (0, sorted([1, *OWN_DRAFTS]))
    left = undo(caller, published, "editor")
    assert (result(left), reasons(left)) == ((0, [mine]), ["forbidden"])
    assert kept(rows) == before
    retagged = act(caller, "editor", action="tag", tag_ids=[2], ids=[mine])
    assert result(undo(caller, retagged, "editor")) == (1, [])


def test_crossing_acts_do_not_fail(client: FlaskClient, application: Flask, rows: Rows) -> None:
    """Ids in opposite orders, tags and rows, an undo between: everybody gets an answer, and every figure is exact."""
    make_tag(client, "one"), make_tag(client, "two")
    numbers = [make_insight(client, tags=["one"])["id"] for _ in range(40)]
    done = act(client, action="set_priority", priority="low", ids=numbers[:10])

    def bulk(**body: Any) -> Call:
        return lambda other: other.post("/insights/bulk", json=body)

    answers = at_once(
        application,
        [
            bulk(action="tag", tags=["two"], ids=numbers),
            bulk(action="untag", tags=["one"], ids=numbers[::-1]),
            bulk(action="archive", ids=numbers[::-1]),
            bulk(action="tag", tags=["two", "three"], ids=numbers[20:]),
            bulk(action="recategorise", category_name="New", filter={}),
            lambda other: other.post(done["undo"]),
        ],
    )
    assert [answer.status_code for answer in answers] == [200] * 6
    changed = [answer.json.get("changed") for answer in answers]
    assert changed[1:] == [40, 40, 20, 40, None]
    assert changed[0] in (20, 40)
    assert answers[5].json["reverted"] + len(answers[5].json["left"]) == 10
    tags = {row["id"]: row["tags"] for row in rows()}
    three = {tag["name"]: tag["id"] for tag in client.get("/tags").json}["three"]
    assert tags == {number: [2, three] if number in numbers[20:] else [2] for number in numbers}
    assert {row["kept"]["status"] for row in rows()} == {"archived"}


def test_of_two_undoings_at_once_one_is_refused(knowledge: FlaskClient, application: Flask, rows: Rows) -> None:
    before = kept(rows)
    done = act(knowledge, action="archive", ids=[1, 2, 3])
    answers = at_once(application, [lambda other: other.post(done["undo"])] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert kept(rows) == before


def test_an_act_waits_for_a_change_and_sees_it(knowledge: FlaskClient, application: Flask, owner_url: str) -> None:
    """A filter that stops to fit while the act waits for the row: nothing is overwritten."""
    answers: list[Any] = []

    def archive() -> None:
        answers.append(
            application.test_client().post("/insights/bulk", json={"action": "archive", "filter": {"status": "draft"}})
        )

    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE insights SET status = 'published' WHERE id = 1")
        waiting = Thread(target=archive)
        waiting.start()
        with psycopg.connect(owner_url, autocommit=True) as watcher:
            while not watcher.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                sleep(0.01)
        connection.commit()
        waiting.join()
    [answer] = answers
    assert {name: answer.json[name] for name in ("matched", "changed", "unchanged")} == {
        "matched": 0, "changed": 0, "unchanged": 0,
    }  # fmt: skip
    assert knowledge.get("/insights/1").json["status"] == "published"


def test_the_statements_do_not_grow_with_the_rows(knowledge: FlaskClient, statements: Callable[[], list[str]]) -> None:
    def sent(**body: Any) -> int:
        done = act(knowledge, **body)
        before = len(statements())
        assert undo(knowledge, done)["reverted"] == len(body["ids"])
        return len(statements()) - before

    assert sent(action="tag", tags=["new"], ids=[4]) == sent(action="tag", tags=["newer"], ids=[1, 2, 3, 4]) <= 20
    assert sent(action="trash", ids=[1]) == sent(action="trash", ids=[1, 2, 3, 4]) <= 20
