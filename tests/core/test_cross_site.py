"""What another site's page makes a browser send."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.config import Settings
from tests.answers import make_tag, problem
from tests.conftest import built

TAG = {"name": "Kitchen", "slug": "kitchen"}
DETAIL = "This request came from another site's page; nothing was changed."
OURS, OTHER = "http://localhost", "https://evil.example"

PASSES = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": OTHER},  # the browser's own word counts, not the rest
    {"Origin": OURS},
    {"Origin": "HTTP://LOCALHOST"},
    {"Host": "localhost:8000", "Origin": "http://localhost:8000"},
    {"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer abc"},
    {"Sec-Fetch-Site": "cross-site", "Authorization": "bearer abc"},
    {"Sec-Fetch-Site": "cross-site", "X-API-Key": "abc"},
    {"Origin": OTHER, "X-API-Key": "abc"},
]
REFUSED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "nonsense"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": OURS},
    {"Sec-Fetch-Site": "cross-site", "Authorization": "Basic YTpi"},  # a browser remembers and sends it by itself
    {"Origin": OTHER},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:8000"},
    {"Origin": "http://localhost.evil.example"},
    {"Host": "localhost:8000", "Origin": OURS},
    {"Origin": OTHER, "Authorization": "Basic YTpi"},
]


@pytest.mark.parametrize("headers", PASSES, ids=str)
def test_what_passes(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/tags", json=TAG, headers=headers).status_code == 201


@pytest.mark.parametrize("headers", REFUSED, ids=str)
def test_what_is_refused_changes_nothing(client: FlaskClient, stored, headers: dict[str, str]) -> None:
    make_tag(client, "Stays")
    before = stored()
    problem(client.post("/tags", json=TAG, headers=headers), 403, DETAIL)
    problem(client.put("/tags/1", json={"name": "Other"}, headers=headers), 403, DETAIL)
    problem(client.delete("/tags/1", headers=headers), 403, DETAIL)
    problem(client.patch("/tags/1", json={}, headers=headers), 403, DETAIL)
    problem(client.post("/nowhere", headers=headers), 403, DETAIL)
    assert stored() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_harmless(client: FlaskClient, method: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": OTHER}
    assert client.open("/tags", method=method, headers=headers).status_code == 200


def test_a_person_is_told_on_a_page(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Accept": "text/html"}
    response = client.post("/tags", data={"name": "x"}, headers=headers)
    assert (response.status_code, response.mimetype) == (403, "text/html")
    assert "This request came from another site&#39;s page; nothing was changed." in response.text


@pytest.fixture
def friendly(settings: Settings, database_url: str, clean_database: None) -> Iterator[FlaskClient]:
    """Of an installation that lets one other site in, behind a proxy on this machine; nobody has to sign in."""
    origins, proxies = ("https://wiki.example.org",), ("127.0.0.1",)
    changes = {"cors_allowed_origins": origins, "trusted_proxies": proxies, "auth_mode": "open"}
    changed = settings.with_servers(database_url, settings.redis_url).model_copy(update=changes)
    with built(changed) as app:
        yield app.test_client()


def test_a_listed_site_may(friendly: FlaskClient, stored) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://wiki.example.org"}
    assert friendly.post("/tags", json=TAG, headers=headers).status_code == 201
    before = stored()
    for origin in ("https://evil.example", "http://wiki.example.org", "null"):
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": origin}
        problem(friendly.post("/tags", json={"name": "B", "slug": "b"}, headers=headers), 403, DETAIL)
    assert stored() == before


def test_behind_a_proxy_the_outer_scheme_counts(friendly: FlaskClient, stored) -> None:
    outer = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    assert friendly.post("/tags", json=TAG, headers={**outer, "Origin": "https://localhost"}).status_code == 201
    before = stored()
    problem(friendly.post("/tags", json={"name": "B", "slug": "b"}, headers={**outer, "Origin": OURS}), 403, DETAIL)
    assert stored() == before


def test_every_site_may_when_all_are_listed(settings: Settings, database_url: str, clean_database: None) -> None:
    changed = settings.with_servers(database_url, settings.redis_url).model_copy(
        update={"cors_allowed_origins": ("*",)}
    )
    with built(changed) as app:
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": OTHER}
        assert app.test_client().post("/tags", json=TAG, headers=headers).status_code == 201
