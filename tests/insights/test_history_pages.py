"""``/library/{id}/history``: revisions, what they changed, and the way back."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.http.pages import DIST
from tests.answers import make_category, make_insight
from tests.identity.world import KINDS, headers

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html"}
Stored = Callable[[], dict[str, Any]]
OWN = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("contributor", "draft"))
PUBLIC = next(kind.id for kind in KINDS if kind.status == "published" and kind.visibility == "PUBLIC")


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    response = client.get(path, headers=BROWSER)
    assert (response.status_code, response.mimetype) == (status, "text/html"), response.text
    return response.text


def words(html: str) -> str:
    """What is read on the page."""
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub("</?(?:ins|del)>", "", main))).split())


@pytest.fixture
def story(client: FlaskClient) -> FlaskClient:
    """An insight with four revisions."""
    make_category(client, "Technical")
    make_category(client, "Process")
    make_insight(client, title="Pool", description="Small.", content="one\ntwo\nthree", category_id=1, tags=["A", "B"])
    for changes in (
        {"content": "one\n2\nthree", "title": "Pools", "message": "Because <b>we</b> knew more"},
        {"status": "published", "category_id": 2, "tags": ["B", "C"], "metadata": {"team": "Ops", "size": 2}},
        {"description": "Great.", "metadata": {"team": "Ops", "size": 3}},
    ):
        assert client.put("/insights/1", json=changes).status_code == 200
    return client


def test_the_list(story: FlaskClient, statements: Callable[[], list[str]]) -> None:
    before = len(statements())
    html = page(story, "/library/1-pools/history")
    assert len(statements()[before:]) == 2
    assert re.findall(r'/history/(\d)" data-open>([^<]*)<', html) == [
        ("4", "Changed description and metadata"),
        ("3", "Changed category, status, metadata, time of publication and tags"),
        ("2", "Changed title and content"),
        ("1", "Captured"),
    ]
    assert "Because &lt;b&gt;we&lt;/b&gt; knew more" in html
    assert re.findall(r"history/(\d)\?against=4", html) == ["3", "2", "1"]
    assert re.findall(r"history/(\d)/restore", html) == ["3", "2", "1"]


def test_a_long_history_has_pages(client: FlaskClient) -> None:
    make_insight(client)
    for number in range(50):
        client.put("/insights/1", json={"title": f"Title {number}"})
    html = page(client, "/library/1/history")
    assert len(re.findall("data-open", html)) == 50
    assert re.findall(r"data-open>([^<]*)<", page(client, "/library/1/history?page=2")) == ["Captured"]
    assert "No revisions on this page." in page(client, "/library/1/history?page=3")
    assert len(re.findall("data-open", page(client, "/library/1/history?page=x"))) == 50


def test_what_a_revision_changed(story: FlaskClient, statements: Callable[[], list[str]]) -> None:
    before = len(statements())
    html = page(story, "/library/1/history/2")
    assert len(statements()[before:]) == 3
    assert "Revision 2: changed title and content" in words(html)
    assert "Before Pool After Pools" in words(html)
    for marked in ("<del>Pool</del>", "<ins>Pools</ins>", "<del>two</del>", "<ins>2</ins>"):
        assert marked in html
    assert "Removed: two" in words(html)
    assert "Added: 2" in words(html)


def test_metadata_tags_and_categories_before_and_after(story: FlaskClient) -> None:
    read = words(page(story, "/library/1/history/3"))
    assert "Category Before Technical After Process" in read
    assert "Status Before Status: Draft After Status: Published" in read
    assert "Tags Before A B After B C" in read
    assert "Metadata Before none After size: 2 team: Ops" in read
    assert "Metadata Before size: 2 After size: 3" in words(page(story, "/library/1/history/4"))


def test_the_first_revision_shows_what_was_captured(story: FlaskClient) -> None:
    read = words(page(story, "/library/1/history/1"))
    assert "Title Captured with Pool" in read
    assert "Added: two" in read
    assert "Category Captured with Technical" in read
    assert "Tags Captured with A B" in read
    assert "Before" not in read


@pytest.mark.parametrize("path", ["/library/1/history/1?against=4", "/library/1/history/4?against=1"])
def test_two_revisions_compared_the_older_first(story: FlaskClient, path: str) -> None:
    html = page(story, path)
    assert "Revision 1 and 4" in words(html)
    assert "Description" in html
    assert "<del>Small</del>" in html
    assert "Category Before Technical After Process" in words(html)


def test_lines_side_by_side(story: FlaskClient) -> None:
    html = page(story, "/library/1/history/2?view=split")
    assert 'class="lines lines-split"' in html
    assert 'class="lines lines-inline"' in page(story, "/library/1/history/2?view=<b>")


@pytest.mark.parametrize("path", ["/library/1/history/9", "/library/1/history/1?against=9", "/library/9/history",
                                  "/library/9/history/1", "/library/1/history/9/restore"])  # fmt: skip
def test_what_is_not_there(story: FlaskClient, path: str) -> None:
    page(story, path, 404)


def test_restoring_is_asked_about_and_then_done(story: FlaskClient) -> None:
    html = page(story, "/library/1/history/1/restore")
    assert "What would change" in html
    assert "change-status" not in html
    assert 'name="version" value="4"' in html
    response = story.post("/library/1/history/1/restore", data={"version": "4", "message": "It was right"})
    assert (response.status_code, response.location) == (303, "/library/1-pool?done=reverted")
    now = story.get("/insights/1").get_json()
    assert (now["title"], now["description"], now["content"], now["status"], now["version"]) == (
        "Pool", "Small.", "one\ntwo\nthree", "published", 5,
    )  # fmt: skip
    newest = story.get("/insights/1/revisions").get_json()["revisions"][-1]
    assert (newest["verb"], newest["message"]) == ("revert", "It was right")


def test_restoring_what_is_so_already_writes_nothing(story: FlaskClient, stored: Stored) -> None:
    before = stored()
    assert "Nothing would change" in page(story, "/library/1/history/4/restore")
    response = story.post("/library/1/history/4/restore", data={"version": "4"})
    assert response.location == "/library/1-pools?done=unchanged"
    assert stored() == before


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        ({"version": "3", "message": "Kept <i>text</i>"}, 409, "Somebody else changed this meanwhile"),
        ({"version": "4", "message": "x" * 501}, 422, "must have 500 characters at most"),
        ({"message": "Kept <i>text</i>"}, 422, "Not done yet"),
        ({"version": "x"}, 422, "Not done yet"),
    ],
)
def test_a_refused_restoring_changes_nothing_and_keeps_what_was_typed(
    story: FlaskClient, stored: Stored, given: dict[str, str], status: int, told: str
) -> None:
    before = stored()
    response = story.post("/library/1/history/1/restore", data=given, headers=BROWSER)
    assert response.status_code == status
    assert told in response.text
    assert 'name="version" value="4"' in response.text
    assert given.get("message", "").replace("<", "&lt;").replace(">", "&gt;") in response.text
    assert stored() == before


def ask(world: FlaskClient, role: str, method: str, path: str, **data: str) -> TestResponse:
    return world.open(path, method=method, data=data or None, headers={**headers(role), **BROWSER})


def test_only_who_may_change_it_is_offered_to_restore(world: FlaskClient, stored: Stored) -> None:
    world.put(f"/insights/{OWN}", json={"title": "Changed"}, headers=headers("contributor"))
    world.put(f"/insights/{PUBLIC}", json={"title": "Changed"}, headers=headers("editor"))
    for role, insight_id, offered in (
        ("contributor", OWN, True),
        ("editor", OWN, True),
        ("contributor", PUBLIC, False),
        ("viewer", PUBLIC, False),
        ("anonymous", PUBLIC, False),
    ):
        assert ("/restore" in ask(world, role, "GET", f"/library/{insight_id}/history").text) is offered, role
    before = stored()
    assert ask(world, "contributor", "POST", f"/library/{PUBLIC}/history/1/restore", version="2").status_code == 403
    assert ask(world, "viewer", "POST", f"/library/{OWN}/history/1/restore", version="2").status_code == 404
    assert ask(world, "viewer", "GET", f"/library/{OWN}/history").status_code == 404
    assert stored() == before


def test_strangers_are_not_told_who(world: FlaskClient) -> None:
    world.put(f"/insights/{PUBLIC}", json={"title": "Changed", "message": "Among us"}, headers=headers("editor"))
    html = ask(world, "anonymous", "GET", f"/library/{PUBLIC}/history").text
    assert "Among us" not in html
    assert "Editor" not in html
    assert "Among us" in ask(world, "viewer", "GET", f"/library/{PUBLIC}/history").text
