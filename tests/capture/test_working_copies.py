"""What is typed is kept on every pause, and gone once it is saved."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask

from app.capture.commands import copies
from app.capture.jobs import drop_old
from tests.answers import make_insight
from tests.capture.conftest import Browser, fields

NEW = "/library/new"
COPY = UUID("0b7fe4a4-8a3c-4a8e-9d0e-0f6f3c5f9f52")
Rows = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def kept(owner_url: str, clean_database: None) -> Iterator[Rows]:
    """The working copies there are: owner, insight, version, fields."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield lambda: connection.execute(
            "SELECT owner_id, insight_id, base_version, fields FROM working_copies ORDER BY created_at"
        ).fetchall()


def keep(browser: Browser, copy: UUID = COPY, insight: int | None = None, status: int = 200, **texts: str) -> Any:
    body = {"insight_id": insight, "base_version": insight and 1, "fields": texts}
    answer = browser.client.put(f"/library/working-copies/{copy}", json=body, headers=browser.word(browser.get(NEW)))
    assert answer.status_code == status, answer.text
    return answer.get_json()


class TestKeeping:
    def test_kept_and_read_again(self, browser_of_nobody: Browser, kept: Rows) -> None:
        told = keep(browser_of_nobody, title="T", content="a\r\nb")
        assert kept() == [(None, None, None, {"title": "T", "content": "a\r\nb"})]
        found = browser_of_nobody.client.get(f"/library/working-copies/{COPY}")
        assert found.get_json() == {
            "id": str(COPY), "insight_id": None, "base_version": None, "fields": {"title": "T", "content": "a\r\nb"},
            "saved_at": told["saved_at"],
        }  # fmt: skip
        assert keep(browser_of_nobody, title="T2")["saved_at"] > told["saved_at"]
        assert kept() == [(None, None, None, {"title": "T2"})]

    def test_forgotten(self, browser_of_nobody: Browser, kept: Rows) -> None:
        keep(browser_of_nobody, title="T")
        for _ in range(2):
            assert browser_of_nobody.client.delete(f"/library/working-copies/{COPY}").status_code == 204
        assert kept() == []
        assert browser_of_nobody.client.get(f"/library/working-copies/{COPY}").status_code == 404

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "fields"),
            ({"fields": {"titel": "x"}}, "fields.titel"),
            ({"fields": {"title": 1}}, "fields.title"),
            ({"fields": {"title": "a\x00"}}, "fields"),
            ({"fields": {}, "insight_id": 1}, ""),
            ({"fields": {}, "insight_id": 0, "base_version": 1}, "insight_id"),
            ({"fields": {}, "insight_id": 2**31, "base_version": 1}, "insight_id"),
        ],
    )
    def test_what_is_no_form_is_refused(
        self, browser_of_nobody: Browser, kept: Rows, body: dict[str, Any], field: str
    ) -> None:
        answer = browser_of_nobody.client.put(f"/library/working-copies/{COPY}", json=body)
        assert answer.status_code == 422
        assert [".".join(map(str, each["loc"][1:])) for each in answer.get_json()["errors"]] == [field]
        assert kept() == []

    def test_too_long(self, browser_of_nobody: Browser, kept: Rows) -> None:
        answer = browser_of_nobody.client.put(
            f"/library/working-copies/{COPY}", json={"fields": {"content": "x" * 4_200_000}}
        )
        assert (answer.status_code, answer.get_json()["detail"]) == (413, "The body must have 4 MiB at most.")
        assert kept() == []

    def test_nothing_that_somebody_wrote_is_not_kept(self, browser_of_nobody: Browser, kept: Rows) -> None:
        keep(browser_of_nobody, title=" ", author="Ada", priority="high")
        assert kept() == []

    def test_of_one_insight_there_is_one(self, browser_of_nobody: Browser, kept: Rows) -> None:
        make_insight(browser_of_nobody.client)
        keep(browser_of_nobody, insight=1, title="First tab")
        keep(browser_of_nobody, uuid4(), insight=1, title="Second tab")
        assert kept() == [(None, 1, 1, {"title": "Second tab"})]

    def test_not_too_many(self, browser_of_nobody: Browser, kept: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(copies, "KEEP", copies.text(str(copies.KEEP).replace(f"< {copies.MOST_COPIES}", "< 2")))
        keep(browser_of_nobody, title="1")
        keep(browser_of_nobody, uuid4(), title="2")
        assert keep(browser_of_nobody, uuid4(), status=400, title="3")["detail"] == copies.TOO_MANY
        keep(browser_of_nobody, title="1 goes on")
        assert [row[3]["title"] for row in kept()] == ["1 goes on", "2"]

    def test_old_ones_go(self, browser_of_nobody: Browser, kept: Rows, app: Flask, owner_url: str) -> None:
        keep(browser_of_nobody, title="Old")
        keep(browser_of_nobody, uuid4(), title="New")
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute(
                "UPDATE working_copies SET updated_at = now() - interval '91 days' WHERE id = %s", [COPY]
            )
        drop_old()
        assert [row[3]["title"] for row in kept()] == ["New"]


class TestSaving:
    def test_saved_is_not_kept(self, browser_of_nobody: Browser, kept: Rows) -> None:
        page = browser_of_nobody.get(NEW)
        copy = UUID(fields(page, NEW)["copy"])
        keep(browser_of_nobody, copy, title="T")
        keep(browser_of_nobody, uuid4(), title="Another")
        browser_of_nobody.send(page, NEW, title="T", description="D", author="A")
        assert [row[3]["title"] for row in kept()] == ["Another"]

    def test_the_last_words_of_a_browser_come_too_late(self, browser_of_nobody: Browser, kept: Rows) -> None:
        page = browser_of_nobody.get(NEW)
        copy = UUID(fields(page, NEW)["copy"])
        browser_of_nobody.send(page, NEW, title="T", description="D", author="A")
        keep(browser_of_nobody, copy, title="T", description="D", author="A", tags="")
        assert kept() == []
        keep(browser_of_nobody, copy, title="T", description="More", author="A")
        assert [row[3]["description"] for row in kept()] == ["More"]

    def test_a_saved_change_is_not_kept(self, browser_of_nobody: Browser, kept: Rows) -> None:
        make_insight(browser_of_nobody.client)
        page = browser_of_nobody.get("/library/1-title/edit")
        keep(browser_of_nobody, insight=1, title="Of another tab")
        browser_of_nobody.send(page, "/library/1-title/edit", title="T")
        assert kept() == []


class TestGoingOn:
    def test_discarded(self, browser_of_nobody: Browser, kept: Rows) -> None:
        make_insight(browser_of_nobody.client)
        keep(browser_of_nobody, title="Idea")
        action = f"/library/working-copies/{COPY}/discard"
        answer = browser_of_nobody.send(browser_of_nobody.get(NEW), action)
        assert answer.location == "/library/new?done=copy-discarded"
        keep(browser_of_nobody, insight=1, title="Change")
        assert 'href="/library/1/edit">Change</a>' in browser_of_nobody.get(NEW)
        page = browser_of_nobody.get("/library/1/edit")
        assert fields(page, "/library/1-title/edit")["title"] == "Change"
        assert browser_of_nobody.send(page, action).location == "/library/1/edit?done=copy-discarded"
        assert kept() == []
        assert fields(browser_of_nobody.get("/library/1/edit"), "/library/1-title/edit")["title"] == "Title"

    def test_of_an_insight_that_is_gone(self, browser_of_nobody: Browser, kept: Rows) -> None:
        make_insight(browser_of_nobody.client)
        keep(browser_of_nobody, insight=1, title="Change", content="An hour")
        browser_of_nobody.client.delete("/insights/1")
        page = browser_of_nobody.get("/library/1/edit", 409)
        assert "Nothing was saved: Insight 1 does not exist." in page
        assert (fields(page, NEW)["title"], fields(page, NEW)["content"]) == ("Change", "An hour")
        browser_of_nobody.send(page, NEW, description="D", author="A")
        assert kept() == []

    def test_others_have_nothing_of_it(self, sign_in: Callable[..., Browser], kept: Rows) -> None:
        ada, bob = sign_in("Ada"), sign_in("Bob", "admin")
        keep(ada, title="Ada's thought")
        before = kept()
        assert "thought" not in bob.get(NEW)
        assert bob.client.get(f"/library/working-copies/{COPY}").status_code == 404
        bob.get(f"{NEW}?copy={COPY}", 404)
        keep(bob, status=400, title="Taken over")
        word = bob.word(bob.get(NEW))
        assert bob.client.delete(f"/library/working-copies/{COPY}", headers=word).status_code == 204
        assert kept() == before
        assert "Ada&#39;s thought" in sign_in("Ada").get(NEW)

    def test_it_needs_the_word_of_the_form(self, sign_in: Callable[..., Browser], kept: Rows) -> None:
        ada = sign_in("Ada")
        answer = ada.client.put(f"/library/working-copies/{COPY}", data=json.dumps({"fields": {"title": "x"}}),
                                content_type="application/json")  # fmt: skip
        assert answer.status_code == 403
        assert kept() == []
