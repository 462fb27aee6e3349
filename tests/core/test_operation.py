"""What operators rely on: health, readiness, an absent database or cache, CORS, log lines."""

import json
from collections.abc import Iterator

import pytest
import structlog
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.config import Settings
from app.core import telemetry
from app.core.http.health import HealthAnswer, LivenessAnswer, ReadinessAnswer
from app.version import VERSION
from tests.answers import answered, problem
from tests.conftest import built

AWAY = "postgresql://insights@127.0.0.1:1/insights?connect_timeout=2"
HEALTHY = {"status": "healthy", "service": "insights", "version": VERSION, "database_connected": True}
ORIGIN, OTHER = "https://wiki.example.org", "https://two.example.org"


@pytest.fixture
def without_database(settings: Settings) -> Iterator[FlaskClient]:
    with built(settings.with_servers(AWAY, settings.redis_url)) as app:
        yield app.test_client()


@pytest.fixture
def allowing(settings: Settings, database_url: str) -> Iterator[FlaskClient]:
    """The application, open to two other sites."""
    open_to = settings.with_servers(database_url, None).model_copy(update={"cors_allowed_origins": (ORIGIN, OTHER)})
    with built(open_to) as app:
        yield app.test_client()


def test_healthy_alive_and_ready(client: FlaskClient) -> None:
    assert answered(client.get("/health"), HealthAnswer) == HEALTHY
    assert answered(client.get("/livez"), LivenessAnswer) == {"status": "alive"}
    ready = {"status": "ready", "database": True, "migrations": True, "cache": True}
    assert answered(client.get("/readyz"), ReadinessAnswer) == ready
    for path in ("/health", "/livez", "/readyz"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_without_its_database(without_database: FlaskClient) -> None:
    unhealthy = {**HEALTHY, "status": "unhealthy", "database_connected": False}
    assert answered(without_database.get("/health"), HealthAnswer, 503) == unhealthy
    assert answered(without_database.get("/livez"), LivenessAnswer) == {"status": "alive"}
    not_ready = {"status": "not ready", "database": False, "migrations": False, "cache": True}
    assert answered(without_database.get("/readyz"), ReadinessAnswer, 503) == not_ready


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/insights"),
        ("GET", "/insights/1"),
        ("POST", "/insights"),
        ("PUT", "/insights/1"),
        ("DELETE", "/insights/1"),
        ("POST", "/insights/search"),
        ("GET", "/tags"),
        ("POST", "/tags"),
        ("GET", "/categories/tree"),
        ("DELETE", "/categories/1"),
        ("GET", "/statistics"),
    ],
)
def test_other_routes_without_the_database(without_database: FlaskClient, method: str, path: str) -> None:
    least = {"/insights": {"title": "T", "description": "d", "author": "A"}, "/tags": {"name": "n", "slug": "s"}}
    body = (least.get(path) or {}) if method in ("POST", "PUT") else None
    response = without_database.open(path, method=method, json=body)
    problem(response, 503, "The database can't be reached just now.")
    assert response.headers["Retry-After"] == "2"


def test_metrics_without_the_database_are_the_counters_alone(without_database: FlaskClient) -> None:
    response = without_database.get("/metrics")
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    names = {family.name for family in text_string_to_metric_families(response.text)}
    assert {"api_requests", "request_duration_seconds", "insights_created"} <= names
    assert not [name for name in names if name.startswith("research_")]


@pytest.mark.parametrize("redis_url", [None, "redis://127.0.0.1:1"])
def test_without_its_cache_it_is_ready(settings: Settings, database_url: str, redis_url: str | None) -> None:
    with built(settings.with_servers(database_url, redis_url)) as app:
        ready = {"status": "ready", "database": True, "migrations": True, "cache": False}
        assert answered(app.test_client().get("/readyz"), ReadinessAnswer) == ready
        assert app.test_client().get("/insights").status_code == 200


def test_an_older_schema_is_not_ready(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.migrations.head", lambda: "9999")
    not_ready = {"status": "not ready", "database": True, "migrations": False, "cache": True}
    assert answered(client.get("/readyz"), ReadinessAnswer, 503) == not_ready


def test_a_listed_origin_may_call(allowing: FlaskClient) -> None:
    response = allowing.get("/insights", headers={"Origin": ORIGIN})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert set(response.headers.getlist("Vary")) == {"Accept", "Origin"}
    exposed = set(response.headers["Access-Control-Expose-Headers"].split(", "))
    limits = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
    assert exposed == {"ETag", "Idempotency-Replayed", "Link", "Location", "Retry-After", "X-Request-ID"} | limits


def test_a_preflight(allowing: FlaskClient) -> None:
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type, if-match, idempotency-key, authorization",
    }
    response = allowing.options("/insights/1", headers=headers)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert {"PUT", "DELETE"} <= set(response.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = set(response.headers["Access-Control-Allow-Headers"].lower().split(", "))
    assert {"content-type", "if-match", "idempotency-key", "authorization"} <= allowed


def test_an_error_can_be_read_by_a_listed_origin(allowing: FlaskClient) -> None:
    assert allowing.get("/nowhere", headers={"Origin": ORIGIN}).headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{ORIGIN}.evil.example", "http://wiki.example.org", "null"]
)
def test_another_origin_may_not(allowing: FlaskClient, origin: str) -> None:
    assert "Access-Control-Allow-Origin" not in allowing.get("/insights", headers={"Origin": origin}).headers


def test_without_a_list_no_other_site_may(client: FlaskClient) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/insights", headers={"Origin": ORIGIN}).headers


@pytest.fixture
def logging_json(settings: Settings, database_url: str) -> Iterator[FlaskClient]:
    """The application with its log as JSON; the session's own logging is restored afterwards."""
    as_json = settings.with_servers(database_url, None).model_copy(update={"log_format": "json"})
    with built(as_json) as app:
        yield app.test_client()
    telemetry.configure_logging(settings)


def test_no_address_forges_a_log_line(
    logging_json: FlaskClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "log", structlog.get_logger())
    logging_json.get("/a%0a%7B%22event%22:%22forged%22%7D%0d%1b%5B31m", headers={"X-Request-ID": "x y"})
    [line] = capsys.readouterr().out.splitlines()
    shown = json.loads(line)
    assert (shown["event"], shown["path"]) == ("request", '/a\n{"event":"forged"}\r\x1b[31m')
    assert shown["request_id"] != "x y"


def test_a_log_line_for_each_request(
    logging_json: FlaskClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "log", structlog.get_logger())
    logging_json.get("/insights/7?x=secret", headers={"X-Request-ID": "traced"})
    [line] = [json.loads(text) for text in capsys.readouterr().out.splitlines() if text.startswith("{")]
    assert line.pop("milliseconds") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "traced",
        "method": "GET",
        "path": "/insights/7",
        "status": 404,
    }
