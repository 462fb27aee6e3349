"""``/audit`` for programs and ``/admin/audit`` for people."""

from collections.abc import Callable
from html import unescape
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit.commands import record
from app.audit.schemas import AuditPage
from app.core.db import transact
from app.core.http.pages import DIST
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from tests.answers import answered, problem, wrong_fields

BROWSER = {"Accept": "text/html"}
pages = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")


@pytest.fixture
def noted(application: Flask) -> Callable[..., None]:
    """Appends an entry."""

    def note(*entry: object) -> None:
        with application.app_context(), acting(LOCAL_ADMINISTRATOR):
            transact(record, *entry)

    return note


def test_a_change_is_found_by_what_it_was_done_to(client: FlaskClient) -> None:
    made = client.post("/tags", json={"name": "Audited", "slug": "audited"})
    newest = answered(client.get("/audit?verb=tag&page_size=1"), AuditPage)["entries"][0]
    assert (newest["verb"], newest["subject_type"], newest["subject_id"]) == ("tag.create", "tag", "1")
    assert (newest["actor_kind"], newest["actor_name"]) == ("local", "local administrator")
    assert newest["ip"] == "127.0.0.1"
    assert newest["request_id"] == made.headers["X-Request-ID"]


def test_reading_the_log_changes_nothing(client: FlaskClient) -> None:
    first = client.get("/audit?page_size=1")
    assert client.get("/audit?page_size=1").data == first.data
    assert client.get("/audit?page_size=1", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_no_entry_can_be_written_or_taken_away_here(client: FlaskClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        problem(client.open("/audit", method=method), 405)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("outcome=maybe", {"query.outcome": "unknown_token"}),
        ("since=yesterday&until=2026-02-30", {"query.since": "type", "query.until": "type"}),
        ("page=0&page_size=101", {"query.page": "too_small", "query.page_size": "too_large"}),
        (f"verb={'v' * 51}", {"query.verb": "too_long"}),
        ("actor=%00", {"query.actor": "nul_character"}),
    ],
)
def test_wrong_filters_are_named(client: FlaskClient, query: str, wrong: dict[str, str]) -> None:
    assert wrong_fields(client.get(f"/audit?{query}")) == wrong


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/audit", "/admin/audit"),
        ("/audit?verb=insight&page=2", "/admin/audit?verb=insight&page=2"),
        ("/audit?_external=1&endpoint=x", "/admin/audit?_external=1&endpoint=x"),
    ],
)
def test_a_browser_is_sent_on_to_the_page(client: FlaskClient, path: str, location: str) -> None:
    response = client.get(path, headers=BROWSER)
    assert (response.status_code, response.headers["Location"]) == (303, location)
    assert client.get(f"{path}{'&' if '?' in path else '?'}format=json", headers=BROWSER).is_json


@pages
def test_the_page_shows_what_changed(client: FlaskClient, noted: Callable[..., None]) -> None:
    noted("insight.update", 42, "<b>Retries</b>", {"status": ("draft", "published"), "tags": (None, ["a<b"])})
    html = client.get("/admin/audit?subject_id=42&page_size=1", headers=BROWSER).text
    assert '<a href="/admin/audit?subject_type=insight&amp;subject_id=42">insight 42</a>' in html
    assert "&lt;b&gt;Retries&lt;/b&gt;" in html
    assert '<del><span class="visually-hidden">was </span>draft</del>' in html
    assert '<ins><span class="visually-hidden">is now </span>published</ins>' in html
    assert '["a<b"]' in unescape(html)
    assert "<b>Retries" not in html
    assert "<details>" in html
    assert '<span class="visually-hidden">Details: </span><span>tags, status</span></summary>' in html


@pages
def test_the_details_of_an_entry_name_its_request(client: FlaskClient) -> None:
    made = client.post("/tags", json={"name": "Traced", "slug": "traced"})
    html = client.get("/admin/audit?verb=tag&page_size=1", headers=BROWSER).text
    details = html.partition("<details>")[2].partition("</details>")[0]
    assert f"<dt>Request</dt><dd><code>{made.headers['X-Request-ID']}</code></dd>" in details
    assert "<dt>From</dt><dd>127.0.0.1</dd>" in details
    assert "127.0.0.1" not in html.replace(details, "").partition("<tbody")[2]


@pages
def test_a_wrong_filter_of_the_page_is_left_out_kept_and_explained(
    client: FlaskClient, noted: Callable[..., None]
) -> None:
    noted("session.denied", "nobody@example.org")
    html = client.get("/admin/audit?verb=session&since=wrong<b>&outcome=maybe", headers=BROWSER).text
    assert "nobody@example.org" in html
    assert 'value="wrong&lt;b&gt;"' in html
    assert "must be a time such as 2026-11-22T09:30:00Z" in html
    assert "must be one of done, denied" in html


@pages
@pytest.mark.parametrize("value", ["'><script>", "%_%", "{{7*7}}", "ü & ö"])
def test_the_page_escapes_what_was_asked_for(client: FlaskClient, value: str) -> None:
    html = client.get(f"/admin/audit?actor={quote(value)}", headers=BROWSER).text
    assert "'><script>" not in html
    assert "49" not in html.partition("<main")[2].partition('name="verb"')[0]
    assert "Nothing matches" in html


@pages
def test_a_page_that_is_not_there(client: FlaskClient, noted: Callable[..., None]) -> None:
    noted("tag.delete", 1)
    assert "There is no page 9999" in client.get("/admin/audit?page=9999", headers=BROWSER).text
