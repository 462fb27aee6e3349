"""``/library/categories`` and ``/library/tags``: the tree, the cloud, and acts that say what they affect first."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import REPOSITORY
from app.core.http.pages import DIST
from app.taxonomy.forms import COLORS, ICONS
from tests.answers import make_category, make_tag
from tests.identity.world import headers

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
CATEGORIES, TAGS = "/library/categories", "/library/tags"
Stored = Callable[[], dict[str, list[Any]]]
Statements = Callable[[], list[str]]


ROOM = """
INSERT INTO categories (name, slug, parent_id, color, icon) VALUES ('Technical', 'technical', NULL, '#3B82F6', 'code'),
  ('Databases', 'databases', 1, NULL, NULL), ('PostgreSQL', 'postgresql', 2, NULL, NULL),
  ('People', 'people', NULL, NULL, NULL);
INSERT INTO tags (name, slug) VALUES ('Incident', 'incident'), ('Incidence', 'incidence'), ('Unused', 'unused');
INSERT INTO insights (title, description, author, category_id, visibility) VALUES
  ('Title', 'Text', 'Ada', 1, 'INTERNAL'), ('Title', 'Text', 'Ada', 2, 'INTERNAL'),
  ('Title', 'Text', 'Ada', 2, 'INTERNAL'), ('Title', 'Text', 'Ada', 3, 'INTERNAL');
INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1), (2, 1), (2, 2), (3, 2)"""


@pytest.fixture
def room(client: FlaskClient, owner_connection: psycopg.Connection) -> FlaskClient:
    """Technical (1, an insight) > Databases (2, two) > PostgreSQL (3, one), and People (4); tags Incident (1, two
    insights), incidence (2, two, one of them both) and Unused (3)."""
    owner_connection.execute(ROOM)
    return client


def page(client: FlaskClient, path: str, status: int = 200, **options: Any) -> str:
    response = client.get(path, headers=BROWSER, **options)
    assert (response.status_code, response.content_type) == (status, "text/html; charset=utf-8"), response.text
    return response.text


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    return client.post(path, data=fields, headers=BROWSER)


def went(response: TestResponse, path: str, code: str) -> str | None:
    """The receipt that the notice of the page has, on which one is after an act."""
    assert response.status_code == 303, response.text
    address = urlsplit(response.headers["Location"])
    query = parse_qs(address.query)
    assert (address.path, query["done"]) == (path, [code])
    return query["receipt"][0] if "receipt" in query else None


def refused(response: TestResponse, field: str, words: str, status: int = 422) -> str:
    """The page with what is wrong beside its field."""
    assert response.status_code == status, response.text
    found = re.search(rf'id="{field}-error">(.*?)</p>', response.text)
    assert found, response.text
    assert html.unescape(found[1]) == words
    return response.text


def words(text: str) -> str:
    """The text of a page, running."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", text)).split())


def confirmation(response: TestResponse) -> tuple[str, dict[str, str]]:
    """What an act would do, in words, and the fields of the form that confirms it."""
    assert response.status_code == 200, response.text
    [section] = re.findall(r"<section[^>]*data-confirmation.*?</section>", response.text, re.DOTALL)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', section))
    assert fields.pop("csrf_token") == ""  # whoever needs no session needs none
    return words(section), {name: html.unescape(value) for name, value in fields.items()}


def tree(text: str) -> list[tuple[str, str]]:
    """The categories of the page, with their counts as they are read."""
    rows = re.findall(r'class="tree-name"[^>]*>(.*?)</a>(.*?)<span class="tree-acts"', text, re.DOTALL)
    return [(html.unescape(name), words(count)) for name, count in rows]


def parents(client: FlaskClient) -> dict[str, int | None]:
    return {each["name"]: each["parent_id"] for each in client.get("/categories").get_json()}


def tag_names(client: FlaskClient) -> dict[str, int]:
    return {each["name"]: each["usage_count"] for each in client.get("/tags").get_json()}


