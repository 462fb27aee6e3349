"""``GET /statistics``: exact figures, written by hand."""

from flask.testing import FlaskClient

from app.analytics.schemas import StatisticsAnswer
from tests.answers import answered, make_category, make_insight, make_tag


def test_an_empty_library(client: FlaskClient) -> None:
    statistics = answered(client.get("/statistics"), StatisticsAnswer)
    assert statistics == {
        "total_insights": 0,
        "insights_by_status": {},
        "insights_by_priority": {},
        "insights_by_visibility": {},
        "insights_by_category": {},
        "total_tags": 0,
        "total_categories": 0,
        "recent_insights": [],
    }


def test_the_figures(client: FlaskClient) -> None:
    make_category(client, "Technical")
    make_category(client, "Databases", parent_id=1)
    make_category(client, "Empty")
    make_tag(client, "Unused")
    rows = [
        {"category_id": 1, "status": "published", "priority": "critical"},
        {"category_id": 1, "priority": "low", "visibility": "PUBLIC"},
        {"category_id": 2, "status": "published", "tags": ["Used"]},
        {"category_id": 2, "status": "archived", "priority": "low"},
        {"category_id": 2, "status": "published"},
        {"category_id": 1},
    ]
    for row in rows:
        make_insight(client, **row)
    statistics = answered(client.get("/statistics"), StatisticsAnswer)
    recent = statistics.pop("recent_insights")
    assert statistics == {
        "total_insights": 6,
        "insights_by_status": {"archived": 1, "draft": 2, "published": 3},
        "insights_by_priority": {"low": 2, "medium": 3, "critical": 1},
        "insights_by_visibility": {"INTERNAL": 5, "PUBLIC": 1},
        "insights_by_category": {"Databases": 3, "Empty": 0, "Technical": 3},
        "total_tags": 2,
        "total_categories": 3,
    }
    assert recent == client.get("/insights?page_size=5").get_json()["insights"]
    assert [insight["id"] for insight in recent] == [6, 5, 4, 3, 2]


def test_uncategorized_is_shown_only_while_there_are_any(client: FlaskClient) -> None:
    def by_category() -> dict[str, int]:
        return dict(answered(client.get("/statistics"), StatisticsAnswer)["insights_by_category"])

    make_category(client, "Technical")
    assert by_category() == {"Technical": 0}
    make_insight(client)
    assert by_category() == {"Technical": 0, "Uncategorized": 1}
    client.put("/insights/1", json={"category_id": 1})
    assert by_category() == {"Technical": 1}


def test_they_follow_every_write_at_once(client: FlaskClient) -> None:
    def figures() -> tuple[int, dict[str, int], dict[str, int]]:
        found = client.get("/statistics").get_json()
        return found["total_insights"], found["insights_by_status"], found["insights_by_priority"]

    make_insight(client)
    assert figures() == (1, {"draft": 1}, {"medium": 1})
    client.put("/insights/1", json={"status": "published", "priority": "high"})
    assert figures() == (1, {"published": 1}, {"high": 1})
    client.delete("/insights/1")
    assert figures() == (0, {}, {})


def test_a_category_called_uncategorized(client: FlaskClient) -> None:
    """A JSON object can hold the name once: both counts are added."""
    make_insight(client, category_name="Uncategorized")
    make_insight(client)
    assert client.get("/statistics").get_json()["insights_by_category"] == {"Uncategorized": 2}
