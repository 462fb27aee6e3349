"""The library in a real browser: finding and refining, coming back, changing many at once and undoing it; with the
keyboard, on a phone, without scripts."""

import re
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Live

Device = Callable[..., Page]
EMAIL = "ida@library.example.org"
LIBRARY = """
INSERT INTO categories (name, slug) VALUES ('Technical', 'technical');
INSERT INTO tags (name, slug) VALUES ('Queues', 'queues');
INSERT INTO insights (title, description, author, status, priority, category_id, created_at)
SELECT 'Queue number ' || n, 'What we learned of retries when the queue was full.', CASE n % 2 WHEN 0 THEN 'Ada' ELSE
  'Ada Lovelace' END, 'published', 'medium', CASE n % 5 WHEN 0 THEN 1 END, now() - n * interval '1 hour'
FROM generate_series(1, 25) n"""


@pytest.fixture
def shelf(live: Live, owner_url: str) -> Live:
    """Somebody who curates, and more insights than a page holds."""
    live.person(EMAIL, "Ida", "editor")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(LIBRARY)
    return live


def curator(shelf: Live, page: Page) -> Page:
    return shelf.let_in(page, EMAIL)


def box(page: Page, number: int) -> Locator:
    return page.get_by_label(f"Select Queue number {number}", exact=True)


def count(page: Page) -> Locator:
    return page.locator("[data-count]")


def notice(page: Page) -> Locator:
    return page.locator(".notice[role=status]")


def place_of(locator: Locator) -> object:
    return locator.bounding_box()


def test_many_are_tagged_and_it_is_undone(shelf: Live, device: Device) -> None:
    page = curator(shelf, device())
    page.goto("/library?q=queue&sort=-created_at")
    first = page.locator(".row-title").first
    before = place_of(first)
    expect(page.get_by_role("button", name="Publish")).to_be_hidden()

    # A range with Shift; nothing moves when the acts appear.
    box(page, 2).check()
    box(page, 4).click(modifiers=["Shift"])
    expect(count(page)).to_have_text("3 selected")
    expect(box(page, 3)).to_be_checked()
    assert place_of(first) == before

    page.get_by_text("Tags", exact=True).and_(page.locator("summary")).click()
    expect(page.get_by_label("Tags, with commas between them")).to_be_focused()
    page.keyboard.type("Resilience, queues")
    page.keyboard.press("Enter")
    expect(notice(page)).to_contain_text("3 insights were tagged.")
    expect(page).to_have_url(re.compile(r"q=queue&sort=-created_at&done="))
    expect(page.locator("tr", has_text="Queue number 3").locator(".chip")).to_have_text(["Queues", "Resilience"])
    expect(box(page, 3)).not_to_be_checked()
    notice(page).get_by_role("button", name="Undo").click()
    expect(notice(page)).to_contain_text("Undone")
    expect(page.locator("tr .chip")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"q=queue&sort=-created_at"))


def test_all_that_match_after_a_question(shelf: Live, device: Device) -> None:
    page = curator(shelf, device())
    page.goto("/library?status=published")
    page.get_by_label("Select all on this page").check()
    expect(count(page)).to_have_text("20 selected")
    box(page, 1).uncheck()
    expect(count(page)).to_have_text("19 selected")
    page.get_by_label("All 25 found").check()
    expect(count(page)).to_have_text("All 25 found")
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Archive 25 insights")
    page.get_by_label("Why").fill("All of last year")
    page.get_by_role("button", name="Archive 25 insights").click()
    expect(notice(page)).to_contain_text("25 insights were archived.")
    expect(page.get_by_role("heading", name="No insight matches")).to_be_visible()
    page.goto("/library?status=archived&page_size=50")
    expect(page.locator(".row-title")).to_have_count(25)


def test_found_refined_read_and_back_again(shelf: Live, device: Device) -> None:
    page = curator(shelf, device())
    page.goto("/library")
    page.get_by_role("link", name="Cards").click()
    page.locator("[data-suggest]").fill("what did we learn of retries")
    page.keyboard.press("Enter")
    narrow = page.get_by_role("navigation", name="Narrow down")
    narrow.get_by_role("link", name=re.compile("^Ada ?12")).click()
    expect(page.locator(".cards > li")).to_have_count(12)
    narrow.get_by_role("link", name="Technical").click()
    expect(page.locator(".cards > li")).to_have_count(2)
    here = page.url
    page.get_by_role("link", name="Queue number 20").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue number 20")
    page.locator(".crumbs").get_by_role("link", name="Library").click()
    expect(page).to_have_url(here)
    page.get_by_role("link", name="Queue number 10").click()
    page.go_back()
    expect(page).to_have_url(here)
    expect(page.locator(".cards > li")).to_have_count(2)