class TestTree:
    def test_counts_of_each_and_of_all_below(self, room: FlaskClient) -> None:
        text = page(room, CATEGORIES)
        assert tree(text) == [
            ("People", "0 insights"),
            ("Technical", "1 insight 4 with all below"),
            ("Databases", "2 insights 3 with all below"),
            ("PostgreSQL", "1 insight"),
        ]
        assert text.count('<ul class="tree"') == text.count('<details class="tree-branch" open>') + 1 == 3
        assert f'color="#3B82F6"><use href="/static/{_sprite()}#code"/>' in text
        assert 'href="/library?category_id=3">PostgreSQL</a>' in text

    def test_a_deep_tree(self, client: FlaskClient) -> None:
        for number in range(1, 61):
            make_category(client, f"Level {number:02}", **({"parent_id": number - 1} if number > 1 else {}))
        text = page(client, CATEGORIES)
        assert [name for name, _ in tree(text)] == [f"Level {number:02}" for number in range(1, 61)]
        assert text.count('<details class="tree-branch" open>') == 59
        for element in ("li", "ul", "details"):
            assert len(re.findall(f"<{element}[ >]", text)) == text.count(f"</{element}>")

    def test_names_are_no_markup(self, client: FlaskClient) -> None:
        name = '<img src=x onerror="alert(1)">'
        make_category(client, name, icon='"><script>', color=None)
        make_tag(client, name)
        for path in (CATEGORIES, f"{CATEGORIES}?below=1", f"{CATEGORIES}/1", TAGS, f"{TAGS}/1"):
            text = page(client, path)
            assert "<img src=x" not in text
            assert "<script>" not in text

    def test_an_empty_one_teaches(self, client: FlaskClient) -> None:
        text = page(client, CATEGORIES)
        assert "No categories yet" in text
        assert 'name="name"' in text

    def test_a_form_in_its_place(self, room: FlaskClient) -> None:
        text = page(room, f"{CATEGORIES}?below=4")
        assert "New category below People" in text
        assert '<input type="hidden" name="parent_id" value="4">' in text
        for path in (f"{CATEGORIES}?below=99", f"{CATEGORIES}?below=x"):
            assert "New category at the top" in page(room, path)

    def test_statements(self, room: FlaskClient, statements: Statements) -> None:
        for path, most in ((CATEGORIES, 1), (f"{CATEGORIES}/1", 3), (f"{CATEGORIES}/suggested-merges", 1), (TAGS, 2),
                           (f"{TAGS}/1", 3), (f"{TAGS}/suggested-merges", 1)):  # fmt: skip
            before = len(statements())
            page(room, path)
            assert len(statements()[before:]) == most, path


class TestNewCategory:
    def test_at_the_top_and_below(self, room: FlaskClient) -> None:
        assert went(send(room, CATEGORIES, name="  Product "), CATEGORIES, "category-created") is None
        went(send(room, CATEGORIES, name="Hiring", parent_id="4"), CATEGORIES, "category-created")
        assert parents(room) == {
            "Technical": None, "Databases": 1, "PostgreSQL": 2, "People": None, "Product": None, "Hiring": 4,
        }  # fmt: skip
        assert [each["slug"] for each in room.get("/categories").get_json() if each["id"] > 4] == ["hiring", "product"]

    def test_names_that_differ_by_signs_only_have_slugs_of_their_own(self, client: FlaskClient) -> None:
        for name in ("C", "C++", "C#"):
            went(send(client, CATEGORIES, name=name), CATEGORIES, "category-created")
            went(send(client, TAGS, name=name), TAGS, "tag-created")
        for path in ("/categories", "/tags"):
            slugs = {each["name"]: each["slug"] for each in client.get(path).get_json()}
            assert slugs == {"C": "c", "C++": "c-2", "C#": "c-3"}

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"name": "technical"}, "A category named 'technical' already exists."),
            ({"name": "technical", "parent_id": "4"}, "A category named 'technical' already exists."),
            ({"name": ""}, "is required"),
            ({"name": " "}, "must not be empty"),
            ({"name": "x" * 101}, "must have 100 characters at most, has 101"),
        ],
    )
    def test_what_was_typed_stays(
        self, room: FlaskClient, stored: Stored, fields: dict[str, str], problem: str
    ) -> None:
        before = stored()
        text = refused(send(room, CATEGORIES, **fields), "name", problem)
        assert f'value="{fields["name"]}"' in text
        assert ('name="parent_id" value="4"' in text) == ("parent_id" in fields)
        assert stored() == before

    @pytest.mark.parametrize("parent_id", ["99", "x", "99999999999999999999"])
    def test_a_parent_that_is_none(self, room: FlaskClient, stored: Stored, parent_id: str) -> None:
        before = stored()
        response = send(room, CATEGORIES, name="Lost", parent_id=parent_id)
        assert response.status_code == 422
        assert 'value="Lost"' in response.text
        assert stored() == before


