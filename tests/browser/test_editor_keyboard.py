"""Writing an insight with the keyboard alone; and nothing on the page moves while the editor is put in place."""

from collections.abc import Callable

import psycopg
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Live

Device = Callable[..., Page]
EMAIL = "noa@keyboard.example.org"
VOCABULARY = """
INSERT INTO categories (id, name, slug, parent_id) VALUES (1, 'Technical', 'technical', NULL),
  (2, 'Databases', 'databases', 1);
INSERT INTO tags (name, slug) SELECT name, lower(name)
FROM unnest(array['Incident', 'Testing', 'Recovery', 'Observability', 'Leadership', 'Documentation']) name;
INSERT INTO insights (title, description, content, author, category_id, owner_id)
SELECT 'With many tags', 'One line', repeat('A line of it.' || chr(10), 30), 'Noa', 2, id FROM users WHERE name = 'Noa';
INSERT INTO insight_tags (insight_id, tag_id) SELECT i.id, t.id FROM insights i, tags t"""
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    window.shifts.push([value, sources.map(({ node }) => node?.outerHTML?.slice(0, 80))]);
  }
}).observe({ type: "layout-shift", buffered: true });"""


def signed_in(live: Live, owner_url: str, page: Page) -> Page:
    live.person(EMAIL, "Noa", "editor")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(VOCABULARY)
    return live.let_in(page, EMAIL)


def test_from_the_title_to_the_saved_insight(live: Live, owner_url: str, device: Device) -> None:
    page = signed_in(live, owner_url, device())
    keys = page.keyboard
    page.goto("/library/new")
    expect(page.get_by_label("Title")).to_be_focused()
    keys.type("Written without a mouse")
    keys.press("Tab")
    keys.type("It takes a few keys.")
    keys.press("Tab")
    expect(page.get_by_role("combobox", name="Category")).to_be_focused()
    keys.type("data")
    expect(page.get_by_role("option", name="Technical / Databases")).to_be_visible()
    keys.press("Enter")
    keys.press("Tab")
    expect(page.get_by_role("combobox", name="Tags")).to_be_focused()
    keys.type("rec")
    expect(page.get_by_role("option", name="Recovery")).to_be_visible()
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.type("Brand new")
    keys.press("Enter")
    keys.press("Tab")
    expect(page.locator(".capture-more > summary")).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Tab")
    expect(page.get_by_role("textbox", name="Content")).to_be_focused()
    keys.type("- one\ntwo")
    keys.press("Control+s")
    expect(page.get_by_role("heading", level=1)).to_have_text("Written without a mouse")
    with psycopg.connect(owner_url) as connection:
        saved = connection.execute(
            "SELECT content, category_id, array_agg(name ORDER BY name) FROM insights i"
            " JOIN insight_tags ON insight_id = i.id JOIN tags t ON t.id = tag_id WHERE title LIKE 'Written%'"
            " GROUP BY i.id"
        ).fetchall()
    assert saved == [("- one\n- two", 2, ["Brand new", "Recovery"])]


def test_nothing_moves(live: Live, owner_url: str, device: Device) -> None:
    """On a phone, where the tags need lines of their own; `test_pages_accessible` looks at the forms on a desk."""
    page = signed_in(live, owner_url, device(viewport=PHONE))
    page.add_init_script(SHIFTS)
    for _ in range(3):  # a slow machine may draw half a page once
        page.goto("/library/1/edit")
        expect(page.get_by_role("combobox", name="Tags")).to_be_visible()
        page.wait_for_timeout(300)
        if not page.evaluate("window.shifts"):
            break
    assert page.evaluate("window.shifts") == []
