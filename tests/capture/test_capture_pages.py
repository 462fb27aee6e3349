"""Writing an insight: new ones and stored ones."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from tests.answers import make_category, make_insight, make_tag
from tests.capture.conftest import Browser, fields

NEW = "/library/new"
EDIT = "/library/1-title/edit"
Statements = Callable[[], list[str]]
Stored = Callable[[], dict[str, list[Any]]]


def saved(stored: Stored) -> dict[str, list[Any]]:
    """All but the working copies: what is refused is kept there."""
    return {name: rows for name, rows in stored().items() if name != "working_copies"}


@pytest.fixture
def browser(browser_of_nobody: Browser) -> Browser:
    return browser_of_nobody


def insight(client: FlaskClient, insight_id: int = 1) -> Any:
    found = client.get(f"/insights/{insight_id}")
    assert found.status_code == 200
    return found.get_json()


class TestNew:
    def test_saved_as_a_draft(self, browser: Browser) -> None:
        make_category(browser.client, "Technical")
        page = browser.get(NEW)
        answer = browser.send(page, NEW, title=" A title ", description="One\r\nline", author="Ada", category_id="1",
                              tags="New, other", act="save")  # fmt: skip
        assert (answer.status_code, answer.location) == (303, "/library/1-a-title?done=captured")
        stored = insight(browser.client)
        told = {name: stored[name] for name in ("title", "description", "content", "source", "author", "category_id")}
        assert told == {
            "title": "A title", "description": "One\nline", "content": None, "source": None, "author": "Ada",
            "category_id": 1,
        }  # fmt: skip
        assert (stored["status"], stored["priority"], stored["visibility"]) == ("draft", "medium", "INTERNAL")
        assert [tag["name"] for tag in stored["tags"]] == ["New", "other"]

    def test_published_by_its_own_button(self, browser: Browser) -> None:
        page = browser.get(NEW)
        answer = browser.send(page, NEW, title="T", description="D", author="Ada", act="publish")
        assert answer.location == "/library/1-t?done=published"
        assert insight(browser.client)["status"] == "published"

    def test_nothing_typed_is_lost_when_something_is_wrong(self, browser: Browser, stored: Stored) -> None:
        before = saved(stored)
        typed = {
            "title": "", "description": "\r\n<b>One & two</b>", "content": "\r\n\r\n# Head\r\n  text </textarea>\r\n",
            "author": "A", "source": "s" * 256, "tags": 'a, "b, c"', "category_id": "99", "priority": "high",
            "visibility": "PUBLIC", "status": "archived",
        }  # fmt: skip
        page = browser.get(NEW)
        answer = browser.send(page, NEW, **typed, act="publish")
        assert answer.status_code == 422
        shown = fields(answer.text, NEW)
        assert {name: shown[name] for name in typed} == typed | {"status": "published"}
        assert 'id="title-error">is required' in answer.text
        assert 'id="source-error">must have 255 characters at most, has 256' in answer.text
        assert shown["copy"] == fields(page, NEW)["copy"]
        assert re.findall(r'value="save">.*?([A-Z][a-z ]+)</button>', page) == ["Save draft"]
        assert re.findall(r'value="save">.*?([A-Z][a-z ]+)</button>', answer.text) == ["Publish"]
        assert '<details class="capture-more" open>' in answer.text
        assert saved(stored) == before

    def test_what_is_stored_refuses(self, browser: Browser, stored: Stored) -> None:
        before = saved(stored)
        answer = browser.send(browser.get(NEW), NEW, title="T", description="D", author="A", category_id="99")
        assert answer.status_code == 422
        assert 'id="category_id-error">category_id: category 99 does not exist.' in answer.text
        assert fields(answer.text, NEW)["title"] == "T"
        assert saved(stored) == before

    def test_what_was_refused_waits_for_the_next_visit(self, browser: Browser) -> None:
        answer = browser.send(browser.get(NEW), NEW, title="Half a thought", description="", author="A")
        copy = fields(answer.text, NEW)["copy"]
        page = browser.get(NEW)
        assert f'href="/library/new?copy={copy}">Half a thought</a>' in page
        again = browser.get(f"/library/new?copy={copy}")
        assert fields(again, NEW)["title"] == "Half a thought"
        saved = browser.send(again, NEW, description="D")
        assert saved.location == "/library/1-half-a-thought?done=captured"
        assert "Half a thought" not in browser.get(NEW)

    def test_sent_twice_is_one(self, browser: Browser) -> None:
        page = browser.get(NEW)
        for _ in range(2):
            answer = browser.send(page, NEW, title="T", description="D", author="A", tags="x")
            assert answer.location == "/library/1-t?done=captured"
        assert browser.client.get("/insights").get_json()["total"] == 1

    def test_sent_twice_at_the_same_moment_is_one(self, browser: Browser) -> None:
        page = browser.get(NEW)
        both = [Browser(browser.client.application.test_client()) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(lambda each: each.send(page, NEW, title="T", description="D", author="A", tags="x"), both)
            )
        assert {answer.location for answer in answers} == {"/library/1-t?done=captured"}
        assert browser.client.get("/insights").get_json()["total"] == 1

    def test_sent_again_with_another_title_is_another_one(self, browser: Browser) -> None:
        page = browser.get(NEW)
        browser.send(page, NEW, title="T", description="D", author="A")
        answer = browser.send(page, NEW, title="Not T", description="D", author="A")
        assert answer.location == "/library/2-not-t?done=captured"
        assert insight(browser.client)["title"] == "T"

    def test_sent_again_with_the_same_title_goes_on_with_it(self, browser: Browser) -> None:
        """By way of the back button, where no script is."""
        page = browser.get(NEW)
        browser.send(page, NEW, title="T", description="D", author="A", tags="x", act="save")
        answer = browser.send(page, NEW, title="T", description="More", author="A", tags="x", act="publish")
        assert answer.location == "/library/1-t?done=published"
        stored = insight(browser.client)
        assert (stored["description"], stored["status"], stored["version"]) == ("More", "published", 2)
        assert browser.client.get("/insights").get_json()["total"] == 1

    def test_sent_again_after_somebody_changed_it_is_another_one(self, browser: Browser) -> None:
        page = browser.get(NEW)
        browser.send(page, NEW, title="T", description="D", author="A")
        browser.client.put("/insights/1", json={"description": "Theirs"})
        answer = browser.send(page, NEW, title="T", description="Mine", author="A")
        assert answer.location == "/library/2-t?done=captured"
        assert [insight(browser.client, number)["description"] for number in (1, 2)] == ["Theirs", "Mine"]

    def test_sent_again_after_the_first_was_deleted(self, browser: Browser) -> None:
        page = browser.get(NEW)
        browser.send(page, NEW, title="T", description="D", author="A")
        browser.client.delete("/insights/1")
        assert browser.send(page, NEW, title="T", description="D", author="A").location == "/library/2-t?done=captured"
        assert browser.client.post("/insights/1/restore").status_code == 200

    def test_begun_with_a_template(self, browser: Browser) -> None:
        make_category(browser.client, "Technical")
        shown = fields(browser.get(f"{NEW}?template=incident"), NEW)
        assert shown["content"].startswith("## Summary\r\n\r\nWhat happened")
        assert (shown["priority"], shown["tags"], shown["category_id"]) == ("critical", "Incident, Lesson Learned", "1")
        assert "Template nothing does not exist." in browser.get(f"{NEW}?template=nothing", 404)
        assert "Template 7 does not exist." in browser.get(f"{NEW}?template=7", 404)

    @pytest.mark.parametrize(
        "key", ["insight", "incident", "best-practice", "process-improvement", "knowledge-sharing"]
    )
    def test_a_template_without_its_category(self, browser: Browser, key: str) -> None:
        assert fields(browser.get(f"{NEW}?template={key}"), NEW)["category_id"] == ""

    def test_few_statements(self, browser: Browser, statements: Statements) -> None:
        make_category(browser.client, "Technical")
        browser.send(browser.get(NEW), NEW, title="Half", description="", author="A")
        before = len(statements())
        page = browser.get(f"{NEW}?template=incident")
        assert len(statements()) - before == 4
        before = len(statements())
        browser.send(page, NEW, title="", description="", author="A")
        assert len(statements()) - before <= 8


class TestEdit:
    def test_changed_from_the_version_that_was_shown(self, browser: Browser) -> None:
        make_tag(browser.client, "Old")
        make_insight(browser.client, tags=["Old"], content="a\r\nb", source="s", status="published")
        page = browser.get(EDIT)
        answer = browser.send(page, EDIT, title="New", tags="", source="", message="Why", act="save")
        assert (answer.status_code, answer.location) == (303, "/library/1-new?done=saved")
        stored = insight(browser.client)
        assert (stored["title"], stored["tags"], stored["source"], stored["content"], stored["status"]) == (
            "New", [], None, "a\r\nb", "published",
        )  # fmt: skip
        [_, last] = browser.client.get("/insights/1/revisions").get_json()["revisions"]
        assert (last["fields"], last["message"]) == (["title", "source", "tags"], "Why")

    @pytest.mark.parametrize(
        "given",
        [
            {"title": "Two\nlines", "description": "", "content": "\n\nfirst\r\nsecond\rthird\n", "source": "a\nb"},
            {"tags": ['With, "comma"', '"'], "author": "A\nB", "metadata": {"a": 1}, "external_key": "k"},
            {"visibility": "RESTRICTED", "priority": "low", "status": "archived"},
        ],
    )
    def test_what_nobody_touched_stays(
        self, browser: Browser, stored: Stored, owner_connection: psycopg.Connection, given: dict[str, Any]
    ) -> None:
        def row() -> dict[str, Any]:
            [[found]] = owner_connection.execute("SELECT to_jsonb(i) FROM insights i").fetchall()
            return found

        make_insight(browser.client, **given)
        was = row()
        before = stored()
        action = next(part for part in browser.get("/library/1/edit").split('"') if part.endswith("/edit"))
        answer = browser.send(browser.get("/library/1/edit"), action, act="save")
        assert (answer.status_code, (answer.location or "").partition("?")[2]) == (303, "done=unchanged")
        assert stored() == before
        browser.send(browser.get("/library/1/edit"), action, author="Somebody")
        now = row()
        assert {name for name in now if now[name] != was[name]} == {"author", "version", "updated_at"}

    def test_nothing_typed_is_lost_when_something_is_wrong(self, browser: Browser, stored: Stored) -> None:
        make_insight(browser.client, content="c")
        before = saved(stored)
        answer = browser.send(browser.get(EDIT), EDIT, title=" ", content="", priority="high", message="x" * 501)
        assert answer.status_code == 422
        shown = fields(answer.text, EDIT)
        assert {name: shown[name] for name in ("title", "content", "priority", "message", "version")} == {
            "title": " ", "content": "", "priority": "high", "message": "x" * 501, "version": "1",
        }  # fmt: skip
        assert saved(stored) == before
        page = browser.get(EDIT)
        assert "did not save" in page
        assert fields(page, EDIT)["message"] == "x" * 501

    def test_gone_meanwhile_becomes_a_new_one(self, browser: Browser) -> None:
        make_insight(browser.client)
        page = browser.get(EDIT)
        browser.client.delete("/insights/1")
        answer = browser.send(page, EDIT, content="Typed for an hour", author="B")
        assert answer.status_code == 409
        assert "Insight 1 does not exist." in answer.text
        shown = fields(answer.text, NEW)
        assert (shown["content"], shown["author"], shown["title"]) == ("Typed for an hour", "B", "Title")
        assert browser.send(answer.text, NEW).location == "/library/2-title?done=captured"
        assert insight(browser.client, 2)["content"] == "Typed for an hour"

    def test_of_none(self, browser: Browser) -> None:
        assert "Insight 9 does not exist." in browser.get("/library/9/edit", 404)

    def test_few_statements(self, browser: Browser, statements: Statements) -> None:
        make_insight(browser.client, content="x", tags=["a", "b"])
        before = len(statements())
        page = browser.get(EDIT)
        assert len(statements()) - before == 4
        make_insight(browser.client)
        browser.client.put("/insights/1", json={"title": "Other"})
        before = len(statements())
        assert browser.send(page, EDIT, title="Mine").status_code == 409
        assert len(statements()) - before <= 12


class TestFragments:
    def test_the_preview_is_what_the_page_shows(self, browser: Browser) -> None:
        answer = browser.client.post("/library/preview", data={"content": "# Head\r\n\r\n<b>raw</b> **bold**"})
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        assert "&lt;b&gt;raw&lt;/b&gt; <strong>bold</strong>" in answer.text
        assert browser.client.post("/library/preview").text == ""

    def test_similar_ones(self, browser: Browser) -> None:
        make_insight(browser.client, title="Vacuum <settings> for large tables")
        found = browser.client.get("/library/similar", query_string={"title": "Vacuum settings for large tables"})
        assert '<a href="/library/1-vacuum-settings-for-large-tables"' in found.text
        assert "Vacuum &lt;settings&gt; for large tables</a>" in found.text
        for title in ("Vac", "Something else", "a\x00bcd", ""):
            assert browser.client.get("/library/similar", query_string={"title": title}).text == ""


def test_json_of_a_copy_is_no_page(browser: Browser) -> None:
    answer = browser.client.put("/library/working-copies/0b7fe4a4-8a3c-4a8e-9d0e-0f6f3c5f9f52", data=json.dumps({}))
    assert answer.status_code == 415


def test_who_may_no_longer_publish_can_still_save(sign_in: Callable[..., Browser], stored: Stored) -> None:
    """The form was begun by somebody who was an editor then."""
    writer = sign_in("Ada")
    page = writer.get(NEW)
    before = saved(stored)
    refused = writer.send(page, NEW, title="T", description="D", status="published")
    assert refused.status_code == 422
    assert "status" not in fields(refused.text, NEW)
    assert saved(stored)["insights"] == before["insights"]
    answer = writer.send(refused.text, NEW)
    assert answer.location == "/library/1-t?done=captured"
    assert insight(writer.client)["status"] == "draft"
