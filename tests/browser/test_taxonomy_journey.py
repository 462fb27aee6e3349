"""Categories and tags in a real browser: a subtree moves by dragging, by keyboard and without scripts; tags become one
and two again. axe finds nothing to object to."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Live

Device = Callable[..., Page]
EMAIL = "ida@taxonomy.example.org"
SHELF = """
INSERT INTO categories (name, slug, parent_id, color, icon) VALUES
  ('Technical', 'technical', NULL, '#3B82F6', 'code'), ('Databases', 'databases', 1, NULL, 'database'),
  ('PostgreSQL', 'postgresql', 2, NULL, NULL), ('People', 'people', NULL, '#F59E0B', 'users');
INSERT INTO tags (name, slug, color) VALUES ('Incident', 'incident', '#EF4444'), ('Incidents', 'incidents', NULL),
  ('Lesson learned', 'lesson-learned', NULL);
INSERT INTO insights (title, description, author, status, category_id)
  SELECT 'Insight ' || n, 'What happened.', 'Ada', 'published', 1 + n % 3 FROM generate_series(1, 9) n;
INSERT INTO insight_tags (insight_id, tag_id) SELECT id, 2 - id % 2 FROM insights"""


@pytest.fixture
def shelf(live: Live, owner_url: str) -> Live:
    """Somebody who curates, and something to take care of."""
    live.person(EMAIL, "Ida", "editor")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(SHELF)
    return live


@pytest.fixture
def rows(owner_url: str) -> Callable[[str], list[Any]]:
    def run(statement: str) -> list[Any]:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    return run


@pytest.fixture
def curator(shelf: Live, device: Device) -> Page:
    return shelf.let_in(device(), EMAIL)


def row(page: Page, name: str) -> Locator:
    return page.locator(".tree-row").filter(has=page.get_by_role("link", name=name, exact=True))


def item(page: Page, name: str) -> Locator:
    return page.locator(f'.tree-item[data-name="{name}"]')


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def fits(page: Page) -> None:
    """Nothing goes beyond the page's width."""
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def test_a_subtree_is_dragged_and_comes_back(curator: Page, rows: Callable[[str], list[Any]]) -> None:
    page = curator
    page.goto("/library/categories")
    counts = item(page, "Databases").locator("> .tree-row .tree-count")
    expect(counts).to_have_text(re.compile("3 insights.*6 with all below"))

    # Below itself it can't be dropped; after a look at what moves, nothing has moved yet.
    row(page, "Databases").drag_to(row(page, "PostgreSQL"))
    expect(dialog(page)).not_to_be_visible()
    row(page, "Databases").drag_to(row(page, "People"))
    expect(dialog(page)).to_contain_text("Move Databases below People?")
    expect(dialog(page)).to_contain_text("1 category below it comes along. This affects 6 insights")
    dialog(page).get_by_role("link", name="Cancel").click()
    expect(dialog(page)).not_to_be_visible()
    assert rows("SELECT parent_id FROM categories WHERE id = 2") == [(1,)]

    row(page, "Databases").drag_to(row(page, "People"))
    dialog(page).get_by_role("button", name="Move 2 categories").click()
    expect(page.get_by_role("status").filter(has_text="moved")).to_be_visible()
    expect(item(page, "People").locator(".tree-name")).to_have_text(["People", "Databases", "PostgreSQL"])
    page.get_by_role("button", name="Undo").click()
    expect(item(page, "Technical").locator(".tree-name")).to_have_text(["Technical", "Databases", "PostgreSQL"])
    assert rows("SELECT parent_id FROM categories WHERE id = 2") == [(1,)]

    # To the top there is a place while one drags.
    row(page, "PostgreSQL").hover()
    page.mouse.down()
    row(page, "Databases").hover()
    row(page, "Technical").hover()
    page.get_by_text("Drop here to move it to the top").hover()
    page.get_by_text("Drop here to move it to the top").hover()
    page.mouse.up()
    expect(dialog(page)).to_contain_text("Move PostgreSQL to the top?")
    page.keyboard.press("Escape")
    expect(dialog(page)).not_to_be_visible()


