"""The same insight in two tabs, what is put together by hand, a file that doesn't come: nothing is lost unseen."""

from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.attachments.files import PNG
from tests.browser.conftest import Live
from tests.browser.test_editor_copies import EMAIL, SAVED, STORED, kept_here, kept_there, rows, state

Device = Callable[..., Page]
ELSEWHERE = "NOT saved: it is written in another tab, too, kept in this browser"


@pytest.fixture
def writer(live: Live, device: Device, owner_url: str) -> Page:
    """Somebody with one insight."""
    live.person(EMAIL, "Kim", "contributor")
    page = live.let_in(device(), EMAIL)
    with psycopg.connect(owner_url) as connection:
        connection.execute(STORED)
    page.goto("/library/1/edit")
    return page


def test_the_other_tab_keeps_its_own_here(writer: Page, owner_url: str) -> None:
    other = writer.context.new_page()
    other.goto("/library/1/edit")
    writer.get_by_label("Title").fill("Mine")
    state(writer).to_have_text(SAVED)
    state(other).to_have_text("")
    other.get_by_label("In one line").fill("Also mine")
    state(other).to_have_text(SAVED)
    state(writer).to_have_text(ELSEWHERE)
    assert kept_there(owner_url) == [("Stored",)]
    assert kept_here(writer) == ["Mine"]

    other.get_by_role("button", name="Save").click()
    other.wait_for_url("**/library/1-stored?done=saved")
    writer.get_by_role("button", name="Save").click()
    expect(writer.get_by_role("heading", level=1)).to_have_text("Changed meanwhile")
    writer.get_by_role("button", name="Save").click()
    writer.wait_for_url("**/library/1-mine?done=saved")
    assert rows(owner_url, "SELECT title, description FROM insights") == [("Mine", "Also mine")]


def test_tabs_with_the_same_copy(writer: Page, owner_url: str) -> None:
    """The second is opened when the first has one: it goes on with it."""
    writer.get_by_label("Title").fill("First")
    state(writer).to_have_text(SAVED)
    other = writer.context.new_page()
    other.goto("/library/1/edit")
    expect(other.get_by_label("Title")).to_have_value("First")
    other.get_by_label("Title").fill("Second")
    state(other).to_have_text(SAVED)
    state(writer).to_have_text(ELSEWHERE)
    assert (kept_here(writer), kept_there(owner_url)) == (["First"], [("Second",)])
    writer.get_by_label("Title").fill("First again")
    writer.get_by_label("Title").blur()
    state(writer).to_have_text(SAVED)
    state(other).to_have_text(ELSEWHERE)
    assert (kept_here(other), kept_there(owner_url)) == (["Second"], [("First again",)])


def test_what_is_put_together_stays_through_a_reload(writer: Page, owner_url: str) -> None:
    rows(owner_url, "UPDATE insights SET content = E'one\\ntwo\\nthree', description = 'Theirs' RETURNING id")
    writer.get_by_label("In one line").fill("Mine")
    writer.get_by_role("button", name="Save").click()
    both = writer.get_by_label("In one line: both together")
    expect(both).to_have_value("<<<<<<< yours\nMine\n=======\nTheirs\n>>>>>>> stored now")
    questions: list[str] = []

    def stay(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.accept()

    writer.on("dialog", stay)
    both.fill("Mine and theirs")
    writer.get_by_label("Both together: where").check()
    writer.reload()
    expect(both).to_have_value("Mine and theirs")
    expect(writer.get_by_label("Both together: where")).to_be_checked()
    assert questions == ["beforeunload"]
    writer.keyboard.press("Control+s")
    writer.wait_for_url("**/library/1-stored?done=saved")
    assert rows(owner_url, "SELECT description FROM insights") == [("Mine and theirs",)]
    assert questions == ["beforeunload"]


def test_a_file_that_fails_while_one_saves_is_told(writer: Page, owner_url: str) -> None:
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    writer.route("**/attachments", hold)
    writer.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PNG})
    expect(writer.locator(".editor-files")).to_contain_text("Uploading a.png")
    writer.get_by_label("Title").fill("Mine")
    writer.get_by_role("button", name="Save").click()
    waiting[0].abort()
    expect(writer.locator(".editor-failed")).to_contain_text("a.png was not attached: no connection.")
    state(writer).to_have_text(SAVED)
    assert rows(owner_url, "SELECT title FROM insights") == [("Stored",)]
    writer.get_by_role("button", name="Save").click()
    writer.wait_for_url("**/library/1-mine?done=saved")
