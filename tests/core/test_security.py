"""Whom the application answers, and what a browser may do with its pages."""

import re
from dataclasses import dataclass
from http import HTTPStatus

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.exceptions import RequestEntityTooLarge

from app.config import load_settings
from app.core.http.problems import _said_plainly
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


def nonces(response) -> list[str]:
    return re.findall(r'<script nonce="([^"]*)"', response.text)


def test_pages_may_load_and_send_nothing_elsewhere(client: FlaskClient) -> None:
    response = client.get("/")
    headers = response.headers
    [nonce] = set(nonces(response))
    assert headers["Content-Security-Policy"] == (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' https: http:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
    )
    assert headers["Cache-Control"] == "no-store"


def test_the_reference_pages_have_policies_of_their_own(client: FlaskClient) -> None:
    docs, redoc = client.get("/docs"), client.get("/redoc")
    [of_docs], [of_redoc] = set(nonces(docs)), set(nonces(redoc))
    end = "connect-src 'self';{} form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    assert docs.headers["Content-Security-Policy"] == (
        f"default-src 'none'; script-src 'nonce-{of_docs}'; style-src 'self'; img-src 'self' data:; {end.format('')}"
    )
    assert redoc.headers["Content-Security-Policy"] == (
        f"default-src 'none'; script-src 'nonce-{of_redoc}'; style-src 'self' 'nonce-{of_redoc}';"
        f" img-src 'self' data:; {end.format(' worker-src blob:;')}"
    )


def test_each_page_has_a_nonce_of_its_own_that_nobody_can_guess(client: FlaskClient) -> None:
    seen = {nonce for _ in range(20) for nonce in nonces(client.get("/"))}
    assert len(seen) == 20
    assert {len(nonce) for nonce in seen} == {22}  # 16 random bytes


@pytest.mark.parametrize("path", ["/", "/library", "/docs", "/redoc", "/nowhere"])
def test_every_script_has_the_nonce_and_no_style_is_inline(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"}).text
    scripts = re.findall(r"<script[^>]*>", page)
    assert ['nonce="' in script and 'src="/static/' in script for script in scripts] == [True] * len(scripts) != []
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)


def test_a_page_without_scripts_may_run_none(client: FlaskClient) -> None:
    response = client.get("/insights", headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (303, "text/html")
    assert "script-src 'none'; style-src 'self';" in response.headers["Content-Security-Policy"]


def test_no_policy_allows_what_is_inline(application: Flask) -> None:
    client = application.test_client()
    for path in ("/", "/docs", "/redoc", "/livez", "/nowhere", "/static/manifest.json"):
        with client.get(path, headers={"Accept": "text/html"}) as response:
            [policy] = response.headers.getlist("Content-Security-Policy")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


def test_data_is_not_guessed_at(application: Flask) -> None:
    headers = application.test_client().get("/livez").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_built_files_may_be_kept(application: Flask) -> None:
    with application.test_client().get("/static/manifest.json") as response:
        assert response.headers["Cache-Control"] == "public, max-age=31536000"


def test_https_is_insisted_on_where_it_is_spoken(application: Flask) -> None:
    client = application.test_client()
    assert "Strict-Transport-Security" not in client.get("/livez").headers
    over_tls = client.get("/livez", base_url="https://localhost")
    assert over_tls.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_an_address_is_decoded_once(client: FlaskClient) -> None:
    with client.get("/static/manifest%2Ejson") as built_file:
        assert built_file.status_code == 200
    for path in ("/static/manifest%252Ejson", "/static/%252e%252e/npm.py", "/static/%2e%2e/npm.py"):
        assert client.get(path).status_code == 404
    client.post("/tags", json={"name": "100%25", "slug": "a"})
    assert [tag["name"] for tag in client.get("/tags").get_json()] == ["100%25"]


@pytest.mark.parametrize("path", ["/", "/insights", "/sign-in", "/livez", "/static/manifest.json"])
def test_no_request_is_sent_back(client: FlaskClient, path: str) -> None:
    response = client.open(path, method="TRACE", headers={"X-API-Key": "ins_secret"})
    assert response.status_code == 405
    assert "ins_secret" not in response.text


def test_a_form_with_too_many_fields(application: Flask) -> None:
    fields = {f"field{number}": "x" for number in range(201)}
    with application.test_request_context("/", method="POST", data=fields, content_type="multipart/form-data"):
        with pytest.raises(RequestEntityTooLarge) as caught:
            request.form.get("field0")
        assert _said_plainly(HTTPStatus(caught.value.code)) == "The form must have 200 fields at most."
    del fields["field0"]
    with application.test_request_context("/", method="POST", data=fields, content_type="multipart/form-data"):
        assert len(request.form) == 200


def test_a_form_as_large_as_a_body_may_be_is_read(application: Flask) -> None:
    text = "x" * (4 * 2**20 - 10)
    with application.test_request_context("/", method="POST", data={"text": text}):
        assert request.form["text"] == text
    with application.test_request_context("/", method="POST", data={"text": text + "x" * 20}):
        with pytest.raises(RequestEntityTooLarge) as caught:
            request.form.get("text")
        assert _said_plainly(HTTPStatus(caught.value.code)) == "The body must have 4 MiB at most."


def test_a_foreign_name_is_refused_with_a_page_too(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Host": "evil.example", "Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "evil.example" in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
