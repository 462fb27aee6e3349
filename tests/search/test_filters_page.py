"""``/library/filters``: every filter with all that it can be set to. The list has only what is in force."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core.http.pages import DIST
from tests.answers import make_category, make_insight, make_tag

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def library(client: FlaskClient) -> FlaskClient:
    make_category(client, "Technical")
    make_category(client, "Databases", parent_id=1)
    for name in ("Backup", "Cache", "Unused"):
        make_tag(client, name)
    make_insight(client, title="First", category_id=2, tag_ids=[1, 2])
    make_insight(client, title="Second", tag_ids=[2])
    return client


def page(client: FlaskClient, path: str, **query: Any) -> str:
    response = client.get(path, query_string=query, headers={"Accept": "text/html"})
    assert response.status_code == 200, response.text
    return response.text


def fields(text: str) -> list[tuple[str, str]]:
    """What the form of the filters sends without being touched."""
    [form] = re.findall(r'<form id="filters".*?</form>', text, re.DOTALL)
    return HIDDEN.findall(form)


def test_it_offers_everything(library: FlaskClient) -> None:
    text = page(library, "/library/filters")
    assert re.findall(r'<option value="\d">(.*?)</option>', text) == ["Technical (0)", "\u2003Databases (1)"]
    assert re.findall(r'name="tag_ids" value="(\d)"><span>(\w+)</span>', text) == [("1", "Backup"), ("2", "Cache")]
    assert re.findall(r'<option value="(\w+)"></option>', text) == ["Backup", "Cache"]


def test_it_keeps_what_was_asked_for(library: FlaskClient) -> None:
    text = page(library, "/library/filters", q="cache", sort="title", view="cards", category_id=2, tag_ids=3)
    assert HIDDEN.findall(text)[:3] == [("q", "cache"), ("sort", "title"), ("view", "cards")]
    assert '<option value="2" selected>' in text
    assert 'value="3" checked><span>Unused</span>' in text
    assert 'href="/library?q=cache&amp;sort=title&amp;view=cards&amp;category_id=2&amp;tag_ids=3">Library</a>' in text


def test_a_wrong_filter_is_named_beside_its_field(library: FlaskClient) -> None:
    text = page(library, "/library/filters", status="wrong<b>")
    assert "must be one of draft, published, archived" in text
    assert '<option value="wrong&lt;b&gt;" selected>' in text


def test_the_list_sends_on_what_is_in_force(library: FlaskClient) -> None:
    text = page(library, "/library", category_id=2, tag_ids=[1, 2], page_size=50, status="draft")
    sent = [("status", "draft"), ("category_id", "2"), ("tag_ids", "1"), ("tag_ids", "2"), ("page_size", "50")]
    assert fields(text) == sent
    assert "/library/filters?category_id=2&amp;tag_ids=1&amp;tag_ids=2&amp;page_size=50&amp;status=draft" in text
    assert fields(page(library, "/library")) == []
    for name in ("Databases", "Backup", "Cache"):
        assert f"<b>{name}</b>" in text


def test_where_there_is_nothing_to_narrow_the_fields_are_there_at_once(library: FlaskClient) -> None:
    for query in ({"q": "nothinglikethat"}, {"status": "wrong"}):
        assert 'id="category_id"' in page(library, "/library", **query)
    assert 'id="category_id"' not in page(library, "/library")
