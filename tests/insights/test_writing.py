"""Creating, changing and deleting insights: exact answers, every refusal."""

import json
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.insights.schemas import InsightAnswer
from tests.answers import (
    answered,
    make_category,
    make_insight,
    make_tag,
    problem,
    refused_because,
    wrong_fields,
)

LEAST = {"title": "Title", "description": "Text", "author": "Ada"}


def test_an_insight_is_created_with_all_its_fields(client: FlaskClient) -> None:
    category = make_category(client, "Technical")
    tags = [make_tag(client, "Testing"), make_tag(client, "Incident")]
    body = {
        "title": " Retries need a budget ",
        "description": "They multiply load.",
        "content": "## Context\n",
        "source": "Slack Bot",
        "author": "Ada Lovelace",
        "category_id": 1,
        "priority": "critical",
        "status": "draft",
        "visibility": "PUBLIC",
        "tag_ids": [1, 2],
        "metadata": {"team": "core", "list": [1, None, {"deep": True}]},
        "external_key": "JIRA-1",
    }
    response = client.post("/insights", json=body)
    insight = answered(response, InsightAnswer, 201)
    assert response.headers["Location"] == "/insights/1"
    assert UUID(insight.pop("public_id")).version == 7
    assert insight.pop("created_at") == insight.pop("updated_at")
    del body["tag_ids"]
    assert insight == {
        **body,
        "title": "Retries need a budget",
        "id": 1,
        "version": 1,
        "published_at": None,
        "category": {**category, "insight_count": 1},
        "tags": [{**tags[1], "usage_count": 1}, {**tags[0], "usage_count": 1}],
    }
    assert client.get("/insights/1").get_json() == response.get_json()


def test_the_defaults(client: FlaskClient) -> None:
    insight = answered(client.post("/insights", json=LEAST), InsightAnswer, 201)
    assert {
        name: insight[name] for name in insight if name not in (*LEAST, "public_id", "created_at", "updated_at")
    } == {
        "id": 1,
        "external_key": None,
        "content": None,
        "source": None,
        "category_id": None,
        "priority": "medium",
        "status": "draft",
        "visibility": "INTERNAL",
        "metadata": {},
        "version": 1,
        "published_at": None,
        "category": None,
        "tags": [],
    }


@pytest.mark.parametrize("priority", ["low", "medium", "high", "critical"])
@pytest.mark.parametrize("status", ["draft", "published", "archived"])
def test_every_token_is_stored(client: FlaskClient, priority: str, status: str) -> None:
    insight = make_insight(client, priority=priority, status=status)
    assert (insight["priority"], insight["status"]) == (priority, status)
    assert insight["published_at"] == (insight["created_at"] if status == "published" else None)


def test_the_greatest_lengths_are_stored(client: FlaskClient) -> None:
    insight = make_insight(client, title="t" * 500, author="a" * 255, source="s" * 255, content="c" * 1_000_000)
    assert [len(insight[name]) for name in ("title", "author", "source", "content")] == [500, 255, 255, 1_000_000]


WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"title": "", "author": " "}, {"title": "too_short", "author": "too_short"}),
    ({"title": "t" * 501, "author": "a" * 256}, {"title": "too_long", "author": "too_long"}),
    ({"source": "s" * 256, "external_key": "k" * 256}, {"source": "too_long", "external_key": "too_long"}),
    ({"title": None, "description": None, "author": None}, {"title": "null", "description": "null", "author": "null"}),
    ({"title": 5, "description": [], "author": {}}, {"title": "type", "description": "type", "author": "type"}),
    ({"priority": "urgent", "status": "open"}, {"priority": "unknown_token", "status": "unknown_token"}),
    ({"priority": "HIGH", "visibility": "public"}, {"priority": "unknown_token", "visibility": "unknown_token"}),
    ({"priority": None, "status": 1}, {"priority": "null", "status": "type"}),
    ({"category_id": "1", "tag_ids": "1"}, {"category_id": "type", "tag_ids": "type"}),
    ({"tag_ids": [1, "2", None]}, {"tag_ids.1": "type", "tag_ids.2": "null"}),
    ({"tag_ids": [1] * 201}, {"tag_ids": "too_long"}),
    ({"tags": ["", "x" * 51, 3]}, {"tags.0": "too_short", "tags.1": "too_long", "tags.2": "type"}),
    ({"metadata": [], "category_name": "c" * 101}, {"metadata": "type", "category_name": "too_long"}),
    ({"metadata": {"a": {"b": "\0"}}}, {"metadata": "nul_character"}),
    ({"metadata": {"a\0": 1}}, {"metadata": "nul_character"}),
    ({"id": 4, "created_at": "2026-01-01"}, {"id": "unknown_field", "created_at": "unknown_field"}),
    ({"content": "a\0", "title": "\0"}, {"content": "nul_character", "title": "nul_character"}),
]


