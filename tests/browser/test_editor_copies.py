"""What is typed is never lost: copies on the server and in the browser, and a line that says no more than is true."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Dialog, Page, expect

from app.identity.queries.credentials import forget_callers
from tests.browser.conftest import PASSWORD, Live, soon

Device = Callable[..., Page]
EMAIL = "kim@copies.example.org"
SAVED = re.compile(r"^Saved \d\d:\d\d$")
OFFLINE = "NOT saved: no connection, kept in this browser"
SIGNED_OUT = "NOT saved: you are signed out, kept in this browser"
COPIES = "**/library/working-copies/*"
STORED = """
INSERT INTO insights (title, description, author, owner_id)
SELECT 'Stored', 'As it was', 'Kim', id FROM users WHERE name = 'Kim'"""
NO_STORE = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"


@pytest.fixture
def writer(live: Live, device: Device) -> Page:
    """The form of somebody who may capture."""
    live.person(EMAIL, "Kim", "contributor")
    page = live.let_in(device(), EMAIL)
    page.goto("/library/new")
    return page


def state(page: Page) -> Any:
    return expect(page.locator("#save-state > span"))


def write(page: Page, title: str) -> None:
    page.get_by_label("Title").fill(title)
    page.get_by_label("In one line").fill("What was learned.")


def kept_here(page: Page) -> list[str]:
    """The titles in this browser."""
    page.wait_for_load_state()  # its scripts tidy up
    copies = "Object.keys(localStorage).filter((key) => key.startsWith('insights.copy.'))"
    titles: list[str] = page.evaluate(f"{copies}.map((key) => JSON.parse(localStorage[key]).fields.title)")
    return titles


def rows(owner_url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(owner_url) as connection:
        return connection.execute(statement).fetchall()


def kept_there(owner_url: str) -> list[tuple[Any, ...]]:
    return rows(owner_url, "SELECT fields->>'title' FROM working_copies")


def titles(owner_url: str) -> list[tuple[Any, ...]]:
    return rows(owner_url, "SELECT title FROM insights")


def test_a_pause_leaves_copies_and_saving_takes_them_away(writer: Page, owner_url: str) -> None:
    state(writer).to_have_text("")
    write(writer, "Kept on every pause")
    state(writer).to_have_text("Saving")
    state(writer).to_have_text(SAVED)
    assert kept_there(owner_url) == [("Kept on every pause",)]
    assert kept_here(writer) == []
    writer.keyboard.press("Control+s")
    expect(writer.get_by_role("heading", level=1)).to_have_text("Kept on every pause")
    assert (kept_there(owner_url), kept_here(writer)) == ([], [])
    assert titles(owner_url) == [("Kept on every pause",)]


def test_without_a_connection_it_stays_in_the_browser(writer: Page, owner_url: str) -> None:
    writer.route(COPIES, lambda route: route.abort())
    write(writer, "Written in a tunnel")
    state(writer).to_have_text(OFFLINE)
    expect(writer.locator("#save-state + [role=status]")).to_have_text(OFFLINE)
    assert kept_here(writer) == ["Written in a tunnel"]

    # Saving is not tried: the page would be gone. What is wrong is brought into sight.
    writer.evaluate("() => { Element.prototype.scrollIntoView = function () { this.dataset.inSight = true } }")
    writer.get_by_role("button", name="Save draft").click()
    expect(writer.locator("#save-state[data-in-sight]")).to_contain_text(OFFLINE)
    expect(writer.get_by_label("Title")).to_have_value("Written in a tunnel")
    assert (titles(owner_url), kept_there(owner_url)) == ([], [])

    # The connection is back, and somebody looks at the page again.
    writer.unroute(COPIES)
    writer.evaluate("window.dispatchEvent(new Event('online'))")
    state(writer).to_have_text(SAVED)
    assert kept_there(owner_url) == [("Written in a tunnel",)]
    assert kept_here(writer) == []


def test_after_a_crash_it_is_offered(writer: Page, owner_url: str) -> None:
    writer.context.route(COPIES, lambda route: route.abort())
    write(writer, "Before the crash")
    writer.get_by_role("combobox", name="Tags").fill("one, two")
    writer.keyboard.press("Tab")
    state(writer).to_have_text(OFFLINE)
    again = writer.context.new_page()
    writer.close()
    again.goto("/library/new")
    expect(again.get_by_role("heading", name="Kept in this browser")).to_be_visible()
    again.context.unroute(COPIES)
    again.get_by_role("button", name="Restore “Before the crash”").click()
    expect(again.get_by_label("Title")).to_have_value("Before the crash")
    expect(again.get_by_role("list", name="Tags of this insight").get_by_role("button")).to_have_text(["one", "two"])
    expect(again.get_by_text("kept in this browser")).to_have_count(0)
    state(again).to_have_text(SAVED)
    assert kept_here(again) == []
    assert kept_there(owner_url) == [("Before the crash",)]
    again.get_by_role("button", name="Save draft").click()
    expect(again.get_by_role("heading", level=1)).to_have_text("Before the crash")
    assert (titles(owner_url), kept_there(owner_url)) == ([("Before the crash",)], [])


def test_the_last_words_before_a_reload_are_offered(writer: Page, owner_url: str) -> None:
    """The server hears of them only when it has made the page that comes."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(STORED)
    writer.goto("/library/1/edit")
    writer.context.route(COPIES, lambda route: route.abort())
    writer.get_by_label("Title").fill("Typed at last")
    state(writer).to_have_text(OFFLINE)
    writer.context.unroute(COPIES)
    writer.reload()
    expect(writer.get_by_label("Title")).to_have_value("Stored")
    writer.get_by_role("button", name="Restore “Typed at last”").click()
    expect(writer.get_by_label("Title")).to_have_value("Typed at last")
    state(writer).to_have_text(SAVED)
    assert (kept_there(owner_url), kept_here(writer)) == ([("Typed at last",)], [])


