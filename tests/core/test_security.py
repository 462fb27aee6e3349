"""Whom the application answers, and what a browser may do with its pages."""

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import load_settings
from app.core.http.security import trusted_hosts


@dataclass
class Given:
    host: str
    hosts: str = ""
    trusted: list[str] | None = None


LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    "given",
    [
        Given("127.0.0.1", trusted=[*LOOPBACK, "127.0.0.1"]),
        Given("127.1.2.3", trusted=[*LOOPBACK, "127.1.2.3"]),
        Given("localhost", trusted=[*LOOPBACK, "localhost"]),
        Given("::1", trusted=[*LOOPBACK, "::1"]),
        Given("0.0.0.0", trusted=None),
        Given("insights.example.org", trusted=None),
        Given("0.0.0.0", hosts="insights.example.org, .example.com", trusted=["insights.example.org", ".example.com"]),
    ],
)
def test_the_names_that_are_answered(given: Given, tmp_path) -> None:
    settings = load_settings({"INSIGHTS_ALLOWED_HOSTS": given.hosts}, host=given.host, instance=tmp_path)
    assert trusted_hosts(settings) == given.trusted


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "localhost:1234"])
def test_our_own_names(client: FlaskClient, host: str) -> None:
    assert client.get("/livez", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example"])
def test_a_foreign_name_that_points_at_us_reads_and_writes_nothing(client: FlaskClient, stored, host: str) -> None:
    before = stored()
    draft = {"title": "t", "description": "d", "author": "a"}
    assert client.get("/insights", headers={"Host": host}).status_code == 400
    assert client.post("/insights", json=draft, headers={"Host": host}).status_code == 400
    assert stored() == before


def test_pages_may_load_and_send_nothing_elsewhere(client: FlaskClient) -> None:
    headers = client.get("/").headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'self'; img-src 'self' https: http:; frame-ancestors 'none'; base-uri 'none'; form-action 'self';"
        " object-src 'none'"
    )
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_reference_pages_have_policies_of_their_own(client: FlaskClient, path: str) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]
    assert "img-src 'self' data:" in policy
    assert "script-src" not in policy  # so scripts come from 'self' only


def test_data_is_not_guessed_at(application: Flask) -> None:
    headers = application.test_client().get("/livez").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" not in headers
