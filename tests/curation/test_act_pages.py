"""``/acts``: what was done to many, told in words, and undone from a page."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.http.pages import DIST
from tests.answers import make_category, make_insight, make_tag
from tests.identity.world import KINDS, headers

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html"}
UNKNOWN = "00000000-0000-0000-0000-000000000000"


def bulk(client: FlaskClient, **what: Any) -> str:
    return str(client.post("/insights/bulk", json=what).get_json()["receipt_id"])


def page(client: FlaskClient, path: str, status: int = 200, **more: Any) -> str:
    response = client.get(path, headers=BROWSER | more.pop("headers", {}))
    assert (response.status_code, response.mimetype) == (status, "text/html"), response.text
    return response.text


def words(html: str) -> list[str]:
    """What each act of the list is, as it reads."""
    found = re.findall(r'<p class="act-words">(.*?)</p>', html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", each)).strip() for each in found]


def went_to(response: TestResponse) -> tuple[str, dict[str, list[str]]]:
    assert response.status_code == 303, response.text
    there = urlsplit(response.headers["Location"])
    return there.path, parse_qs(there.query)


@pytest.fixture
def shelf(client: FlaskClient) -> FlaskClient:
    """Four drafts, of which the last is of high priority already."""
    make_category(client, "Technical")
    make_category(client, "Process")
    for number in range(1, 5):
        make_insight(client, title=f"Number {number}", category_id=1, priority="high" if number == 4 else "low")
    return client


def test_every_act_is_told_in_words(shelf: FlaskClient) -> None:
    make_tag(shelf, "Postgres")
    make_tag(shelf, "Postgresql")
    bulk(shelf, action="tag", ids=[1, 2], tags=["Incident", "Follow-up"], message="Before the review")
    bulk(shelf, action="untag", ids=[1], tags=["Incident"])
    bulk(shelf, action="recategorise", ids=[1, 2, 3], category_id=2)
    bulk(shelf, action="recategorise", ids=[1], category_id=None)
    bulk(shelf, action="set_priority", filter={"priority": "low"}, priority="critical")
    bulk(shelf, action="publish", ids=[1])
    bulk(shelf, action="archive", ids=[1])
    bulk(shelf, action="trash", ids=[1, 2])
    shelf.post("/tags/2/merge", json={"into": 1})
    shelf.post("/categories/2/move", json={"parent_id": 1})
    moved = shelf.get("/receipts").get_json()["receipts"][0]["id"]
    shelf.post(f"/receipts/{moved}/undo", json={})
    shelf.post("/categories/1/merge", json={"into": 2})
    html = page(shelf, "/acts")
    assert words(html) == [
        "Merged the category Technical into Process: 1 insight",
        "Undid an act (moving a category): 1 category",
        "Moved the category Process below one that was deleted since: 1 category",
        "Merged the tag Postgresql into Postgres: 0 insights",
        "Moved 2 insights to the trash",
        "Archived 1 insight",
        "Published 1 insight",
        "Set the priority of 3 insights to critical",
        "Took 1 insight out of its category",
        "Moved 3 insights into the category Process",
        "Took Incident off 1 insight",
        "Tagged 2 insights with Incident, Follow-up",
    ]
    assert html.count("“Before the review”") == 1
    # The undoing of a move can't be undone in turn, and the move was undone.
    assert html.count("</span></button></form>") == 10


def test_the_list_is_paged(shelf: FlaskClient) -> None:
    for number in range(1, 4):
        bulk(shelf, action="publish", ids=[number])
    assert len(words(page(shelf, "/acts?page_size=2"))) == 2
    assert len(words(page(shelf, "/acts?page_size=2&page=2"))) == 1
    assert "There is no page 3" in page(shelf, "/acts?page_size=2&page=3")


def test_nothing_yet_says_how_to_begin(client: FlaskClient) -> None:
    html = page(client, "/acts")
    assert "Nothing yet" in html
    assert 'href="/library"' in html


def test_an_act_names_what_it_changed_and_what_it_left_out(shelf: FlaskClient) -> None:
    receipt = bulk(shelf, action="set_priority", ids=[1, 4, 99], priority="high")
    html = page(shelf, f"/acts/{receipt}")
    assert '<a href="/library/1-number-1" data-open>Number 1</a>' in html
    assert "Number 4" not in html
    assert '<b>Not found</b> (1): <a href="/library/99">99</a>' in html
    assert "3 insights, one by one" in html
    shelf.delete("/insights/1")
    assert '<a href="/library/trash/1" data-open>Number 1</a>' in page(shelf, f"/acts/{receipt}")


def test_an_act_that_is_not_there(client: FlaskClient) -> None:
    assert f"Act {UNKNOWN} does not exist." in page(client, f"/acts/{UNKNOWN}", 404)


def test_undo_and_redo_from_a_page(shelf: FlaskClient) -> None:
    receipt = bulk(shelf, action="set_priority", ids=[1, 2], priority="critical")
    path, query = went_to(shelf.post(f"/acts/{receipt}/undo", data={"next": "/library?q=x&done=bulk-tag&n=9"}))
    assert path == "/library"
    undoing = query.pop("receipt")[0]
    assert query == {"q": ["x"], "done": ["undone-insights"], "n": ["2"]}
    assert shelf.get("/insights/1").get_json()["priority"] == "low"

    html = page(shelf, f"/library?done=undone-insights&n=2&receipt={undoing}")
    assert "Undone for 2 insights." in html
    assert f'action="/acts/{undoing}/undo"' in html
    path, query = went_to(shelf.post(f"/acts/{undoing}/undo"))
    assert (path, query["done"], query["n"]) == (f"/acts/{query['receipt'][0]}", ["redone-insights"], ["2"])
    assert shelf.get("/insights/1").get_json()["priority"] == "critical"


def test_what_was_changed_since_is_left_and_told(shelf: FlaskClient) -> None:
    receipt = bulk(shelf, action="set_priority", ids=[1, 2], priority="critical")
    shelf.put("/insights/2", json={"priority": "medium"})
    _, query = went_to(shelf.post(f"/acts/{receipt}/undo"))
    assert (query["n"], query["left"]) == (["1"], ["1"])
    html = page(shelf, f"/acts/{query['receipt'][0]}?done=undone-insights&n=1&left=1")
    assert "Undone for one insight. 1 was left as it is." in html
    assert '<b>Changed since</b> (1): <a href="/library/2">2</a>' in html
    assert "Yes, but for 1 insight" in page(shelf, f"/acts/{receipt}")
    path, query = went_to(shelf.post(f"/acts/{receipt}/undo"))
    assert (path, query) == (f"/acts/{receipt}", {"done": ["undone-nothing"], "left": ["1"]})


def test_a_merge_is_undone_once(shelf: FlaskClient) -> None:
    make_tag(shelf, "Postgres")
    make_tag(shelf, "Postgresql")
    receipt = shelf.post("/tags/2/merge", json={"into": 1}).get_json()["receipt_id"]
    path, query = went_to(shelf.post(f"/acts/{receipt}/undo", data={"next": "/library/tags"}))
    assert (path, query) == ("/library/tags", {"done": ["undone"]})
    assert [tag["name"] for tag in shelf.get("/tags").get_json()] == ["Postgres", "Postgresql"]


def test_what_was_undone_is_not_undone_twice(shelf: FlaskClient, stored: Callable[[], object]) -> None:
    receipt = bulk(shelf, action="publish", ids=[1])
    shelf.post(f"/acts/{receipt}/undo")
    before = stored()
    response = shelf.post(f"/acts/{receipt}/undo")
    assert response.status_code == 422
    assert f"Receipt {receipt} was undone already" in response.text
    assert stored() == before


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_an_undoing_leads_nowhere_else(shelf: FlaskClient, elsewhere: str) -> None:
    receipt = bulk(shelf, action="publish", ids=[1])
    response = shelf.post(f"/acts/{receipt}/undo", data={"next": elsewhere})
    assert response.headers["Location"].startswith("/?done=")


def test_others_acts_are_not_there(caller: FlaskClient, stored: Callable[[], object]) -> None:
    draft = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("contributor", "draft"))
    done = caller.post(
        "/insights/bulk", json={"action": "set_priority", "ids": [draft], "priority": "high"}, headers=headers("editor")
    )
    receipt = done.get_json()["receipt_id"]
    before = stored()
    assert words(page(caller, "/acts", headers=headers("contributor"))) == []
    page(caller, f"/acts/{receipt}", 404, headers=headers("contributor"))
    assert caller.post(f"/acts/{receipt}/undo", headers=headers("contributor")).status_code == 404
    assert stored() == before
    assert words(page(caller, "/acts", headers=headers("admin"))) == ["Set the priority of 1 insight to high"]


def test_an_act_shows_no_title_that_the_reader_may_not_see(caller: FlaskClient) -> None:
    draft = next(kind.id for kind in KINDS if (kind.owner, kind.status) == ("contributor", "draft"))
    wanted = {"action": "set_priority", "ids": [draft], "priority": "high"}
    receipt = caller.post("/insights/bulk", json=wanted, headers=headers("contributor")).get_json()["receipt_id"]
    own = page(caller, f"/acts/{receipt}", headers=headers("contributor"))
    title = next(f"{kind.status} {kind.visibility}" for kind in KINDS if kind.id == draft)
    assert f"data-open>{title}</a>" in own
    owner = {"visibility": "RESTRICTED", "status": "published"}
    assert caller.put(f"/insights/{draft}", json=owner, headers=headers("editor")).status_code == 200
    assert title not in page(caller, f"/acts/{receipt}", headers=headers("contributor"))


def test_few_statements(shelf: FlaskClient, statements: Callable[[], list[str]]) -> None:
    receipt = bulk(shelf, action="tag", ids=[1, 2], tags=["Incident"])
    for path in ("/acts", f"/acts/{receipt}"):
        before = len(statements())
        page(shelf, path)
        assert len(statements()[before:]) == 1


def test_browsers_that_open_a_receipt_are_sent_to_its_page(shelf: FlaskClient) -> None:
    receipt = bulk(shelf, action="publish", ids=[1])
    assert shelf.get("/receipts", headers=BROWSER).headers["Location"] == "/acts"
    assert shelf.get(f"/receipts/{receipt}", headers=BROWSER).headers["Location"] == f"/acts/{receipt}"