def test_what_is_offered_can_be_discarded(writer: Page) -> None:
    writer.context.route(COPIES, lambda route: route.abort())
    write(writer, "Not worth it")
    state(writer).to_have_text(OFFLINE)
    writer.reload()
    writer.get_by_role("button", name="Discard “Not worth it”").click()
    expect(writer.get_by_role("heading", name="Kept in this browser")).to_have_count(0)
    assert kept_here(writer) == []


def test_the_session_ends_in_the_middle(writer: Page, live: Live, owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("DELETE FROM sessions")
    forget_callers()
    write(writer, "Longer than the session")
    state(writer).to_have_text(SIGNED_OUT)
    writer.get_by_role("button", name="Save draft").click()
    expect(writer.get_by_label("Title")).to_have_value("Longer than the session")
    with writer.context.expect_page() as opened:
        writer.get_by_role("link", name="Sign in in another tab").click()
    tab = opened.value
    tab.get_by_label("E-mail").fill(EMAIL)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(f"{live.url}/")

    # Back in the first tab: the form's word is the old session's, and is renewed.
    writer.get_by_role("button", name="Save draft").click()
    expect(writer.get_by_role("heading", level=1)).to_have_text("Longer than the session")
    assert titles(owner_url) == [("Longer than the session",)]
    assert (kept_there(owner_url), kept_here(writer)) == ([], [])


def test_a_server_that_keeps_no_copy_still_saves(writer: Page, owner_url: str) -> None:
    problem = '{"status": 400, "detail": "You have 200 unsaved texts already."}'
    writer.route(COPIES, lambda route: route.fulfill(status=400, body=problem))
    write(writer, "One too many")
    state(writer).to_have_text("NOT saved: You have 200 unsaved texts already, kept in this browser")
    writer.get_by_role("button", name="Save draft").click()
    expect(writer.get_by_role("heading", level=1)).to_have_text("One too many")
    assert titles(owner_url) == [("One too many",)]
    writer.goto("/library/new")
    expect(writer.locator(".editor-kept li")).to_contain_text(re.compile("One too many.*, sent, perhaps saved"))


def test_leaving_is_questioned_when_nothing_is_kept(writer: Page) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    writer.on("dialog", answer)
    writer.add_init_script(NO_STORE)
    writer.reload()
    writer.route(COPIES, lambda route: route.abort())
    write(writer, "Nowhere but here")
    lost = "NOT saved: no connection, and this browser keeps nothing. Copy your text before you leave"
    state(writer).to_have_text(lost)
    writer.get_by_role("link", name="Cancel").click()
    expect(writer.get_by_label("Title")).to_have_value("Nowhere but here")
    assert asked == ["beforeunload"]


def test_leaving_with_a_copy_is_not(writer: Page, live: Live, owner_url: str) -> None:
    writer.on("dialog", lambda dialog: pytest.fail(dialog.message))
    write(writer, "Left at once")
    writer.get_by_role("link", name="Cancel").click()
    writer.wait_for_url(f"{live.url}/library")
    soon(lambda: kept_there(owner_url), [("Left at once",)])


def test_an_error_keeps_what_was_typed(writer: Page, owner_url: str) -> None:
    write(writer, "Once more")
    writer.locator("input[name=tags]").evaluate("each => { each.value = 'x'.repeat(300); }")
    writer.get_by_role("button", name="Save draft").click()
    expect(writer.get_by_role("alert")).to_be_visible()
    expect(writer.get_by_label("Title")).to_have_value("Once more")
    assert titles(owner_url) == []
    writer.get_by_role("button", name="Remove " + "x" * 300).click()
    writer.get_by_role("button", name="Save draft").click()
    expect(writer.get_by_role("heading", level=1)).to_have_text("Once more")
    assert (titles(owner_url), kept_there(owner_url), kept_here(writer)) == ([("Once more",)], [], [])


def test_changes_of_a_stored_insight_are_kept_with_its_version(writer: Page, owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(STORED)
    writer.goto("/library/1/edit")
    state(writer).to_have_text("")
    writer.get_by_label("Title").fill("Changed")
    state(writer).to_have_text(SAVED)
    kept = "SELECT insight_id, base_version, fields->>'title', fields->>'description' FROM working_copies"
    assert rows(owner_url, kept) == [(1, 1, "Changed", "As it was")]

    # What is discarded on the page is not kept once more on the way out.
    writer.reload()
    expect(writer.get_by_label("Title")).to_have_value("Changed")
    writer.get_by_label("Title").fill("Changed again")
    writer.locator(".waiting summary").click()
    writer.locator(".waiting").get_by_role("button").click()
    expect(writer.locator(".waiting")).to_have_count(0)
    writer.wait_for_timeout(300)
    assert (kept_there(owner_url), kept_here(writer), titles(owner_url)) == ([], [], [("Stored",)])