class TestOneCategory:
    def test_what_it_holds(self, room: FlaskClient) -> None:
        text = words(page(room, f"{CATEGORIES}/1"))
        assert "In it 1 insight With all below 4 insights in 3 categories Also known as none" in text
        assert "It still holds 1 insight and 2 categories below it." in text
        # Below itself nothing moves.
        assert re.findall(r'<option value="(\d+)"', page(room, f"{CATEGORIES}/2")) == ["4", "1", "4", "1"]

    def test_it_changes(self, room: FlaskClient) -> None:
        fields = {"version": "1", "name": "Platform", "description": "Two\r\nlines", "color": "own",
                  "own_color": "#123abc", "icon": "rocket"}  # fmt: skip
        went(send(room, f"{CATEGORIES}/1", **fields), CATEGORIES, "category-changed")
        found = room.get("/categories/1").get_json()
        assert {name: found[name] for name in ("name", "slug", "description", "color", "icon", "version")} == {
            "name": "Platform", "slug": "technical", "description": "Two\nlines", "color": "#123abc", "icon": "rocket",
            "version": 2,
        }  # fmt: skip
        went(send(room, f"{CATEGORIES}/1", version="2", name="Platform"), CATEGORIES, "category-changed")
        found = room.get("/categories/1").get_json()
        assert (found["description"], found["color"], found["icon"]) == (None, None, None)

    def test_an_icon_that_is_not_offered_stays(self, client: FlaskClient) -> None:
        make_category(client, "Old", icon="banana", color="#abcdef")
        text = page(client, f"{CATEGORIES}/1")
        assert '<input type="radio" name="icon" value="banana" checked>' in text
        assert '<input type="radio" name="color" value="#abcdef" checked>' in text

    @pytest.mark.parametrize(
        ("fields", "field", "problem"),
        [
            ({"name": "People"}, "name", "A category named 'People' already exists."),
            ({"name": "x", "color": "red"}, "color", "must be # and six hex digits"),
            ({"name": "x", "color": "own", "own_color": "url(x)"}, "own_color", "must be # and six hex digits"),
            ({"name": "x", "icon": "y" * 51}, "icon", "must have 50 characters at most, has 51"),
        ],
    )
    def test_what_is_wrong_is_said_beside_it(
        self, room: FlaskClient, stored: Stored, fields: dict[str, str], field: str, problem: str
    ) -> None:
        before = stored()
        response = send(room, f"{CATEGORIES}/1", version="1", description="Kept", **fields)
        text = refused(response, field, problem)
        assert f'value="{fields["name"]}"' in text
        assert ">Kept</textarea>" in text
        assert stored() == before

    def test_somebody_else_was_first(self, room: FlaskClient) -> None:
        room.put("/categories/1", json={"name": "Theirs"})
        response = send(room, f"{CATEGORIES}/1", version="1", name="Mine")
        assert response.status_code == 409
        assert 'value="Mine"' in response.text
        assert "Stored now: Theirs" in words(response.text)
        assert '<input type="hidden" name="version" value="2">' in response.text
        assert room.get("/categories/1").get_json()["name"] == "Theirs"

    def test_only_an_empty_one_goes(self, room: FlaskClient, stored: Stored) -> None:
        before = stored()
        response = send(room, f"{CATEGORIES}/2/delete", version="1")
        assert response.status_code == 422
        assert "Category 2 still holds 2 insights. Move or remove them first." in response.text
        assert stored() == before
        went(send(room, f"{CATEGORIES}/4/delete", version="1"), CATEGORIES, "category-deleted")
        assert "People" not in parents(room)

    def test_there_is_none(self, room: FlaskClient) -> None:
        for path in (f"{CATEGORIES}/99", f"{CATEGORIES}/99999999999999999999", f"{TAGS}/99"):
            page(room, path, 404)
        for act in ("move", "merge", "delete"):
            assert send(room, f"{CATEGORIES}/99/{act}", version="1", into="1").status_code == 404


