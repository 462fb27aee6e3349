"""The export page: what the library's filters show, as a file that can be imported again."""

import csv
import io
import json
import zipfile
from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.http.pages import DIST
from tests.answers import make_insight, make_tag
from tests.search.people import people

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def library(client: FlaskClient) -> FlaskClient:
    make_tag(client, "On call")
    make_insight(client, title="Pager storm", description="It rang.", status="published", tag_ids=[1])
    make_insight(client, title="Planning", description="Too long.", status="draft")
    return client


def test_the_page_says_how_many_and_hands_the_filters_on(library: FlaskClient) -> None:
    text = library.get("/library/export?status=published&tag_ids=1&page=3&view=cards", headers=BROWSER).text
    assert "1 insight that the filters find" in text
    assert '<input type="hidden" name="status" value="published">' in text
    assert '<input type="hidden" name="tag_ids" value="1">' in text
    assert 'name="page"' not in text
    assert '<a href="/library?status=published&amp;tag_ids=1">Library</a>' in text
    assert "2 insights, everything that you see" in library.get("/library/export", headers=BROWSER).text
    none = library.get("/library/export?q=nothingatall", headers=BROWSER).text
    assert "0 insights that the filters find" in none
    assert 'class="button button-primary" disabled' in none


def file(client: FlaskClient, query: str) -> TestResponse:
    response = client.get(f"/library/export/file?{query}", buffered=True)
    assert response.status_code == 200
    return response


def test_csv(library: FlaskClient) -> None:
    response = file(library, "format=csv&q=pager")
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=insights-")
    rows = list(csv.DictReader(io.StringIO(response.get_data(as_text=True), newline="")))
    assert [(row["title"], row["tags"]) for row in rows] == [("Pager storm", "On call")]


def test_json_of_everything(library: FlaskClient) -> None:
    found = json.loads(file(library, "format=json").data)
    assert sorted(insight["title"] for insight in found) == ["Pager storm", "Planning"]


def test_markdown(library: FlaskClient) -> None:
    response = file(library, "format=markdown&status=draft")
    assert response.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        [name] = archive.namelist()
        assert name.startswith("planning-")
        assert 'title: "Planning"' in archive.read(name).decode()


def test_a_wrong_filter_is_named(library: FlaskClient) -> None:
    text = library.get("/library/export?status=done", headers=BROWSER).text
    assert "status: must be one of draft, published, archived" in text


def test_only_what_one_sees(
    application_with: Callable[..., Flask], owner_connection: psycopg.Connection, clean_database: None
) -> None:
    with people(application_with, owner_connection) as call:
        seen = {
            role: len(json.loads(call(role, "GET", "/library/export/file?format=json").data))
            for role in ("viewer", "admin")
        }
        listed = {role: call(role, "GET", "/insights").get_json()["total"] for role in seen}
    assert seen == listed
    assert seen["viewer"] < seen["admin"]


def test_the_log_tells_of_it(library: FlaskClient) -> None:
    file(library, "format=json&q=pager")
    [entry] = library.get("/audit?verb=insight.export").get_json()["entries"]
    assert entry["diff"] == {"format": [None, "json"], "q": [None, "pager"]}
