"""Into the trash, out of it, and gone for good: over REST, by the clock, and for whom."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as some

from app import worker
from app.core.db import transact
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.insights.commands import trashing
from app.insights.commands.trashing import purge_trash
from app.insights.jobs import purge
from app.insights.schemas import InsightAnswer, PurgeAnswer, TrashPage
from tests.answers import answered, make_category, make_insight, make_tag, problem, wrong_fields
from tests.identity.world import KINDS, ROLES
from tests.insights.conftest import Ask
from tests.insights.past import told

Database = psycopg.Connection[Any]
EVERYWHERE = ("/insights", "/insights?author=Ada", "/statistics", "/tags", "/tags/1", "/categories", "/categories/tree")


@pytest.fixture
def database(clean_database: None, owner_url: str) -> Iterator[Database]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def tagged(client: FlaskClient) -> FlaskClient:
    """One insight with everything."""
    make_category(client, "Technical")
    for name in ("Testing", "Incident"):
        make_tag(client, name)
    given = {"title": "Precious", "content": "## Words\n", "source": "Slack", "external_key": "K-1", "priority": "high"}
    make_insight(client, **given, status="published", category_id=1, tag_ids=[1, 2], metadata={"n": [1, None]})
    return client


def trash(client: FlaskClient, **query: Any) -> Any:
    return answered(client.get("/insights/trash", query_string=query), TrashPage)


def in_use(database: Database) -> dict[str, list[Any]]:
    """All that is counted or shown but the trash itself, its history and the log."""
    cells = "(SELECT {0}, sum(n) FROM {1} GROUP BY {0} HAVING sum(n) <> 0)"
    of_insights = cells.format("category_id, status, priority, visibility", "insight_cells")
    of_tags = cells.format("tag_id, status, visibility", "tag_cells")
    tables = ("insights", "insight_tags", "tags_counted", "categories", of_insights, of_tags)
    return {name: database.execute(f"SELECT * FROM {name} t ORDER BY t::text").fetchall() for name in tables}


def test_a_deleted_insight_lies_in_the_trash_as_it_was(tagged: FlaskClient) -> None:
    insight = tagged.get("/insights/1").json
    assert tagged.delete("/insights/1").status_code == 204
    page = trash(tagged)
    [trashed] = page.pop("insights")
    assert page == {"total": 1, "page": 1, "page_size": 20}
    trashed_at, purged_at = (datetime.fromisoformat(trashed.pop(name)) for name in ("trashed_at", "purged_at"))
    assert purged_at - trashed_at == timedelta(days=30)
    assert trashed == {
        **insight,
        "trashed_by": "local administrator",
        "category": {"id": 1, "name": "Technical"},
        "tags": [{"id": 2, "name": "Incident"}, {"id": 1, "name": "Testing"}],
    }


def test_what_lies_in_the_trash_is_nowhere_else(tagged: FlaskClient, database: Database) -> None:
    tagged.delete("/insights/1")
    empty = in_use(database)
    assert (empty["insights"], empty["insight_tags"]) == ([], [])
    for path in ("/insights/1", "/insights/1/revisions", "/insights/1/revisions/1"):
        problem(tagged.get(path), 404, "Insight 1 does not exist.")
    problem(tagged.put("/insights/1", json={"title": "New"}), 404, "Insight 1 does not exist.")
    problem(tagged.delete("/insights/1"), 404, "Insight 1 does not exist.")
    assert in_use(database) == empty
    for path in EVERYWHERE:
        assert "Precious" not in tagged.get(path).text
    assert tagged.get("/statistics").json["total_insights"] == tagged.get("/insights").json["total"] == 0
    assert tagged.post("/insights/search", json={"query": "Words"}).json["total"] == 0
    assert [tag["usage_count"] for tag in tagged.get("/tags").json] == [0, 0]
    assert tagged.get("/categories/1").json["insight_count"] == 0


def test_an_insight_comes_back_as_it_was(tagged: FlaskClient, database: Database) -> None:
    insight = tagged.get("/insights/1").json
    before = in_use(database)
    tagged.delete("/insights/1")
    response = tagged.post("/insights/1/restore", json={"message": "A mistake"})
    back = answered(response, InsightAnswer)
    assert back == {**insight, "version": 2, "updated_at": back["updated_at"]}
    assert back["updated_at"] > insight["updated_at"]  # who reads by the time of change learns that it is back
    assert response.headers["ETag"] == tagged.get("/insights/1").headers["ETag"]
    after = in_use(database)
    assert {name: after[name] for name in after if name != "insights"} == {
        name: before[name] for name in before if name != "insights"
    }
    assert trash(tagged)["total"] == 0
    assert tagged.post("/insights/search", json={"query": "words"}).json["total"] == 1
    verbs = database.execute("SELECT verb, subject_name FROM audit_log WHERE verb ~ '^insight' ORDER BY id").fetchall()
    assert verbs == [(f"insight.{verb}", "Precious") for verb in ("create", "delete", "restore")]


def test_why_something_was_deleted_is_told(tagged: FlaskClient, database: Database, stored: Any) -> None:
    before = stored()
    assert wrong_fields(tagged.delete("/insights/1?message=" + "x" * 501)) == {"query.message": "too_long"}
    assert stored() == before
    assert tagged.delete("/insights/1?message=Written twice").status_code == 204
    assert told(database)[-1] == (2, 1, "trash", "local administrator", "Written twice", [])


def test_what_was_merged_meanwhile_is_replaced_and_what_was_deleted_is_missing(
    tagged: FlaskClient, database: Database
) -> None:
    tagged.delete("/insights/1")
    tagged.delete("/tags/1")
    database.execute("DELETE FROM tags WHERE id = 2")
    database.execute("DELETE FROM categories WHERE id = 1")
    database.execute("INSERT INTO tags (name, slug) VALUES ('Both', 'both')")
    database.execute("INSERT INTO tag_aliases (former_id, tag_id, name, slug) VALUES (2, 3, 'Incident', 'incident')")
    database.execute("INSERT INTO categories (name, slug) VALUES ('Wider', 'wider')")
    database.execute("INSERT INTO category_aliases (former_id, category_id, name, slug) VALUES (1, 2, 'T', 't')")
    assert trash(tagged)["insights"][0]["tags"] == []
    insight = tagged.post("/insights/1/restore", json={}).json
    assert ([tag["name"] for tag in insight["tags"]], insight["category"]["name"]) == (["Both"], "Wider")
    assert told(database)[-1][5] == ["category_id", "tags"]


def test_the_statements_do_not_grow_with_what_is_missing(
    tagged: FlaskClient, database: Database, statements: Callable[[], list[str]]
) -> None:
    def sent(number: int) -> int:
        made = make_tag(tagged, f"For {number}")
        ids = [make_insight(tagged, tag_ids=[made["id"]])["id"] for _ in range(number)]
        done = tagged.post("/insights/bulk", json={"action": "trash", "ids": ids}).json
        tagged.delete(f"/tags/{made['id']}")
        before = len(statements())
        assert tagged.post(done["undo"]).json["reverted"] == number
        assert [told(database, insight_id)[-1][2:] for insight_id in ids] == [
            ("restore", "local administrator", None, ["tags"])
        ] * number
        return len(statements()) - before

    assert sent(1) == sent(4)


def test_a_key_that_was_given_anew_keeps_it_in_the_trash(tagged: FlaskClient, stored: Any) -> None:
    tagged.delete("/insights/1")
    make_insight(tagged, external_key="K-1")
    before = stored()
    answer = tagged.post("/insights/1/restore", json={})
    detail = "Its external key 'K-1' is insight 2's by now: change that one's first."
    assert "errors" not in problem(answer, 400, detail)
    assert stored() == before
    tagged.put("/insights/2", json={"external_key": "K-2"})
    assert tagged.post("/insights/1/restore", json={}).status_code == 200


def test_a_public_id_that_was_imported_anew_keeps_it_in_the_trash(
    tagged: FlaskClient, database: Database, stored: Any
) -> None:
    public_id = tagged.put("/insights/1", json={"external_key": None}).json["public_id"]
    tagged.delete("/insights/1")
    make_insight(tagged)
    make_insight(tagged)
    database.execute("UPDATE insights SET public_id = %s WHERE id = 3", [public_id])
    before = stored()
    detail = f"Its public id {public_id} is insight 3's by now: delete that one first."
    assert "errors" not in problem(tagged.post("/insights/1/restore"), 400, detail)
    assert stored() == before


def test_who_does_not_see_the_other_one_is_not_told_which_it_is(ask: Ask, database: Database, stored: Any) -> None:
    mine = next(kind for kind in KINDS if (kind.owner, kind.status) == ("contributor", "draft"))
    hidden = next(kind for kind in KINDS if not kind.seen_by("contributor"))
    assert ask("editor", "PUT", f"/insights/{mine.id}", {"external_key": "K-1"}).status_code == 200
    assert ask("contributor", "DELETE", f"/insights/{mine.id}").status_code == 204
    assert ask("editor", "PUT", f"/insights/{hidden.id}", {"external_key": "K-1"}).status_code == 200
    before = stored()
    detail = "Its external key 'K-1' is another insight's by now: change that one's first."
    problem(ask("contributor", "POST", f"/insights/{mine.id}/restore"), 400, detail)
    assert stored() == before


def test_people_are_called_by_their_names(ask: Ask) -> None:
    assert ask("editor", "DELETE", "/insights/1").status_code == 204
    [trashed] = answered(ask("admin", "GET", "/insights/trash"), TrashPage)["insights"]
    assert trashed["trashed_by"] == "Editor"


def test_a_deletion_reads_its_query_only(tagged: FlaskClient, database: Database, stored: Any) -> None:
    before = stored()
    answer = tagged.delete("/insights/1", json={"message": "Lost"})
    said = "message: is not read from the body of a DELETE, which takes its query only"
    assert problem(answer, 422, said)["errors"][0]["loc"] == ["body", "message"]
    assert wrong_fields(tagged.delete("/insights/1", data="{bad", content_type="application/json")) == {
        "body": "malformed_json"
    }
    problem(tagged.delete("/insights/1", data="why"), 415, "Send the body as application/json.")
    assert stored() == before
    assert tagged.delete("/insights/1", json={}).status_code == 204
    assert tagged.delete("/tags/1", data=" ").status_code == 204


def test_there_is_nothing_to_bring_back(tagged: FlaskClient, stored: Any) -> None:
    before = stored()
    for insight_id in (1, 7, 0, 2**40):
        said = f"Insight {insight_id} is not in the trash."
        problem(tagged.post(f"/insights/{insight_id}/restore", json={}), 404, said)
        problem(tagged.delete(f"/insights/trash/{insight_id}"), 404, said)
    assert stored() == before


@pytest.mark.parametrize("method", ["restore", "purge"])
def test_the_version_in_the_trash_can_be_named(tagged: FlaskClient, stored: Any, method: str) -> None:
    tagged.put("/insights/1", json={"title": "Second"})
    tagged.delete("/insights/1")
    before = stored()

    def ask(version: str) -> Any:
        named = {"If-Match": version}
        if method == "restore":
            return tagged.post("/insights/1/restore", json={}, headers=named)
        return tagged.delete("/insights/trash/1", headers=named)

    said = "Insight 1 has changed since it was read: its version is now 2."
    assert problem(ask('"1"'), 412, said)["current_version"] == 2
    assert stored() == before
    assert ask('"2"').status_code in (200, 204)


def test_a_repeated_restoring_happens_once(tagged: FlaskClient, database: Database) -> None:
    tagged.delete("/insights/1")
    answers = [tagged.post("/insights/1/restore", headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert [row[2] for row in told(database)] == ["create", "trash", "restore"]
    problem(tagged.post("/insights/1/restore"), 404)


def test_the_page_of_the_trash(client: FlaskClient) -> None:
    for number in range(5):
        make_insight(client, title=f"Title {number}")
    for insight_id in (2, 5, 1, 3):
        client.delete(f"/insights/{insight_id}")
    pages = [trash(client, page=page, page_size=3) for page in (1, 2, 3)]
    assert [[insight["id"] for insight in page["insights"]] for page in pages] == [[3, 1, 5], [2], []]
    assert [(page["total"], page["page"], page["page_size"]) for page in pages] == [(4, 1, 3), (4, 2, 3), (4, 3, 3)]
    wrong = client.get("/insights/trash?page=0&page_size=101")
    assert wrong_fields(wrong) == {
        "query.page": "too_small",
        "query.page_size": "too_large",
    }


def test_the_trash_is_no_id(client: FlaskClient) -> None:
    for method in ("POST", "PUT"):
        problem(client.open("/insights/trash", method=method, json={}), 405)


# Gone for good


def test_a_purged_insight_is_gone_with_its_history(tagged: FlaskClient, database: Database) -> None:
    make_insight(tagged)
    tagged.delete("/insights/1")
    response = tagged.delete("/insights/trash/1")
    assert (response.status_code, response.data) == (204, b"")
    assert (told(database, 1), len(told(database, 2)), trash(tagged)["total"]) == ([], 1, 0)
    problem(tagged.post("/insights/1/restore"), 404)
    [entry] = database.execute("SELECT subject_id, subject_name FROM audit_log WHERE verb = 'insight.purge'").fetchall()
    assert entry == ("1", "Precious")


def test_the_trash_is_emptied(client: FlaskClient, database: Database) -> None:
    for number in range(4):
        make_insight(client, title=f"Title {number}")
    for insight_id in (1, 2, 3):
        client.delete(f"/insights/{insight_id}")
    assert answered(client.delete("/insights/trash"), PurgeAnswer) == {"purged": 3}
    assert answered(client.delete("/insights/trash"), PurgeAnswer) == {"purged": 0}
    assert [len(told(database, insight_id)) for insight_id in (1, 2, 3, 4)] == [0, 0, 0, 1]
    named = database.execute("SELECT subject_name FROM audit_log WHERE verb = 'insight.purge' ORDER BY 1").fetchall()
    assert named == [("Title 0",), ("Title 1",), ("Title 2",)]


def test_the_upkeep_purges_what_lay_there_long_enough(app: Flask, client: FlaskClient, database: Database) -> None:
    assert "purge the trash" in [job.name for job in worker.upkeep()]
    for age in ("29 days 23 hours", "30 days", "400 days"):
        insight_id = make_insight(client)["id"]
        client.delete(f"/insights/{insight_id}")
        change = "UPDATE insight_trash SET trashed_at = now() - CAST(%s AS interval) WHERE id = %s"
        database.execute(change, [age, insight_id])
    with acting(UPKEEP):
        purge()
        purge()
    assert [insight["id"] for insight in trash(client)["insights"]] == [1]
    assert [len(told(database, insight_id)) for insight_id in (1, 2, 3)] == [2, 0, 0]
    by = database.execute("SELECT DISTINCT actor_name FROM audit_log WHERE verb = 'insight.purge'").fetchall()
    assert by == [("upkeep",)]


def test_a_full_trash_is_purged_part_by_part(
    client: FlaskClient, database: Database, statements: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trashing, "PURGED_AT_ONCE", 2)
    for _ in range(5):
        client.delete(f"/insights/{make_insight(client)['id']}")
    before = len(statements())
    assert answered(client.delete("/insights/trash"), PurgeAnswer) == {"purged": 5}
    assert sum("DELETE FROM insight_trash" in each for each in statements()[before:]) == 4
    assert database.execute("SELECT count(*) FROM insight_revisions").fetchone() == (0,)
    entries = "SELECT subject_id FROM audit_log WHERE verb = 'insight.purge' ORDER BY subject_id"
    assert database.execute(entries).fetchall() == [("1",), ("2",), ("3",), ("4",), ("5",)]


@settings(max_examples=20, deadline=None)
@given(days=some.integers(0, 40), ages=some.lists(some.integers(0, 40), max_size=6))
def test_exactly_what_is_old_enough_is_purged(application: Flask, owner_url: str, days: int, ages: list[int]) -> None:
    with application.app_context(), acting(UPKEEP), psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("DELETE FROM insight_trash")
        for number, age in enumerate(ages, start=1):
            connection.execute(
                "INSERT INTO insight_trash (id, public_id, title, description, author, priority, status, visibility,"
                " metadata, version, created_at, updated_at, tag_ids, trashed_by, trashed_at)"
                " VALUES (%s, gen_random_uuid(), 'T', 'D', 'A', 'low', 'draft', 'PUBLIC', '{}', 1, now(), now(), '{}',"
                " 'a', now() - make_interval(days => %s))",
                [number, age],
            )
        assert transact(purge_trash, days) == sum(age >= days for age in ages)
        connection.execute("DELETE FROM insight_trash")


# For whom


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_the_trash_shows_what_one_may_bring_back(ask: Ask, stored: Any, role: str) -> None:
    for kind in KINDS:
        assert ask("admin", "DELETE", f"/insights/{kind.id}").status_code == 204
    if role == "anonymous":
        problem(ask(role, "GET", "/insights/trash"), 401)
    else:
        page = answered(ask(role, "GET", "/insights/trash?page_size=100"), TrashPage)
        mine = [kind.id for kind in KINDS if kind.seen_by(role) and kind.changed_by(role)]
        assert (sorted(insight["id"] for insight in page["insights"]), page["total"]) == (mine, len(mine))
    before = stored()
    for kind in KINDS:
        answer = ask(role, "POST", f"/insights/{kind.id}/restore", {})
        expected = 404 if not kind.seen_by(role) else 200 if kind.changed_by(role) else 403
        assert answer.status_code == (401 if role == "anonymous" else expected), kind
        after = stored()
        assert (after != before) == (answer.status_code == 200), kind
        before = after


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_only_administrators_purge(ask: Ask, stored: Any, role: str) -> None:
    for kind in KINDS[:2]:
        assert ask("admin", "DELETE", f"/insights/{kind.id}").status_code == 204
    before = stored()
    one, all_of_it = ask(role, "DELETE", "/insights/trash/1"), ask(role, "DELETE", "/insights/trash")
    if role == "admin":
        assert (one.status_code, all_of_it.json) == (204, {"purged": 1})
    else:
        assert one.status_code == all_of_it.status_code == (401 if role == "anonymous" else 403)
        assert stored() == before
