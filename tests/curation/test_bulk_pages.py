"""``POST /library/bulk``: what is marked in the list is changed at once, all that it finds after a question."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.http.pages import DIST
from tests.answers import make_insight
from tests.identity.world import KINDS, headers

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
Rows = Callable[..., list[dict[str, Any]]]
Stored = Callable[[], object]

# Action -> what is typed for it, and which of insights 1 to 3 it changes.
ACTIONS: dict[str, tuple[dict[str, str], list[int]]] = {
    "tag": ({"tags": " testing, New one,, TESTING"}, [1, 2, 3]),
    "untag": ({"tags": "Testing"}, [1]),
    "recategorise": ({"category_id": "2"}, [1, 2, 3]),
    "set_priority": ({"priority": "high"}, [1, 3]),
    "publish": ({}, [1, 3]),
    "archive": ({}, [1, 2, 3]),
}


KNOWLEDGE = """
INSERT INTO tags (name, slug) VALUES ('Testing', 'testing');
INSERT INTO categories (name, slug) VALUES ('First', 'first'), ('Second', 'second');
INSERT INTO insights (title, description, author, category_id, priority, status, visibility) VALUES
  ('One', 'Text', 'Ada', 1, 'medium', 'draft', 'INTERNAL'),
  ('Two', 'Text', 'Ada', NULL, 'high', 'published', 'INTERNAL'),
  ('Three', 'Text', 'Ada', NULL, 'medium', 'draft', 'INTERNAL'),
  ('Four', 'Text', 'Grace', NULL, 'medium', 'draft', 'INTERNAL');
INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1)"""


@pytest.fixture
def knowledge(client: FlaskClient, owner_connection: psycopg.Connection) -> FlaskClient:
    """Three insights of Ada, and one of somebody else."""
    owner_connection.execute(KNOWLEDGE)
    return client


def send(client: FlaskClient, role: str | None = None, **fields: Any) -> TestResponse:
    return client.post("/library/bulk", data=fields, headers={**BROWSER, **(headers(role) if role else {})})


def asked(response: TestResponse) -> str:
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8"), response.text
    return response.text


def refused(response: TestResponse) -> str:
    assert (response.status_code, response.content_type) == (422, "text/html; charset=utf-8"), response.text
    return response.text


def heading(page: str) -> str:
    [found] = re.findall("<h1>(.*?)</h1>", page)
    return str(found)


def facts(page: str) -> list[tuple[str, str]]:
    return re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", page)


def sent_along(page: str) -> dict[str, Any]:
    """What the form of the question holds."""
    form = re.search(r'<form class="card part[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form
    fields: dict[str, Any] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[1]):
        fields[name] = [*fields[name], value] if name == "ids" and name in fields else html.unescape(value)
        fields[name] = [value] if name == "ids" and isinstance(fields[name], str) else fields[name]
    return fields


def back(response: TestResponse) -> tuple[str, dict[str, str]]:
    """Where an act leads, and what its notice is told; the receipt is checked."""
    assert response.status_code == 303, response.text
    address = urlsplit(response.headers["Location"])
    told = dict(parse_qsl(address.query))
    receipt = told.pop("receipt", None)
    assert (receipt is None) == (told["done"] == "nothing")
    return address.path, told


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_marked_is_changed_at_once(
    knowledge: FlaskClient, rows: Rows, revisions: Callable[[], list[dict[str, Any]]], action: str
) -> None:
    typed, changing = ACTIONS[action]
    # The other values lie in the same form, and don't count.
    others = {"tags": "Not this", "category_id": "1", "priority": "critical"}
    response = send(knowledge, action=action, ids=["1", "2", "3"], place="/library?author=ada&page=1", **others | typed)
    told = {"author": "ada", "page": "1", "done": f"bulk-{action}", "n": str(len(changing))}
    assert back(response) == ("/library", told)
    assert [each["insight_id"] for each in revisions()] == changing
    after = {row["id"]: row for row in rows()}
    gives = {
        "tag": lambda row: row["tags"] == [1, 2],
        "untag": lambda row: row["tags"] == [],
        "recategorise": lambda row: row["kept"]["category_id"] == 2,
        "set_priority": lambda row: row["kept"]["priority"] == "high",
        "publish": lambda row: row["kept"]["status"] == "published",
        "archive": lambda row: row["kept"]["status"] == "archived",
    }
    assert all(gives[action](after[insight_id]) for insight_id in (1, 2, 3))
    assert after[4]["version"] == 1


def test_the_notice_offers_to_undo_it(knowledge: FlaskClient) -> None:
    response = send(knowledge, action="set_priority", priority="low", ids=["1", "3"], place="/library?sort=title")
    page = asked(knowledge.get(response.headers["Location"], headers=BROWSER))
    assert "2 insights changed their priority." in page
    assert re.search(r'action="/acts/[0-9a-f-]{36}/undo"', page)
    # No link of the list takes the notice along.
    assert not re.search(r'href="/library\?[^"]*(done|receipt)=', page)
    assert '<input type="hidden" name="place" value="/library?sort=title">' in page


def test_no_category_is_a_choice(knowledge: FlaskClient, rows: Rows) -> None:
    send(knowledge, action="recategorise", category_id="0", ids="1", place="/library")
    assert rows()[0]["kept"]["category_id"] is None


def test_the_trash_is_asked_about_first(knowledge: FlaskClient, rows: Rows, stored: Stored) -> None:
    before = stored()
    page = asked(send(knowledge, action="trash", ids=["1", "3"], place="/library?status=draft", tags="Left"))
    assert stored() == before
    assert heading(page) == "Move 2 insights to the trash"
    assert facts(page) == [("Selected", "2")]
    assert 'href="/library?status=draft">Cancel' in page
    fields = sent_along(page)
    assert fields["ids"] == ["1", "3"]
    response = send(knowledge, **fields, message="Twice there")
    assert back(response) == ("/library", {"status": "draft", "done": "bulk-trash", "n": "2"})
    assert [row["id"] for row in rows()] == [2, 4]
    assert {(each["verb"], each["message"]) for each in rows(
        "SELECT verb, message FROM insight_revisions WHERE receipt_id IS NOT NULL"
    )} == {("trash", "Twice there")}  # fmt: skip


def test_all_that_match_are_asked_about_first(knowledge: FlaskClient, rows: Rows, stored: Stored) -> None:
    before = stored()
    place = "/library?q=author%3Aada&priority=medium&page=7&sort=title&view=cards"
    page = asked(send(knowledge, action="tag", tags="Testing, New one", all="true", ids="4", place=place))
    assert stored() == before
    assert heading(page) == "Tag 2 insights"
    assert facts(page) == [
        ("Tags", "Testing, New one"), ("Found", "2"), ("New", "New one: will be created")
    ]  # fmt: skip
    response = send(knowledge, **sent_along(page))
    told = {"q": "author:ada", "priority": "medium", "page": "7", "sort": "title", "view": "cards"}
    assert back(response) == ("/library", {**told, "done": "bulk-tag", "n": "2"})
    assert [row["tags"] for row in rows()] == [[1, 2], [], [1, 2], []]


def test_a_name_with_a_comma_stands_in_quotes(knowledge: FlaskClient) -> None:
    """As in the form of an insight."""
    send(knowledge, action="tag", ids=["1"], tags='"Fast, cheap", Good', place="/library")
    names = [tag["name"] for tag in knowledge.get("/insights/1").get_json()["tags"]]
    assert {"Fast, cheap", "Good"} <= set(names)


def test_the_question_tells_what_stays(knowledge: FlaskClient) -> None:
    page = asked(send(knowledge, action="recategorise", category_id="1", all="true", place="/library"))
    assert heading(page) == "Change the category of 3 insights"
    assert facts(page) == [
        ("Category", "First"), ("Found", "4"), ("Stay as they are", "1 are in this category already")
    ]  # fmt: skip
    page = asked(send(knowledge, action="publish", all="true", place="/library?status=published"))
    assert heading(page) == "Publish 0 insights"
    assert "There is nothing to do." in page
    assert "confirmed" in page
    assert "<button" not in page[page.index("There is nothing to do.") : page.index("</form>", page.index("There is"))]


def test_a_mistyped_word_is_told(knowledge: FlaskClient) -> None:
    make_insight(knowledge, title="Vacuum settings")
    page = asked(send(knowledge, action="publish", all="true", place="/library?q=vaccum"))
    assert "found for <b>vacuum</b>" in page
    assert heading(page) == "Publish 1 insight"


def test_nothing_to_change(knowledge: FlaskClient, stored: Stored) -> None:
    before = stored()
    response = send(knowledge, action="publish", ids="2", place="/library?q=two")
    assert back(response) == ("/library", {"q": "two", "done": "nothing"})
    assert stored() == before


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"action": "tag", "ids": "1"}, "name at least one tag"),
        ({"action": "untag", "ids": "1", "tags": " , "}, "must not be empty"),
        ({"action": "tag", "ids": "1", "tags": "x" * 51}, "must have 50 characters at most, has 51"),
        ({"action": "untag", "ids": "1", "tags": "Never"}, "tags: tag Never does not exist."),
        ({"action": "recategorise", "ids": "1"}, "choose a category"),
        ({"action": "recategorise", "ids": "1", "category_id": "99"}, "category_id: category 99 does not exist."),
        ({"action": "set_priority", "ids": "1"}, "choose a priority"),
        ({"action": "set_priority", "ids": "1", "priority": "wrong<b>"}, "must be one of low, medium, high, critical"),
        ({"action": "publish"}, "mark at least one insight"),
        ({"action": "wrong<b>", "ids": "1"}, "must be one of tag, untag"),
        ({"ids": "1"}, "is required"),
        ({"action": "publish", "ids": "wrong<b>"}, "must be a whole number"),
        ({"action": "publish", "all": "true", "place": "/library?q=status:publishd"}, "status must be one of draft"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
    knowledge: FlaskClient, stored: Stored, typed: dict[str, str], message: str
) -> None:
    before = stored()
    page = refused(send(knowledge, place="/library?status=draft", **typed) if "place" not in typed else
                   send(knowledge, **typed))  # fmt: skip
    assert stored() == before
    assert message in page
    assert "wrong<b>" not in page
    for name in ("action", "ids", "tags", "category_id"):
        if name in typed and name != "action":
            assert html.escape(typed[name].strip()) in page
    if "place" not in typed:
        assert 'href="/library?status=draft"' in page


def test_what_was_missing_is_given_on_the_page(knowledge: FlaskClient, rows: Rows) -> None:
    page = refused(send(knowledge, action="tag", ids=["1", "3"], place="/library?q=x", tags=""))
    response = send(knowledge, **sent_along(page), tags="Late")
    assert back(response) == ("/library", {"q": "x", "done": "bulk-tag", "n": "2"})
    assert [row["tags"] for row in rows()] == [[1, 2], [], [2], []]


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("https://elsewhere.example/?status=draft", "/library?status=draft&"),
        ("//elsewhere.example", "/library?"),
        ("/library?unknown=x&q=<b>", "/library?q=%3Cb%3E&"),
        ("javascript:alert(1)", "/library?"),
        ("", "/library?"),
    ],
)
def test_the_way_back_leads_into_the_library(knowledge: FlaskClient, place: str, address: str) -> None:
    response = send(knowledge, action="publish", ids="2", place=place)
    assert (response.status_code, response.headers["Location"]) == (303, f"{address}done=nothing")


class TestPeople:
    OWN = [kind.id for kind in KINDS if kind.changed_by("contributor")]
    SEEN = [kind.id for kind in KINDS if kind.seen_by("contributor")]

    def test_others_insights_are_left_out_and_counted(self, caller: FlaskClient, rows: Rows) -> None:
        before = {row["id"]: row for row in rows()}
        fields = {"action": "set_priority", "priority": "critical", "all": "true", "place": "/library"}
        page = asked(send(caller, "contributor", **fields))
        own, left = len(self.OWN), len(self.SEEN) - len(self.OWN)
        assert facts(page) == [
            ("Priority", "Critical"), ("Found", str(len(self.SEEN))), ("Left out", f"{left} are not yours to change")
        ]  # fmt: skip
        assert heading(page) == f"Set the priority of {own} insights"
        response = send(caller, "contributor", **sent_along(page))
        assert back(response)[1] == {"done": "bulk-set_priority", "n": str(own), "left": str(left)}
        changed = [row["id"] for row in rows() if row != before[row["id"]]]
        assert changed == self.OWN

    def test_what_is_not_seen_is_not_there(self, caller: FlaskClient, stored: Stored) -> None:
        before = stored()
        hidden = next(kind.id for kind in KINDS if not kind.seen_by("contributor"))
        page = asked(send(caller, "contributor", action="trash", ids=str(hidden), place="/library"))
        assert facts(page) == [("Selected", "0"), ("Not there", "1 was deleted meanwhile")]
        assert stored() == before

    @pytest.mark.parametrize(("role", "action"), [
        ("contributor", "publish"), ("contributor", "archive"), ("viewer", "trash"), ("anonymous", "trash"),
    ])  # fmt: skip
    def test_who_may_not_is_refused(self, caller: FlaskClient, stored: Stored, role: str, action: str) -> None:
        before = stored()
        response = send(caller, role, action=action, ids=[str(kind.id) for kind in KINDS], confirmed="true", place="")
        assert response.status_code == (401 if role == "anonymous" else 403)
        assert stored() == before

    def test_the_list_offers_what_one_may_do(self, caller: FlaskClient) -> None:
        offered = {}
        for role in ("viewer", "contributor", "editor"):
            page = asked(caller.get("/library", headers={**BROWSER, **headers(role)}))
            offered[role] = re.findall(r'name="action" value="(\w+)"', page)
            assert ('name="ids"' in page) == (role != "viewer")
        drafts = ["tag", "untag", "recategorise", "set_priority", "trash"]
        assert offered == {
            "viewer": [], "contributor": drafts, "editor": [*drafts[:-1], "publish", "archive", "trash"]
        }  # fmt: skip


def test_it_costs_few_statements(knowledge: FlaskClient, statements: Callable[[], list[str]]) -> None:
    for number in range(30):
        make_insight(knowledge, title=f"Number {number}", tags=[f"Tag {number}"])
    before = len(statements())
    asked(send(knowledge, action="recategorise", category_id="1", all="true", place="/library?q=number"))
    assert len(statements()) - before <= 12
