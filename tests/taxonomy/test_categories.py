"""``/categories``: five verbs, exact answers, every refusal."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.taxonomy.schemas import CategoryAnswer
from tests.answers import answered, make_category, make_insight, problem, refused_because, wrong_fields


def test_a_category_is_created_with_all_its_fields(client: FlaskClient) -> None:
    make_category(client, "Root")
    body = {
        "name": "Technical",
        "slug": "technical",
        "description": "How",
        "parent_id": 1,
        "color": "#3b82f6",
        "icon": "code",
    }
    response = client.post("/categories", json=body)
    category = answered(response, CategoryAnswer, 201)
    assert category["created_at"] == category["updated_at"]
    assert {**category, "created_at": None, "updated_at": None} == {
        **body,
        "id": 2,
        "insight_count": 0,
        "version": 1,
        "created_at": None,
        "updated_at": None,
    }
    assert response.headers["Location"] == "/categories/2"
    assert client.get("/categories/2").get_json() == category


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"name": "n", "slug": "s", "parent_id": "1"}, {"body.parent_id": "type"}),
        ({}, {"body.name": "required", "body.slug": "required"}),
        (
            {"name": "n" * 101, "slug": "s" * 101, "icon": "i" * 51},
            {"body.name": "too_long", "body.slug": "too_long", "body.icon": "too_long"},
        ),
        ({"name": "n", "slug": "s", "parent_id": "one"}, {"body.parent_id": "type"}),
        ({"name": "n", "slug": "s", "parent_id": 1.5}, {"body.parent_id": "type"}),
        ({"name": "n", "slug": "s", "parent_id": True}, {"body.parent_id": "type"}),
        (
            {"name": "n", "slug": "s", "color": "3B82F6", "insight_count": 4},
            {"body.color": "pattern", "body.insight_count": "unknown_field"},
        ),
    ],
)
def test_wrong_fields_are_all_named(
    client: FlaskClient, stored: Any, body: dict[str, Any], wrong: dict[str, str]
) -> None:
    before = stored()
    assert wrong_fields(client.post("/categories", json=body)) == wrong
    assert stored() == before


@pytest.mark.parametrize(
    ("body", "detail", "field"),
    [
        ({"name": "TÉCHNICAL", "slug": "x"}, "A category named 'TÉCHNICAL' already exists.", "name"),
        ({"name": "X", "slug": "technical"}, "A category with the slug 'technical' already exists.", "slug"),
    ],
)
def test_duplicates_are_refused(client: FlaskClient, stored: Any, body: Any, detail: str, field: str) -> None:
    make_category(client, "Technical")
    make_category(client, "Other")
    before = stored()
    refused_because(client.post("/categories", json=body), detail, field, "duplicate")
    refused_because(client.put("/categories/2", json=body), detail, field, "duplicate")
    assert stored() == before


@pytest.mark.parametrize("parent_id", [7, 0, -1, 2**31, 2**63])
def test_an_unknown_parent_is_refused(client: FlaskClient, stored: Any, parent_id: int) -> None:
    make_category(client, "Lonely")
    before = stored()
    detail = f"parent_id: category {parent_id} does not exist."
    body = {"name": "n", "slug": "s", "parent_id": parent_id}
    refused_because(client.post("/categories", json=body), detail, "parent_id", "unknown_reference")
    refused_because(client.put("/categories/1", json=body), detail, "parent_id", "unknown_reference")
    assert stored() == before


def test_the_list_is_a_bare_array_by_name_with_direct_counts(client: FlaskClient) -> None:
    make_category(client, "Beta")
    make_category(client, "alpha", parent_id=1)
    make_category(client, "Gamma")
    for category_id in (1, 2, 2, None):
        make_insight(client, category_id=category_id)
    categories = answered(client.get("/categories"), CategoryAnswer(many=True))
    assert [(each["name"], each["insight_count"]) for each in categories] == [("alpha", 2), ("Beta", 1), ("Gamma", 0)]
    assert [each["name"] for each in client.get("/categories?skip=1&limit=1").get_json()] == ["Beta"]


def test_a_change_leaves_absent_fields_and_clears_with_null(client: FlaskClient) -> None:
    make_category(client, "Root")
    before = make_category(client, "Leaf", parent_id=1, description="d", icon="cog", color="#000000")
    make_insight(client, category_id=2)
    changed = answered(
        client.put("/categories/2", json={"parent_id": None, "icon": None, "name": "Free"}), CategoryAnswer
    )
    assert changed.pop("updated_at") > before.pop("updated_at")
    assert changed == {**before, "name": "Free", "parent_id": None, "icon": None, "version": 2, "insight_count": 1}


def test_a_change_of_nothing_keeps_version_and_time(client: FlaskClient) -> None:
    category = make_category(client, "Same")
    assert client.put("/categories/1", json={"name": "Same"}).get_json() == category


@pytest.mark.parametrize(("insights", "said"), [(1, "1 insight"), (3, "3 insights")])
def test_a_category_with_insights_stays(client: FlaskClient, stored: Any, insights: int, said: str) -> None:
    make_category(client, "Full")
    for _ in range(insights):
        make_insight(client, category_id=1)
    before = stored()
    problem(client.delete("/categories/1"), 400, f"Category 1 still holds {said}. Move or remove them first.")
    assert stored() == before


@pytest.mark.parametrize(("children", "said"), [(1, "1 child category"), (2, "2 child categories")])
def test_a_category_with_children_stays(client: FlaskClient, stored: Any, children: int, said: str) -> None:
    make_category(client, "Parent")
    for number in range(children):
        make_category(client, f"Child {number}", parent_id=1)
    before = stored()
    problem(client.delete("/categories/1"), 400, f"Category 1 still holds {said}. Move or remove them first.")
    assert stored() == before


def test_an_emptied_category_goes(client: FlaskClient) -> None:
    make_category(client, "Parent")
    make_category(client, "Child", parent_id=1)
    make_insight(client, category_id=1)
    client.put("/insights/1", json={"category_id": 2})
    client.put("/categories/2", json={"parent_id": None})
    response = client.delete("/categories/1")
    assert (response.status_code, response.data) == (204, b"")
    problem(client.get("/categories/1"), 404, "Category 1 does not exist.")


def test_an_insight_shows_its_category_with_the_count(client: FlaskClient) -> None:
    make_category(client, "Technical")
    make_insight(client, category_id=1)
    insight = make_insight(client, category_id=1)
    assert insight["category"] == client.get("/categories/1").get_json()
    assert insight["category"]["insight_count"] == 2
