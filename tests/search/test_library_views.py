"""The library's list: a table or cards, sorted and counted, with every state in its address."""

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core.http.pages import DIST
from tests.answers import make_category, make_insight, make_tag

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def library(client: FlaskClient) -> Iterator[FlaskClient]:
    make_category(client, "Technical")
    make_tag(client, "On call")
    make_insight(client, title="Alpha", author="Ada", status="published", category_id=1, tag_ids=[1])
    make_insight(client, title="Beta", author="Ada Lovelace", tags=[f"Tag {number}" for number in range(6)])
    make_insight(client, title="Gamma", author="Bob")
    yield client
    client.delete_cookie("insights_view")


def page(client: FlaskClient, path: str = "/library", **query: Any) -> str:
    response = client.get(path, query_string=query or None, headers=BROWSER)
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8"), response.text
    return response.text


def titles(text: str) -> list[str]:
    return re.findall(r'class="row-title"><a href="/library/\d+-\w+[^"]*">(.*?)</a>', text)


def link(text: str, words: str) -> str:
    found = re.search(rf'href="([^"]*)"[^>]*>(?:<[^>]*>)*{re.escape(words)}<', text)
    assert found, words
    return html.unescape(found[1])


def columns(text: str) -> list[str]:
    return [re.sub("<[^>]*>", "", cell).strip() for cell in re.findall('<th role="columnheader".*?>(.*?)</th>', text)]


class TestViews:
    def test_a_table_at_first(self, library: FlaskClient) -> None:
        text = page(library)
        marks, *named = columns(text)
        assert marks == "Select all on this page"
        assert named == ["Title", "Status", "Priority", "Category", "Author", "Created"]
        assert titles(text) == ["Gamma", "Beta", "Alpha"]
        assert '<span class="count">+3 more</span>' in text
        assert 'class="cards"' not in text

    def test_cards(self, library: FlaskClient) -> None:
        text = page(library, link(page(library, q="a"), "Cards"))
        assert titles(text) == titles(page(library, q="a", view="table"))
        assert ('<ol class="cards">' in text, "<table class" in text) == (True, False)

    def test_the_choice_is_remembered(self, library: FlaskClient) -> None:
        response = library.get("/library?view=cards", headers=BROWSER)
        assert re.fullmatch(
            r"insights_view=cards; Expires=[^;]+; Max-Age=31536000; HttpOnly; Path=/; SameSite=Lax",
            response.headers["Set-Cookie"],
        )
        response = library.get("/library", headers=BROWSER)
        assert ('<ol class="cards">' in response.text, "Set-Cookie" in response.headers) == (True, False)
        assert "<table class" in page(library, view="table")
        assert "<table class" in page(library)

    def test_an_unknown_one_is_left_out(self, library: FlaskClient) -> None:
        text = page(library, view="wrong<b>")
        assert "view: must be one of table, cards" in text
        assert len(titles(text)) == 3
        library.set_cookie("insights_view", "wrong<b>")
        assert "<table class" in page(library)

    def test_the_view_stays_in_the_address_with_a_search(self, library: FlaskClient) -> None:
        assert '<input type="hidden" name="view" value="cards">' in page(library, view="cards")
        assert 'name="view"' not in page(library)


class TestOrder:
    @pytest.mark.parametrize(
        ("query", "heading", "leads"),
        [
            ({}, "Title", "title"),
            ({"sort": "title"}, "Title", "-title"),
            ({"sort": "-title"}, "Title", "title"),
            ({}, "Created", "created_at"),
            ({"sort": "created_at"}, "Created", "-created_at"),
            ({"sort": "-updated_at"}, "Changed", "updated_at"),
            ({"q": "sort:published"}, "Published", "-published_at"),
            ({"q": "alpha beta"}, "Created", "-created_at"),
        ],
    )
    def test_a_heading_sorts(self, library: FlaskClient, query: dict[str, str], heading: str, leads: str) -> None:
        heads = "".join(re.findall('<th role="columnheader".*?</th>', page(library, **query, page=1)))
        address = link(heads, heading)
        assert f"sort={leads}" in address.split("&")[-1]
        assert "page=" not in address

    def test_the_order_is_told(self, library: FlaskClient) -> None:
        assert re.findall('aria-sort="([a-z]+)"', page(library)) == ["descending"]
        assert re.findall('aria-sort="([a-z]+)"><a href="[^"]*">Title', page(library, sort="title")) == ["ascending"]
        assert re.findall("aria-sort", page(library, q="alpha")) == []

    def test_what_was_never_published(self, library: FlaskClient) -> None:
        assert page(library, sort="-published_at").count('<span class="muted">never</span>') == 2


class TestFacets:
    def test_they_count_also_without_a_search(self, library: FlaskClient) -> None:
        text = page(library)
        assert "Narrow down" in text
        assert titles(page(library, link(text, "Published"))) == ["Alpha"]
        month = re.findall(r'href="(/library\?q=created%3A\d{4}-\d\d)"', text)
        assert len(titles(page(library, month[0]))) == 3

    def test_an_author_is_the_whole_name(self, library: FlaskClient) -> None:
        address = link(page(library), "Ada")
        assert address == "/library?q=author%3A%3DAda"
        text = page(library, address)
        assert titles(text) == ["Alpha"]
        assert re.findall(r'class="facet-on" aria-current="true" href="([^"]*)"', text) == ["/library"]
        address = link(page(library, q="beta", status="draft"), "Ada Lovelace")
        assert address == "/library?status=draft&q=author%3A%3D%22Ada+Lovelace%22+beta"
        assert titles(page(library, address)) == ["<mark>Beta</mark>"]


class TestState:
    def test_the_export_takes_what_is_shown(self, library: FlaskClient) -> None:
        query = {"q": "a", "status": "draft", "sort": "title", "page_size": "2", "page": "1", "view": "cards"}
        address = link(page(library, **query), "Export these")
        assert address == "/library/export?q=a&status=draft&sort=title"

    def test_a_change_of_many_comes_back_to_it(self, library: FlaskClient) -> None:
        query = {"q": "a", "sort": "title", "page_size": "2", "page": "2", "view": "cards"}
        text = page(library, **query)
        [place] = re.findall('name="place" value="([^"]*)"', text)
        assert html.unescape(place) == "/library?q=a&sort=title&page_size=2&page=2&view=cards"
        assert titles(page(library, html.unescape(place))) == titles(text)

    def test_all_that_match_can_be_chosen_when_they_are_more(self, library: FlaskClient) -> None:
        assert 'name="all"' not in page(library)
        assert "<span>All 3 found</span>" in page(library, page_size=2)


def test_an_empty_library_teaches(client: FlaskClient) -> None:
    text = page(client)
    assert link(text, "Import insights") == "/library/import"
    assert 'href="/library/new"' in text


@pytest.mark.parametrize("query", [{}, {"q": "alpha"}, {"q": "tag:on-call alpah", "status": "published", "tag_ids": 1}])
def test_it_costs_few_statements(
    library: FlaskClient, statements: Callable[[], list[str]], query: dict[str, Any]
) -> None:
    for number in range(30):
        make_insight(library, title=f"Alpha {number}", tags=[f"Tag {number}"], author=f"Author {number}")
    before = len(statements())
    page(library, **query, page_size=100)
    assert len(statements()) - before <= 12
