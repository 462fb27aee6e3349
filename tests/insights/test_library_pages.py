"""Pages for people, browsers sent on to them from the API; nothing that people write can run."""

import re
from html.parser import HTMLParser
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from app.core.http.pages import DIST
from tests.answers import make_category, make_insight, make_tag

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
XSS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><iframe src=javascript:alert(1)>",
    "[x](javascript:alert(1))",
    "![x](data:text/html,<script>alert(1)</script>)",
    "<a href='jAvAsCrIpT:alert(1)'>x</a>",
    "[x](<javascript:alert(1)>)",
    "{{ 7*7 }}{% raw %}",
    "```<script>\n<script>alert(1)</script>\n```",
    "<style>*{display:none}</style><base href=//evil><meta http-equiv=refresh content=0>",
    "<form action=//evil><button formaction=javascript:alert(1)>",
]


class Page(HTMLParser):
    """The elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def page(client: FlaskClient, path: str, **query: Any) -> str:
    response = client.get(path, query_string=query, headers=BROWSER)
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8"), response.text
    return response.text


def titles(html: str) -> list[str]:
    """Without the marks of a search."""
    found = re.findall(r'class="row-title"><a href="/library/\d+[^"]*">(.*?)</a>', html)
    return [re.sub("</?mark>", "", title) for title in found]


@pytest.fixture
def library(client: FlaskClient) -> FlaskClient:
    make_category(client, "Technical", color="#3B82F6")
    make_tag(client, "Testing")
    make_insight(client, title="First", author="Ada", category_id=1, status="published", priority="high")
    make_insight(client, title="Second & last", author="Bob", tag_ids=[1], content="# Context\n\n- [x] done")
    return client


def test_the_overview_of_an_empty_library(client: FlaskClient) -> None:
    assert "No insights yet" in page(client, "/")


def test_the_overview(library: FlaskClient) -> None:
    html = page(library, "/")
    assert titles(html) == ["Second &amp; last", "First"]
    assert '<dt>Insights</dt><dd><a href="/library">2</a></dd>' in html
    assert '<dt>Published</dt><dd><a href="/library?status=published">1</a></dd>' in html
    assert "No category" in html
    assert "Uncategorized" not in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Second &amp; last", "First"]),
        ({"q": "first"}, ["First"]),
        ({"q": "irs"}, ["First"]),
        ({"status": "published"}, ["First"]),
        ({"priority": "medium"}, ["Second &amp; last"]),
        ({"category_id": 1}, ["First"]),
        ({"author": "ADA"}, ["First"]),
        ({"tag_ids": 1}, ["Second &amp; last"]),
        ({"tag_ids": [1, 99]}, []),
        ({"status": "", "q": "", "author": "", "tag_ids": ""}, ["Second &amp; last", "First"]),
        ({"page": 2}, []),
        ({"unknown": "x"}, ["Second &amp; last", "First"]),
    ],
)
def test_the_filters_of_the_library(library: FlaskClient, query: dict[str, Any], found: list[str]) -> None:
    assert titles(page(library, "/library", **query)) == found


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"status": "wrong<b>"}, "must be one of draft, published, archived"),
        ({"priority": "wrong<b>"}, "must be one of low, medium, high, critical"),
        ({"category_id": "wrong<b>"}, "must be a whole number"),
        ({"author": "wrong<b>" + "x" * 255}, "must have 255 characters at most, has 263"),
        ({"tag_ids": ["1", "wrong<b>"]}, "must be a whole number"),
    ],
)
def test_a_wrong_filter_is_left_out_kept_and_explained(
    library: FlaskClient, query: dict[str, Any], message: str
) -> None:
    html = page(library, "/library", **query)
    assert titles(html) == ["Second &amp; last", "First"]
    assert message in html
    assert 'aria-invalid="true"' in html
    assert "wrong<b>" not in html
    if "tag_ids" not in query:
        assert "wrong&lt;b&gt;" in html


def test_other_filters_hold_beside_a_wrong_one(library: FlaskClient) -> None:
    html = page(library, "/library", status="wrong", author="ada", page="0")
    assert titles(html) == ["First"]
    assert "must be 1 or more" in html


def test_one_insight(library: FlaskClient) -> None:
    html = page(library, "/library/2")
    assert "<h1>Second &amp; last</h1>" in html
    assert '<h2 id="section-context">Context<' in html
    assert 'type="checkbox"' in html


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/insights", 303, "/library?page=1&page_size=20"),
        ("/insights?status=draft&page=2", 303, "/library?status=draft&page=2&page_size=20"),
        ("/insights?category=TECHNICAL", 303, "/library?category_id=1&page=1&page_size=20"),
        ("/insights?limit=5&offset=10&author=ada", 303, "/library?author=ada&page=3&page_size=5"),
        ("/insights/2", 303, "/library/2"),
        ("/tags", 303, "/library/tags"),
        ("/tags/1", 303, "/library?tag_ids=1"),
        ("/categories", 303, "/library/categories"),
        ("/categories/tree", 303, "/library/categories"),
        ("/categories/suggested-merges", 303, "/library/categories/suggested-merges"),
        ("/tags/suggested-merges", 303, "/library/tags/suggested-merges"),
        ("/categories/1", 303, "/library?category_id=1"),
        ("/statistics", 303, "/"),
    ],
)
def test_a_browser_is_sent_on_to_the_page(library: FlaskClient, path: str, status: int, location: str) -> None:
    response = library.get(path, headers=BROWSER)
    assert (response.status_code, response.headers["Location"].rstrip("?")) == (status, location)
    assert "Accept" in response.headers["Vary"]
    assert library.get(location, headers=BROWSER).status_code == 200
    for program in ({}, {"Accept": "application/json"}, {"Accept": "*/*"}):
        assert library.get(path, headers=program).content_type == "application/json"


def test_a_category_that_does_not_exist_has_a_page_on_which_nothing_fits(library: FlaskClient) -> None:
    location = library.get("/insights?category=Nowhere", headers=BROWSER).headers["Location"]
    assert location == "/library?category_id=0&page=1&page_size=20"
    html = library.get(location, headers=BROWSER).text
    assert titles(html) == []
    assert "No insight matches" in html
    assert "<span>Category: <b>0</b></span>" in html


def test_a_thousand_nested_categories_are_no_obstacle(library: FlaskClient, owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        # Each insert would look for a cycle in all levels above it.
        connection.execute("ALTER TABLE categories DISABLE TRIGGER USER")
        connection.execute(
            "INSERT INTO categories (name, slug, parent_id)"
            " SELECT 'Level ' || n, 'level-' || n, n FROM generate_series(1, 1300) n"
        )
        connection.execute("ALTER TABLE categories ENABLE TRIGGER USER")
    assert "Level 1300 (0)" in page(library, "/library/filters")
    assert "Level 1300" not in page(library, "/library")


def test_metadata_is_shown_readably(client: FlaskClient) -> None:
    metadata = {"teams": ["Ops", "R&D"], "empty": [], "nested": {"a": 1}, "text": "plain", "none": None}
    make_insight(client, metadata=metadata)
    html = page(client, "/library/1")
    assert "<dt>teams</dt><dd><code>[&#34;Ops&#34;,&#34;R&amp;D&#34;]</code></dd>" in html
    assert "<dt>nested</dt><dd><code>{&#34;a&#34;:1}</code></dd>" in html
    assert "<dt>text</dt><dd>plain</dd>" in html


def test_numbers_of_any_size_are_shown_exactly(client: FlaskClient) -> None:
    """What one person stored must not close the pages to everybody."""
    great = 10**400 + 1
    make_insight(client, metadata={"great": great, "nested": [great, 2**70]})
    assert titles(page(client, "/")) == titles(page(client, "/library")) == ["Title"]
    html = page(client, "/library/1")
    assert f"<dt>great</dt><dd>{great}</dd>" in html
    assert f"<dt>nested</dt><dd><code>[{great},{2**70}]</code></dd>" in html


@pytest.mark.parametrize("path", ["/health", "/metrics", "/livez", "/openapi.json"])
def test_addresses_without_a_page_answer_browsers_too(library: FlaskClient, path: str) -> None:
    assert library.get(path, headers=BROWSER).status_code == 200


@pytest.mark.parametrize("attack", XSS)
def test_nothing_that_people_write_can_run(client: FlaskClient, attack: str) -> None:
    make_category(client, "C", description=attack)
    client.put("/categories/1", json={"name": attack[:100]})
    make_insight(
        client,
        title=attack,
        description=attack,
        content=attack,
        author=attack,
        source=f"javascript:{attack}"[:255],
        external_key=attack,
        metadata={attack: attack, "deep": [attack]},
        tags=[attack[:50]],
        category_id=1,
    )
    for html in (
        page(client, "/"),
        page(client, "/library", q=attack, author=attack, status=attack),
        page(client, "/library/1"),
    ):
        for tag, attributes in Page(html).elements:
            assert tag not in ("iframe", "base", "style", "object", "embed")
            assert tag != "script" or (attributes.get("src") or "").startswith("/static/")
            assert not [name for name in attributes if name.startswith("on") or name == "formaction"]
            for name in ("href", "src", "action"):
                assert not re.match(r"\s*(javascript|data|vbscript):", attributes.get(name) or "", re.IGNORECASE)
            assert not (attributes.get("action") or "").startswith("//")
            assert tag != "meta" or "http-equiv" not in attributes
    assert "49{%" not in page(client, "/library/1")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_reference_loads_nothing_from_elsewhere(client: FlaskClient, path: str) -> None:
    for _, attributes in Page(page(client, path)).elements:
        for name in ("src", "href"):
            assert not (attributes.get(name) or "").startswith(("http:", "https:", "//"))


@pytest.mark.parametrize("path", ["/static/npm.py", "/static/src/app.css", "/static/../npm.py", "/static/dist/app.js"])
def test_only_built_files_are_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_built_files_may_be_kept(client: FlaskClient) -> None:
    source = next(a["src"] for tag, a in Page(page(client, "/")).elements if tag == "script")
    response = client.get(str(source))
    assert response.status_code == 200
    assert "max-age=31536000" in response.headers["Cache-Control"]
    response.close()