class TestMove:
    def test_a_subtree_and_back(self, room: FlaskClient, stored: Stored) -> None:
        before = stored()
        told, fields = confirmation(send(room, f"{CATEGORIES}/2/move", parent_id="4", version="1"))
        assert told == (
            "Move Databases below People? 1 category below it comes along. This affects 3 insights , which stay in"
            " their categories. It can be undone. Move 2 categories Cancel"
        )
        assert fields == {"confirmed": "true", "parent_id": "4", "version": "1"}
        assert stored() == before
        receipt = went(send(room, f"{CATEGORIES}/2/move", **fields), CATEGORIES, "category-moved")
        assert parents(room) == {"Technical": None, "Databases": 4, "PostgreSQL": 2, "People": None}
        assert room.post(f"/receipts/{receipt}/undo", json={}).status_code == 200
        assert parents(room)["Databases"] == 1

    def test_to_the_top(self, room: FlaskClient) -> None:
        told, fields = confirmation(send(room, f"{CATEGORIES}/3/move", version="1"))
        assert told.startswith("Move PostgreSQL to the top? This affects 1 insight , which stays in the category.")
        assert fields == {"confirmed": "true", "version": "1"}
        went(send(room, f"{CATEGORIES}/3/move", **fields), CATEGORIES, "category-moved")
        assert parents(room)["PostgreSQL"] is None

    @pytest.mark.parametrize("confirmed", [{}, {"confirmed": "true"}])
    @pytest.mark.parametrize(
        ("parent_id", "problem"),
        [
            ("3", "Category 3 is this category or lies below it, so it can't become its parent."),
            ("1", "Category 1 is this category or lies below it, so it can't become its parent."),
            ("99", "parent_id: category 99 does not exist."),
            ("x", "must be a whole number"),
        ],
    )
    def test_it_is_refused(
        self, room: FlaskClient, stored: Stored, parent_id: str, problem: str, confirmed: dict[str, str]
    ) -> None:
        before = stored()
        response = send(room, f"{CATEGORIES}/1/move", parent_id=parent_id, version="1", **confirmed)
        refused(response, "parent_id", problem)
        assert stored() == before

    def test_a_stale_one(self, room: FlaskClient, stored: Stored) -> None:
        room.put("/categories/2", json={"name": "Theirs"})
        before = stored()
        assert send(room, f"{CATEGORIES}/2/move", parent_id="4", version="1", confirmed="true").status_code == 409
        assert stored() == before


class TestCategoryMerge:
    def test_it_says_what_it_affects(self, room: FlaskClient, stored: Stored) -> None:
        before = stored()
        told, fields = confirmation(send(room, f"{CATEGORIES}/2/merge", into="4"))
        assert told == (
            "Merge Databases into People? This affects 2 insights : they go into People, and so does 1 category below"
            " it. Databases stands for People from then on: typed or imported, it finds it. It can be undone."
            " Merge Cancel"
        )
        assert stored() == before
        receipt = went(send(room, f"{CATEGORIES}/2/merge", **fields), CATEGORIES, "category-merged")
        assert parents(room) == {"Technical": None, "PostgreSQL": 4, "People": None}
        assert "Also known as Databases" in words(page(room, f"{CATEGORIES}/4"))
        assert room.post(f"/receipts/{receipt}/undo", json={}).status_code == 200
        assert parents(room) == {"Technical": None, "Databases": 1, "PostgreSQL": 2, "People": None}

    @pytest.mark.parametrize(
        ("into", "problem"),
        [
            ("1", "into: category 1 can't be merged into itself."),
            ("3", "into: category 3 lies below category 1, so it can't take its place."),
            ("99", "into: category 99 does not exist."),
            ("", "is required"),
        ],
    )
    def test_it_is_refused(self, room: FlaskClient, stored: Stored, into: str, problem: str) -> None:
        before = stored()
        refused(send(room, f"{CATEGORIES}/1/merge", into=into, version="1", confirmed="true"), "into", problem)
        assert stored() == before