@pytest.mark.parametrize(("body", "wrong"), WRONG)
def test_wrong_fields_are_all_named(
    client: FlaskClient, stored: Any, body: dict[str, Any], wrong: dict[str, str]
) -> None:
    make_insight(client)
    before = stored()
    expected = {f"body.{name}": code for name, code in wrong.items()}
    assert wrong_fields(client.post("/insights", json={**LEAST, **body})) == expected
    assert wrong_fields(client.put("/insights/1", json=body)) == expected
    assert stored() == before


def test_a_wrong_token_is_told_the_right_ones(client: FlaskClient) -> None:
    document = problem(client.post("/insights", json={**LEAST, "priority": "urgent"}), 422)
    assert document["errors"] == [
        {
            "loc": ["body", "priority"],
            "pointer": "#/priority",
            "message": "must be one of low, medium, high, critical",
            "code": "unknown_token",
        }
    ]


def test_what_is_missing_is_named(client: FlaskClient) -> None:
    wrong = {"body.title": "required", "body.description": "required", "body.author": "required"}
    assert wrong_fields(client.post("/insights", json={})) == wrong


def test_an_empty_description_is_a_description(client: FlaskClient) -> None:
    assert make_insight(client, description="")["description"] == ""


@pytest.mark.parametrize("category_id", [7, 0, -1, 2**31, 2**63])
def test_an_unknown_category_is_refused(client: FlaskClient, stored: Any, category_id: int) -> None:
    make_insight(client)
    before = stored()
    detail = f"category_id: category {category_id} does not exist."
    body = {**LEAST, "category_id": category_id}
    refused_because(client.post("/insights", json=body), detail, "category_id", "unknown_reference")
    refused_because(client.put("/insights/1", json=body), detail, "category_id", "unknown_reference")
    assert stored() == before


def test_an_external_key_is_unique(client: FlaskClient, stored: Any) -> None:
    make_insight(client, external_key="A")
    make_insight(client, external_key="B")
    before = stored()
    detail = "An insight with the external key 'A' already exists."
    refused_because(client.post("/insights", json={**LEAST, "external_key": "A"}), detail, "external_key", "duplicate")
    refused_because(client.put("/insights/2", json={"external_key": "A"}), detail, "external_key", "duplicate")
    assert stored() == before


