"""A tag or category that was renamed, recoloured or deleted on its page is what it was before, by one undo."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.http.pages import DIST
from app.identity.queries.credentials import forget_callers
from tests.answers import make_category, make_insight, make_tag
from tests.curation.conftest import Row
from tests.identity.world import headers
from tests.taxonomy.test_races import at_once

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html"}
CATEGORY, TAG = "/library/categories/1", "/library/tags/1"
Rows = Callable[..., list[Row]]
Stored = Callable[[], dict[str, list[Any]]]
ALIASES = "SELECT former_id, tag_id, name, slug FROM tag_aliases ORDER BY former_id"


@pytest.fixture
def room(client: FlaskClient) -> FlaskClient:
    """Technical (1) > Databases (2), an insight in the first; Incident (1) on both insights, Outage (2) on the second
    one, and Downtime (3), which was merged into Incident."""
    make_category(client, "Technical", color="#3B82F6", icon="code")
    make_category(client, "Databases", parent_id=1)
    for name in ("Incident", "Outage", "Downtime"):
        make_tag(client, name, color="#EF4444")
    make_insight(client, category_id=1, tag_ids=[1])
    make_insight(client, tag_ids=[1, 2])
    client.post("/tags/3/merge", json={"into": 1})
    return client


def act(client: FlaskClient, path: str, code: str, **fields: str) -> str:
    """The receipt with which the page offers to undo it."""
    response = client.post(path, data=fields, headers=BROWSER)
    assert response.status_code == 303, response.text
    query = parse_qs(urlsplit(response.headers["Location"]).query)
    assert query["done"] == [code]
    assert (
        f'action="/acts/{query["receipt"][0]}/undo"' in client.get(response.headers["Location"], headers=BROWSER).text
    )
    return query["receipt"][0]


def undo(client: FlaskClient, receipt: str) -> dict[str, Any]:
    response = client.post(f"/receipts/{receipt}/undo", json={})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    assert answer["undo"] is None
    return answer


def refused(client: FlaskClient, receipt: str, detail: str) -> None:
    response = client.post(f"/receipts/{receipt}/undo", json={})
    assert (response.status_code, response.get_json()["detail"]) == (400, detail)


def told(client: FlaskClient, path: str, *but: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(path).get_json()
    return {name: value for name, value in found.items() if name not in ("version", "updated_at", *but)}


def tags_of(client: FlaskClient) -> list[list[str]]:
    return [[tag["name"] for tag in client.get(f"/insights/{number}").get_json()["tags"]] for number in (1, 2)]


def changed_words(client: FlaskClient, receipt: str) -> str:
    text = client.get(f"/acts/{receipt}", headers=BROWSER).text
    return text.partition('<h1 class="long">')[2].partition("</h1>")[0]


class TestChanges:
    @pytest.mark.parametrize(
        ("path", "stored", "words"),
        [
            (TAG, "/tags/1", "Renamed the tag <b>Incident</b> to <b>Mishap</b> and changed its colour, description"),
            (CATEGORY, "/categories/1",
             "Renamed the category <b>Technical</b> to <b>Mishap</b> and changed its colour, description, icon"),
        ],
    )  # fmt: skip
    def test_all_of_it_goes_back(self, room: FlaskClient, path: str, stored: str, words: str) -> None:
        before = told(room, stored)
        version = room.get(stored).get_json()["version"]
        fields = {"name": "Mishap", "description": "New", "color": "#10B981", "icon": "rocket", "version": str(version)}
        receipt = act(room, path, "tag-changed" if path == TAG else "category-changed", **fields)
        assert changed_words(room, receipt) == words
        assert told(room, stored) != before
        page = room.get(f"/acts/{receipt}", headers=BROWSER).text
        assert "<dt>Colour</dt>" in page
        assert "refused when that was changed again" in page
        assert undo(room, receipt) == {"receipt_id": _last(room), "undo": None, "reverted": 0, "left": []}
        assert told(room, stored) == before
        assert room.get(stored).get_json()["version"] == version + 2
        refused(room, receipt, f"Receipt {receipt} was undone already, by receipt {_last(room)}.")
        refused(room, _last(room), "A change can't be redone in this way: change it again.")

    def test_nothing_that_differs_leaves_nothing(self, room: FlaskClient, stored: Stored) -> None:
        before = stored()
        fields = {"name": "Incident", "color": "#EF4444", "version": "1"}
        response = room.post(TAG, data=fields, headers=BROWSER)
        assert response.headers["Location"] == "/library/tags?done=unchanged"
        assert stored() == before

    def test_another_field_may_have_changed_since(self, room: FlaskClient) -> None:
        receipt = act(room, TAG, "tag-changed", name="Mishap", color="#EF4444", version="1")
        room.put("/tags/1", json={"color": "#000000"})
        undo(room, receipt)
        assert (told(room, "/tags/1")["name"], told(room, "/tags/1")["color"]) == ("Incident", "#000000")

    def test_what_was_changed_again_stays(self, room: FlaskClient, stored: Stored) -> None:
        receipt = act(room, TAG, "tag-changed", name="Mishap", color="#10B981", version="1")
        room.put("/tags/1", json={"color": "#000000"})
        before = stored()
        refused(room, receipt, "The tag was changed again since; what is newer stays.")
        text = room.post(f"/acts/{receipt}/undo", headers=BROWSER)
        assert (text.status_code, "what is newer stays" in text.text) == (422, True)
        assert stored() == before

    def test_a_name_that_is_in_use_by_now(self, room: FlaskClient, stored: Stored) -> None:
        receipt = act(room, TAG, "tag-changed", name="Mishap", color="#EF4444", version="1")
        make_tag(room, "INCIDENT", slug="other")
        before = stored()
        refused(room, receipt, "A tag named 'Incident' already exists.")
        assert stored() == before

    def test_one_that_is_gone(self, room: FlaskClient, stored: Stored) -> None:
        receipt = act(room, TAG, "tag-changed", name="Mishap", color="#EF4444", version="1")
        room.post("/tags/1/merge", json={"into": 2})
        before = stored()
        refused(room, receipt, "Tag 1 was merged into the tag 'Outage' (2).")
        assert stored() == before
        room.delete("/tags/2")
        refused(room, receipt, "Tag 1 does not exist.")

    @pytest.mark.parametrize(("name", "aliases"), [("INCIDENT", ["Downtime"]), ("Downtime", ["Incident"])])
    def test_another_spelling_and_its_own_alias(
        self, room: FlaskClient, name: str, aliases: list[str], rows: Rows
    ) -> None:
        before = rows(ALIASES)
        receipt = act(room, TAG, "tag-changed", name=name, color="#EF4444", version="1")
        assert [row["name"] for row in rows(ALIASES)] == aliases
        undo(room, receipt)
        assert told(room, "/tags/1")["name"] == "Incident"
        assert [row["name"] for row in rows(ALIASES)] == [row["name"] for row in before]


class TestDeletions:
    def test_a_tag_comes_back_with_its_names_and_insights(self, room: FlaskClient, rows: Rows) -> None:
        before, aliases, insights = told(room, "/tags/1"), rows(ALIASES), rows()
        receipt = act(room, f"{TAG}/delete", "tag-deleted", version="1", confirmed="true")
        assert changed_words(room, receipt) == "Deleted the tag <b>Incident</b>: 2 insights"
        assert (tags_of(room), rows(ALIASES)) == ([[], ["Outage"]], [])
        assert undo(room, receipt) == {"receipt_id": _last(room), "undo": None, "reverted": 2, "left": []}
        assert (told(room, "/tags/1"), rows(ALIASES)) == (before, aliases)
        assert [(row["kept"], row["tags"], row["words"]) for row in rows()] == [
            (row["kept"], row["tags"], row["words"]) for row in insights
        ]
        refused(room, _last(room), "Deleting can't be redone in this way: delete it again.")

    def test_what_was_tagged_since_is_left(self, room: FlaskClient) -> None:
        receipt = act(room, f"{TAG}/delete", "tag-deleted", version="1", confirmed="true")
        room.put("/insights/2", json={"tags": []})
        assert undo(room, receipt)["left"] == [{"id": 2, "reason": "changed since"}]
        assert tags_of(room) == [["Incident"], []]
        assert told(room, "/tags/1")["usage_count"] == 1

    @pytest.mark.parametrize("name", ["incident", "DOWNTIME"])
    def test_a_name_that_is_in_use_by_now(self, room: FlaskClient, stored: Stored, name: str) -> None:
        receipt = act(room, f"{TAG}/delete", "tag-deleted", version="1", confirmed="true")
        make_tag(room, name, slug="other")
        before = stored()
        used = {"incident": "Incident", "DOWNTIME": "Downtime"}[name]
        refused(room, receipt, f"The name {used!r} is in use by now: rename that tag first.")
        assert stored() == before

    def test_an_alias_that_is_itself_again_stays_so(self, room: FlaskClient, rows: Rows) -> None:
        merge = room.get("/receipts").get_json()["receipts"][0]["id"]
        receipt = act(room, f"{TAG}/delete", "tag-deleted", version="1", confirmed="true")
        undo(room, merge)
        undo(room, receipt)
        assert rows(ALIASES) == []
        assert {tag["name"]: tag["usage_count"] for tag in room.get("/tags").get_json()} == {
            "Downtime": 0, "Incident": 2, "Outage": 1,
        }  # fmt: skip

    def test_a_category_comes_back_where_it_was(self, room: FlaskClient) -> None:
        before = told(room, "/categories/2")
        receipt = act(room, "/library/categories/2/delete", "category-deleted", version="1")
        assert changed_words(room, receipt) == "Deleted the category <b>Databases</b>"
        assert room.get("/categories/2").status_code == 404
        assert undo(room, receipt)["reverted"] == 0
        assert told(room, "/categories/2") == before

    def test_a_category_whose_parent_is_gone_comes_to_the_top(self, room: FlaskClient) -> None:
        receipt = act(room, "/library/categories/2/delete", "category-deleted", version="1")
        room.put("/insights/1", json={"category_id": None})
        above = act(room, f"{CATEGORY}/delete", "category-deleted", version="1")
        undo(room, receipt)
        undo(room, above)
        assert [told(room, f"/categories/{key}")["parent_id"] for key in (1, 2)] == [None, None]

    def test_of_eight_at_once_one_undoes(self, room: FlaskClient, application: Flask) -> None:
        receipt = act(room, f"{TAG}/delete", "tag-deleted", version="1", confirmed="true")
        answers = at_once(application, [lambda client: client.post(f"/receipts/{receipt}/undo", json={})] * 8)
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
        assert tags_of(room) == [["Incident"], ["Incident", "Outage"]]


class TestWhoMay:
    def test_only_who_may_curate(self, caller: FlaskClient, rows: Rows) -> None:
        editor = {**headers("editor"), **BROWSER}
        done = caller.post(TAG, data={"name": "Renamed", "version": "1"}, headers=editor)
        [receipt] = parse_qs(urlsplit(done.headers["Location"]).query)["receipt"]
        for role, status in (("viewer", 404), ("contributor", 404)):
            assert caller.post(f"/receipts/{receipt}/undo", json={}, headers=headers(role)).status_code == status
        rows("UPDATE users SET role = 'contributor' WHERE id = (SELECT actor_id FROM receipts) RETURNING id")
        forget_callers()
        denied = caller.post(f"/receipts/{receipt}/undo", json={}, headers=headers("editor"))
        assert denied.status_code == 403
        assert rows("SELECT name FROM tags WHERE id = 1") == [{"name": "Renamed"}]


def _last(client: FlaskClient) -> str:
    return str(client.get("/receipts").get_json()["receipts"][0]["id"])