class TestTags:
    def test_cloud_and_table(self, room: FlaskClient) -> None:
        room.post("/tags/3/merge", json={"into": 2})
        text = page(room, TAGS)
        assert re.findall(r'<a class="size-5" href="/library\?tag_ids=(\d+)"', text) == ["2", "1"]
        assert _rows(text) == [("Incidence", "2 insights", "Unused"), ("Incident", "2 insights", "")]
        assert _rows(page(room, f"{TAGS}?q=UNUS")) == [("Incidence", "2 insights", "Unused")]
        assert _rows(page(room, f"{TAGS}?sort=name&q=dent")) == [("Incident", "2 insights", "")]
        assert "No tag has that in its name" in page(room, f"{TAGS}?q=%25")

    def test_pages_of_the_table(self, client: FlaskClient) -> None:
        for number in range(51):
            make_tag(client, f"Tag {number:02}")
        assert len(_rows(page(client, f"{TAGS}?sort=name"))) == 50
        assert _rows(page(client, f"{TAGS}?sort=name&page=2")) == [("Tag 50", "0 insights", "")]
        assert "There is no page 3" in page(client, f"{TAGS}?page=3")
        for query in ("page=0", "page=x", "sort=colour", f"q={'x' * 51}", "q=%00"):
            assert len(_rows(page(client, f"{TAGS}?{query}"))) == 50

    def test_none_yet(self, client: FlaskClient) -> None:
        assert "No tags yet" in page(client, TAGS)

    def test_a_new_one(self, room: FlaskClient, stored: Stored) -> None:
        went(send(room, TAGS, name="Fresh"), TAGS, "tag-created")
        before = stored()
        refused(send(room, TAGS, name="FRESH"), "name", "A tag named 'FRESH' already exists.")
        assert stored() == before

    def test_one_changes(self, room: FlaskClient, stored: Stored) -> None:
        assert "All 2 insights that carry it show the new name." in page(room, f"{TAGS}/1")
        went(send(room, f"{TAGS}/1", version="1", name="Outage", color="#EF4444"), TAGS, "tag-changed")
        found = room.get("/tags/1").get_json()
        assert (found["name"], found["color"], found["description"]) == ("Outage", "#EF4444", None)
        before = stored()
        refused(send(room, f"{TAGS}/1", version="2", name="unused"), "name", "A tag named 'unused' already exists.")
        assert send(room, f"{TAGS}/1", version="1", name="Stale").status_code == 409
        assert stored() == before


class TestTagMerge:
    def test_it_says_what_it_affects(self, room: FlaskClient, stored: Stored) -> None:
        before = stored()
        told, fields = confirmation(send(room, f"{TAGS}/2/merge", into=" INCIDENT "))
        assert told == (
            "Merge Incidence into Incident? This affects 2 insights : they get Incident instead of Incidence; 1 has"
            " both already. Incidence stands for Incident from then on: typed or imported, it is that tag."
            " It can be undone. Merge Cancel"
        )
        assert fields == {"confirmed": "true", "into": "Incident", "version": "1"}
        assert stored() == before
        receipt = went(send(room, f"{TAGS}/2/merge", **fields), TAGS, "tag-merged")
        assert tag_names(room) == {"Incident": 3, "Unused": 0}
        assert "Also known as Incidence" in words(page(room, f"{TAGS}/1"))
        assert room.post(f"/receipts/{receipt}/undo", json={}).status_code == 200
        assert tag_names(room) == {"Incident": 2, "Incidence": 2, "Unused": 0}

    def test_the_page_after_it_offers_the_way_back(self, room: FlaskClient) -> None:
        response = send(room, f"{TAGS}/2/merge", into="Incident", confirmed="true")
        text = page(room, response.headers["Location"])
        assert "The tags are one now; the other name stands for it." in text
        assert f'action="/acts/{went(response, TAGS, "tag-merged")}/undo"' in text

    @pytest.mark.parametrize(
        ("into", "problem"),
        [
            ("Incident", "into: tag 1 can't be merged into itself."),
            ("Nothing like that", "is the name of no tag"),
            ("", "is required"),
        ],
    )
    def test_it_is_refused(self, room: FlaskClient, stored: Stored, into: str, problem: str) -> None:
        before = stored()
        text = refused(send(room, f"{TAGS}/1/merge", into=into, version="1", confirmed="true"), "into", problem)
        assert not into or f'value="{into}"' in text
        assert stored() == before

    def test_deleting_says_what_it_affects(self, room: FlaskClient, stored: Stored) -> None:
        before = stored()
        told, fields = confirmation(send(room, f"{TAGS}/1/delete", version="1"))
        assert told.startswith("Delete Incident? This affects 2 insights : they lose the tag, and stay.")
        assert send(room, f"{TAGS}/1/delete", version="7", confirmed="true").status_code == 409
        assert stored() == before
        went(send(room, f"{TAGS}/1/delete", **fields), TAGS, "tag-deleted")
        assert tag_names(room) == {"Incidence": 2, "Unused": 0}


