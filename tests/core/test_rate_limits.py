"""How many requests a caller may make, counted in a real Valkey."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from redis import Redis
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from app.config import Settings, SettingsError, load_settings
from app.core import cache
from app.core.http import problems, rate_limits
from tests.answers import problem
from tests.conftest import built

HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy", "Retry-After")
DEAD = "redis://127.0.0.1:1/0"
WARNED = "rate limits are off: the cache can't be reached"

Make = Callable[..., FlaskClient]


@pytest.fixture
def limited(settings: Settings) -> Iterator[Make]:
    """Make an application with these limits, whose caller is the header X-Caller; nobody was counted before."""
    made: list[Flask] = []

    def make(**changes: Any) -> FlaskClient:
        app = Flask(__name__)
        changed = settings.model_copy(update=changes)
        cache.connect(app, changed)
        rate_limits.limit(app, changed, lambda: request.headers.get("X-Caller"))
        problems.register(app)
        for path in ("/", "/health", "/livez", "/readyz", "/metrics"):
            app.add_url_rule(path, f"view {path}", lambda: "answer", methods=["GET", "POST"])
        made.append(app)
        return app.test_client()

    yield make
    for app in made:
        client = cache.client(app)
        if client is not None:
            client.close()


@pytest.fixture(autouse=True)
def nobody_was_counted(settings: Settings) -> None:
    with Redis.from_url(settings.redis_url or "") as client:
        for key in client.scan_iter("insights:limits:*"):
            client.delete(key)


def told(response: TestResponse) -> dict[str, str]:
    return {name: response.headers[name] for name in HEADERS if name in response.headers}


def somebody() -> dict[str, str]:
    return {"X-Caller": f"token:{uuid4()}"}


def test_what_a_caller_is_told(limited: Make) -> None:
    client = limited(rate_limit_per_token="3/hour")
    caller = somebody()
    policy = {"RateLimit-Limit": "3", "RateLimit-Policy": '"token";q=3;w=3600'}
    for remaining in ("2", "1", "0"):
        response = client.get("/", headers=caller)
        assert response.status_code == 200
        assert told(response) == {**policy, "RateLimit-Remaining": remaining, "RateLimit-Reset": "3600"}
    refused = client.get("/", headers=caller)
    assert (refused.status_code, refused.content_type) == (429, "application/problem+json")
    assert refused.get_json()["detail"] == "At most 3 requests per hour are answered."
    assert told(refused) == {**policy, "RateLimit-Remaining": "0", "RateLimit-Reset": "3600", "Retry-After": "3600"}
    assert client.get("/", headers=somebody()).status_code == 200


def test_after_the_time_that_was_told_the_next_request_is_answered(limited: Make) -> None:
    client = limited(rate_limit_per_token="2/second")
    caller = somebody()
    assert [client.get("/", headers=caller).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/", headers=caller)
    assert told(refused)["Retry-After"] == "1"
    time.sleep(1)
    assert client.get("/", headers=caller).status_code == 200


def test_the_window_slides(limited: Make) -> None:
    """A second window begins with what is left of the first: nobody sends twice as much around its edge."""
    client = limited(rate_limit_per_token="10/second")
    caller = somebody()
    begun = time.monotonic()
    assert {client.get("/", headers=caller).status_code for _ in range(10)} == {200}
    time.sleep(max(begun + 1.2 - time.monotonic(), 0))
    passed = [client.get("/", headers=caller).status_code for _ in range(10)].count(200)
    assert 1 <= passed <= 5


def test_the_anonymous_are_counted_by_address(limited: Make) -> None:
    client = limited(rate_limit_per_ip="1/hour")

    def answer(address: str) -> int:
        return client.get("/", environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [answer("203.0.113.4"), answer("203.0.113.4"), answer("203.0.113.5")] == [200, 429, 200]
    assert [answer("2001:db8::1"), answer("2001:db8::2"), answer("2001:db8:0:1::1")] == [200, 429, 200]
    response = client.get("/", environ_overrides={"REMOTE_ADDR": "203.0.113.6"})
    assert told(response)["RateLimit-Policy"] == '"ip";q=1;w=3600'


def test_each_limit_is_one_of_its_own(limited: Make) -> None:
    client = limited(rate_limit_per_token="2/hour", rate_limit_per_ip="1/hour")
    caller = somebody()
    assert [client.get("/").status_code for _ in range(2)] == [200, 429]
    assert [client.get("/", headers=caller).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("limits", "free"),
    [
        ({"rate_limit_per_token": "1/hour"}, {}),
        ({"rate_limit_per_ip": "1/hour"}, {"X-Caller": "token:1"}),
    ],
    ids=["per_token", "per_ip"],
)
def test_without_the_other_limit_the_others_are_free(limited: Make, limits: Any, free: dict[str, str]) -> None:
    client = limited(**limits)
    responses = [client.get("/", headers=free) for _ in range(3)]
    assert [(response.status_code, told(response)) for response in responses] == [(200, {})] * 3


def test_two_processes_count_together(limited: Make) -> None:
    one, other = limited(rate_limit_per_token="2/hour"), limited(rate_limit_per_token="2/hour")
    caller = somebody()
    asked = [one.get("/", headers=caller), other.get("/", headers=caller), one.get("/", headers=caller)]
    assert [response.status_code for response in asked] == [200, 200, 429]


def test_an_unknown_address_counts_too(limited: Make) -> None:
    client = limited(rate_limit_per_ip="2/hour")
    assert [client.get("/nowhere").status_code for _ in range(3)] == [404, 404, 429]


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/metrics", "/static/absent.css"])
def test_monitors_and_files_are_not_counted(limited: Make, path: str) -> None:
    client = limited(rate_limit_per_ip="1/hour")
    responses = [client.get(path) for _ in range(3)]
    assert {response.status_code for response in responses} == {404 if path.startswith("/static") else 200}
    assert [told(response) for response in responses] == [{}] * 3
    assert client.get("/").status_code == 200


def test_the_question_whether_one_may_ask_is_not_counted(limited: Make) -> None:
    client = limited(rate_limit_per_ip="1/hour")
    assert [client.options("/").status_code for _ in range(3)] == [200] * 3


def test_without_a_cache_nobody_is_limited_and_nobody_waits(limited: Make) -> None:
    client = limited(rate_limit_per_ip="1/hour", redis_url=DEAD)
    begun = time.monotonic()
    with capture_logs() as logs:
        responses = [client.get("/") for _ in range(50)]
    assert time.monotonic() - begun < 2
    assert [(response.status_code, told(response)) for response in responses] == [(200, {})] * 50
    assert [(line["log_level"], line["event"]) for line in logs] == [("warning", WARNED)]


def test_a_cache_that_failed_is_left_alone_for_a_while(limited: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    client = limited(rate_limit_per_ip="1/hour", redis_url=DEAD)
    tried: list[float] = []
    clock = {"now": 0.0}
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: clock["now"])

    def attempts(*_: object) -> None:
        tried.append(clock["now"])
        raise rate_limits.RedisError("away")

    monkeypatch.setattr("limits.strategies.SlidingWindowCounterRateLimiter.hit", attempts)
    with capture_logs() as logs:
        for now in (100.0, 101.0, 104.9, 105.0, 106.0, 110.0, 160.1):
            clock["now"] = now
            assert client.get("/").status_code == 200
    assert tried == [100.0, 105.0, 110.0, 160.1]
    assert [line["event"] for line in logs] == [WARNED] * 2  # at 100 and at 160.1


def test_limits_without_any_cache_are_said_to_be_off(limited: Make) -> None:
    with capture_logs() as logs:
        client = limited(rate_limit_per_ip="1/hour", redis_url=None)
    assert [line["event"] for line in logs] == ["rate limits are off: there is no cache"]
    assert [client.get("/").status_code for _ in range(2)] == [200, 200]


def test_without_limits_nothing_is_installed(limited: Make) -> None:
    app = limited().application
    assert (app.before_request_funcs, app.after_request_funcs) == ({}, {})


def test_the_whole_application(settings: Settings, database_url: str, clean_database: None, stored) -> None:
    here = settings.with_servers(database_url, settings.redis_url)
    with built(here.model_copy(update={"rate_limit_per_ip": "2/hour"})) as app:
        client = app.test_client()
        assert client.post("/tags", json={"name": "A", "slug": "a"}).status_code == 201
        assert told(client.get("/tags")) == {
            "RateLimit-Limit": "2",
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": "3600",
            "RateLimit-Policy": '"ip";q=2;w=3600',
        }
        before = stored()
        refused = client.post("/tags", json={"name": "B", "slug": "b"})
        problem(refused, 429, "At most 2 requests per hour are answered.")
        assert refused.headers["Retry-After"] == "3600"
        page = client.get("/", headers={"Accept": "text/html"})
        assert (page.status_code, page.mimetype) == (429, "text/html")
        assert client.get("/livez").status_code == 200
        assert stored() == before


@pytest.mark.parametrize("variable", ["INSIGHTS_RATE_LIMIT_PER_TOKEN", "INSIGHTS_RATE_LIMIT_PER_IP"])
def test_the_settings(tmp_path, variable: str) -> None:
    name = variable.removeprefix("INSIGHTS_").lower()
    for value in ("1/second", "600/minute", "1000/hour", "999999999/day"):
        assert getattr(load_settings({variable: value}, instance=tmp_path), name) == value
    assert getattr(load_settings({variable: ""}, instance=tmp_path), name) is None
    for value in ("600", "0/minute", "-1/minute", "600/fortnight", "600 per minute", "600/minute;1/second", "x/hour"):
        with pytest.raises(SettingsError) as caught:
            load_settings({variable: value}, instance=tmp_path)
        assert caught.value.problems == [
            f"{variable}: {value} is not a rate such as 600/minute (per second, minute, hour or day)"
        ]
