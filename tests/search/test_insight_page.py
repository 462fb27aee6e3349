"""``/library/{id}-{slug}``: one insight, who links to it, and what its reader may do."""

import re
from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.http.pages import DIST
from tests.answers import make_category, make_insight
from tests.identity.world import KINDS, Kind
from tests.search.people import Call, people

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html"}
SITE = "https://insights.example.org:8443"


def page(client: FlaskClient, path: str) -> str:
    response = client.get(path, headers=BROWSER)
    assert (response.status_code, response.mimetype) == (200, "text/html"), response.text
    return response.text


def linked_from(html: str) -> list[str]:
    if 'id="backlinks"' not in html:
        return []
    part = html.partition('id="backlinks"')[2].partition("</section>")[0]
    return re.findall(r'<a href="/library/\d+-[^"]*">([^<]*)</a>', part)


def test_everything_of_an_insight_in_few_statements(client: FlaskClient, statements: Callable[[], list[str]]) -> None:
    make_category(client, "Technical")
    content = "# Why\n\n- [x] done\n\n```python\ndef f(): return 1\n```\n\n## How\n\n<b>bold</b>"
    make_insight(
        client,
        title="Pool & <i>co</i>",
        content=content,
        category_id=1,
        tags=["Incident"],
        source="https://a.example/x",
    )
    before = len(statements())
    html = page(client, "/library/1-whatever-it-was-called")
    assert len(statements()[before:]) == 3
    assert "<h1>Pool &amp; &lt;i&gt;co&lt;/i&gt;</h1>" in html
    assert '<span class="hl-k">def</span>' in html
    assert '<h2 id="section-why">Why<a class="permalink" href="#section-why"' in html
    assert html.count('<a href="#section-how">How</a>') == 2
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    assert '<a href="https://a.example/x" rel="noopener noreferrer nofollow">' in html
    assert '<a href="/library/1-pool-i-co-i/history">' in html


def test_an_insight_without_content_invites_to_write(client: FlaskClient) -> None:
    make_insight(client)
    html = page(client, "/library/1")
    assert "Nothing more is written." in html
    assert "On this page" not in html


@pytest.mark.parametrize(
    "content",
    [
        "See [it](/library/1-pool).",
        "[it](/library/1)",
        "/library/1-pool",
        "**/library/1-an-older-title** and more",
        "[it](/library/1-pool#section-why)",
        "[it](/library/1-pool?done=saved)",
        "http://localhost/library/1-pool",
        "<http://localhost/library/1>",
        "(http://localhost/library/1-pool?q=1)",
        "[the first](/library/1-pool/history/2)",
        "[ref]: /library/1",
        "| a |\n|---|\n| /library/1-pool |",
    ],
)
def test_a_link_is_found_the_way_back(client: FlaskClient, content: str) -> None:
    make_insight(client, title="Pool")
    make_insight(client, title="Report & co", content=f"Before.\n\n{content}\n\nAfter.")
    assert linked_from(page(client, "/library/1")) == ["Report &amp; co"]


@pytest.mark.parametrize(
    "content",
    [
        "/library/12-pool",
        "/library/11",
        "/library/1_x",
        "https://other.example/library/1-pool",
        "x/library/1-pool",
        "../library/1",
        "/library/2-library-1",
        "library 1",
        "/library/new",
    ],
)
def test_another_address_is_no_link_here(client: FlaskClient, content: str) -> None:
    make_insight(client, title="Pool")
    make_insight(client, title="Report", content=content)
    assert linked_from(page(client, "/library/1")) == []


def test_its_own_links_and_those_in_the_trash_don_t_count(client: FlaskClient) -> None:
    make_insight(client, title="Pool", content="/library/1-pool")
    make_insight(client, title="Gone", content="/library/1-pool")
    client.delete("/insights/2")
    assert linked_from(page(client, "/library/1")) == []
    client.post("/insights/2/restore", json={})
    assert linked_from(page(client, "/library/1")) == ["Gone"]
    client.put("/insights/2", json={"content": "No more."})
    assert linked_from(page(client, "/library/1")) == []


def test_of_many_links_the_newest_are_listed(client: FlaskClient) -> None:
    make_insight(client, title="Pool")
    for number in range(22):
        make_insight(client, title=f"Link {number}", content="/library/1-pool")
    html = page(client, "/library/1")
    assert linked_from(html) == [f"Link {number}" for number in range(21, 1, -1)]
    assert "And 2 older ones." in html


def test_as_markdown(client: FlaskClient) -> None:
    make_insight(client, title="Pool  &\tco", description="Small.", content="## Why\n\n<b>raw</b>\n")
    for path in ("/library/1.md", "/library/1-pool.md"):
        response = client.get(path)
        assert (response.status_code, response.content_type) == (200, "text/plain; charset=utf-8")
        assert response.text == "# Pool & co\n\nSmall.\n\n## Why\n\n<b>raw</b>\n"
        assert "Content-Disposition" not in response.headers
    saved = client.get("/library/1-pool.md?download")
    assert saved.headers["Content-Disposition"] == 'attachment; filename="insight-1.md"'
    assert client.get("/library/9.md").status_code == 404


@pytest.fixture
def call(
    application_with: Callable[..., Flask], clean_database: None, owner_connection: psycopg.Connection
) -> Iterator[Call]:
    with people(application_with, owner_connection, anonymous_reading=True, public_url=SITE) as calling:
        yield calling


def actions(html: str) -> set[str]:
    return {name for name in ("edit", "publish", "archive", "trash") if re.search(rf'/library/\d+-[^"]*/{name}"', html)}


def wanted(kind: Kind, role: str) -> set[str]:
    if not kind.changed_by(role):
        return set()
    if role not in ("editor", "admin"):
        return {"edit", "trash"}
    others = {"draft": {"publish", "archive"}, "published": {"archive"}, "archived": {"publish"}}
    return {"edit", "trash"} | others[kind.status]


@pytest.mark.parametrize("role", ["anonymous", "viewer", "contributor", "editor"])
def test_only_what_one_may_do_is_offered(call: Call, role: str) -> None:
    for kind in KINDS[::3]:
        response = call(role, "GET", f"/library/{kind.id}", **BROWSER)
        assert (response.status_code == 200) is kind.seen_by(role), kind
        if kind.seen_by(role):
            assert actions(response.text) == wanted(kind, role), kind
        assert (call(role, "GET", f"/library/{kind.id}.md").status_code == 200) is kind.seen_by(role)


@pytest.mark.parametrize("role", ["anonymous", "viewer", "editor"])
def test_links_from_what_one_doesn_t_see_are_not_told(call: Call, role: str) -> None:
    linked = next(kind.id for kind in KINDS if (kind.status, kind.visibility) == ("published", "PUBLIC"))
    for kind in KINDS[:12]:
        content = f"See {SITE}/library/{linked}-published-public."
        assert (
            call("admin", "PUT", f"/insights/{kind.id}", {"content": content, "title": f"No. {kind.id}"}).status_code
            == 200
        )
    expected = [f"No. {kind.id}" for kind in KINDS[:12][::-1] if kind.seen_by(role) and kind.id != linked]
    assert linked_from(call(role, "GET", f"/library/{linked}", **BROWSER).text) == expected
