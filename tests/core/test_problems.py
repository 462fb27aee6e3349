"""Every error is one problem document for programs, one page for people."""

import re
from http import HTTPStatus
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings
from app.core.http import problems
from app.core.http.pages import DIST
from app.core.http.problems import STATUS, answer
from app.errors import DomainError, FieldError, Invalid, NotFound, Refused, Stale, Unavailable
from app.identity.permissions import ROUTES
from tests.answers import problem
from tests.conftest import built

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
needs_assets = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")


def test_an_unknown_path(client: FlaskClient) -> None:
    assert "errors" not in problem(client.get("/no/such/path"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/insights", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("DELETE", "/tags", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", "/tags/1", {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
        ("POST", "/statistics", {"GET", "HEAD", "OPTIONS"}),
        ("PUT", "/health", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/insights/search", {"POST", "OPTIONS"}),
        ("DELETE", "/categories/tree", {"GET", "HEAD", "OPTIONS"}),
        ("PUT", "/categories/tree", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method(client: FlaskClient, method: str, path: str, allowed: set[str]) -> None:
    response = client.open(path, method=method)
    problem(response, 405)
    assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_caches_keep_documents_and_pages_apart(client: FlaskClient, accept: str) -> None:
    response = client.get("/no/such/path", headers={"Accept": accept})
    assert response.status_code == 404
    assert "Accept" in response.vary


@pytest.mark.parametrize("offered", ["abc-123", "A.b_C", "x" * 128])
def test_the_callers_request_id_is_kept(client: FlaskClient, offered: str) -> None:
    assert problem(client.get("/nowhere", headers={"X-Request-ID": offered}), 404)["request_id"] == offered


@pytest.mark.parametrize("offered", ["", "x" * 129, "a b", "<script>", "é"])
def test_another_is_made_for_an_unusable_one(client: FlaskClient, offered: str) -> None:
    made = problem(client.get("/nowhere", headers={"X-Request-ID": offered}), 404)["request_id"]
    assert re.fullmatch("[0-9a-f]{32}", made)


def test_an_answer_carries_a_request_id(client: FlaskClient) -> None:
    assert client.get("/insights", headers={"X-Request-ID": "mine"}).headers["X-Request-ID"] == "mine"
    assert client.get("/insights").headers["X-Request-ID"] != client.get("/insights").headers["X-Request-ID"]


@pytest.fixture
def failing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The application with a route for each error that a view can raise."""
    errors: dict[str, Exception] = {
        "not-found": NotFound.of("Thing", 7),
        "invalid": Invalid("a: no"),
        "part": Invalid.because([FieldError(("a",), "no", "odd", "query", 4, 2, "<b>")]),
        "rest": Invalid.because([FieldError(("a",), "no", "odd", "query", 0, 9, "")]),
        "refused": Refused.because_of("a/b~c", "No.", "odd"),
        "stale": Stale.of("Thing", 7, 3),
        "unavailable": Unavailable("Later."),
        "unexpected": RuntimeError("secret text"),
    }

    def fail(which: str) -> str:
        raise errors[which]

    with built(settings) as app:
        monkeypatch.setitem(ROUTES, "GET /fail/{which}", None)
        app.add_url_rule("/fail/<which>", view_func=fail)
        yield app.test_client()


@pytest.mark.parametrize(
    ("which", "status", "detail"),
    [
        ("not-found", 404, "Thing 7 does not exist."),
        ("invalid", 422, "a: no"),
        ("refused", 400, "No."),
        ("stale", 412, "Thing 7 has changed since it was read: its version is now 3."),
        ("unavailable", 503, "Later."),
    ],
)
def test_what_a_domain_raises(failing: FlaskClient, which: str, status: int, detail: str) -> None:
    response = failing.get(f"/fail/{which}")
    document = problem(response, status, detail)
    assert document.get("current_version") == (3 if which == "stale" else None)
    assert response.headers.get("Retry-After") == ("2" if which == "unavailable" else None)
    if which == "refused":
        assert document["errors"][0]["pointer"] == "#/a~1b~0c"


@pytest.mark.parametrize(("which", "place"), [("part", (4, 2, "<b>")), ("rest", (0, 9, ""))])
def test_a_part_of_a_text_has_its_place_and_a_suggestion(
    failing: FlaskClient, which: str, place: tuple[int, int, str]
) -> None:
    position, length, suggestion = place
    assert problem(failing.get(f"/fail/{which}"), 422, "a: no")["errors"] == [
        {
            "loc": ["query", "a"],
            "pointer": "#/a",
            "message": "no",
            "code": "odd",
            "position": position,
            "length": length,
            "suggestion": suggestion,
        }
    ]


@needs_assets
def test_a_browser_is_shown_the_place_and_the_suggestion(failing: FlaskClient) -> None:
    text = failing.get("/fail/part", headers=BROWSER).text
    assert "<code>query.a</code>: no (at character 5). Did you mean <code>&lt;b&gt;</code>?" in text
    assert "Did you mean" not in failing.get("/fail/rest", headers=BROWSER).text


def test_an_unexpected_error_says_nothing_of_its_inside(
    failing: FlaskClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "log", structlog.get_logger())
    response = failing.get("/fail/unexpected")
    document = problem(response, 500)
    assert document["detail"] == (
        "Something went wrong on our side. The request id helps the operators to find out what."
    )
    assert "secret text" not in response.text
    logged = capsys.readouterr().out
    assert "secret text" in logged
    assert document["request_id"] in logged


def test_every_domain_error_has_a_status() -> None:
    assert set(STATUS) == set(DomainError.__subclasses__())


@needs_assets
@pytest.mark.parametrize(("path", "status"), [("/no/such/path", 404), ("/library/7", 404), ("/library/abc", 404)])
def test_a_browser_gets_a_page(client: FlaskClient, path: str, status: int) -> None:
    response = client.get(path, headers=BROWSER)
    assert (response.status_code, response.content_type) == (status, "text/html; charset=utf-8")
    assert f'<p class="error-status">{status}</p>' in response.text
    assert response.headers["X-Request-ID"] not in response.text  # nobody needs help with a mistyped address


@needs_assets
def test_the_page_of_an_error_escapes_what_was_asked_for(client: FlaskClient) -> None:
    response = client.get("/library/<script>alert(1)</script>", headers=BROWSER)
    assert "<script>alert" not in response.text


@needs_assets
@pytest.mark.parametrize(("which", "status"), [("unexpected", 500), ("unavailable", 503)])
def test_a_browser_is_told_of_an_error_on_our_side(failing: FlaskClient, which: str, status: int) -> None:
    response = failing.get(f"/fail/{which}", headers=BROWSER)
    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert "secret text" not in response.text
    assert f"quote the request <code>{response.headers['X-Request-ID']}</code>" in response.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.9", "", "text/plain"])
def test_a_program_gets_the_document(client: FlaskClient, accept: str) -> None:
    problem(client.get("/no/such/path", headers={"Accept": accept}), 404)


def test_an_error_before_the_request_has_an_id(application: Flask) -> None:
    with application.test_request_context("/somewhere"):
        assert answer(HTTPStatus.NOT_FOUND, "Nothing.").get_json()["request_id"] == ""
