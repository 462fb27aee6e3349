"""The category tree: nesting, counts, depth; no cycles."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.taxonomy.schemas import CategoryTree
from tests.answers import answered, make_category, make_insight, refused_because

Outline = tuple[str, int, int, list[Any]]


def outline(node: dict[str, Any]) -> Outline:
    """(name, direct count, subtree count, children)."""
    return node["name"], node["insight_count"], node["subtree_count"], [outline(child) for child in node["children"]]


def tree(client: FlaskClient) -> list[Outline]:
    return [outline(node) for node in answered(client.get("/categories/tree"), CategoryTree)["categories"]]


def test_without_categories_it_is_empty(client: FlaskClient) -> None:
    assert tree(client) == []


def test_nodes_are_nested_by_name_with_direct_and_subtree_counts(client: FlaskClient) -> None:
    make_category(client, "Zeta")
    make_category(client, "alpha")
    make_category(client, "Éclair", parent_id=2)
    make_category(client, "Databases", parent_id=2)
    make_category(client, "Postgres", parent_id=4)
    for category_id in (1, 2, 3, 4, 5, 5, None):
        make_insight(client, category_id=category_id)
    postgres: Outline = ("Postgres", 2, 2, [])
    assert tree(client) == [
        ("alpha", 1, 5, [("Databases", 1, 3, [postgres]), ("Éclair", 1, 1, [])]),
        ("Zeta", 1, 1, []),
    ]


def test_texts_that_look_like_json_stay_inside_their_node(client: FlaskClient) -> None:
    make_category(client, 'a"}], "children": [', description="\\ }} {{ %s :id")
    make_category(client, "child}", parent_id=1)
    assert tree(client) == [('a"}], "children": [', 0, 0, [("child}", 0, 0, [])])]


def test_fifty_levels(client: FlaskClient) -> None:
    for level in range(1, 51):
        make_category(client, f"Level {level}", parent_id=level - 1 or None)
    make_insight(client, category_id=50)
    make_insight(client, category_id=1)
    [node] = tree(client)
    for level in range(1, 51):
        name, direct, subtree, children = node
        assert (name, direct, subtree) == (f"Level {level}", int(level in (1, 50)), 2 if level == 1 else 1)
        node = children[0] if children else None
    assert node is None
    answered(client.get("/categories/tree"), CategoryTree)


def test_a_move_takes_the_subtree_along(client: FlaskClient) -> None:
    for name, parent_id in (("A", None), ("B", 1), ("C", 2), ("D", None)):
        make_category(client, name, parent_id=parent_id)
    make_insight(client, category_id=3)
    client.put("/categories/2", json={"parent_id": 4})
    assert tree(client) == [("A", 0, 0, []), ("D", 0, 1, [("B", 0, 1, [("C", 1, 1, [])])])]


@pytest.mark.parametrize(("moved", "below"), [(1, 1), (1, 2), (1, 3), (2, 3)])
def test_a_cycle_is_refused(client: FlaskClient, stored: Any, moved: int, below: int) -> None:
    for name, parent_id in (("A", None), ("B", 1), ("C", 2)):
        make_category(client, name, parent_id=parent_id)
    before = stored()
    detail = f"Category {below} is this category or lies below it, so it can't become its parent."
    refused_because(client.put(f"/categories/{moved}", json={"parent_id": below}), detail, "parent_id", "cycle")
    assert stored() == before
