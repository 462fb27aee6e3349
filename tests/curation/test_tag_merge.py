"""``POST /tags/{id}/merge``: insights follow, names stay, counts are exact, and the receipt leads back."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.curation.schemas import TagMergeAnswer
from tests.answers import answered, make_insight, make_tag, problem, refused_because
from tests.taxonomy.test_races import Call, at_once

Rows = list[tuple[Any, ...]]


@pytest.fixture
def rows(owner_connection: psycopg.Connection) -> Any:
    return lambda statement: owner_connection.execute(statement).fetchall()


def merge(client: FlaskClient, tag_id: int, into: int, **body: Any) -> Any:
    return answered(client.post(f"/tags/{tag_id}/merge", json={"into": into, **body}), TagMergeAnswer)


def undo(client: FlaskClient, done: dict[str, Any]) -> Any:
    response = client.post(done["undo"], json={})
    assert response.status_code == 200, response.text
    return response.get_json()


def tags_of(client: FlaskClient, insight_id: int) -> list[str]:
    return [tag["name"] for tag in client.get(f"/insights/{insight_id}").get_json()["tags"]]


def usage(client: FlaskClient) -> dict[str, int]:
    return {tag["name"]: tag["usage_count"] for tag in client.get("/tags").get_json()}


def in_order(rows: Callable[[str], Rows]) -> None:
    """What must hold after whatever happened."""
    assert rows("SELECT * FROM counts_drift") == []
    assert rows("SELECT a.name FROM tag_aliases a JOIN tags t ON folded(t.name) = folded(a.name)") == []
    assert (
        rows("""SELECT i.id FROM insights i JOIN LATERAL (SELECT version FROM insight_revisions
        WHERE insight_id = i.id ORDER BY number DESC LIMIT 1) last ON last.version <> i.version""")
        == []
    )


@pytest.fixture
def three(client: FlaskClient) -> FlaskClient:
    """JS on 1 and 3, JavaScript on 2 and 3; both beside another tag on 3."""
    for name in ("JS", "JavaScript", "Web"):
        make_tag(client, name)
    for tag_ids in ([1], [2], [1, 2, 3]):
        make_insight(client, tag_ids=tag_ids)
    return client


@pytest.mark.parametrize("at_once", [1, 10_000])
def test_insights_names_and_history_follow(
    three: FlaskClient, rows: Callable[[str], Rows], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("app.curation.batches.BATCH", at_once)
    etag = three.get("/insights/1").headers["ETag"]
    done = merge(three, 1, 2, message="One name")
    assert (done["preview"], done["insights"], done["both"], done["aliases"]) == (False, 2, 1, ["JS"])
    assert done["undo"] == f"/receipts/{done['receipt_id']}/undo"
    assert (done["into"]["name"], done["into"]["usage_count"]) == ("JavaScript", 3)

    assert [tags_of(three, number) for number in (1, 2, 3)] == [["JavaScript"], ["JavaScript"], ["JavaScript", "Web"]]
    assert usage(three) == {"JavaScript": 3, "Web": 1}
    problem(three.get("/tags/1"), 404, "Tag 1 was merged into the tag 'JavaScript' (2).")
    problem(three.put("/insights/1", json={"title": "Late"}, headers={"If-Match": etag}), 412)
    assert rows("SELECT former_id, tag_id, name, slug FROM tag_aliases") == [(1, 2, "JS", "js")]
    assert rows("""SELECT insight_id, number, version, verb, message, receipt_id::text, changes FROM insight_revisions
        WHERE number > 1 ORDER BY insight_id""") == [
        (1, 2, 2, "update", "One name", done["receipt_id"], {"tags": [1]}),
        (3, 2, 2, "update", "One name", done["receipt_id"], {"tags": [1, 2, 3]}),
    ]
    assert rows("SELECT verb, subject_id, diff->'insights' FROM audit_log WHERE verb = 'tag.merge'") == [
        ("tag.merge", "1", [None, 2])
    ]
    in_order(rows)


def test_a_preview_tells_and_leaves_everything_as_it_was(three: FlaskClient, stored: Callable[[], object]) -> None:
    before = stored()
    seen = merge(three, 1, 2, preview=True)
    assert (seen["preview"], seen["receipt_id"], seen["undo"]) == (True, None, None)
    assert (seen["insights"], seen["both"], seen["aliases"]) == (2, 1, ["JS"])
    assert (seen["into"]["id"], seen["into"]["usage_count"]) == (2, 2)
    assert stored() == before


@pytest.mark.parametrize("preview", [False, True])
def test_what_can_not_be_merged(three: FlaskClient, stored: Callable[[], object], preview: bool) -> None:
    before = stored()

    def post(tag_id: int, into: int, **headers: str) -> Any:
        return three.post(f"/tags/{tag_id}/merge", json={"into": into, "preview": preview}, headers=headers)

    refused_because(post(1, 1), "into: tag 1 can't be merged into itself.", "into", "same")
    refused_because(post(1, 99), "into: tag 99 does not exist.", "into", "unknown_reference")
    refused_because(post(1, 10**12), f"into: tag {10**12} does not exist.", "into", "unknown_reference")
    problem(post(99, 1), 404, "Tag 99 does not exist.")
    stale = problem(post(1, 2, **{"If-Match": '"7"'}), 412)
    assert stale["current_version"] == 1
    problem(three.post("/tags/1/merge", json={}), 422, "into: is required")
    assert stored() == before


def test_undoing_gives_everything_back(three: FlaskClient, rows: Callable[[str], Rows]) -> None:
    before = three.get("/tags/1").get_json()
    done = merge(three, 1, 2)
    answer = undo(three, done)
    assert (answer["reverted"], answer["left"]) == (2, [])
    assert three.get("/tags/1").get_json() == {**before, "version": 2}
    assert [tags_of(three, number) for number in (1, 2, 3)] == [["JS"], ["JavaScript"], ["JavaScript", "JS", "Web"]]
    assert usage(three) == {"JavaScript": 2, "JS": 2, "Web": 1}
    assert rows("SELECT * FROM tag_aliases") == []
    assert "undone already" in problem(three.post(done["undo"], json={}), 400)["detail"]
    in_order(rows)


def test_undoing_leaves_what_was_tagged_anew(three: FlaskClient, rows: Callable[[str], Rows]) -> None:
    make_insight(three, tags=["JS"])
    done = merge(three, 1, 2)
    three.put("/insights/1", json={"tags": ["JavaScript", "Web"]})
    three.put("/insights/4", json={"title": "Only the title"})
    make_insight(three, tags=["js"])

    answer = undo(three, done)

    assert (answer["reverted"], answer["left"]) == (2, [{"id": 1, "reason": "changed since"}])
    assert [tags_of(three, number) for number in (1, 3, 4, 5)] == [
        ["JavaScript", "Web"], ["JavaScript", "JS", "Web"], ["JS"], ["JavaScript"],
    ]  # fmt: skip
    in_order(rows)


def test_a_slug_that_was_taken_meanwhile_gets_a_number(three: FlaskClient) -> None:
    done = merge(three, 1, 2)
    make_tag(three, "Something else", slug="js")
    undo(three, done)
    assert three.get("/tags/1").get_json()["slug"] == "js-2"


def test_undoing_when_the_target_is_gone(three: FlaskClient, rows: Callable[[str], Rows]) -> None:
    done = merge(three, 1, 2)
    three.delete("/tags/2")
    answer = undo(three, done)
    assert (answer["reverted"], [each["id"] for each in answer["left"]]) == (0, [1, 3])
    assert usage(three) == {"JS": 0, "Web": 1}
    in_order(rows)


def test_undoing_when_the_name_is_in_use(three: FlaskClient, stored: Callable[[], object]) -> None:
    done = merge(three, 1, 2)
    three.delete("/tags/2")
    make_tag(three, "js")
    before = stored()
    assert problem(three.post(done["undo"], json={}), 400)["detail"] == (
        "The name 'JS' is in use by now: rename that tag first."
    )
    assert stored() == before


def test_chains_go_and_come_back_step_by_step(three: FlaskClient, rows: Callable[[str], Rows]) -> None:
    first = merge(three, 1, 2)
    second = merge(three, 2, 3)
    assert second["aliases"] == ["JS", "JavaScript"]
    assert rows("SELECT former_id, tag_id FROM tag_aliases ORDER BY 1") == [(1, 3), (2, 3)]
    assert [tags_of(three, number) for number in (1, 2, 3)] == [["Web"]] * 3
    assert make_insight(three, tags=["JS", "javascript"])["tags"][0]["name"] == "Web"

    assert problem(three.post(first["undo"], json={}), 400)["detail"] == (
        "The tag 2 was itself merged since, into 'Web' (3): undo that first."
    )
    answer = undo(three, second)
    assert (answer["reverted"], answer["left"]) == (3, [])
    assert rows("SELECT former_id, tag_id FROM tag_aliases ORDER BY 1") == [(1, 2)]
    assert [tags_of(three, number) for number in (1, 2, 3, 4)] == [
        ["JavaScript"], ["JavaScript"], ["JavaScript", "Web"], ["Web"],
    ]  # fmt: skip
    assert undo(three, first)["reverted"] == 2
    assert [tags_of(three, number) for number in (1, 2, 3)] == [["JS"], ["JavaScript"], ["JavaScript", "JS", "Web"]]
    in_order(rows)


def test_a_merged_tag_meets_its_insight_when_it_leaves_the_trash(
    three: FlaskClient, rows: Callable[[str], Rows]
) -> None:
    three.delete("/insights/1")
    assert merge(three, 1, 2)["insights"] == 1
    assert three.post("/insights/1/restore", json={}).status_code == 200
    assert tags_of(three, 1) == ["JavaScript"]
    in_order(rows)


def test_the_same_request_merges_once(three: FlaskClient) -> None:
    answers = [three.post("/tags/1/merge", json={"into": 2}, headers={"Idempotency-Key": "merge-1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].data == answers[1].data


# Races: real threads, each in a transaction of its own.


def test_nobody_loses_a_tag_who_tags_while_it_is_merged(
    client: FlaskClient, application: Flask, rows: Callable[[str], Rows]
) -> None:
    for turn in range(6):
        old = make_tag(client, f"Old {turn}")["id"]
        new = make_tag(client, f"New {turn}")["id"]
        insights = [make_insight(client)["id"] for _ in range(3)]

        def merger(other: FlaskClient, old: int = old, new: int = new) -> Any:
            return other.post(f"/tags/{old}/merge", json={"into": new})

        def maker(other: FlaskClient, turn: int = turn, old: int = old, by_name: bool = True) -> Any:
            return make_insight(other, **({"tags": [f"old {turn}"]} if by_name else {"tag_ids": [old]}))

        def tagger(key: int, turn: int = turn) -> Call:
            return lambda other: other.put(f"/insights/{key}", json={"tags": [f"OLD {turn}"]})

        calls: list[Call] = [maker, *(tagger(key) for key in insights), merger, maker]
        calls += [lambda other, old=old: maker(other, old=old, by_name=False)] * 2  # type: ignore[misc]
        answers = at_once(application, calls)
        assert answers[4].status_code == 200, answers[4].text
        assert [answer.status_code for answer in answers[1:4]] == [200] * 3
        assert usage(client)[f"New {turn}"] == 7
        assert f"Old {turn}" not in usage(client)
        assert rows(f"SELECT tag_id, name FROM tag_aliases WHERE former_id = {old}") == [(new, f"Old {turn}")]
    in_order(rows)


def test_merges_that_cross(client: FlaskClient, application: Flask, rows: Callable[[str], Rows]) -> None:
    for turn in range(5):
        one, two = (make_tag(client, f"{name} {turn}")["id"] for name in ("One", "Two"))
        insights = [make_insight(client, tag_ids=tag_ids)["id"] for tag_ids in ([one], [two], [one, two])]

        def merger(goes: int, stays: int) -> Call:
            return lambda other: other.post(f"/tags/{goes}/merge", json={"into": stays})

        answers = at_once(application, [merger(one, two), merger(two, one)])
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        [stays] = {tag for insight in insights for tag in tags_of(client, insight)}
        assert [len(tags_of(client, insight)) for insight in insights] == [1, 1, 1]
        assert {make_insight(client, tags=[f"{name} {turn}"])["tags"][0]["name"] for name in ("One", "Two")} == {stays}
    in_order(rows)


def test_merges_that_follow_each_other(client: FlaskClient, application: Flask, rows: Callable[[str], Rows]) -> None:
    for turn in range(5):
        one, two, three = (make_tag(client, f"{name} {turn}")["id"] for name in ("One", "Two", "Three"))
        insights = [make_insight(client, tag_ids=[tag_id])["id"] for tag_id in (one, two, three)]

        def merger(goes: int, stays: int) -> Call:
            return lambda other: other.post(f"/tags/{goes}/merge", json={"into": stays})

        first, second = at_once(application, [merger(one, two), merger(two, three)])
        assert second.status_code == 200
        assert first.status_code in (200, 400)  # the target is gone already: the tag stays
        stays = f"Three {turn}"
        assert [tags_of(client, insight) for insight in insights[1:]] == [[stays]] * 2
        assert tags_of(client, insights[0]) == [stays if first.status_code == 200 else f"One {turn}"]
        assert make_insight(client, tags=[f"Two {turn}"])["tags"][0]["name"] == stays
    in_order(rows)


def test_a_target_that_is_deleted(client: FlaskClient, application: Flask, rows: Callable[[str], Rows]) -> None:
    for turn in range(5):
        old, new = (make_tag(client, f"{name} {turn}")["id"] for name in ("Old", "New"))
        insight_id = make_insight(client, tag_ids=[old])["id"]
        calls: list[Call] = [
            lambda other, old=old, new=new: other.post(f"/tags/{old}/merge", json={"into": new}),  # type: ignore[misc]
            lambda other, new=new: other.delete(f"/tags/{new}"),  # type: ignore[misc]
        ]
        merged, deleted = at_once(application, calls)
        assert deleted.status_code == 204
        assert merged.status_code in (200, 400), merged.text
        assert tags_of(client, insight_id) == ([] if merged.status_code == 200 else [f"Old {turn}"])
        assert f"New {turn}" not in usage(client)
    in_order(rows)


def test_undoing_while_others_tag_with_the_name(
    client: FlaskClient, application: Flask, rows: Callable[[str], Rows]
) -> None:
    for turn in range(5):
        old, new = (make_tag(client, f"{name} {turn}")["id"] for name in ("Old", "New"))
        make_insight(client, tag_ids=[old])
        done = merge(client, old, new)
        calls: list[Call] = [lambda other, done=done: other.post(done["undo"], json={})]  # type: ignore[misc]
        calls += [lambda other, turn=turn: make_insight(other, tags=[f"Old {turn}"])] * 5  # type: ignore[misc]
        undone, *made = at_once(application, calls)
        assert undone.status_code == 200, undone.text
        assert {insight["tags"][0]["name"] for insight in made} <= {f"Old {turn}", f"New {turn}"}
        counts = usage(client)
        assert counts[f"Old {turn}"] + counts[f"New {turn}"] == 6
    in_order(rows)
