"""A name that was merged away stands for its target on every path that writes or looks names up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.db import read_rows
from app.exchange.cli import _search
from app.exchange.formats.json import JsonReader
from app.taxonomy.seeds import category_in_place_of, seed_taxonomy
from tests.answers import ids, make_category, make_insight, make_tag, problem, refused_because
from tests.exchange.stored import as_json, imported


@pytest.fixture
def merged(client: FlaskClient) -> FlaskClient:
    """The tag JS (1) in JavaScript (2), the category Studies (1) in Research (2); insight 1 has both."""
    make_tag(client, "JS")
    make_tag(client, "JavaScript")
    make_category(client, "Studies")
    make_category(client, "Research")
    make_insight(client, tags=["JS"], category_name="Studies")
    for path in ("/tags", "/categories"):
        assert client.post(f"{path}/1/merge", json={"into": 2}).status_code == 200
    return client


def kept(client: FlaskClient) -> list[list[str]]:
    """The names of all tags and categories."""
    return [[each["name"] for each in client.get(path).get_json()] for path in ("/tags", "/categories")]


NAMES = [["JavaScript"], ["Research"]]


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": ["JS"], "category_name": "Studies"},
        {"tags": ["js", "JS", "javascript"], "category_name": "STUDIES"},
        {"tag_ids": [1], "category_id": 1},
        {"tag_ids": [1, 2, 99], "category_id": 2},
    ],
)
def test_an_insight_is_written_with_either(merged: FlaskClient, fields: dict[str, Any]) -> None:
    made = make_insight(merged, **fields)
    assert ([tag["id"] for tag in made["tags"]], made["category_id"]) == ([2], 2)
    other = make_insight(merged)
    changed = merged.put(f"/insights/{other['id']}", json=fields).get_json()
    assert ([tag["id"] for tag in changed["tags"]], changed["category_id"]) == ([2], 2)
    again = merged.put(f"/insights/{other['id']}", json=fields).get_json()
    assert again["version"] == changed["version"]
    assert kept(merged) == NAMES


def test_many_insights_are_tagged_with_it(merged: FlaskClient) -> None:
    make_insight(merged)
    for body in ({"action": "tag", "tags": ["js"]}, {"action": "recategorise", "category_name": "studies"}):
        assert merged.post("/insights/bulk", json={**body, "ids": [2]}).get_json()["changed"] == 1
    insight = merged.get("/insights/2").get_json()
    assert ([tag["id"] for tag in insight["tags"]], insight["category_id"]) == ([2], 2)
    assert kept(merged) == NAMES


def test_a_file_is_imported_with_it(app: Flask, merged: FlaskClient, tmp_path: Path) -> None:
    path = tmp_path / "insights.json"
    rows = [{"title": "From a file", "description": "d", "author": "a", "tags": ["js"], "category": "studies"}]
    path.write_text(json.dumps(rows), encoding="utf-8")
    report, _ = imported(JsonReader(path))
    assert report.complete
    insight = merged.get("/insights/2").get_json()
    assert ([tag["id"] for tag in insight["tags"]], insight["category_id"]) == ([2], 2)
    assert kept(merged) == NAMES
    report, _ = imported(JsonReader(path))
    assert report.counts == {"unchanged": 1}


def test_a_list_is_filtered_by_it(merged: FlaskClient) -> None:
    make_insight(merged)
    for name in ("Studies", "studies", "Research"):
        page = merged.get("/insights", query_string={"category": name})
        assert (ids(page), page.get_json()["total"]) == ([1], 1)


def test_the_former_id_filters_as_the_target_does(merged: FlaskClient) -> None:
    make_insight(merged)
    for query in ({"category_id": 1}, {"category_id": 2}):
        page = merged.get("/insights", query_string=query)
        assert (ids(page), page.get_json()["total"]) == ([1], 1)
        page = merged.get("/insights", query_string={**query, "cursor": ""})
        assert (ids(page), page.get_json()["total"]) == ([1], 1)
    for wanted in ({"tag_ids": [1]}, {"tag_ids": [1, 2]}, {"tag_ids": [2]}, {"category_id": 1, "tag_ids": [1]}):
        page = merged.post("/insights/search", json=wanted)
        assert (ids(page), page.get_json()["total"]) == ([1], 1)
    assert merged.post("/insights/search", json={"tag_ids": [1, 99]}).get_json()["total"] == 0


def test_the_former_id_of_a_parent_stands_for_its_target(merged: FlaskClient) -> None:
    made = make_category(merged, "Below", parent_id=1)
    assert made["parent_id"] == 2
    other = make_category(merged, "Other")
    assert merged.put(f"/categories/{other['id']}", json={"parent_id": 1}).get_json()["parent_id"] == 2
    refused_because(
        merged.put("/categories/2", json={"parent_id": 1}),
        "Category 2 is this category or lies below it, so it can't become its parent.",
        "parent_id",
        "cycle",
    )


def test_an_export_is_filtered_by_it(app: Flask, merged: FlaskClient) -> None:
    make_insight(merged, title="Another")
    wanted = _search({"tags": ("js",), "category": "studies"}).wanted
    assert (wanted.tag_ids, wanted.category) == ((2,), "studies")
    assert [each["title"] for each in json.loads(as_json(tag_ids=wanted.tag_ids, category=wanted.category))] == [
        "Title"
    ]


def test_its_name_is_taken(merged: FlaskClient, stored: Callable[[], object]) -> None:
    make_tag(merged, "Other")
    before = stored()
    in_tags, in_categories = (
        "'js' was merged into the tag 'JavaScript' (2).",
        ("'studies' was merged into the category 'Research' (2)."),
    )
    refused_because(merged.post("/tags", json={"name": "js", "slug": "x"}), in_tags, "name", "duplicate")
    refused_because(merged.put("/tags/3", json={"name": "js"}), in_tags, "name", "duplicate")
    refused_because(
        merged.post("/categories", json={"name": "studies", "slug": "x"}), in_categories, "name", "duplicate"
    )
    assert stored() == before


@pytest.mark.parametrize(
    ("path", "alias", "fields"),
    [("/tags", "JS", {"tags": ["JavaScript"]}), ("/categories", "Studies", {"category_name": "Research"})],
)
def test_the_target_and_its_alias_change_places(
    merged: FlaskClient, path: str, alias: str, fields: dict[str, Any]
) -> None:
    assert merged.put(f"{path}/2", json={"name": alias}).get_json()["name"] == alias
    make_insight(merged, **fields)
    assert merged.get(path).get_json()[0]["name"] == alias
    assert len(merged.get(path).get_json()) == 1
    former = make_insight(merged, tag_ids=[1], category_id=1)
    assert ([tag["id"] for tag in former["tags"]], former["category_id"]) == ([2], 2)


def test_a_name_is_free_again_once_its_target_is_deleted(merged: FlaskClient) -> None:
    merged.delete("/tags/2")
    assert make_tag(merged, "JS")["id"] == 3


def test_seeding_makes_nothing_anew_that_was_merged_away(app: Flask, client: FlaskClient) -> None:
    seed_taxonomy()
    for path, key, into in (("/tags", 3, 7), ("/categories", 1, 2)):
        assert client.post(f"{path}/{key}/merge", json={"into": into}).status_code == 200
    before = kept(client)

    seed_taxonomy()

    assert kept(client) == before
    assert (len(before[0]), len(before[1])) == (7, 5)
    assert category_in_place_of("Technical") == 2


def test_unknown_ids_are_still_unknown(merged: FlaskClient, stored: Callable[[], object]) -> None:
    before = stored()
    for key in (99, 0, -1, 2**31, 10**30):
        body = {"title": "T", "description": "d", "author": "a", "category_id": key}
        detail = f"category_id: category {key} does not exist."
        refused_because(merged.post("/insights", json=body), detail, "category_id", "unknown_reference")
    assert stored() == before
    problem(merged.get("/tags/1"), 404, "Tag 1 was merged into the tag 'JavaScript' (2).")
    problem(merged.get("/categories/1"), 404, "Category 1 was merged into the category 'Research' (2).")
    for key in (99, 2**31, 10**30):
        problem(merged.get(f"/tags/{key}"), 404, f"Tag {key} does not exist.")


def test_the_verification_finds_nothing(app: Flask, merged: FlaskClient) -> None:
    assert read_rows("SELECT * FROM counts_drift") == []
