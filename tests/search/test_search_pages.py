"""The pages of search: the library with a text, saved searches, what was searched for in vain."""

import html
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.http.pages import DIST
from app.errors import Invalid
from app.search.queries import facets
from tests.answers import make_category, make_insight, make_tag
from tests.search.people import people

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
Stored = Callable[[], dict[str, list[Any]]]


@pytest.fixture
def library(client: FlaskClient) -> FlaskClient:
    make_category(client, "Technical")
    make_tag(client, "On call")
    make_insight(
        client, title="Vacuum settings for large tables", description="Autovacuum was too slow.", status="published",
        priority="high", category_id=1, tag_ids=[1], author="Ada Lovelace",
    )  # fmt: skip
    make_insight(
        client, title="Backups <b>restored</b>", description="The restore drill & its vacuum cleaner.", author="Bob"
    )
    make_insight(client, title="Planning", description="The settings of meetings.", author="Cleo")
    return client


def page(client: FlaskClient, path: str = "/library", **query: Any) -> str:
    response = client.get(path, query_string=query or None, headers=BROWSER, buffered=True)
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8"), response.text
    return response.text


def titles(text: str) -> list[str]:
    found = re.findall(r'class="row-title"><a href="/library/\d+[^"]*">(.*?)</a>', text)
    return [re.sub("</?mark>", "", title) for title in found]


def link(text: str, words: str) -> str:
    """Where the link with these words leads."""
    found = re.search(rf'href="([^"]*)"[^>]*>(?:<[^>]*>)*{re.escape(words)}<', text)
    assert found, words
    return html.unescape(found[1])


def status(text: str) -> str:
    [found] = re.findall(r'<p role="status">(.*?)</p>', text)
    return str(found)


