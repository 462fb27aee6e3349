"""The bar, its menus and the keyboard map, in a real browser: with the keyboard alone, on a phone, and without scripts.
axe finds nothing to object to."""

from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Live

Device = Callable[..., Page]
EDITOR, READER = "ida@keys.example.org", "rita@keys.example.org"
SHELF = """
INSERT INTO insights (title, description, author, status)
SELECT 'Insight ' || n, 'What we saw.', 'Ada', 'published' FROM generate_series(1, 3) n"""
PLACES = [("o", "/"), ("l", "/library"), ("c", "/library/categories"), ("t", "/library/tags")]


def where(page: Page) -> str:
    return urlsplit(page.url).path


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Keyboard")


@pytest.fixture
def shelf(live: Live, owner_url: str) -> Live:
    live.person(EDITOR, "Ida", "editor")
    live.person(READER, "Rita", "viewer")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(SHELF)
    return live


@pytest.fixture
def editor(shelf: Live, device: Device) -> Page:
    return shelf.let_in(device(), EDITOR)


def test_one_goes_through_a_list_with_j_and_k(editor: Page) -> None:
    editor.goto("/library")
    focused = editor.locator("a:focus")
    editor.keyboard.press("j")
    expect(focused).to_have_text("Insight 3")
    editor.keyboard.press("j")
    expect(focused).to_have_text("Insight 2")
    editor.keyboard.press("k")
    editor.keyboard.press("k")  # there is none before the first
    expect(focused).to_have_text("Insight 3")
    editor.keyboard.press("j")
    editor.keyboard.press("o")
    editor.wait_for_url("**/library/2-insight-2*")


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("not reached with the keyboard")


def test_from_capture_to_publishing_by_keyboard_alone(editor: Page) -> None:
    editor.goto("/")
    editor.keyboard.press("c")
    editor.wait_for_url("**/library/new")
    expect(editor.get_by_label("Title")).to_be_focused()
    editor.keyboard.type("Vacuum ran late")
    tab_to(editor, editor.locator("#description"))
    editor.keyboard.type("Two busy tables were never vacuumed.")
    editor.keyboard.press("Control+s")
    editor.wait_for_url("**/library/4-vacuum-ran-late?done=captured*")
    editor.keyboard.press("e")
    editor.wait_for_url("**/library/4-vacuum-ran-late/edit")
    tab_to(editor, editor.locator("#description"))
    editor.keyboard.press("Control+End")
    editor.keyboard.type(" Now they are.")
    editor.keyboard.press("Control+s")
    editor.wait_for_url("**/library/4-vacuum-ran-late?done=saved*")
    expect(editor.get_by_text("Now they are.").first).to_be_visible()
    tab_to(editor, editor.get_by_role("button", name="Publish", exact=True))
    editor.keyboard.press("Enter")
    editor.wait_for_url("**/library/4-vacuum-ran-late?done=published*")
    tab_to(editor, editor.locator(".done").get_by_role("button", name="Undo"))
    editor.keyboard.press("Enter")
    expect(editor.locator(".done")).to_contain_text("Undone for one insight.")
    expect(editor.get_by_role("button", name="Publish", exact=True)).to_be_visible()


def test_g_and_a_letter_lead_to_a_place_but_not_while_one_types(editor: Page, shelf: Live) -> None:
    editor.goto("/acts")
    editor.keyboard.press("/")
    field = editor.locator("[data-search]")
    expect(field).to_be_focused()
    editor.keyboard.type("glc?/")
    expect(field).to_have_value("glc?/")
    expect(editor.locator("dialog")).to_have_count(0)
    editor.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    expect(field).to_have_value("glc?/")
    editor.keyboard.press("g")
    editor.keyboard.press("x")  # leads nowhere, and is forgotten
    editor.keyboard.press("l")
    assert where(editor) == "/acts"
    for key, path in PLACES:
        editor.keyboard.press("g")
        editor.keyboard.press(key)
        editor.wait_for_url(f"{shelf.url}{path}")


def test_the_map_opens_over_any_page(editor: Page, check: Callable[[Page], None]) -> None:
    editor.goto("/acts")
    editor.keyboard.press("?")
    expect(dialog(editor)).to_be_visible()
    expect(dialog(editor)).to_contain_text("New insight")
    editor.keyboard.press("j")  # nothing happens behind it
    check(editor)
    editor.keyboard.press("Escape")
    expect(dialog(editor)).to_be_hidden()
    editor.get_by_role("link", name="Keyboard").click()
    expect(dialog(editor)).to_be_visible()
    editor.get_by_role("button", name="Close").click()
    expect(dialog(editor)).to_be_hidden()
    assert where(editor) == "/acts"


def test_single_keys_can_be_switched_off(editor: Page) -> None:
    editor.goto("/acts")
    editor.keyboard.press("?")
    editor.get_by_label("Single keys are on").uncheck()
    editor.keyboard.press("Escape")
    for key in ("?", "/", "g", "l"):
        editor.keyboard.press(key)
    expect(dialog(editor)).to_be_hidden()
    editor.reload()
    editor.keyboard.press("/")
    expect(editor.locator("[data-search]")).not_to_be_focused()
    assert where(editor) == "/acts"
    editor.get_by_role("link", name="Keyboard").click()
    editor.get_by_label("Single keys are on").check()
    editor.keyboard.press("Escape")
    editor.keyboard.press("/")
    expect(editor.locator("[data-search]")).to_be_focused()


def test_menus_are_one_at_a_time(editor: Page, check: Callable[[Page], None]) -> None:
    editor.goto("/acts")
    more, account = editor.locator(".menu-more"), editor.locator(".bar-account")
    editor.locator(".menu-more summary").focus()
    editor.keyboard.press("Enter")
    expect(more.get_by_role("link", name="Trash")).to_be_visible()
    check(editor)
    editor.set_viewport_size(DESKTOP)
    account.locator("summary").click()
    expect(account.get_by_role("link", name="Profile")).to_be_visible()
    expect(more.get_by_role("link", name="Trash")).to_be_hidden()
    editor.keyboard.press("Escape")
    expect(account.get_by_role("link", name="Profile")).to_be_hidden()
    expect(account.locator("summary")).to_be_focused()
    account.locator("summary").click()
    editor.get_by_role("heading", name="Acts").click()
    expect(account.get_by_role("link", name="Profile")).to_be_hidden()


def test_the_bar_offers_what_one_may_do(shelf: Live, device: Device) -> None:
    page = shelf.let_in(device(), READER)
    page.goto("/")
    expect(page.get_by_role("link", name="New insight")).to_have_count(0)
    page.locator(".menu-more summary").click()
    expect(page.locator(".menu-more").get_by_role("link")).to_have_text(
        ["Saved searches", "Acts", "Trash", "Export", "API docs", "GraphQL"]
    )
    page.keyboard.press("c")
    assert where(page) == "/"


def test_a_phone_has_all_places_in_its_menu_without_scripts(shelf: Live, device: Device) -> None:
    page = shelf.let_in(device(viewport=PHONE, java_script_enabled=False), EDITOR)
    page.goto("/")
    expect(page.get_by_role("link", name="Categories", exact=True)).to_be_hidden()
    page.locator(".menu-more summary").click()
    links = page.locator(".menu-more").get_by_role("link")
    expect(links.nth(1)).to_have_text("Library")
    links.nth(1).click()
    page.wait_for_url(f"{shelf.url}/library")
    page.get_by_role("link", name="Keyboard").click()
    page.wait_for_url(f"{shelf.url}/keys")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_visible()
    expect(page.get_by_label("Single keys are on")).to_be_hidden()
