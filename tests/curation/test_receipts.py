"""``/receipts``: what an act leaves behind, who sees it; whose insights an act may change, said in SQL and Python."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.db import read_rows
from app.curation.schemas import ReceiptAnswer, ReceiptPage
from app.identity.actor import LOCAL_ADMINISTRATOR, LOCAL_PAGE, Actor, Kind, anonymous, known_actor
from app.identity.permissions import Role
from app.insights import policy
from app.insights.policy import may_change_sql
from tests.answers import answered, make_insight, make_tag, problem, wrong_fields
from tests.identity.world import KINDS, ROLES, headers

NOBODY_S = "00000000-0000-0000-0000-000000000000"


def act(client: FlaskClient, role: str | None = None, **body: Any) -> Any:
    response = client.post("/insights/bulk", json=body, headers=headers(role) if role else {})
    assert response.status_code == 200, response.text
    return response.json


def own_draft(role: str) -> int:
    return next(kind.id for kind in KINDS if (kind.owner, kind.status) == (role, "draft"))


def test_a_receipt_says_what_was_done(client: FlaskClient) -> None:
    make_tag(client, "Testing")
    for _ in range(3):
        make_insight(client)
    act(client, action="set_priority", priority="high", ids=[2])
    done = act(client, action="tag", tags=["testing"], filter={"priority": "medium"}, message="Sorted")
    response = client.get(f"/receipts/{done['receipt_id']}")
    receipt = answered(response, ReceiptAnswer)
    assert receipt.pop("at").endswith("Z")
    summary = {
        "id": done["receipt_id"],
        "actor": {"kind": "local", "id": None, "name": "local administrator"},
        "action": "tag",
        "message": "Sorted",
        "changed": 2,
        "undone_by": None,
        "left": None,
        "undo": done["undo"],
    }
    assert receipt == {
        **summary,
        "request": {"action": "tag", "tags": ["testing"], "filter": {"priority": "medium"}, "message": "Sorted"},
        "outcome": {"matched": 2, "changed": 2, "unchanged": 0, "skipped": [], "insights": [1, 3]},
    }
    assert (
        client.get(f"/receipts/{done['receipt_id']}", headers={"If-None-Match": response.headers["ETag"]}).status_code
        == 304
    )
    undone = client.post(done["undo"], json={"message": "Wrong filter"}).json
    page = answered(client.get("/receipts"), ReceiptPage)
    assert (page["total"], page["page"], page["page_size"]) == (3, 1, 20)
    newest, second, first = page["receipts"]
    assert {**second, "at": None} == {**summary, "at": None, "undone_by": undone["receipt_id"], "left": 0, "undo": None}
    assert (newest["id"], newest["action"], newest["message"]) == (undone["receipt_id"], "undo", "Wrong filter")
    assert (newest["changed"], newest["undo"]) == (2, undone["undo"])
    assert (first["action"], first["changed"], first["message"]) == ("set_priority", 1, None)
    assert [each["id"] for each in client.get("/receipts?page=2&page_size=1").json["receipts"]] == [second["id"]]
    assert client.get("/receipts?page=9").json["receipts"] == []
    assert wrong_fields(client.get("/receipts?page=0&page_size=101")) == {
        "query.page": "too_small", "query.page_size": "too_large",
    }  # fmt: skip


def test_a_receipt_that_is_not_there(client: FlaskClient) -> None:
    for path in (f"/receipts/{NOBODY_S}", f"/receipts/{NOBODY_S}/undo"):
        answer = client.post(path) if path.endswith("undo") else client.get(path)
        problem(answer, 404, f"Receipt {NOBODY_S} does not exist.")
    assert client.get("/receipts/1").status_code == 404


def test_receipts_are_their_makers_and_the_editors(caller: FlaskClient, stored: Any) -> None:
    made = {
        role: act(caller, role, action="set_priority", priority="low", ids=[own_draft(role)])["receipt_id"]
        for role in ("contributor", "editor", "admin")
    }
    seen = {"viewer": [], "analyst": [], "contributor": ["contributor"], "editor": [*made], "admin": [*made]}
    for role in ROLES:
        page = caller.get("/receipts", headers=headers(role)).json
        assert [each["id"] for each in page["receipts"]] == [made[maker] for maker in reversed(seen[role])]
        assert page["total"] == len(seen[role])
        for maker, receipt_id in made.items():
            before = stored()
            answer = caller.get(f"/receipts/{receipt_id}", headers=headers(role))
            if maker in seen[role]:
                assert answer.json["actor"]["name"] == maker.capitalize()
                continue
            problem(answer, 404)
            problem(caller.post(f"/receipts/{receipt_id}/undo", headers=headers(role)), 404)
            assert stored() == before
    assert caller.get("/receipts").status_code == 401


def actors() -> list[Actor]:
    known = [
        known_actor(Kind.PERSON, role, number, [Role(role)], scopes)
        for number, role in enumerate(ROLES, start=1)
        for scopes in ((), ("insights:write",), ("insights:edit",), ("insights:read",))
    ]
    return [*known, anonymous(True), anonymous(False), LOCAL_ADMINISTRATOR, LOCAL_PAGE]


@pytest.mark.parametrize("actor", actors(), ids=lambda actor: f"{actor.name}-{len(actor.permissions)}")
def test_who_may_change_is_the_same_in_sql(caller: FlaskClient, closed: Flask, actor: Actor) -> None:
    with closed.app_context():
        statement = f"SELECT i.id, i.status, i.visibility, i.owner_id, {may_change_sql(actor)} AS mine FROM insights i"
        rows = read_rows(f"{statement} ORDER BY i.id", changer=actor.user_id)
    assert len(rows) == len(KINDS)
    for row in rows:
        insight = SimpleNamespace(status=row.status, visibility=row.visibility, owner_id=row.owner_id)
        assert row.mine is policy.may_change(actor, insight)
