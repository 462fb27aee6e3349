"""The documented clients keep working: chat bots and the command line know names, not ids (contract, section 9)."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.insights.schemas import InsightAnswer, InsightPage
from tests.answers import answered, ids, make_category, make_insight, make_tag

BOT: dict[str, Any] = {
    "title": "Deploys on Friday",
    "description": "They hurt",
    "author": "@ada",
    "source": "Slack Bot",
    "priority": "high",
    "category_name": "Site Reliability",
    "tags": ["Deployment", "Quick Win"],
    "metadata": {"channel": "#ops", "thread_ts": "1700000000.000100"},
}


def test_what_a_bot_posts(client: FlaskClient) -> None:
    insight = answered(client.post("/insights", json=BOT), InsightAnswer, 201)
    assert (insight["category"]["name"], insight["category"]["slug"]) == ("Site Reliability", "site-reliability")
    assert insight["category_id"] == insight["category"]["id"] == 1
    tags = [(tag["name"], tag["slug"], tag["usage_count"]) for tag in insight["tags"]]
    assert tags == [("Deployment", "deployment", 1), ("Quick Win", "quick-win", 1)]
    assert insight["metadata"] == BOT["metadata"]
    assert (insight["source"], insight["priority"], insight["status"]) == ("Slack Bot", "high", "draft")


def test_names_are_found_regardless_of_case_and_accents(client: FlaskClient) -> None:
    make_category(client, "Qualité")
    make_tag(client, "Quick Win")
    insight = make_insight(client, category_name="QUALITE", tags=["quick win", "QUICK WIN", "Café", "cafe"])
    assert insight["category_id"] == 1
    assert [tag["name"] for tag in insight["tags"]] == ["Café", "Quick Win"]
    assert [tag["usage_count"] for tag in insight["tags"]] == [1, 1]
    assert len(client.get("/categories").get_json()) == 1


def test_names_that_share_a_slug_get_numbered_ones(client: FlaskClient) -> None:
    insight = make_insight(client, tags=["C", "C++", "C#", "日本"])
    assert sorted(tag["slug"] for tag in insight["tags"]) == ["c", "c-2", "c-3", "日本"]


def test_ids_win_over_names(client: FlaskClient) -> None:
    make_category(client, "Given")
    make_tag(client, "Given")
    insight = make_insight(client, category_id=1, category_name="Other", tag_ids=[1], tags=["Other"])
    assert insight["category"]["name"] == "Given"
    assert [tag["name"] for tag in insight["tags"]] == ["Given"]
    assert [len(client.get(path).get_json()) for path in ("/categories", "/tags")] == [1, 1]


def test_an_empty_list_of_ids_wins_too(client: FlaskClient) -> None:
    assert make_insight(client, tag_ids=[], tags=["Other"])["tags"] == []
    assert client.get("/tags").get_json() == []


def test_null_ids_leave_it_to_the_names(client: FlaskClient) -> None:
    insight = make_insight(client, category_id=None, category_name="Named", tag_ids=None, tags=["Named"])
    assert (insight["category"]["name"], [tag["name"] for tag in insight["tags"]]) == ("Named", ["Named"])


def test_names_in_a_change(client: FlaskClient) -> None:
    make_insight(client, tags=["A"], category_name="One")
    changed = client.put("/insights/1", json={"tags": ["B", "a"], "category_name": "Two"}).get_json()
    assert ([tag["name"] for tag in changed["tags"]], changed["category"]["name"]) == (["A", "B"], "Two")
    assert client.put("/insights/1", json={"tags": []}).get_json()["tags"] == []


def test_what_is_refused_makes_no_category_and_no_tag(client: FlaskClient, stored: Any) -> None:
    make_insight(client, external_key="taken")
    before = stored()
    assert client.post("/insights", json={**BOT, "external_key": "taken"}).status_code == 400
    assert client.post("/insights", json={**BOT, "author": ""}).status_code == 422
    assert stored() == before


@pytest.mark.parametrize(
    ("query", "found", "page"),
    [
        ("limit=2", [4, 3], 1),
        ("limit=2&offset=2", [2, 1], 2),
        ("limit=2&offset=1", [3, 2], 1),
        ("limit=10&offset=4", [], 1),
        ("offset=3", [1], 1),
        ("limit=10&category=technical", [2, 1], 1),
        ("limit=1&offset=1&category=Technical", [1], 2),
    ],
)
def test_the_list_of_the_command_line(client: FlaskClient, query: str, found: list[int], page: int) -> None:
    for category_name in ("Technical", "Technical", None, None):
        make_insight(client, category_name=category_name)
    response = client.get(f"/insights?{query}")
    document = answered(response, InsightPage)
    assert ids(response) == found
    assert document["page"] == page
    assert document["total"] == (2 if "category" in query else 4)


def test_probes_of_the_command_line(client: FlaskClient) -> None:
    assert client.get("/health").get_json() == {
        "status": "healthy",
        "service": "insights",
        "version": "1.0.0",
        "database_connected": True,
    }
    assert (client.get("/categories").get_json(), client.get("/tags").get_json()) == ([], [])


@pytest.mark.parametrize("path", ["/insights", "/tags", "/categories", "/statistics", "/health", "/metrics"])
def test_a_token_nobody_asked_for_is_no_reason_to_refuse(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers={"Authorization": "Bearer not-a-token"}).status_code == 200
