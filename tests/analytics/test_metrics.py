"""``GET /metrics``: every name of the contract, with exact values after known writes."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.config import REPOSITORY, Settings
from tests.answers import make_category, make_insight, make_tag

Labels = Mapping[str, str]
GAUGES = {
    "research_insights_total",
    "research_insights_validated",
    "research_insights_by_status",
    "research_insights_by_priority",
    "research_insights_by_category",
    "research_tags_total",
    "research_categories_total",
    "research_insights_validation_rate",
    "research_insights_time_to_action_seconds",
    "research_insights_published_last_7d",
    "research_insights_published_last_30d",
    "research_tag_usage_count",
}
COUNTERS = {"insights_created_total", "insights_updated_total", "insights_deleted_total", "api_requests_total"}


class Scrape:
    """What one scrape said."""

    def __init__(self, exposition: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(exposition)}
        self.samples = [sample for family in self.families.values() for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """The sum over all samples with this name and these labels."""
        return sum(s.value for s in self.samples if s.name == name and labels.items() <= s.labels.items())

    def by(self, name: str) -> dict[str, float]:
        """Of a gauge with one label: its values."""
        return {next(iter(s.labels.values())): s.value for s in self.samples if s.name == name}


def scrape(client: FlaskClient) -> Scrape:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.content_type.startswith("text/plain; version=")
    return Scrape(response.text)


@pytest.fixture
def known(client: FlaskClient, database_url: str) -> FlaskClient:
    """Six insights whose every figure is known."""
    make_category(client, "Technical")
    make_category(client, "Process")
    make_category(client, "Empty")
    make_tag(client, "Unused")
    for row in [
        {"category_id": 1, "status": "published", "priority": "critical", "tags": ["A", "B"]},
        {"category_id": 1, "status": "published", "tags": ["A"]},
        {"category_id": 1, "status": "archived", "priority": "low"},
        {"category_id": 1},
        {"category_id": 2, "priority": "low"},
        {"status": "published"},
    ]:
        make_insight(client, **row)
    with psycopg.connect(database_url) as connection:
        for key, wait, ago in [(1, "1 hour", "1 hour"), (2, "3 hours", "8 days"), (6, "30 seconds", "40 days")]:
            connection.execute(
                "UPDATE insights SET published_at = now() - %s::interval,"
                " created_at = now() - %s::interval - %s::interval WHERE id = %s",
                (ago, ago, wait, key),
            )
    return client


def test_every_name_of_the_contract(known: FlaskClient) -> None:
    known.put("/insights/1", json={"title": "New"})
    known.delete("/insights/1")
    found = scrape(known)
    assert {name for name, family in found.families.items() if family.type == "gauge"} >= GAUGES
    assert {f"{name}_total" for name, family in found.families.items() if family.type == "counter"} >= COUNTERS
    assert found.families["request_duration_seconds"].type == "histogram"
    assert all(family.documentation for family in found.families.values())


def test_the_gauges(known: FlaskClient) -> None:
    found = scrape(known)
    assert found.value("research_insights_total") == 6
    assert found.value("research_insights_validated") == 3
    assert found.by("research_insights_by_status") == {"archived": 1, "draft": 2, "published": 3}
    assert found.by("research_insights_by_priority") == {"critical": 1, "low": 2, "medium": 3}
    by_category = {"Technical": 4, "Process": 1, "Empty": 0, "Uncategorized": 1}
    assert found.by("research_insights_by_category") == by_category
    assert (found.value("research_tags_total"), found.value("research_categories_total")) == (3, 3)
    rates = {"Technical": 50, "Process": 0, "Uncategorized": 100}
    assert found.by("research_insights_validation_rate") == rates
    waits = {"Technical": 2 * 3600, "Uncategorized": 30}
    assert found.by("research_insights_time_to_action_seconds") == waits
    assert found.value("research_insights_published_last_7d") == 1
    assert found.value("research_insights_published_last_30d") == 2
    assert found.by("research_tag_usage_count") == {"A": 2, "B": 1, "Unused": 0}


def test_an_empty_library(client: FlaskClient) -> None:
    found = scrape(client)
    for name in ("total", "validated", "published_last_7d", "published_last_30d"):
        assert [s.value for s in found.samples if s.name == f"research_insights_{name}"] == [0]
    for name in ("by_status", "by_priority", "by_category", "validation_rate", "time_to_action_seconds"):
        assert found.by(f"research_insights_{name}") == {}


def test_a_label_that_is_gone_disappears(known: FlaskClient) -> None:
    known.delete("/tags/1")
    known.delete("/categories/3")
    known.delete("/insights/6")
    found = scrape(known)
    assert found.by("research_tag_usage_count") == {"A": 2, "B": 1}
    assert found.by("research_insights_by_category") == {"Technical": 4, "Process": 1}
    assert "Uncategorized" not in found.by("research_insights_validation_rate")


def test_labels_are_escaped(client: FlaskClient) -> None:
    name = 'a"b\\c{d="e"}\nf'.replace("\n", " ")
    make_insight(client, category_name=name, tags=[name])
    found = scrape(client)
    assert found.by("research_insights_by_category") == {name: 1}
    assert found.by("research_tag_usage_count") == {name: 1}


def test_the_counters_count_what_was_committed(client: FlaskClient) -> None:
    names = ("insights_created_total", "insights_updated_total", "insights_deleted_total")
    before = scrape(client)
    make_insight(client)
    make_insight(client)
    client.put("/insights/1", json={"title": "New"})
    client.put("/insights/1", json={"title": "New"})  # changes nothing
    client.delete("/insights/2")
    client.delete("/insights/2")  # 404
    client.post("/insights", json={"title": "T", "description": "d", "author": "A", "category_id": 9})  # 400
    after = scrape(client)
    assert [after.value(name) - before.value(name) for name in names] == [2, 1, 1]


def test_requests_are_counted_by_template(client: FlaskClient) -> None:
    def requests(found: Scrape) -> dict[tuple[str, str], tuple[float, float]]:
        counts = {}
        for method, endpoint in [
            ("GET", "/insights/{insight_id}"),
            ("PUT", "/insights/{insight_id}"),
            ("POST", "/insights"),
            ("GET", "/categories/{category_id}"),
            ("GET", "unmatched"),
        ]:
            labels = {"method": method, "endpoint": endpoint}
            observed = found.value("request_duration_seconds_bucket", le="+Inf", **labels)
            assert observed == found.value("request_duration_seconds_count", **labels)
            counts[method, endpoint] = (found.value("api_requests_total", **labels), observed)
        return counts

    before = requests(scrape(client))
    make_insight(client)
    for path in ("/insights/1", "/insights/1/", "/insights/99", "/categories/7", "/no/1", "/no/2"):
        client.get(path)
    client.put("/insights/1", json={"title": "New"})
    after = requests(scrape(client))
    grown = {key: (after[key][0] - before[key][0], after[key][1] - before[key][1]) for key in after}
    assert grown == {
        ("GET", "/insights/{insight_id}"): (3, 3),
        ("PUT", "/insights/{insight_id}"): (1, 1),
        ("POST", "/insights"): (1, 1),
        ("GET", "/categories/{category_id}"): (1, 1),
        ("GET", "unmatched"): (2, 2),
    }


def test_no_invented_method_becomes_a_label(client: FlaskClient) -> None:
    client.open("/insights", method="INVENTED")
    client.open("/no/such/path", method="QUERY")
    client.open("/insights", method="PATCH")
    found = {s.labels["method"] for s in scrape(client).samples if s.name == "api_requests_total"}
    assert "PATCH" in found
    assert not found & {"INVENTED", "QUERY"}


def test_no_address_becomes_a_label(client: FlaskClient) -> None:
    client.get("/insights/12345")
    client.get("/some/odd/place")
    assert not {s.labels.get("endpoint") for s in scrape(client).samples} & {"/insights/12345", "/some/odd/place"}


WORKER = """
from app import create_app
client = create_app().test_client()
for _ in range({creations}):
    created = client.post("/insights", json={{"title": "T", "description": "d", "author": "A"}})
    assert created.status_code == 201, created.text
client.get("/insights/1")
print(client.get("/metrics").text)
"""


def test_it_is_right_over_several_processes(
    settings: Settings, database_url: str, client: FlaskClient, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "INSIGHTS_INSTANCE": str(settings.instance),
        "LOG_LEVEL": "error",
    }

    def run(creations: int) -> Scrape:
        code = WORKER.format(creations=creations)
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return Scrape(done.stdout)

    run(2)
    found = run(3)
    assert found.value("insights_created_total") == 5
    assert found.value("research_insights_total") == 5
    assert found.value("api_requests_total", method="POST", endpoint="/insights") == 5
    assert found.value("request_duration_seconds_count", method="GET", endpoint="/insights/{insight_id}") == 2
    assert found.value("api_requests_total", method="GET", endpoint="/metrics") == 1
    assert not any("pid" in sample.labels for sample in found.samples)
