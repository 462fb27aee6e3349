"""A 412 says what differs; and of many writers who name one version, one wins."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.answers import make_category, make_insight, make_tag, problem
from tests.identity.world import KINDS
from tests.insights.conftest import Ask
from tests.insights.past import past, revisions

FIRST = '"1"'


@pytest.fixture
def changed(client: FlaskClient) -> FlaskClient:
    """An insight that somebody has changed since it was read in version 1."""
    for name in ("Technical", "Other"):
        make_category(client, name)
    for name in ("One", "Two", "Three"):
        make_tag(client, name)
    make_insight(client, content="Before", tag_ids=[1, 2], category_id=1, metadata={"n": 1})
    change = {"title": "Now", "content": None, "tag_ids": [2, 3], "category_id": 2, "status": "published"}
    assert client.put("/insights/1", json=change).status_code == 200
    return client


def differs(client: FlaskClient, body: dict[str, Any], read: str = FIRST) -> Any:
    document = problem(client.put("/insights/1", json=body, headers={"If-Match": read}), 412)
    assert document["current_version"] == 2
    return document["differs"]


OTHERS = [
    {"field": "title", "before": "Title", "now": "Now"},
    {"field": "content", "before": "Before", "now": None},
    {"field": "category_id", "before": 1, "now": 2},
    {"field": "status", "before": "draft", "now": "published"},
    {"field": "tag_ids", "before": [1, 2], "now": [2, 3]},
]


def test_what_others_changed_is_told_before_and_now(changed: FlaskClient) -> None:
    assert differs(changed, {}) == OTHERS
    deleted = problem(changed.delete("/insights/1", headers={"If-Match": FIRST}), 412)
    assert deleted["differs"] == OTHERS


def test_ones_own_fields_are_told_where_others_are_stored(changed: FlaskClient) -> None:
    body = {
        "title": "Mine",
        "content": None,
        "source": "Slack",
        "author": "Ada",
        "metadata": {"n": 1.0},
        "tag_ids": [9, 1],
    }
    assert differs(changed, {**body, "category_id": None, "message": "Why"}) == [
        {"field": "title", "before": "Title", "now": "Now", "yours": "Mine"},
        {"field": "content", "before": "Before", "now": None},
        {"field": "source", "now": None, "yours": "Slack"},
        {"field": "category_id", "before": 1, "now": 2, "yours": None},
        {"field": "status", "before": "draft", "now": "published"},
        {"field": "tag_ids", "before": [1, 2], "now": [2, 3], "yours": [1, 9]},
    ]


def test_names_are_answered_with_names(changed: FlaskClient) -> None:
    named = {"tags": ["three", "Fresh"], "category_name": "TECHNICAL", "tag_ids": None, "category_id": None}
    assert differs(changed, named) == [
        *OTHERS,
        {"field": "category_name", "now": "Other", "yours": "TECHNICAL"},
        {"field": "tags", "now": ["Three", "Two"], "yours": ["three", "Fresh"]},
    ]
    assert differs(changed, {"tags": ["TWO", "three"], "category_name": "other"}) == OTHERS


@pytest.mark.parametrize("read", ['"0"', '"x"', '"7"'])
def test_of_a_version_that_never_was_only_ones_own_is_told(changed: FlaskClient, read: str) -> None:
    assert differs(changed, {"title": "Mine"}, read) == [{"field": "title", "now": "Now", "yours": "Mine"}]


def test_nothing_is_written(changed: FlaskClient, stored: Any) -> None:
    before = stored()
    differs(changed, {"title": "Mine", "tags": ["Unheard of"], "category_name": "Unheard of"})
    assert stored() == before


def test_numbers_of_any_size_are_told(changed: FlaskClient) -> None:
    [*_, metadata, _] = differs(changed, {"metadata": {"n": 10**30}})
    assert metadata == {"field": "metadata", "now": {"n": 1}, "yours": {"n": 10**30}}


@pytest.mark.parametrize(
    ("path", "now"),
    [
        ("/tags/1", {"name": "Second", "slug": "second", "description": None, "color": None}),
        ("/categories/1", {"name": "Second", "slug": "second", "description": None, "parent_id": None}),
    ],
)
def test_tags_and_categories_tell_ones_own_fields(client: FlaskClient, path: str, now: dict[str, Any]) -> None:
    make_tag(client, "First")
    make_category(client, "First")
    make_category(client, "Above")
    client.put(path, json={"name": "Second", "slug": "second"})
    mine = {"name": "Mine", "slug": "second", "description": "More", "parent_id": 2, "color": "#aabbcc"}
    body = {name: value for name, value in mine.items() if name in now}
    document = problem(client.put(path, json=body, headers={"If-Match": FIRST}), 412)
    assert {found["field"]: (found["now"], found["yours"]) for found in document["differs"]} == {
        name: (now[name], value) for name, value in body.items() if name != "slug"
    }
    assert problem(client.delete(path, headers={"If-Match": FIRST}), 412)["differs"] == []


def test_what_was_not_for_ones_eyes_is_not_told(ask: Ask, owner_url: str) -> None:
    draft = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("editor", "draft"))
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE insights SET owner_id = 2, title = 'Yours now' WHERE id = %s", [draft])
    refused = ask("contributor", "PUT", f"/insights/{draft}", {"title": "Mine"}, **{"If-Match": FIRST})
    assert problem(refused, 412)["differs"] == [{"field": "title", "now": "Yours now", "yours": "Mine"}]
    for_editors = ask("editor", "PUT", f"/insights/{draft}", {}, **{"If-Match": FIRST})
    assert for_editors.json["differs"] == [{"field": "title", "before": "draft PUBLIC", "now": "Yours now"}]


WRITERS = 200
AT_ONCE = 6  # those that try again and again: each success refuses all others


def test_of_two_hundred_writers_one_wins_each_version(application: Flask, client: FlaskClient, owner_url: str) -> None:
    """Each writer adds a mark of its own to what it read, and tries again with what the 412 told until it is in."""
    make_insight(client)
    together = threading.Barrier(AT_ONCE)
    won: list[tuple[int, int]] = []
    lost: list[dict[str, Any]] = []

    def write(writer: int) -> None:
        caller = application.test_client()
        marks: dict[str, int] = {}
        version = 1
        if writer < AT_ONCE:
            together.wait()
        while True:
            body = {"metadata": {**marks, str(writer): writer}, "message": f"Writer {writer}"}
            answer = caller.put("/insights/1", json=body, headers={"If-Match": f'"{version}"'})
            if answer.status_code == 200:
                won.append((answer.json["version"], writer))
                return
            document = problem(answer, 412)
            lost.append(document)
            [metadata] = document["differs"]
            assert metadata["yours"] == body["metadata"]
            assert metadata["before"] == marks
            version, marks = document["current_version"], metadata["now"]

    with ThreadPoolExecutor(AT_ONCE) as writers:
        for finished in [writers.submit(write, writer) for writer in range(WRITERS)]:
            finished.result()
    assert sorted(version for version, _ in won) == list(range(2, WRITERS + 2))
    assert all(document["differs"] for document in lost)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        steps, rows = past(connection), revisions(connection)
    assert [(row["number"], row["version"]) for row in rows] == [(n, n) for n in range(1, WRITERS + 2)]
    assert [row["message"] for row in rows[1:]] == [f"Writer {writer}" for _, writer in sorted(won)]
    assert steps[-1]["metadata"] == {str(writer): writer for writer in range(WRITERS)}
    for (_, writer), (before, after) in zip(sorted(won), pairwise(steps), strict=True):
        assert after["metadata"] == {**before["metadata"], str(writer): writer}
    print(f"{WRITERS} writers, {len(lost)} refusals")


def test_two_hundred_writers_of_the_version_they_all_read(
    application: Flask, client: FlaskClient, owner_url: str
) -> None:
    """Nobody tries again: one is in, and all others are told by whom they were beaten."""
    make_insight(client)
    together = threading.Barrier(WRITERS)

    def write(writer: int) -> Any:
        body = {"title": f"Writer {writer}"}
        together.wait()
        return application.test_client().put("/insights/1", json=body, headers={"If-Match": FIRST})

    with ThreadPoolExecutor(WRITERS) as writers:
        answers = list(writers.map(write, range(WRITERS)))
    [winner] = [answer.json for answer in answers if answer.status_code == 200]
    assert client.get("/insights/1").json == winner
    for writer, answer in enumerate(answers):
        if answer.status_code != 200:
            document = problem(answer, 412)
            title = {"field": "title", "before": "Title", "now": winner["title"], "yours": f"Writer {writer}"}
            assert (document["current_version"], document["differs"]) == (2, [title])
    with psycopg.connect(owner_url, autocommit=True) as connection:
        assert [row["changes"] for row in revisions(connection)] == [{}, {"title": "Title"}]