class TestSuggestions:
    def test_both_ways(self, room: FlaskClient) -> None:
        make_tag(room, "Incidents")
        text = page(room, f"{TAGS}/suggested-merges")
        assert "Incidents 0 into Incident 2 Same words Merge Incidents into Incident" in words(text)
        assert 'action="/library/tags/4/merge"' in text
        assert 'name="into" value="Incident"' in text
        make_category(room, "Data bases")
        text = page(room, f"{CATEGORIES}/suggested-merges")
        assert "Data bases 0 into Databases 2 Nearly the same spelling" in words(text)
        confirmation(send(room, f"{CATEGORIES}/5/merge", into="2"))

    def test_none(self, client: FlaskClient) -> None:
        for path in (CATEGORIES, TAGS):
            assert "Nothing to merge" in page(client, f"{path}/suggested-merges")


class TestWhoMay:
    @pytest.mark.parametrize("role", ["anonymous", "viewer", "contributor", "analyst"])
    def test_readers_see_no_acts(self, caller: FlaskClient, role: str) -> None:
        for path in (CATEGORIES, TAGS):
            response = caller.get(path, headers={**headers(role), **BROWSER})
            assert response.status_code == 200
            main = response.text.partition("<main")[2].partition("</main>")[0]
            assert 'method="post"' not in main
            assert f"{path}/" not in main
            assert f"{path}?below" not in main

    def test_who_may_not_name(self, caller: FlaskClient, closed: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(closed.config, "VOCABULARY", "closed")
        editor = {**headers("editor"), **BROWSER}
        for path in (CATEGORIES, TAGS):
            text = caller.get(path, headers=editor).text
            assert 'name="name"' not in text
            assert "Change" in text
            text = caller.get(f"{path}/1", headers=editor).text
            assert "Names are given by the administrators." in text
            assert re.search(r'id="name"[^>]* readonly', text)


def test_what_is_offered_is_there() -> None:
    sprite = (DIST / _sprite()).read_text(encoding="utf-8")
    assert [name for name in ICONS if f'id="{name}"' not in sprite] == []
    assert list(ICONS) == sorted(set(ICONS))
    built = (REPOSITORY / "static" / "build.mjs").read_text(encoding="utf-8")
    [listed] = re.findall(r"CATEGORY_ICONS = \[(.*?)\]", built, re.DOTALL)
    assert re.findall(r'"([a-z0-9-]+)"', listed) == list(ICONS)
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for color in COLORS)


def _sprite() -> str:
    [name] = re.findall(r'"icons\.svg": "([^"]+)"', (DIST / "manifest.json").read_text(encoding="utf-8"))
    return str(name)


def _rows(text: str) -> list[tuple[str, str, str]]:
    """Name, usage and aliases of each row of the table."""
    _, _, body = text.partition("<tbody")
    return [
        tuple(words(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)[:3])  # type: ignore[misc]
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]