class TestResults:
    def test_what_was_found_is_marked_and_nothing_else_is_markup(self, library: FlaskClient) -> None:
        found = page(library, q="restored vacuum")
        assert "Backups &lt;b&gt;<mark>restored</mark>&lt;/b&gt;" in found
        assert "The <mark>restore</mark> drill &amp; its <mark>vacuum</mark> cleaner." in found
        assert titles(found)[0] == "Backups &lt;b&gt;restored&lt;/b&gt;"
        assert status(found) == "2 insights found"

    def test_a_fragment_runs_on(self, library: FlaskClient) -> None:
        make_insight(library, content="## Context\n\nThe **walrus** is `**bold**`:\n\n```sql\nSELECT 2 ** 3\n```")
        found = page(library, q="walrus")
        assert '<p class="row-text">Context The <mark>walrus</mark> is **bold**: SELECT 2 ** 3</p>' in found

    def test_an_estimate_says_so(
        self, library: FlaskClient, application: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(application.config, "SEARCH_EXACT_TOTAL", 10)
        monkeypatch.setattr(facets, "COUNTED", 20)
        for number in range(30):
            make_insight(library, title=f"Vacuum {number}")
        found = page(library, q="status:draft")
        assert re.fullmatch(r"About \d+ insights found", status(found))
        assert "Counted among the first 20 only." in found

    def test_a_corrected_word(self, library: FlaskClient) -> None:
        found = page(library, q="vaccum")
        assert "Showing results for <b>vacuum</b>." in found
        assert 'value="vaccum"' in found
        assert titles(found)[0] == "Vacuum settings for large tables"
        as_written = page(library, link(found, "vaccum"))
        assert "Showing results" not in as_written
        assert titles(as_written) == []
        assert "No insight matches" in as_written

    def test_words_that_never_meet(self, library: FlaskClient) -> None:
        assert "No insight has all of these words." in page(library, q="planning restored")
        assert "No insight has all" not in page(library, q="planning meetings")

    def test_a_word_inside_of_others(self, library: FlaskClient) -> None:
        found = page(library, q="acuu")
        assert "some of it stands inside longer ones" in found
        assert len(titles(found)) == 2

    def test_results_lead_to_their_pages_as_results(self, library: FlaskClient) -> None:
        address = link(page(library, q="planning"), "Planning")
        assert re.fullmatch(r"/library/3-planning\?search=.+", address)
        assert "<h1>Planning</h1>" in page(library, address)
        assert 'href="/library/3-planning"' in page(library)

    @pytest.mark.parametrize(
        ("query", "first", "selected"),
        [
            ({"q": "vacuum settings"}, "Vacuum settings for large tables", '<option value="" selected>relevance'),
            ({"q": "vacuum settings", "sort": "title"}, "Backups &lt;b&gt;restored&lt;/b&gt;", "selected>title"),
            ({"q": "vacuum settings", "sort": "-created_at"}, "Planning", "selected>newest"),
            ({"q": "vacuum settings sort:oldest"}, "Vacuum settings for large tables", "selected>oldest"),
            ({}, "Planning", '<option value="" selected>newest'),
        ],
    )
    def test_the_order(self, library: FlaskClient, query: dict[str, str], first: str, selected: str) -> None:
        found = page(library, **query)
        assert titles(found)[0] == first
        assert selected in found


class TestFacets:
    def test_each_value_narrows(self, library: FlaskClient) -> None:
        found = page(library, q="vacuum")
        assert titles(page(library, link(found, "Published"))) == ["Vacuum settings for large tables"]
        assert titles(page(library, link(found, "Technical"))) == ["Vacuum settings for large tables"]
        assert titles(page(library, link(found, "No category"))) == ["Backups &lt;b&gt;restored&lt;/b&gt;"]
        assert titles(page(library, link(found, "On call"))) == ["Vacuum settings for large tables"]
        assert titles(page(library, link(found, "Bob"))) == ["Backups &lt;b&gt;restored&lt;/b&gt;"]
        month = re.findall(r"q=created%3A\d{4}-\d\d\+vacuum", found)
        assert len(month) == 1
        assert len(titles(page(library, f"/library?{month[0]}"))) == 2

    @pytest.mark.parametrize(
        "query",
        [
            {"q": "vacuum", "tag_ids": "1"},
            {"q": "vacuum", "status": "published"},
            {"q": "vacuum", "category_id": "1"},
            {"q": "vacuum", "author": "Ada Lovelace"},
            {"q": 'tag:"on call" vacuum'},
            {"q": "status:published vacuum"},
            {"q": "vacuum category:technical"},
            {"q": 'author:"Ada Lovelace" vacuum'},
        ],
    )
    def test_what_is_in_force_is_marked_and_lifted(self, library: FlaskClient, query: dict[str, str]) -> None:
        found = page(library, **query)
        assert titles(found) == ["Vacuum settings for large tables"]
        [lifted] = re.findall(r'class="facet-on" aria-current="true" href="([^"]*)"', found)
        assert lifted == "/library?q=vacuum"

    def test_where_nothing_is_found_there_are_none(self, library: FlaskClient) -> None:
        assert "Narrow down" in page(library)
        assert "Narrow down" in page(library, q="tag:on-call")
        assert "Narrow down" not in page(library, q="nothinglikethat")


class TestProblems:
    def test_the_place_is_marked_and_a_better_text_one_click_away(self, library: FlaskClient) -> None:
        found = page(library, q="vacuum status:publishd <b>")
        assert "vacuum status:<mark>publishd</mark> &lt;b&gt;</p>" in found
        assert "status must be one of draft, published, archived" in found
        assert 'value="vacuum status:publishd &lt;b&gt;"' in found
        assert 'aria-invalid="true" aria-describedby="q-error"' in found
        assert (titles(found), status(found)) == ([], "Not searched yet")
        mended = page(library, link(found, "vacuum status:published &lt;b&gt;"))
        assert titles(mended) == ["Vacuum settings for large tables"]

    def test_a_text_that_is_too_long_stays(self, library: FlaskClient) -> None:
        found = page(library, q="wrong<b>" + "x" * 5000)
        assert "must have 5000 characters at most, has 5008" in found
        assert "wrong&lt;b&gt;xxx" in found
        assert titles(found) == []

    def test_what_no_field_is_to_blame_for_is_refused(
        self, library: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> bytes:
            raise Invalid("The database can't store this value.")

        monkeypatch.setattr("app.search.pages.library.search_json", refuse)
        response = library.get("/library", query_string={"q": "vacuum"}, headers=BROWSER)
        assert (response.status_code, response.content_type) == (422, "text/html; charset=utf-8")

    def test_other_filters_stay(self, library: FlaskClient) -> None:
        found = page(library, q="sort:foo", status="draft", author="ada")
        assert '<option value="draft" selected>' in found
        assert 'value="ada"' in found

    def test_an_empty_result_gives_advice(self, library: FlaskClient) -> None:
        found = page(library, q="nothinglikethat", status="draft")
        assert "under these filters" in found
        assert link(found, "Search without filters") == "/library?q=nothinglikethat"
        assert "How to search" in found

    def test_every_example_of_the_help_parses(self, library: FlaskClient) -> None:
        examples = re.findall(r'<a href="(/library\?q=[^"]*)"><code>', page(library))
        assert len(examples) == 13
        for example in examples:
            assert "Not searched yet" not in page(library, html.unescape(example)), example


def test_related_insights(library: FlaskClient) -> None:
    make_insight(library, title="Vacuum tables once more", tag_ids=[1])
    found = page(library, "/library/1")
    assert "Related insights" in found
    assert link(found, "Vacuum tables once more") == "/library/4-vacuum-tables-once-more"
    assert '<p class="related-why">On call</p>' in found


class TestSavedSearches:
    def saved(self, client: FlaskClient, **more: str) -> None:
        response = client.post("/searches", data={"name": "Slow", "query": "vacuum", **more})
        assert (response.status_code, response.headers["Location"]) == (303, "/searches?done=search-saved")

    def test_a_search_is_saved_with_its_filters(self, library: FlaskClient) -> None:
        kept = re.findall(r'name="query" value="([^"]*)"', page(library, q="vacuum", status="published", tag_ids="1"))
        assert kept == ["status:published tag:&#34;On call&#34; vacuum"]
        self.saved(library, query=html.unescape(kept[0]), shared="true")
        listed = page(library, "/searches", done="search-saved")
        assert "The search was saved." in listed
        assert titles(page(library, link(listed, "Slow"))) == ["Vacuum settings for large tables"]
        [stored] = library.get("/search/saved").json
        assert (stored["name"], stored["shared"]) == ("Slow", True)

    @pytest.mark.parametrize(
        ("typed", "message"),
        [
            ({"name": "<b>", "query": "status:publishd"}, "status must be one of draft, published, archived"),
            ({"name": "<b>"}, "is required"),
            ({"query": "<b>"}, "is required"),
            ({"name": "slow", "query": "<b>"}, "You have a saved search named &#39;slow&#39; already."),
        ],
    )
    def test_what_can_not_be_saved_is_kept_and_explained(
        self, library: FlaskClient, typed: dict[str, str], message: str, stored: Stored
    ) -> None:
        self.saved(library)
        before = stored()
        response = library.post("/searches", data=typed)
        assert response.status_code == 422
        assert message in response.text
        for value in typed.values():
            assert html.escape(value) in response.text
        assert stored() == before

    def test_it_is_changed_in_the_version_that_was_shown(self, library: FlaskClient, stored: Stored) -> None:
        self.saved(library)
        assert 'name="version" value="1"' in page(library, "/searches/1")
        changes = {"name": "Slower", "query": "vacuum settings", "version": "1"}
        response = library.post("/searches/1", data=changes)
        assert response.headers["Location"] == "/searches/1?done=search-changed"
        before = stored()
        response = library.post("/searches/1", data={**changes, "name": "Fast"})
        assert response.status_code == 409
        assert "Somebody else changed this meanwhile." in response.text
        assert 'value="Fast"' in response.text
        assert "Stored now: Slower" in response.text
        assert 'name="version" value="2"' in response.text
        response = library.post("/searches/1/delete", data={"version": "1"})
        assert response.status_code == 409
        assert stored() == before
        response = library.post("/searches/1/delete", data={"version": "2"})
        assert response.headers["Location"] == "/searches?done=search-deleted"
        assert "No saved searches yet" in page(library, "/searches")

    def test_the_key_of_the_feed_is_shown_once(self, library: FlaskClient) -> None:
        self.saved(library)
        shown = library.post("/searches/1/feed-key").text
        [address] = re.findall(r'value="(http://localhost/search/saved/1/feed.atom\?key=[^"]+)"', shown)
        assert library.get(address).status_code == 200
        assert address.partition("key=")[2] not in page(library, "/searches/1")
        response = library.post("/searches/1/feed-key/revoke")
        assert response.headers["Location"] == "/searches/1?done=feed-key-revoked"
        assert library.get(address).status_code == 404

    def test_what_is_not_shared_is_not_there_for_others(
        self, application_with: Callable[..., Flask], clean_database: None, owner_connection: psycopg.Connection
    ) -> None:
        with people(application_with, owner_connection) as call:
            for name, shared in (("Own", False), ("Shared", True)):
                assert (
                    call("viewer", "POST", "/search/saved", {"name": name, "query": "x", "shared": shared}).status_code
                    == 201
                )
            listed = call("contributor", "GET", "/searches", **BROWSER).text
            assert ("Shared" in listed, ">Own<" in listed) == (True, False)
            assert call("contributor", "GET", "/searches/1", **BROWSER).status_code == 404
            one = call("contributor", "GET", "/searches/2", **BROWSER).text
            assert ("Save the changes" in one, "Delete" in one, "Make a key" in one) == (False, False, False)
            assert call("contributor", "POST", "/searches/2/feed-key", **BROWSER).status_code == 403
            mine = call("viewer", "GET", "/searches/2", **BROWSER).text
            assert ("Save the changes" in mine, "Delete" in mine, "Make a key" in mine) == (True, True, True)


def test_what_was_searched_for_in_vain(library: FlaskClient) -> None:
    assert "Nothing was searched for in vain" in page(library, "/searches/gaps")
    for query in ("holiday regulations", "vacuum"):
        page(library, q=query)
    found = page(library, "/searches/gaps", days="7")
    assert link(found, "holiday regulations") == "/library?q=holiday%20regulations"
    assert re.findall(r'data-label="What came"><div>(.*?)</div>', found) == ["Nothing that was opened", "Nothing"]
    assert "must be" in page(library, "/searches/gaps", days="x")
