"""``POST /insights/bulk``: one act on many insights, by ids or by a filter; exact figures, every refusal."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit.queries import AuditFilter, audit_json
from app.core.http.body import IDEMPOTENCY_KEY
from app.core.metrics import insights_deleted, insights_updated
from app.curation.schemas import BulkAnswer
from tests.answers import answered, problem, refused_because, wrong_fields
from tests.identity.world import KINDS, ROLES, headers

Rows = Callable[..., list[dict[str, Any]]]
Stored = Callable[[], object]

# Action -> what it takes, and the insights of `knowledge` that it changes.
ACTIONS: dict[str, tuple[dict[str, Any], list[int]]] = {
    "tag": ({"tag_ids": [1, 2]}, [2, 3, 4]),
    "untag": ({"tags": ["testing", "Incident"]}, [1, 2]),
    "recategorise": ({"category_id": 2}, [1, 3, 4]),
    "set_priority": ({"priority": "high"}, [1, 2, 3]),
    "publish": ({}, [1, 4]),
    "archive": ({}, [1, 2, 3]),
    "trash": ({}, [1, 2, 3, 4]),
}
IDS, FILTER = {"ids": [4, 3, 2, 1, 3]}, {"filter": {"author": "ada"}}


KNOWLEDGE = """
INSERT INTO tags (name, slug) VALUES ('Testing', 'testing'), ('Incident', 'incident'), ('Other', 'other');
INSERT INTO categories (name, slug) VALUES ('First', 'first'), ('Second', 'second');
INSERT INTO insights (title, description, author, category_id, priority, status, visibility) VALUES
  ('Title', 'Text', 'Ada', 1, 'medium', 'draft', 'INTERNAL'),
  ('Title', 'Text', 'Ada', 2, 'medium', 'published', 'INTERNAL'),
  ('Title', 'Text', 'Ada', NULL, 'critical', 'published', 'INTERNAL'),
  ('Title', 'Text', 'Ada', NULL, 'high', 'archived', 'RESTRICTED'),
  ('Title', 'Text', 'Grace', 1, 'medium', 'draft', 'INTERNAL');
INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1), (1, 2), (2, 1), (2, 3), (3, 3), (5, 1)"""


@pytest.fixture
def knowledge(client: FlaskClient, owner_connection: psycopg.Connection) -> FlaskClient:
    """Four insights of Ada, and one of somebody else."""
    owner_connection.execute(KNOWLEDGE)
    return client


def bulk(client: FlaskClient, role: str | None = None, **body: Any) -> Any:
    response = client.post("/insights/bulk", json=body, headers=headers(role) if role else {})
    return answered(response, BulkAnswer)


def figures(matched: int, changed: int, unchanged: int, skipped: list[Any] | None = None) -> dict[str, Any]:
    return {"matched": matched, "changed": changed, "unchanged": unchanged, "skipped": skipped or []}


def expected_after(row: dict[str, Any], action: str) -> tuple[dict[str, Any], list[int]]:
    """What is kept of a row, and its tags, after an action of `ACTIONS`."""
    kept, tags = row["kept"], row["tags"]
    given = {
        "tag": (kept, sorted({*tags, 1, 2})),
        "untag": (kept, [tag for tag in tags if tag == 3]),
        "recategorise": ({**kept, "category_id": 2}, tags),
        "set_priority": ({**kept, "priority": "high"}, tags),
        "publish": ({**kept, "status": "published"}, tags),
        "archive": ({**kept, "status": "archived"}, tags),
    }
    return given[action]


@pytest.mark.parametrize("target", [IDS, FILTER], ids=["ids", "filter"])
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_changes_what_differs(
    knowledge: FlaskClient, rows: Rows, revisions: Rows, action: str, target: dict[str, Any]
) -> None:
    takes, changing = ACTIONS[action]
    before = rows()
    done = bulk(knowledge, action=action, **takes, **target, message="Spring cleaning")
    receipt_id = done.pop("receipt_id")
    assert UUID(receipt_id).version == 7
    assert done == {"undo": f"/receipts/{receipt_id}/undo", **figures(4, len(changing), 4 - len(changing))}
    after = {row["id"]: row for row in rows()}
    for row in before:
        if row["id"] not in changing:
            assert after[row["id"]] == row
        elif action == "trash":
            assert row["id"] not in after
        else:
            now = after[row["id"]]
            kept, tags = expected_after(row, action)
            if action == "publish":
                kept = {**kept, "published_at": now["kept"]["published_at"]}
                assert kept["published_at"] is not None
            assert (now["kept"], now["tags"], now["words"]) == (kept, tags, row["words"])
            assert (now["version"], now["updated_at"] > row["updated_at"]) == (row["version"] + 1, True)
    assert [
        (each["insight_id"], each["number"], each["verb"], each["message"], each["receipt_id"]) for each in revisions()
    ] == [
        (insight_id, 2, "trash" if action == "trash" else "update", "Spring cleaning", receipt_id)
        for insight_id in changing
    ]


def test_a_revision_holds_what_was_there_before(knowledge: FlaskClient, revisions: Rows) -> None:
    bulk(knowledge, action="tag", tag_ids=[1, 2], ids=[2, 3])
    bulk(knowledge, action="untag", tag_ids=[1], ids=[2])
    bulk(knowledge, action="publish", ids=[1])
    assert [(each["insight_id"], each["changes"]) for each in revisions()] == [
        (1, {"status": "draft", "published_at": None}),
        (2, {"tags": [1, 3]}),
        (2, {"tags": [1, 2, 3]}),
        (3, {"tags": [3]}),
    ]


@pytest.mark.parametrize("target", [IDS, FILTER], ids=["ids", "filter"])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_preview_tells_the_figures_and_changes_nothing(
    knowledge: FlaskClient, stored: Stored, action: str, target: dict[str, Any]
) -> None:
    takes, changing = ACTIONS[action]
    before = stored()
    told = bulk(knowledge, action=action, **takes, **target, preview=True)
    assert stored() == before
    assert told == {
        "preview": True,
        "matched": 4,
        "would_change": len(changing),
        "unchanged": 4 - len(changing),
        "skipped": [],
        "would_make": [],
    }


def test_a_filter_is_what_a_search_takes(knowledge: FlaskClient) -> None:
    knowledge.put("/insights/3", json={"title": "Retries multiply load"})
    for wanted, matched in [
        ({}, 5),
        ({"query": "retry loads"}, 1),
        ({"query": "etri"}, 1),
        ({"tag_ids": [1, 3]}, 1),
        ({"tag_ids": [1]}, 3),
        ({"status": "published", "priority": "critical"}, 1),
        ({"visibility": "RESTRICTED", "author": None}, 1),
        ({"category_id": 1}, 2),
        ({"category": "second"}, 1),
        ({"query": "nothing"}, 0),
    ]:
        told = bulk(knowledge, action="trash", filter=wanted, preview=True)
        assert (told["matched"], told["would_change"]) == (matched, matched), wanted
    # The filter's values and the act's go by the same names.
    assert bulk(knowledge, action="recategorise", category_id=2, filter={"category_id": 1})["changed"] == 2
    assert bulk(knowledge, action="tag", tag_ids=[2], filter={"tag_ids": [1, 3]})["changed"] == 1
    assert bulk(knowledge, action="set_priority", priority="low", filter={"priority": "medium"})["changed"] == 3


def test_a_query_that_was_corrected_says_so(knowledge: FlaskClient) -> None:
    knowledge.put("/insights/3", json={"title": "Retries multiply load"})
    told = bulk(knowledge, action="archive", filter={"query": "multpily -quokka"}, preview=True)
    assert (told["matched"], told["corrected_query"]) == (1, "multiply -quokka")
    assert "corrected_query" not in bulk(knowledge, action="archive", filter={"query": "multiply"}, preview=True)
    done = bulk(knowledge, action="archive", filter={"query": "multpily"})
    assert (done["changed"], done["corrected_query"]) == (1, "multiply")
    assert knowledge.get(f"/receipts/{done['receipt_id']}").json["outcome"]["corrected_query"] == "multiply"
    again = bulk(knowledge, action="archive", filter={"query": "multpily"})
    assert (again["receipt_id"], again["unchanged"], again["corrected_query"]) == (None, 1, "multiply")


def test_names_become_tags_and_categories(knowledge: FlaskClient) -> None:
    assert bulk(knowledge, action="tag", tags=["TESTING", "new"], ids=[3, 4], preview=True)["would_change"] == 2
    assert [tag["name"] for tag in knowledge.get("/tags").json] == ["Incident", "Other", "Testing"]
    assert bulk(knowledge, action="tag", tags=["TESTING", "new", "New"], ids=[3, 4])["changed"] == 2
    assert {tag["name"]: tag["usage_count"] for tag in knowledge.get("/tags").json} == {
        "Incident": 1, "Other": 2, "Testing": 5, "new": 2,
    }  # fmt: skip
    assert bulk(knowledge, action="recategorise", category_name="Third", ids=[1, 3], preview=True)["would_change"] == 2
    assert len(knowledge.get("/categories").json) == 2
    assert bulk(knowledge, action="recategorise", category_name="Third", ids=[1, 3])["changed"] == 2
    assert [each["category"]["name"] for each in knowledge.get("/insights?category=third").json["insights"]] == [
        "Third", "Third",
    ]  # fmt: skip
    assert bulk(knowledge, action="recategorise", category_id=None, ids=[1, 2, 3, 4])["changed"] == 3
    assert bulk(knowledge, action="recategorise", category_id=None, filter={})["changed"] == 1


def test_what_was_merged_stands_for_its_target(knowledge: FlaskClient) -> None:
    assert knowledge.post("/tags/3/merge", json={"into": 2}).status_code == 200
    assert knowledge.post("/categories/2/merge", json={"into": 1}).status_code == 200
    assert bulk(knowledge, action="tag", tag_ids=[3], ids=[3, 4])["changed"] == 1
    assert bulk(knowledge, action="untag", tags=["other"], ids=[1, 2, 3, 4])["changed"] == 4
    assert bulk(knowledge, action="recategorise", category_id=2, ids=[1, 4])["changed"] == 1
    assert knowledge.get("/insights/4").json["category"]["name"] == "First"
    for wanted in ({"tag_ids": [3]}, {"tag_ids": [3, 2]}, {"category_id": 2}):
        now = {"tag_ids": [2]} if "tag_ids" in wanted else {"category_id": 1}
        told, same = (bulk(knowledge, action="trash", filter=each, preview=True)["matched"] for each in (wanted, now))
        assert told == same


REFUSED = [
    ({"action": "tag", "tag_ids": [1, 99, 2**40]}, "tag_ids: tag 99, 1099511627776 does not exist.", "tag_ids"),
    ({"action": "untag", "tag_ids": [0]}, "tag_ids: tag 0 does not exist.", "tag_ids"),
    ({"action": "untag", "tags": ["incident", "nobody"]}, "tags: tag nobody does not exist.", "tags"),
    ({"action": "recategorise", "category_id": 9}, "category_id: category 9 does not exist.", "category_id"),
    ({"action": "recategorise", "category_id": -1}, "category_id: category -1 does not exist.", "category_id"),
]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(("body", "detail", "field"), REFUSED)
def test_what_does_not_exist_is_refused(
    knowledge: FlaskClient, stored: Stored, body: dict[str, Any], detail: str, field: str, preview: bool
) -> None:
    before = stored()
    answer = knowledge.post("/insights/bulk", json={**body, **IDS, "preview": preview})
    refused_because(answer, detail, field, "unknown_reference")
    assert stored() == before


WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {"body.action": "required", "body.ids": "required"}),
    ({"action": "explode", "ids": [1]}, {"body.action": "unknown_token"}),
    ({"action": "trash"}, {"body.ids": "required"}),
    ({"action": "trash", "ids": [1], "filter": {}}, {"body.filter": "beside_another"}),
    ({"action": "trash", "ids": []}, {"body.ids": "too_short"}),
    ({"action": "tag", "ids": [1], "tags": []}, {"body.tags": "too_short"}),
    ({"action": "untag", "ids": [1], "tag_ids": []}, {"body.tag_ids": "too_short"}),
    ({"action": "trash", "ids": ["1"]}, {"body.ids.0": "type"}),
    ({"action": "trash", "ids": [1] * 10_001}, {"body.ids": "too_long"}),
    ({"action": "trash", "filter": {"statsu": "draft"}}, {"body.filter.statsu": "unknown_field"}),
    ({"action": "trash", "filter": {"page": 1}}, {"body.filter.page": "unknown_field"}),
    ({"action": "trash", "filter": None}, {"body.filter": "null"}),
    ({"action": "trash", "filter": "draft"}, {"body.filter": "type"}),
    ({"action": "trash", "filter": [1]}, {"body.filter": "type"}),
    ({"action": "trash", "ids": [1], "preview": "yes"}, {"body.preview": "type"}),
    ({"action": "trash", "ids": [1], "preview": 1}, {"body.preview": "type"}),
    ({"action": "tag", "ids": [1]}, {"body.tag_ids": "required"}),
    ({"action": "tag", "ids": [1], "tag_ids": [1], "tags": ["a"]}, {"body.tags": "beside_another"}),
    ({"action": "tag", "ids": [1], "tags": [""]}, {"body.tags.0": "too_short"}),
    ({"action": "tag", "ids": [1], "tag_ids": [1], "priority": "low"}, {"body.priority": "unknown_field"}),
    ({"action": "recategorise", "ids": [1]}, {"body.category_id": "required"}),
    ({"action": "set_priority", "ids": [1], "priority": "huge"}, {"body.priority": "unknown_token"}),
    ({"action": "publish", "ids": [1], "category_id": 1}, {"body.category_id": "unknown_field"}),
    ({"action": "trash", "ids": [1], "message": "x" * 501}, {"body.message": "too_long"}),
]


@pytest.mark.parametrize(("body", "errors"), WRONG)
def test_a_wrong_act_names_its_fields(
    knowledge: FlaskClient, stored: Stored, body: dict[str, Any], errors: dict[str, str]
) -> None:
    before = stored()
    assert wrong_fields(knowledge.post("/insights/bulk", json=body)) == errors
    assert stored() == before


def test_nothing_to_do_leaves_no_receipt(knowledge: FlaskClient, stored: Stored) -> None:
    before = stored()
    for target in ({"ids": [3, 4]}, {"filter": {"author": "nobody"}}):
        matched = len(target.get("ids", []))
        done = bulk(knowledge, action="recategorise", category_id=None, **target)
        assert done == {"receipt_id": None, "undo": None, **figures(matched, 0, matched)}
    assert stored() == before


@pytest.mark.parametrize(
    "takes", [{"action": "tag", "tags": ["new"]}, {"action": "recategorise", "category_name": "N"}]
)
def test_nothing_is_made_for_nothing(knowledge: FlaskClient, stored: Stored, takes: dict[str, Any]) -> None:
    before = stored()
    nobody = {"filter": {"author": "nobody"}}
    assert bulk(knowledge, **takes, **nobody, preview=True)["would_make"] == []
    assert bulk(knowledge, **takes, **nobody)["receipt_id"] is None
    assert stored() == before


def test_a_preview_tells_which_names_are_new(knowledge: FlaskClient, stored: Stored) -> None:
    before = stored()
    tags = ["Incidnet", "testing", "Café", "CAFE", "incidnet"]
    assert bulk(knowledge, action="tag", tags=tags, ids=[3], preview=True)["would_make"] == ["Incidnet", "Café"]
    place = bulk(knowledge, action="recategorise", category_name="Frist", ids=[3], preview=True)
    assert (place["would_make"], place["would_change"]) == (["Frist"], 1)
    assert stored() == before
    bulk(knowledge, action="tag", tags=tags, ids=[3])
    assert [tag["name"] for tag in knowledge.get("/tags").json] == ["Café", "Incident", "Incidnet", "Other", "Testing"]


def test_an_act_runs_once_under_a_key(knowledge: FlaskClient, rows: Rows) -> None:
    body = {"action": "tag", "tags": ["once"], "ids": [1, 2]}
    first, second = (knowledge.post("/insights/bulk", json=body, headers={IDEMPOTENCY_KEY: "a key"}) for _ in range(2))
    assert (first.data, second.headers["Idempotency-Replayed"]) == (second.data, "true")
    assert len(rows("SELECT id FROM receipts")) == 1
    other = knowledge.post("/insights/bulk", json={**body, "ids": [3]}, headers={IDEMPOTENCY_KEY: "a key"})
    assert problem(other, 422)["errors"][0]["code"] == "key_reused"


@pytest.mark.parametrize("preview", [False, True])
def test_ids_that_no_column_holds_are_not_found(knowledge: FlaskClient, preview: bool) -> None:
    done = bulk(knowledge, action="trash", ids=[-(10**30), 10**30], preview=preview)
    assert done["skipped"] == [{"id": -(10**30), "reason": "not found"}, {"id": 10**30, "reason": "not found"}]


def test_one_entry_in_the_log_and_counters_by_the_rows(knowledge: FlaskClient, application: Flask) -> None:
    counters = (insights_updated, insights_deleted)

    def counted() -> list[float]:
        return [counter._value.get() for counter in counters]

    before = counted()
    tagged = bulk(knowledge, action="tag", tag_ids=[2], **IDS)
    bulk(knowledge, action="trash", ids=[1, 2])
    bulk(knowledge, action="trash", ids=[3], preview=True)
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [3, 2]
    with application.app_context():
        entries = audit_json(AuditFilter(verb="insight.bulk"))
    assert entries.count(b'"verb" : "insight.bulk"') == 2
    log = knowledge.get("/audit?verb=insight.bulk").json["entries"]
    assert (log[1]["subject_id"], log[1]["diff"]) == (
        tagged["receipt_id"], {"action": [None, "tag"], "changed": [None, 3]},
    )  # fmt: skip


def test_the_statements_do_not_grow_with_the_rows(knowledge: FlaskClient, statements: Callable[[], list[str]]) -> None:
    def sent(**body: Any) -> int:
        before = len(statements())
        assert bulk(knowledge, **body)["changed"] == len(body["ids"])
        return len(statements()) - before

    assert sent(action="tag", tag_ids=[1], ids=[4]) == sent(action="tag", tag_ids=[2], ids=[2, 3, 4, 5]) <= 12
    assert sent(action="trash", ids=[1]) == sent(action="trash", ids=[2, 3, 4, 5]) <= 12


@pytest.mark.parametrize("role", ROLES)
def test_whose_insights_are_changed(caller: FlaskClient, rows: Rows, stored: Stored, role: str) -> None:
    """By ids: what isn't seen is not found, what isn't the actor's to change is listed; by a filter the same."""
    ids = [kind.id for kind in KINDS] + [10_000]
    body = {"action": "tag", "tag_ids": [2]}
    if role in ("viewer", "analyst"):
        before = stored()
        problem(caller.post("/insights/bulk", json={**body, "ids": ids}, headers=headers(role)), 403)
        assert stored() == before
        return
    mine = [kind.id for kind in KINDS if kind.changed_by(role)]
    foreign = [kind.id for kind in KINDS if kind.seen_by(role) and not kind.changed_by(role)]
    unseen = [kind.id for kind in KINDS if not kind.seen_by(role)] + [10_000]
    skipped = [{"id": number, "reason": "not found" if number in unseen else "forbidden"}
               for number in sorted(foreign + unseen)]  # fmt: skip
    done = bulk(caller, role, **body, ids=ids)
    told = figures(len(mine) + len(foreign), len(mine), 0, skipped)
    assert {name: done[name] for name in told} == told
    assert [row["id"] for row in rows() if 2 in row["tags"]] == mine  # type: ignore[operator]
    again = bulk(caller, role, **body, filter={})
    told = figures(len(mine) + len(foreign), 0, len(mine), [each for each in skipped if each["id"] in foreign])
    assert {name: again[name] for name in told} == told


@pytest.mark.parametrize("action", ["publish", "archive"])
def test_publishing_is_the_editors(caller: FlaskClient, stored: Stored, action: str) -> None:
    own = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("contributor", "draft"))
    before = stored()
    for preview in (False, True):
        answer = caller.post(
            "/insights/bulk", json={"action": action, "ids": [own], "preview": preview}, headers=headers("contributor")
        )
        problem(answer, 403, "Publishing and archiving are the editors'.")
    assert stored() == before


def test_a_vocabulary_that_is_not_open(caller: FlaskClient, closed: Flask, stored: Stored) -> None:
    own = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("contributor", "draft"))
    closed.config["VOCABULARY"] = "curated"
    try:
        for preview in (False, True):
            before = stored()
            body = {"action": "tag", "tags": ["Incident", "new"], "ids": [own], "preview": preview}
            answer = caller.post("/insights/bulk", json=body, headers=headers("contributor"))
            assert problem(answer, 400)["errors"][0]["code"] == "unknown_name"
            assert stored() == before
        assert bulk(caller, "editor", action="tag", tags=["new"], ids=[own])["changed"] == 1
    finally:
        closed.config["VOCABULARY"] = "open"