def test_by_keyboard_alone(curator: Page, rows: Callable[[str], list[Any]]) -> None:
    page = curator
    page.goto("/library/categories")
    page.get_by_label("New category at the top").focus()
    page.keyboard.type("Product")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="created")).to_be_visible()

    # In its place: below another one.
    page.get_by_role("link", name="New category below Product").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("New category below Product")).to_be_focused()
    page.keyboard.type("Pricing")
    page.keyboard.press("Enter")
    expect(item(page, "Product").locator(".tree-name")).to_have_text(["Product", "Pricing"])

    # From row to row with one key.
    page.wait_for_load_state()
    page.keyboard.press("Tab")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(row(page, "Product").locator(".tree-name")).to_be_focused()

    # A branch closes, and is closed when one comes back.
    toggle = item(page, "Product").locator("summary")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(row(page, "Pricing")).not_to_be_visible()
    page.reload()
    expect(row(page, "Pricing")).not_to_be_visible()
    toggle.focus()
    page.keyboard.press("Space")
    expect(row(page, "Pricing")).to_be_visible()

    page.get_by_role("link", name="Change, move or merge Product").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Move below").focus()
    page.keyboard.type("Peo")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog(page)).to_contain_text("Move Product below People?")
    expect(dialog(page).get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(item(page, "People").locator(".tree-name")).to_have_text(["People", "Product", "Pricing"])
    assert rows("SELECT parent_id FROM categories WHERE name = 'Product'") == [(4,)]


def test_tags_become_one_and_two_again(curator: Page, rows: Callable[[str], list[Any]]) -> None:
    page = curator
    page.goto("/library/tags")
    page.get_by_role("link", name="Suggested merges").click()
    page.get_by_role("button", name="Merge Incidents into Incident").click()
    expect(dialog(page)).to_contain_text("This affects 4 insights: they get Incident instead of Incidents.")
    dialog(page).get_by_role("button", name="Merge").click()
    expect(page.get_by_role("status").filter(has_text="one now")).to_be_visible()
    expect(page.get_by_role("row", name="Incident 9 insights Incidents")).to_be_visible()
    assert rows("SELECT DISTINCT tag_id FROM insight_tags") == [(1,)]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("row", name="Incidents 4 insights")).to_be_visible()
    assert rows("SELECT count(*) FROM insight_tags WHERE tag_id = 2") == [(4,)]

    # Another name and a colour of one's own.
    page.get_by_role("link", name="Change Lesson learned").click()
    page.get_by_label("Name", exact=True).fill("Lesson")
    page.get_by_label("Own colour").fill("#123456")
    expect(page.get_by_role("radio", name="Own")).to_be_checked()
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_role("row", name="Lesson 0 insights")).to_be_visible()
    assert rows("SELECT name, color FROM tags WHERE id = 3") == [("Lesson", "#123456")]


def test_what_is_refused_has_its_page(curator: Page) -> None:
    page = curator
    page.goto("/library/tags/1")
    page.get_by_label("Merge into").fill("Nothing like that")
    page.get_by_role("button", name="Merge").click()
    expect(page.locator("#into-error")).to_have_text("is the name of no tag")
    expect(page.get_by_label("Merge into")).to_have_value("Nothing like that")


def test_a_branch_of_a_large_tree_comes_when_it_is_opened(shelf: Live, owner_url: str, device: Device) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO categories (name, slug) SELECT 'Field ' || n, 'field-' || n FROM generate_series(1, 90) n"
        )
    page = shelf.let_in(device(), EMAIL)
    page.goto("/library/categories")
    expect(page.locator(".tree-name", has_text="Databases")).to_have_count(0)
    for name in ("Technical", "Databases"):
        item(page, name).locator("summary").first.click()
    expect(item(page, "Technical").locator(".tree-name")).to_have_text(["Technical", "Databases", "PostgreSQL"])
    row(page, "PostgreSQL").drag_to(row(page, "People"))
    expect(dialog(page)).to_contain_text("Move PostgreSQL below People?")
    # As it was left.
    page.reload()
    expect(item(page, "Technical").locator(".tree-name")).to_have_text(["Technical", "Databases", "PostgreSQL"])

    plain = shelf.let_in(device(java_script_enabled=False), EMAIL)
    plain.goto("/library/categories")
    item(plain, "Technical").locator("summary").click()
    plain.get_by_role("link", name="Show what is below Technical").click()
    expect(item(plain, "Technical").locator(".tree-name")).to_have_text(["Technical", "Databases"])


def test_without_scripts_on_a_phone(shelf: Live, device: Device, rows: Callable[[str], list[Any]]) -> None:
    page = shelf.let_in(device(java_script_enabled=False, viewport=PHONE), EMAIL)
    page.goto("/library/categories")
    page.get_by_role("link", name="Change, move or merge Databases").click()
    page.get_by_label("Move below").select_option("People")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move Databases below People?")
    page.get_by_role("button", name="Move 2 categories").click()
    expect(item(page, "People").locator(".tree-name")).to_have_text(["People", "Databases", "PostgreSQL"])
    page.get_by_role("button", name="Undo").click()
    expect(item(page, "Technical").locator(".tree-name")).to_have_text(["Technical", "Databases", "PostgreSQL"])
    assert rows("SELECT parent_id FROM categories WHERE id = 2") == [(1,)]

    page.goto("/library/tags/2")
    page.get_by_label("Merge into").fill("incident")
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("This affects 4 insights")).to_be_visible()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("status").filter(has_text="one now")).to_be_visible()
    assert rows("SELECT name FROM tags ORDER BY id") == [("Incident",), ("Lesson learned",)]


def test_axe_and_narrow_screens(curator: Page, check: Callable[[Page], None]) -> None:
    """All pages as they are first seen are looked at in `test_pages_accessible`."""
    page = curator
    for path in ("/library/categories", "/library/categories/1", "/library/tags", "/library/tags/1"):
        page.goto(path)
        fits(page)
    page.goto("/library/categories?below=2")
    check(page)
    fits(page)
    page.goto("/library/tags/suggested-merges")
    page.get_by_role("button", name="Merge Incidents into Incident").click()
    expect(dialog(page)).to_be_visible()
    check(page)
    fits(page)