@pytest.mark.parametrize("unknown", [99, 0, -1, 2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_unknown_tag_ids_are_ignored(client: FlaskClient, unknown: int) -> None:
    make_tag(client, "Known")
    insight = make_insight(client, tag_ids=[unknown, 1])
    assert [tag["id"] for tag in insight["tags"]] == [1]
    changed = answered(client.put("/insights/1", json={"tag_ids": [1, unknown], "title": "New"}), InsightAnswer)
    assert ([tag["id"] for tag in changed["tags"]], changed["title"]) == ([1], "New")


def test_a_change_leaves_absent_fields(client: FlaskClient) -> None:
    make_category(client, "Technical")
    make_tag(client, "Testing")
    before = make_insight(
        client, content="c", source="s", category_id=1, tag_ids=[1], metadata={"a": 1}, priority="low"
    )
    after = answered(client.put("/insights/1", json={"title": "New"}), InsightAnswer)
    assert after["updated_at"] > before["updated_at"]
    assert after == {**before, "title": "New", "version": 2, "updated_at": after["updated_at"]}


def test_null_clears_what_may_be_empty(client: FlaskClient) -> None:
    make_category(client, "Technical")
    full = make_insight(client, content="c", source="s", category_id=1, external_key="k")
    nulls = dict.fromkeys(("content", "source", "category_id", "external_key"))
    after = answered(client.put("/insights/1", json=nulls), InsightAnswer)
    assert after == {**full, **nulls, "category": None, "version": 2, "updated_at": after["updated_at"]}


@pytest.mark.parametrize(
    ("change", "left"),
    [({}, [1, 2]), ({"tag_ids": None}, [1, 2]), ({"tag_ids": []}, []), ({"tag_ids": [2, 3, 2]}, [2, 3])],
)
def test_tag_ids_of_a_change(client: FlaskClient, change: dict[str, Any], left: list[int]) -> None:
    for name in ("A", "B", "C"):
        make_tag(client, name)
    make_insight(client, tag_ids=[1, 2])
    after = client.put("/insights/1", json={"title": "New", **change}).get_json()
    assert [tag["id"] for tag in after["tags"]] == left
    usage = {tag["id"]: tag["usage_count"] for tag in client.get("/tags").get_json()}
    assert usage == {tag_id: int(tag_id in left) for tag_id in (1, 2, 3)}


def test_a_change_of_tags_only_is_a_new_version(client: FlaskClient) -> None:
    make_tag(client, "A")
    before = make_insight(client)
    after = client.put("/insights/1", json={"tag_ids": [1]}).get_json()
    assert after["version"] == 2
    assert after["updated_at"] > before["updated_at"]


def test_metadata_is_replaced_as_a_whole(client: FlaskClient) -> None:
    make_insight(client, metadata={"a": 1, "b": 2})
    assert client.put("/insights/1", json={"metadata": {"c": 3}}).get_json()["metadata"] == {"c": 3}


@pytest.mark.parametrize(
    ("stored_as", "given", "version"),
    [
        ({"flag": 1}, {"flag": True}, 2),
        ({"flag": True}, {"flag": 1}, 2),
        ({"flag": [0]}, {"flag": [False]}, 2),
        ({"n": 100_000}, {"n": 1e5}, 1),
        ({"n": 123456789012345678901234567890}, {"n": 123456789012345678901234567891}, 2),
    ],
)
def test_what_is_another_metadata_value(client: FlaskClient, stored_as: Any, given: Any, version: int) -> None:
    make_insight(client, metadata=stored_as)
    response = client.put("/insights/1", json={"metadata": given})
    changed = json.loads(response.text)
    assert (repr(changed["metadata"]), changed["version"]) == (repr(given if version == 2 else stored_as), version)


@pytest.mark.parametrize("body", [{}, {"title": "Title"}, {"tag_ids": [1]}, {"metadata": {}}, {"category_id": None}])
def test_a_change_of_nothing_keeps_version_and_time(client: FlaskClient, body: dict[str, Any]) -> None:
    make_tag(client, "A")
    before = make_insight(client, tag_ids=[1])
    assert client.put("/insights/1", json=body).get_json() == before


def test_the_life_of_published_at(client: FlaskClient) -> None:
    def publication(status: str) -> str | None:
        moment: str | None = client.put("/insights/1", json={"status": status}).get_json()["published_at"]
        return moment

    created = make_insight(client)["created_at"]
    assert publication("archived") is None
    published = publication("published")
    assert published is not None
    assert published > created
    assert [publication(status) for status in ("archived", "draft", "published")] == [published] * 3


def test_deleting_takes_links_and_counts_along(client: FlaskClient) -> None:
    make_category(client, "Technical")
    make_insight(client, category_id=1, tags=["A"])
    make_insight(client, category_id=1, tags=["A"])
    response = client.delete("/insights/1")
    assert (response.status_code, response.data) == (204, b"")
    problem(client.get("/insights/1"), 404, "Insight 1 does not exist.")
    problem(client.delete("/insights/1"), 404, "Insight 1 does not exist.")
    assert client.get("/categories/1").get_json()["insight_count"] == 1
    assert client.get("/tags/1").get_json()["usage_count"] == 1
    assert client.get("/insights").get_json()["total"] == 1


def test_what_people_type_is_stored_as_it_is(client: FlaskClient) -> None:
    text = "naïve 🚀 \u202e <b>'\"\\ %s :id {x} -- ; DROP TABLE insights\r\n\ttab \ufffd \U0010ffff"
    insight = make_insight(client, title="T", description=text, content=text, metadata={text: text})
    assert (insight["description"], insight["content"], insight["metadata"]) == (text, text, {text: text})
