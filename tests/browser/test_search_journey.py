"""Searching in a real browser: suggestions while one types, results, saved searches; on a desk and on a phone, with the
keyboard, without scripts. axe finds nothing to object to."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import PHONE, Live, soon

Device = Callable[..., Page]
EMAIL = "ida@search.example.org"
LIBRARY = """
INSERT INTO categories (name, slug) VALUES ('Technical', 'technical');
INSERT INTO tags (name, slug) VALUES ('Vacuum cleaners', 'vacuum-cleaners');
INSERT INTO insights (title, description, author, status, priority, category_id) VALUES
  ('Vacuum settings for large tables', 'Autovacuum was too slow for busy tables.', 'Ada', 'published', 'high', 1),
  ('Backups restored', 'The restore drill took hours; the vacuum of the room did not help.', 'Bob', 'published', 'low',
   NULL),
  ('Planning in autumn', 'The settings of meetings.', 'Cleo', 'draft', 'medium', NULL);
INSERT INTO insight_tags (insight_id, tag_id) SELECT i.id, t.id FROM insights i, tags t WHERE i.title LIKE 'Vacuum%'"""


@pytest.fixture
def shelf(live: Live, owner_url: str) -> Live:
    """Somebody who curates, and some insights."""
    live.person(EMAIL, "Ida", "editor")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(LIBRARY)
    return live


@pytest.fixture
def reader(shelf: Live, device: Device) -> Page:
    page = shelf.let_in(device(), EMAIL)
    page.goto("/")
    return page


def box(page: Page) -> Locator:
    return page.locator("[data-suggest]")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def asked_by(url: str) -> str:
    return parse_qs(urlsplit(url).query)["q"][0]


def asked(page: Page) -> str:
    return asked_by(page.url)


def fits(page: Page) -> None:
    """Nothing goes beyond the page's width."""
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def test_suggestions_with_the_keyboard(reader: Page) -> None:
    page = reader
    page.goto("/library")
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_role("combobox")
    expect(box(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("vacuum")
    expect(options(page)).to_have_count(2)
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".search [aria-live]")).to_have_text("2 suggestions, reached with the arrow keys")
    expect(options(page).first).to_have_accessible_name("Vacuum cleaners Tag · 1")

    # Down to the first, up to what was typed, up to the last.
    page.keyboard.press("ArrowDown")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", "q-options-0")
    page.keyboard.press("ArrowUp")
    expect(box(page)).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowUp")
    expect(options(page).last).to_have_attribute("aria-selected", "true")

    # Escape closes and leaves the text; the arrow asks again.
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(box(page)).to_have_value("vacuum")
    expect(box(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(2)

    # A tag is put into the box, to go on with.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value('tag:"Vacuum cleaners" ')
    expect(box(page)).to_be_focused()
    page.keyboard.type("tables")
    page.keyboard.press("Enter")
    page.wait_for_url("**/library?q=*")
    assert asked(page) == 'tag:"Vacuum cleaners" tables'
    expect(page.locator(".row-title")).to_have_text(["Vacuum settings for large tables"])


def test_a_title_leads_to_its_insight(reader: Page, shelf: Live) -> None:
    page = reader
    box(page).press_sequentially("planning")
    options(page).filter(has_text="Planning in autumn").click()
    page.wait_for_url(re.compile(r"/library/3(-planning-in-autumn)?$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Planning in autumn")


def test_the_keyboard_goes_past_the_suggestions(reader: Page) -> None:
    page = reader
    box(page).press_sequentially("vacuum")
    expect(options(page)).not_to_have_count(0)
    page.keyboard.press("Tab")
    expect(options(page)).to_have_count(0)
    box(page).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/library?q=vacuum")


def test_only_the_last_text_counts(reader: Page) -> None:
    """An answer that comes late, to what was typed before, is never shown."""
    routes: dict[str, Route] = {}

    def answer(text: str) -> None:
        suggestion = {"kind": "author", "text": f"of {text}", "id": None, "insight_count": 1, "query": text}
        routes[text].fulfill(json={"suggestions": [suggestion]})

    def ask(page: Page, typed: str) -> None:
        box(page).press_sequentially(typed)
        with page.expect_request("**/search/suggest?*"):
            page.clock.run_for(300)

    page = reader
    page.clock.install(time=0)
    page.goto("/library")
    page.clock.pause_at(3_600_000)
    page.route("**/search/suggest?*", lambda route: routes.update({asked_by(route.request.url): route}))
    ask(page, "va")
    ask(page, "cuum")
    soon(lambda: page.evaluate("0") or list(routes), ["va", "vacuum"])  # nothing is asked between two keys
    answer("vacuum")
    expect(options(page)).to_have_text(["of vacuum Author · 1"])
    answer("va")
    page.wait_for_timeout(200)
    expect(options(page)).to_have_text(["of vacuum Author · 1"])


def test_suggestions_that_do_not_come_disturb_nobody(reader: Page) -> None:
    page = reader
    page.route("**/search/suggest?*", lambda route: route.abort())
    box(page).press_sequentially("vacuum")
    page.keyboard.press("Enter")
    page.wait_for_url("**/library?q=vacuum")
    expect(page.locator(".row-title")).to_have_count(2)


def test_from_a_typing_error_to_a_feed(reader: Page, device: Device) -> None:
    page = reader
    box(page).fill("vaccum")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Showing results for vacuum.")).to_be_visible()
    expect(page.locator(".row-title mark").first).to_have_text("Vacuum")
    expect(box(page)).to_have_value("vaccum")

    # Narrower by what is beside the results, and wide again.
    narrow = page.get_by_role("navigation", name="Narrow down")
    narrow.get_by_role("link", name="Technical").click()
    expect(page.locator(".row-title")).to_have_text(["Vacuum settings for large tables"])
    narrow.get_by_role("link", name="Technical").click()
    expect(page.locator(".row-title")).to_have_count(2)
    page.get_by_label("Sort by").select_option("title")
    page.get_by_role("button", name="Sort").click()
    expect(page.locator(".row-title")).to_have_text(["Backups restored", "Vacuum settings for large tables"])

    # It is saved, found by somebody else, renamed, fed and deleted.
    page.get_by_text("Save this search").click()
    page.get_by_label("Name", exact=True).fill("About vacuum")
    page.get_by_label("Share it with everybody here").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="saved")).to_have_text("The search was saved.")
    page.get_by_role("link", name="About vacuum", exact=True).click()
    expect(page.locator(".row-title")).to_have_text(["Backups restored", "Vacuum settings for large tables"])
    page.wait_for_url(re.compile("sort(:|%3A)title"))
    assert asked(page) == "sort:title vaccum"
    page.goto("/searches")
    page.get_by_role("link", name="Change About vacuum").click()
    page.get_by_label("Name", exact=True).fill("Vacuum and more")
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vacuum and more")
    page.get_by_role("button", name="Make a key").click()
    address = page.get_by_label("Address of the feed").input_value()
    stranger = device()
    answer = stranger.request.get(address)
    assert (answer.status, "<title>Vacuum and more</title>" in answer.text()) == (200, True)
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Delete the saved search").click()
    expect(page.get_by_role("heading", name="No saved searches yet")).to_be_visible()
    assert stranger.request.get(address).status == 404


def test_what_can_not_be_understood_is_mended_with_a_click(reader: Page) -> None:
    page = reader
    page.goto("/library?q=vacuum+status%3Apublishd")
    expect(page.get_by_role("alert")).to_contain_text("status must be one of draft, published, archived")
    expect(page.locator(".query-typed mark")).to_have_text("publishd")
    expect(box(page)).to_have_value("vacuum status:publishd")
    page.get_by_role("link", name="vacuum status:published").click()
    expect(page.locator(".row-title")).to_have_count(2)
    expect(box(page)).to_have_value("vacuum status:published")


def test_without_scripts_on_a_phone(shelf: Live, device: Device) -> None:
    page = shelf.let_in(device(java_script_enabled=False, viewport=PHONE), EMAIL)
    page.goto("/")
    page.get_by_label("Search the library").fill("vacuum")
    page.keyboard.press("Enter")
    expect(page.locator(".row-title")).to_have_count(2)
    page.get_by_text("Narrow down", exact=True).click()
    page.get_by_role("navigation", name="Narrow down").get_by_role("link", name="Technical").click()
    expect(page.locator(".row-title")).to_have_text(["Vacuum settings for large tables"])
    page.get_by_text("How to search").click()
    page.get_by_role("link", name="sort:-created").click()
    expect(page.locator(".row-title").first).to_have_text("Planning in autumn")


def test_what_was_searched_for_in_vain(reader: Page) -> None:
    page = reader
    page.goto("/library?q=holiday+regulations")
    expect(page.get_by_role("heading", name="No insight matches")).to_be_visible()
    page.goto("/searches/gaps")
    expect(page.get_by_role("link", name="holiday regulations")).to_be_visible()
    page.get_by_label("Of the last").select_option("7")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/searches/gaps?days=7")


def test_axe_and_narrow_screens(reader: Page, check: Callable[[Page], None]) -> None:
    page = reader
    page.goto("/searches")
    page.get_by_label("Name", exact=True).fill("A name of some length")
    page.get_by_label("Search for").fill("vacuum " + "verylongwordwithoutanyspace" * 5)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("status").wait_for()
    for path in ("/library?q=status%3Apublishd+" + "x" * 200, "/searches"):
        page.goto(path)
        fits(page)
    page.goto("/library?q=nothinglikethat&status=draft")
    check(page)
    fits(page)
    page.goto("/library?q=vaccum&tag_ids=1")
    page.get_by_text("How to search").click()
    page.get_by_text("Save this search").click()
    check(page)
    fits(page)
    page.goto("/library")
    box(page).press_sequentially("vacuum")
    options(page).first.wait_for()
    page.keyboard.press("ArrowDown")
    check(page)
    fits(page)