def test_the_keyboard_marks_and_closes(shelf: Live, device: Device) -> None:
    page = curator(shelf, device())
    page.goto("/library")
    box(page, 1).focus()
    page.keyboard.press("Space")
    expect(count(page)).to_have_text("1 selected")
    summary = page.locator("summary", has_text="Priority")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Priority", exact=True).and_(page.locator("#bulk-priority"))).to_be_focused()
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    page.get_by_role("button", name="Clear", exact=True).press("Enter")
    expect(box(page, 1)).not_to_be_checked()
    expect(page.locator("#bulk")).to_be_hidden()


def test_what_there_is_to_choose_comes_when_it_is_asked_for(shelf: Live, device: Device) -> None:
    page = curator(shelf, device())
    page.goto("/library?q=queue&sort=title")
    page.get_by_text("All filters").click()
    page.get_by_label("Category", exact=True).and_(page.locator("#category_id")).select_option(label="Technical (5)")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".row-title")).to_have_count(5)
    expect(page).to_have_url(re.compile(r"\?(?=.*q=queue)(?=.*sort=title)(?=.*category_id=1)"))

    box(page, 10).check()
    page.locator("summary", has_text="Category").click()
    expect(page.locator("#bulk-category option")).to_have_text(["Choose one", "No category", re.compile("Technical")])
    expect(page).to_have_title("queue · Library · Insights")
    page.locator("#bulk-category").select_option(label="No category")
    page.get_by_role("button", name="Set the category").click()
    expect(notice(page)).to_contain_text("One insight changed its category.")


def test_filters_without_scripts(shelf: Live, device: Device) -> None:
    page = curator(shelf, device(java_script_enabled=False))
    page.goto("/library?q=queue&author=Lovelace&sort=title")
    page.get_by_text("All filters").click()
    page.get_by_role("link", name="Choose filters").click()
    expect(page.get_by_label("Author")).to_have_value("Lovelace")
    page.get_by_label("Category").select_option(label="Technical (5)")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_label("Words in title, description or content")).to_have_value("queue")
    expect(page.locator(".row-title")).to_have_count(3)
    # What is in force stays in force with the next words.
    page.get_by_label("Words in title, description or content").fill("queue number 20")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".active .chip")).to_have_count(2)


def test_without_scripts_on_a_phone(shelf: Live, device: Device) -> None:
    page = curator(shelf, device(java_script_enabled=False, viewport=PHONE))
    page.goto("/library?q=queue&view=cards")
    expect(page.get_by_label("All on this page")).to_be_hidden()
    page.get_by_label("Select Queue number", exact=False).first.check()
    page.locator("summary", has_text="Category").click()
    page.get_by_role("button", name="Set the category").click()
    page.get_by_label("Category").select_option("Technical")
    page.get_by_role("button", name="Go on").click()
    expect(notice(page)).to_contain_text("One insight changed its category.")
    page.get_by_label("Select Queue number", exact=False).first.check()
    page.get_by_role("button", name="Trash").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move 1 insight to the trash")
    page.get_by_role("button", name="Move 1 insight to the trash").click()
    expect(notice(page)).to_contain_text("One insight is in the trash.")
    notice(page).get_by_role("button", name="Undo").click()
    expect(page.get_by_text("25 insights found")).to_be_visible()


def test_axe_and_narrow_screens(shelf: Live, device: Device, check: Callable[[Page], None]) -> None:
    page = curator(shelf, device())
    for path in ("/library", "/library?view=cards&q=queue"):
        page.goto(path)
        box(page, 1).check()
        page.locator("summary", has_text="Tags").click()
        check(page)
        for width in (320, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    page.keyboard.press("Escape")
    page.get_by_label("All 25 found").check()
    page.get_by_role("button", name="Trash").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move 25 insights to the trash")
    check(page)
