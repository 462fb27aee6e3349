"""``POST /categories/{id}/merge`` and ``/move``: what lies in a category follows, and the receipt leads back."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.curation.schemas import CategoryMergeAnswer, CategoryMoveAnswer
from tests.answers import answered, make_category, make_insight, problem, refused_because
from tests.taxonomy.test_races import Call, at_once

Rows = list[tuple[Any, ...]]


@pytest.fixture
def rows(owner_connection: psycopg.Connection) -> Any:
    return lambda statement: owner_connection.execute(statement).fetchall()


def merge(client: FlaskClient, category_id: int, into: int, **body: Any) -> Any:
    response = client.post(f"/categories/{category_id}/merge", json={"into": into, **body})
    return answered(response, CategoryMergeAnswer)


def move(client: FlaskClient, category_id: int, parent_id: int | None, **body: Any) -> Any:
    response = client.post(f"/categories/{category_id}/move", json={"parent_id": parent_id, **body})
    return answered(response, CategoryMoveAnswer)


def undo(client: FlaskClient, done: dict[str, Any]) -> Any:
    response = client.post(done["undo"], json={})
    assert response.status_code == 200, response.text
    return response.get_json()


def place(client: FlaskClient, insight_id: int) -> int | None:
    category_id: int | None = client.get(f"/insights/{insight_id}").get_json()["category_id"]
    return category_id


def parents(client: FlaskClient) -> dict[str, int | None]:
    return {category["name"]: category["parent_id"] for category in client.get("/categories").get_json()}


def counts(client: FlaskClient) -> dict[str, int]:
    return {category["name"]: category["insight_count"] for category in client.get("/categories").get_json()}


def in_order(rows: Callable[[str], Rows]) -> None:
    """What must hold after whatever happened."""
    assert rows("SELECT * FROM counts_drift") == []
    assert rows("SELECT a.name FROM category_aliases a JOIN categories c ON folded(c.name) = folded(a.name)") == []
    assert (
        rows("""SELECT i.id FROM insights i JOIN LATERAL (SELECT version FROM insight_revisions
        WHERE insight_id = i.id ORDER BY number DESC LIMIT 1) last ON last.version <> i.version""")
        == []
    )


@pytest.fixture
def tree(client: FlaskClient) -> FlaskClient:
    """Studies (1) with Trials (2) below it, Research (3), Library (4); insights 1 and 2 in Studies, 3 in Research."""
    make_category(client, "Studies")
    make_category(client, "Trials", parent_id=1)
    make_category(client, "Research")
    make_category(client, "Library")
    for category_id in (1, 1, 3):
        make_insight(client, category_id=category_id)
    return client


@pytest.mark.parametrize("at_once", [1, 10_000])
def test_insights_children_and_names_follow(
    tree: FlaskClient, rows: Callable[[str], Rows], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("app.curation.batches.BATCH", at_once)
    done = merge(tree, 1, 3, message="One place")
    assert (done["preview"], done["insights"], done["categories"], done["aliases"]) == (False, 2, 1, ["Studies"])
    assert (done["into"]["name"], done["into"]["insight_count"]) == ("Research", 3)
    assert parents(tree) == {"Library": None, "Research": None, "Trials": 3}
    assert counts(tree) == {"Library": 0, "Research": 3, "Trials": 0}
    problem(tree.get("/categories/1"), 404)
    assert rows("""SELECT insight_id, version, message, receipt_id::text, changes FROM insight_revisions
        WHERE number > 1 ORDER BY insight_id""") == [
        (1, 2, "One place", done["receipt_id"], {"category_id": 1}),
        (2, 2, "One place", done["receipt_id"], {"category_id": 1}),
    ]
    assert rows("SELECT subject_id FROM audit_log WHERE verb = 'category.merge'") == [("1",)]
    in_order(rows)


def test_a_preview_tells_and_leaves_everything_as_it_was(tree: FlaskClient, stored: Callable[[], object]) -> None:
    before = stored()
    seen = merge(tree, 1, 3, preview=True)
    assert (seen["preview"], seen["receipt_id"], seen["undo"]) == (True, None, None)
    assert (seen["insights"], seen["categories"], seen["aliases"]) == (2, 1, ["Studies"])
    moved = move(tree, 1, 4, preview=True)
    assert (moved["preview"], moved["receipt_id"], moved["insights"], moved["categories"]) == (True, None, 2, 2)
    assert moved["category"]["parent_id"] is None
    assert stored() == before


@pytest.mark.parametrize("preview", [False, True])
def test_what_can_not_be_merged(tree: FlaskClient, stored: Callable[[], object], preview: bool) -> None:
    before = stored()

    def post(category_id: int, into: int, **headers: str) -> Any:
        body = {"into": into, "preview": preview}
        return tree.post(f"/categories/{category_id}/merge", json=body, headers=headers)

    refused_because(post(1, 1), "into: category 1 can't be merged into itself.", "into", "same")
    refused_because(post(1, 99), "into: category 99 does not exist.", "into", "unknown_reference")
    refused_because(post(1, 2), "into: category 2 lies below category 1, so it can't take its place.", "into", "cycle")
    problem(post(99, 1), 404, "Category 99 does not exist.")
    assert problem(post(1, 3, **{"If-Match": '"7"'}), 412)["current_version"] == 1
    assert stored() == before


@pytest.mark.parametrize("preview", [False, True])
def test_what_can_not_be_moved(tree: FlaskClient, stored: Callable[[], object], preview: bool) -> None:
    before = stored()

    def post(category_id: int, parent_id: int, **headers: str) -> Any:
        body = {"parent_id": parent_id, "preview": preview}
        return tree.post(f"/categories/{category_id}/move", json=body, headers=headers)

    assert problem(post(1, 2), 400)["errors"][0]["code"] == "cycle"
    assert problem(post(1, 99), 400)["errors"][0]["code"] == "unknown_reference"
    problem(post(99, 1), 404, "Category 99 does not exist.")
    assert problem(post(1, 3, **{"If-Match": '"7"'}), 412)["current_version"] == 1
    problem(tree.post("/categories/1/move", json={}), 422, "parent_id: is required")
    assert stored() == before


def test_undoing_gives_everything_back(tree: FlaskClient, rows: Callable[[str], Rows]) -> None:
    before = parents(tree), counts(tree)
    done = merge(tree, 1, 3)
    answer = undo(tree, done)
    assert (answer["reverted"], answer["left"]) == (2, [])
    assert (parents(tree), counts(tree)) == before
    assert tree.get("/categories/1").get_json()["version"] == 2
    assert rows("SELECT * FROM category_aliases") == []
    in_order(rows)


def test_undoing_leaves_what_was_moved_since(tree: FlaskClient, rows: Callable[[str], Rows]) -> None:
    done = merge(tree, 1, 3)
    tree.put("/insights/1", json={"category_id": 4})
    tree.put("/insights/2", json={"title": "Only the title"})
    move(tree, 2, 4)
    answer = undo(tree, done)
    assert (answer["reverted"], answer["left"]) == (1, [{"id": 1, "reason": "changed since"}])
    assert [place(tree, number) for number in (1, 2, 3)] == [4, 1, 3]
    assert parents(tree) == {"Library": None, "Research": None, "Studies": None, "Trials": 4}
    assert tree.get(done["undo"].removesuffix("/undo")).get_json()["undone_by"] == answer["receipt_id"]
    assert rows(f"SELECT outcome->'left_categories' FROM receipts WHERE id = '{answer['receipt_id']}'") == [([2],)]
    in_order(rows)


def test_what_was_merged_into_its_parent_comes_back_below_it(tree: FlaskClient) -> None:
    make_insight(tree, category_id=2)
    done = merge(tree, 2, 1)
    assert place(tree, 4) == 1
    undo(tree, done)
    assert (place(tree, 4), parents(tree)["Trials"]) == (2, 1)


def test_without_its_parent_it_comes_back_at_the_top(tree: FlaskClient) -> None:
    done = merge(tree, 2, 3)
    for insight_id in (1, 2):
        tree.put(f"/insights/{insight_id}", json={"category_id": None})
    assert tree.delete("/categories/1").status_code == 204
    undo(tree, done)
    assert parents(tree)["Trials"] is None


def test_undoing_when_the_tree_was_turned_round(tree: FlaskClient, stored: Callable[[], object]) -> None:
    move(tree, 1, 4)
    done = merge(tree, 1, 3)
    move(tree, 4, 2)
    before = stored()
    assert problem(tree.post(done["undo"], json={}), 400)["detail"] == (
        "The tree has changed since: what lay below the category lies above its old place. Move that first."
    )
    assert stored() == before


def test_chains_go_and_come_back_step_by_step(tree: FlaskClient, rows: Callable[[str], Rows]) -> None:
    first, second = merge(tree, 1, 3), merge(tree, 3, 4)
    assert second["aliases"] == ["Research", "Studies"]
    assert [place(tree, number) for number in (1, 2, 3)] == [4, 4, 4]
    assert "undo that first" in problem(tree.post(first["undo"], json={}), 400)["detail"]
    undo(tree, second)
    assert rows("SELECT former_id, category_id FROM category_aliases") == [(1, 3)]
    undo(tree, first)
    assert [place(tree, number) for number in (1, 2, 3)] == [1, 1, 3]
    in_order(rows)


def test_a_move_and_its_undoing(tree: FlaskClient, rows: Callable[[str], Rows]) -> None:
    done = move(tree, 1, 4, message="Where people look")
    assert (done["insights"], done["categories"], done["category"]["parent_id"]) == (2, 2, 4)
    assert rows("SELECT diff->'parent_id' FROM audit_log WHERE verb = 'category.move'") == [([None, 4],)]
    answer = undo(tree, done)
    assert (answer["reverted"], answer["left"], parents(tree)["Studies"]) == (2, [], None)
    assert answer["moved_back"] == {"category_id": 1, "parent_id": None, "categories": 2, "insights": 2}
    undone, moved = tree.get("/receipts").get_json()["receipts"]
    assert [(each["changed"], each["undo"]) for each in (undone, moved)] == [(2, None), (2, None)]
    assert answer["undo"] is None
    again = problem(tree.post(f"/receipts/{answer['receipt_id']}/undo"), 400)
    assert again["detail"] == "Moving can't be redone in this way: move the category again."


def test_a_move_to_the_top(tree: FlaskClient) -> None:
    assert move(tree, 2, None)["category"]["parent_id"] is None


def test_undoing_a_move_after_another_one(tree: FlaskClient, stored: Callable[[], object]) -> None:
    done = move(tree, 1, 4)
    move(tree, 1, 3)
    before = stored()
    assert problem(tree.post(done["undo"], json={}), 400)["detail"] == (
        "The category was moved again since; its newer place stays."
    )
    assert stored() == before


def test_the_former_id_of_a_parent_is_its_target(tree: FlaskClient) -> None:
    merge(tree, 3, 4)
    assert move(tree, 1, 3)["category"]["parent_id"] == 4


# Races: real threads, each in a transaction of its own.


def test_nothing_that_is_filed_at_the_same_moment_is_refused_or_lost(
    client: FlaskClient, application: Flask, rows: Callable[[str], Rows]
) -> None:
    for turn in range(6):
        old, new = (make_category(client, f"{name} {turn}")["id"] for name in ("Old", "New"))
        insights = [make_insight(client)["id"] for _ in range(3)]

        def filer(key: int, old: int = old) -> Call:
            return lambda other: other.put(f"/insights/{key}", json={"category_id": old})

        calls: list[Call] = [
            lambda other, old=old, new=new: other.post(f"/categories/{old}/merge", json={"into": new}),  # type: ignore[misc]
            lambda other, old=old: make_insight(other, category_id=old),  # type: ignore[misc]
            lambda other, turn=turn: make_insight(other, category_name=f"OLD {turn}"),  # type: ignore[misc]
            *(filer(key) for key in insights),
        ]
        merged, *_ = at_once(application, calls)
        assert merged.status_code == 200, merged.text
        assert counts(client)[f"New {turn}"] == 5
        assert f"Old {turn}" not in counts(client)
    in_order(rows)


def test_merges_that_cross(client: FlaskClient, application: Flask, rows: Callable[[str], Rows]) -> None:
    for turn in range(5):
        one, two = (make_category(client, f"{name} {turn}")["id"] for name in ("One", "Two"))
        insights = [make_insight(client, category_id=category_id)["id"] for category_id in (one, two)]

        def merger(goes: int, stays: int) -> Call:
            return lambda other: other.post(f"/categories/{goes}/merge", json={"into": stays})

        answers = at_once(application, [merger(one, two), merger(two, one)])
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        [stays] = {place(client, insight) for insight in insights}
        for name in ("One", "Two"):
            assert make_insight(client, category_name=f"{name} {turn}")["category_id"] == stays
    in_order(rows)
