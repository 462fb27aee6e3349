"""The overview in a real browser: it counts again by itself and disturbs nobody; its charts lead into the library."""

from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import PHONE, Live

Device = Callable[..., Page]
EDITOR = "eve@overview.example.org"
LIBRARY = """
INSERT INTO categories (name, slug) VALUES ('Technical', 'technical');
INSERT INTO insights (title, description, author, status, priority, category_id, updated_at) VALUES
  ('One', 'Text', 'Ada', 'published', 'high', 1, now()), ('Two', 'Text', 'Bob', 'draft', 'low', NULL, '2026-01-01Z')"""
MORE = "INSERT INTO insights (title, description, author, status) VALUES ('Three', 'Text', 'Ada', 'published')"
MINUTE = 61_000


@pytest.fixture
def shelf(live: Live, owner_url: str) -> Live:
    live.person(EDITOR, "Eve", "editor")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(LIBRARY)
    return live


@pytest.fixture
def page(shelf: Live, device: Device) -> Page:
    """The overview, whose clock is the test's."""
    page = device()
    page.clock.install()
    shelf.let_in(page, EDITOR).goto("/")
    return page


@pytest.fixture
def write_more(owner_url: str) -> Callable[[], None]:
    def write() -> None:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute(MORE)

    return write


def count_again(page: Page) -> None:
    """A minute goes by, in which the page asks for itself."""
    with page.expect_response(lambda response: response.url.endswith("/") and response.request.method == "GET"):
        page.clock.run_for(MINUTE)
    page.clock.run_for(100)


def shown(page: Page) -> str:
    return page.locator(".figures dd").first.inner_text()


def test_the_figures_are_counted_again(page: Page, write_more: Callable[[], None]) -> None:
    assert shown(page) == "2"
    write_more()
    page.evaluate("window.same = true; scrollTo(0, 300)")
    count_again(page)
    expect(page.locator(".figures dd").first).to_have_text("3")
    expect(page.locator(".row-title").first).to_have_text("Three")
    assert page.evaluate("[window.same, scrollY, document.activeElement.tagName]") == [True, 300, "BODY"]
    assert page.locator("#figures").count() == 1
    assert page.locator("#figures [aria-live], #figures [role=status]").count() == 0
    count_again(page)  # and so on


def test_whoever_reads_there_with_the_keyboard_keeps_the_place(page: Page, write_more: Callable[[], None]) -> None:
    link = page.get_by_role("link", name="All insights")
    link.focus()
    write_more()
    count_again(page)
    expect(link).to_be_focused()
    assert shown(page) == "2"
    page.get_by_label("Search the library").focus()
    count_again(page)
    expect(page.locator(".figures dd").first).to_have_text("3")
    expect(page.get_by_label("Search the library")).to_be_focused()


def test_the_table_stays_open(page: Page, write_more: Callable[[], None]) -> None:
    page.get_by_text("As a table").click()
    page.locator("h1").click()
    write_more()
    count_again(page)
    expect(page.get_by_role("table")).to_be_visible()


def test_after_the_session_s_end_the_page_stays(page: Page) -> None:
    page.context.clear_cookies()
    page.evaluate("console.error = () => {}")  # where htmx tells of every refusal
    with page.expect_response(lambda response: response.status == 401):
        page.clock.run_for(MINUTE)
    page.clock.run_for(100)
    assert shown(page) == "2"


def test_a_page_that_was_left_asks_no_more(page: Page) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if not (path := urlsplit(request.url).path).startswith("/static/"):
            asked.append(path)

    page.on("request", note)
    page.clock.run_for(65 * MINUTE)
    page.wait_for_timeout(500)  # what was asked for until then has begun
    asked.clear()
    page.clock.run_for(5 * MINUTE)
    page.wait_for_timeout(200)
    assert asked == []
    page.mouse.move(200, 200)
    count_again(page)
    assert "/" in asked


def test_the_health_is_looked_at(page: Page) -> None:
    health = page.locator("[data-health]")
    expect(health).to_have_text("Healthy")
    with page.expect_response("**/health"):
        page.clock.run_for(MINUTE // 2)
    expect(health).to_have_attribute("data-health", "well")
    page.route("**/health", lambda route: route.fulfill(status=503, json={"status": "unhealthy"}))
    page.evaluate("console.error = () => {}")  # htmx tells there too what the page tells
    with page.expect_response("**/health"):
        page.clock.run_for(MINUTE // 2)
    expect(health).to_have_text("Database not reachable")
    expect(health).to_have_attribute("data-health", "ill")
    page.unroute("**/health")
    page.route("**/health", lambda route: route.abort())
    page.clock.run_for(MINUTE // 2)
    expect(health).to_have_text("No connection")
    page.unroute("**/health")
    page.clock.run_for(MINUTE // 2)
    expect(health).to_have_text("Healthy")


def test_the_charts_lead_into_the_library(page: Page) -> None:
    page.locator(".donut-ring").click(position={"x": 129, "y": 72})  # a quarter past: the drafts are the first half
    page.wait_for_url("**/library?status=draft")
    expect(page.locator(".row-title")).to_have_text(["Two"])
    page.go_back()
    page.get_by_role("link", name="Without a category").click()
    expect(page.locator(".row-title")).to_have_text(["Two"])
    page.go_back()
    page.locator(".columns-column").last.click()
    expect(page.locator(".row-title").first).to_be_visible()


def test_without_scripts_on_a_phone(shelf: Live, device: Device) -> None:
    page = device(java_script_enabled=False, viewport=PHONE)
    shelf.let_in(page, EDITOR).goto("/")
    page.get_by_text("As a table").click()
    page.get_by_role("table").get_by_role("link", name="2").first.click()
    expect(page.locator(".row-title")).to_have_text(["Two", "One"])
