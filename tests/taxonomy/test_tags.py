"""``/tags``: five verbs, exact answers, every refusal."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.taxonomy.schemas import TagAnswer
from tests.answers import answered, make_insight, make_tag, problem, refused_because, wrong_fields


def test_a_tag_is_created_with_all_its_fields(client: FlaskClient) -> None:
    body = {"name": " Best Practice ", "slug": "best-practice", "description": "What works", "color": "#3B82F6"}
    response = client.post("/tags", json=body)
    tag = answered(response, TagAnswer, 201)
    assert tag.pop("created_at").endswith("Z")
    assert tag == {
        "id": 1,
        "name": "Best Practice",
        "slug": "best-practice",
        "description": "What works",
        "color": "#3B82F6",
        "usage_count": 0,
        "version": 1,
    }
    assert response.headers["Location"] == "/tags/1"
    assert client.get("/tags/1").get_json() == response.get_json()


def test_optional_fields_are_null(client: FlaskClient) -> None:
    tag = answered(client.post("/tags", json={"name": "n", "slug": "s"}), TagAnswer, 201)
    assert (tag["description"], tag["color"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"body.name": "required", "body.slug": "required"}),
        ({"name": "", "slug": "  "}, {"body.name": "too_short", "body.slug": "too_short"}),
        ({"name": "n" * 51, "slug": "s" * 51}, {"body.name": "too_long", "body.slug": "too_long"}),
        ({"name": None, "slug": 5}, {"body.name": "null", "body.slug": "type"}),
        ({"name": "n", "slug": "s", "color": "#12345"}, {"body.color": "pattern"}),
        ({"name": "n", "slug": "s", "color": "#12345G"}, {"body.color": "pattern"}),
        ({"name": "n", "slug": "s", "color": "#123456\n"}, {"body.color": "pattern"}),
        (
            {"name": "n", "slug": "s", "color": "red", "usage_count": 7},
            {"body.color": "pattern", "body.usage_count": "unknown_field"},
        ),
        ({"name": "a\0b", "slug": "s"}, {"body.name": "nul_character"}),
    ],
)
def test_wrong_fields_are_all_named(
    client: FlaskClient, stored: Any, body: dict[str, Any], wrong: dict[str, str]
) -> None:
    before = stored()
    assert wrong_fields(client.post("/tags", json=body)) == wrong
    assert stored() == before


def test_names_of_the_greatest_length_are_stored(client: FlaskClient) -> None:
    assert make_tag(client, "ä" * 50, slug="ö" * 50)["name"] == "ä" * 50


@pytest.mark.parametrize("name", ["Café", "CAFÉ", "cafe", "Cafe\u0301", "ＣＡＦＥ"])
def test_a_name_is_unique_regardless_of_case_and_accents(client: FlaskClient, stored: Any, name: str) -> None:
    make_tag(client, "Café", slug="first")
    before = stored()
    response = client.post("/tags", json={"name": name, "slug": "second"})
    refused_because(response, f"A tag named {name!r} already exists.", "name", "duplicate")
    assert stored() == before


def test_a_slug_is_unique(client: FlaskClient, stored: Any) -> None:
    make_tag(client, "One", slug="same")
    before = stored()
    response = client.post("/tags", json={"name": "Two", "slug": "same"})
    refused_because(response, "A tag with the slug 'same' already exists.", "slug", "duplicate")
    assert stored() == before


def test_the_list_is_a_bare_array_by_name(client: FlaskClient) -> None:
    for name in ("beta", "Zebra", "Éclair", "api"):
        make_tag(client, name)
    tags = answered(client.get("/tags"), TagAnswer(many=True))
    assert [tag["name"] for tag in tags] == ["api", "beta", "Éclair", "Zebra"]
    assert [tag["name"] for tag in client.get("/tags?skip=1&limit=1").get_json()] == ["beta"]
    assert client.get("/tags?skip=4").get_json() == []


@pytest.mark.parametrize("path", ["/tags", "/categories"])
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("skip=-1&limit=0", {"query.skip": "too_small", "query.limit": "too_small"}),
        ("limit=1001", {"query.limit": "too_large"}),
        ("skip=one&limit=1.5", {"query.skip": "type", "query.limit": "type"}),
        ("skip=&limit=", {"query.skip": "type", "query.limit": "type"}),
    ],
)
def test_a_slice_is_checked(client: FlaskClient, path: str, query: str, wrong: dict[str, str]) -> None:
    assert wrong_fields(client.get(f"{path}?{query}")) == wrong


def test_a_hundred_are_listed_when_not_told_otherwise(client: FlaskClient) -> None:
    tags = [f"tag {number:03}" for number in range(101)]
    make_insight(client, tags=tags)
    assert [tag["name"] for tag in client.get("/tags").get_json()] == tags[:100]
    assert [tag["name"] for tag in client.get("/tags?limit=1000").get_json()] == tags


def test_a_change_leaves_absent_fields_and_clears_with_null(client: FlaskClient) -> None:
    make_tag(client, "Old", slug="old", description="d", color="#000000")
    changed = answered(client.put("/tags/1", json={"name": "New", "description": None}), TagAnswer)
    assert (changed["name"], changed["slug"], changed["description"]) == ("New", "old", None)
    assert (changed["color"], changed["version"]) == ("#000000", 2)


def test_a_change_of_nothing_keeps_the_version(client: FlaskClient) -> None:
    tag = make_tag(client, "Same")
    assert client.put("/tags/1", json={}).get_json() == tag
    assert client.put("/tags/1", json={"name": "Same"}).get_json() == tag


def test_a_tag_can_take_another_spelling_of_its_own_name(client: FlaskClient) -> None:
    make_tag(client, "cafe")
    assert client.put("/tags/1", json={"name": "Café"}).get_json()["name"] == "Café"


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ({"name": "ONE"}, "name", "A tag named 'ONE' already exists."),
        ({"slug": "one"}, "slug", "A tag with the slug 'one' already exists."),
    ],
)
def test_a_rename_onto_another_is_refused(client: FlaskClient, stored: Any, body: Any, field: str, detail: str) -> None:
    make_tag(client, "One")
    make_tag(client, "Two")
    before = stored()
    refused_because(client.put("/tags/2", json=body), detail, field, "duplicate")
    assert stored() == before


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"name": None, "slug": ""}, {"body.name": "null", "body.slug": "too_short"}),
        ({"id": 9, "usage_count": 1}, {"body.id": "unknown_field", "body.usage_count": "unknown_field"}),
    ],
)
def test_a_wrong_change_is_refused(client: FlaskClient, stored: Any, body: Any, wrong: dict[str, str]) -> None:
    make_tag(client, "One")
    before = stored()
    assert wrong_fields(client.put("/tags/1", json=body)) == wrong
    assert stored() == before


def test_deleting_a_tag_leaves_its_insights(client: FlaskClient) -> None:
    make_tag(client, "One")
    make_tag(client, "Two")
    make_insight(client, tag_ids=[1, 2])
    response = client.delete("/tags/1")
    assert (response.status_code, response.data) == (204, b"")
    assert [tag["name"] for tag in client.get("/insights/1").get_json()["tags"]] == ["Two"]
    problem(client.get("/tags/1"), 404, "Tag 1 does not exist.")


def test_usage_follows_every_write(client: FlaskClient) -> None:
    def usage() -> list[int]:
        return [tag["usage_count"] for tag in client.get("/tags").get_json()]

    for name in ("A", "B", "C"):
        make_tag(client, name)
    make_insight(client, tag_ids=[1, 1, 2, 1])
    make_insight(client, tag_ids=[1])
    assert usage() == [2, 1, 0]
    client.put("/insights/1", json={"tag_ids": [2, 3, 3]})
    assert usage() == [1, 1, 1]
    client.put("/insights/1", json={"tag_ids": []})
    assert usage() == [1, 0, 0]
    client.delete("/insights/2")
    assert usage() == [0, 0, 0]
