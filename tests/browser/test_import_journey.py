"""Somebody imports a file with mistakes in it, mends it, and imports it; the worker is one of the test's."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.exchange.jobs import UPKEEP
from app.worker import run_upkeep
from tests.browser.conftest import Live, soon

EDITOR = "editor@import.example.org"
WRONG = b"title,description,priority\nGood,Fine,high\n,No title,low\nOdd,Priority,urgent\n"
MENDED = WRONG.replace(b"\n,No", b"\nNow,No").replace(b"urgent", b"critical")


@pytest.fixture
def worker(live: Live) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run_upkeep, args=(live.app, UPKEEP, stop))
    thread.start()
    yield
    stop.set()
    thread.join()


def choose(page: Page, name: str, content: bytes) -> None:
    page.goto("/library/import")
    file: Any = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Try it out").click()


def test_import_with_errors(
    live: Live, worker: None, device: Callable[..., Page], check: Callable[[Page], None]
) -> None:
    live.person(EDITOR, "Grace Hopper", "editor")
    page = live.let_in(device(), EDITOR)
    choose(page, "learned.csv", WRONG)
    expect(page.get_by_role("status").filter(has_text="2 rows need a change")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="learned.csv:4")
    expect(row).to_contain_text("priority must be one of")
    check(page)

    choose(page, "learned.csv", MENDED)
    expect(page.get_by_role("status").filter(has_text="everything fits")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Imported")).to_be_visible()
    page.get_by_role("link", name="Go to the library").click()
    expect(page.get_by_role("link", name="Odd")).to_be_visible()


def reload_until(page: Page, text: str) -> None:
    """What a script would do: look again until the worker is done."""

    def told() -> bool:
        page.reload()
        return page.get_by_role("status").filter(has_text=text).is_visible()

    page.wait_for_url("**/library/import/*")
    soon(told, True)


def test_without_scripts(live: Live, worker: None, device: Callable[..., Page]) -> None:
    live.person(EDITOR, "Grace Hopper", "editor")
    page = live.let_in(device(java_script_enabled=False), EDITOR)
    choose(page, "learned.csv", MENDED)
    reload_until(page, "everything fits")
    page.get_by_role("button", name="Import", exact=True).click()
    reload_until(page, "Imported")
    page.goto("/library/export?q=odd")
    page.get_by_label("JSON An array").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert b'"title" : "Odd"' in download.value.path().read_bytes().replace(b'"title": ', b'"title" : ')
