"""The editor in a real browser: buttons, lists, preview, attachments, and the pickers of tags and of the category, with
the keyboard. Nothing is sent by a script that the form would not send without one."""

import re
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import PHONE, Live

Device = Callable[..., Page]
EMAIL = "ida@editor.example.org"
VOCABULARY = """
INSERT INTO categories (id, name, slug, parent_id) VALUES
  (1, 'Technical', 'technical', NULL), (2, 'Databases', 'databases', 1), (3, 'People', 'people', NULL);
INSERT INTO tags (name, slug) VALUES ('Quality', 'quality'), ('Quarterly', 'quarterly');
INSERT INTO insights (title, description, author, status) VALUES
  ('Vacuum settings for large tables', 'Autovacuum was too slow.', 'Ada', 'published');
INSERT INTO insight_tags (insight_id, tag_id) SELECT i.id, t.id FROM insights i, tags t"""
# The smallest picture that is one.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
# What a browser does when something is pasted or dropped; scripts may not read the real clipboard.
BRING = """(field, [kind, name, type, data, text]) => {
  const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
  const brought = new DataTransfer();
  brought.items.add(new File([bytes], name, { type }));
  if (text) brought.setData("text/plain", text);
  const options = { bubbles: true, cancelable: true };
  field.dispatchEvent(kind === "paste" ? new ClipboardEvent("paste", { ...options, clipboardData: brought })
                                       : new DragEvent("drop", { ...options, dataTransfer: brought }));
}"""


@pytest.fixture
def desk(live: Live, owner_url: str, device: Device) -> Page:
    """The form of somebody who may publish."""
    return opened(live, owner_url, device())


def opened(live: Live, owner_url: str, page: Page) -> Page:
    live.person(EMAIL, "Ida", "editor")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(VOCABULARY)
    live.let_in(page, EMAIL).goto("/library/new")
    return page


def content(page: Page) -> Locator:
    """The field of the content, unfolded."""
    if not page.locator("details:has([data-editor])").evaluate("each => each.open"):
        page.locator("details:has([data-editor]) > summary").click()
    return page.get_by_role("textbox", name="Content")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("toolbar", name="Formatting").get_by_role("button", name=name, exact=True)


def test_one_tab_reaches_the_buttons_and_they_write_markdown(desk: Page) -> None:
    field = content(desk)
    field.focus()
    desk.keyboard.press("Shift+Tab")
    expect(button(desk, "Heading")).to_be_focused()
    desk.keyboard.press("ArrowRight")
    expect(button(desk, "Bold")).to_be_focused()
    desk.keyboard.press("End")
    expect(button(desk, "Preview")).to_be_focused()
    desk.keyboard.press("Tab")
    expect(field).to_be_focused()

    field.fill("a plain word")
    field.evaluate("each => each.setSelectionRange(8, 12)")
    button(desk, "Bold").click()
    expect(field).to_have_value("a plain **word**")
    expect(field).to_be_focused()
    desk.keyboard.press("Control+b")
    expect(field).to_have_value("a plain word")
    desk.keyboard.press("Control+i")
    expect(field).to_have_value("a plain _word_")
    desk.keyboard.press("Control+z")
    expect(field).to_have_value("a plain word")
    field.fill("")
    button(desk, "Task list").click()
    expect(field).to_have_value("- [ ] ")


def test_lists_go_on_and_end_and_tab_moves_entries(desk: Page) -> None:
    field = content(desk)
    field.focus()
    desk.keyboard.type("- [x] one\ntwo\n\n9. nine\nten\n\n> quoted\nmore\n\n```\n- code\nplain")
    expect(field).to_have_value("- [x] one\n- [ ] two\n9. nine\n10. ten\n> quoted\n> more\n```\n- code\nplain")

    # Tab moves entries, and catches nobody.
    field.fill("")
    desk.keyboard.type("- one\ntwo")
    desk.keyboard.press("Tab")
    expect(field).to_have_value("- one\n  - two")
    desk.keyboard.press("Shift+Tab")
    expect(field).to_have_value("- one\n- two")
    desk.keyboard.press("Escape")
    desk.keyboard.press("Tab")
    expect(field).not_to_be_focused()
    field.fill("no list")
    desk.keyboard.press("Tab")
    expect(field).not_to_be_focused()
    expect(field).to_have_value("no list")


def test_the_preview_stands_beside_the_text_or_says_why_not(desk: Page) -> None:
    field, preview = content(desk), desk.get_by_role("region", name="Preview")
    desk.route("**/library/preview", lambda route: route.abort())
    field.fill("more")
    expect(desk.get_by_text("The preview is not up to date: no connection.")).to_be_visible()
    desk.unroute("**/library/preview")
    field.fill("even more")
    expect(preview).to_have_text("even more")
    expect(desk.get_by_text("The preview is not up to date")).to_have_count(0)

    field.fill("# Findings\n\n<script>alert(1)</script> and **more**")
    expect(preview.get_by_role("heading", name="Findings")).to_be_visible()
    expect(preview.locator("strong")).to_have_text("more")
    expect(preview).to_contain_text("<script>alert(1)</script>")
    expect(field).to_be_visible()
    button(desk, "Preview").click()
    expect(preview).to_be_hidden()
    desk.reload()
    content(desk)
    expect(button(desk, "Preview")).to_have_attribute("aria-pressed", "false")


def test_on_the_phone_it_takes_the_place_of_the_text(live: Live, owner_url: str, device: Device) -> None:
    page = opened(live, owner_url, device(viewport=PHONE))
    field, preview = content(page), page.get_by_role("region", name="Preview")
    field.fill("**small**")
    expect(preview).to_be_hidden()
    button(page, "Preview").click()
    expect(preview.locator("strong")).to_have_text("small")
    expect(field).to_be_hidden()
    button(page, "Write").click()
    expect(field).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_becomes_an_attachment(desk: Page, kind: str) -> None:
    field = content(desk)
    field.fill("before\n")
    field.evaluate(BRING, [kind, "plan [1].png", "image/png", PNG, ""])
    expect(field).to_have_value(re.compile(r"^before\n!\[plan.*\]\(/attachments/[0-9a-f-]{36}/[^)]+\)\s*$"))
    expect(desk.get_by_text("is attached")).to_have_count(1)
    expect(desk.get_by_role("region", name="Preview").locator("img")).to_be_visible()


def test_text_with_a_picture_of_it_is_pasted_as_text(desk: Page) -> None:
    sent: list[str] = []
    desk.on("request", lambda request: sent.append(request.url))
    field = content(desk)
    field.evaluate(BRING, ["paste", "cells.png", "image/png", PNG, "1\t2"])
    desk.wait_for_timeout(200)
    assert [url for url in sent if url.endswith("/attachments")] == []
    expect(field).to_have_value("")


def test_a_file_that_is_refused_says_why_and_can_be_tried_again(desk: Page) -> None:
    field = content(desk)
    field.fill("text")
    problem = '{"status": 415, "detail": "Files of this kind are not taken."}'
    desk.route("**/attachments", lambda route: route.fulfill(status=415, body=problem))
    choose(desk, "big.png")
    expect(desk.locator(".editor-failed")).to_contain_text(
        "big.png was not attached: Files of this kind are not taken."
    )
    expect(field).to_have_value("text")
    desk.unroute("**/attachments")
    answer = '{"markdown": "![big.png](/attachments/1/big.png)"}'
    desk.route("**/attachments", lambda route: route.fulfill(status=201, body=answer))
    desk.get_by_role("button", name="Try again").click()
    expect(field).to_have_value("text![big.png](/attachments/1/big.png)")
    expect(desk.locator(".editor-failed")).to_have_count(0)

    # One that is too large is not even sent.
    field.fill("")
    desk.unroute("**/attachments")
    desk.route("**/attachments", lambda route: pytest.fail(route.request.url))
    desk.evaluate("File.prototype.__defineGetter__('size', () => 11 * 2 ** 20)")
    choose(desk, "huge.png")
    expect(desk.locator(".editor-failed span")).to_have_text("huge.png was not attached: it is larger than 10 MiB.")
    expect(desk.get_by_role("button", name="Try again")).to_have_count(0)
    desk.get_by_role("button", name="Dismiss huge.png").click()
    expect(desk.locator(".editor-failed")).to_have_count(0)
    expect(field).to_have_value("")


def choose(page: Page, name: str) -> None:
    file: FilePayload = {"name": name, "mimeType": "image/png", "buffer": b"x" * 99}
    page.locator("input[type=file]").set_input_files(file)


def tags(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Tags")


def chips(page: Page) -> Locator:
    return page.get_by_role("list", name="Tags of this insight").get_by_role("button")


def test_tags_are_picked_and_made(desk: Page) -> None:
    tags(desk).press_sequentially("qua")
    options = desk.get_by_role("listbox", name="Tags to add").get_by_role("option")
    expect(options).to_have_text(["Quality 1", "Quarterly 1", "Add “qua” "])
    expect(tags(desk)).to_have_attribute("aria-expanded", "true")
    desk.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(tags(desk)).to_have_attribute("aria-activedescendant", "tags-picker-options-0")
    desk.keyboard.press("Enter")
    expect(chips(desk)).to_have_text(["Quality"])
    expect(tags(desk)).to_have_value("")

    # A comma ends a name; one that is there already, in other letters, is not added twice.
    desk.keyboard.type("Brand new, QUALITY,")
    expect(chips(desk)).to_have_text(["Quality", "Brand new"])
    desk.keyboard.type('"one, two"')
    desk.keyboard.press("Tab")
    expect(chips(desk)).to_have_text(["Quality", "Brand new", "one, two"])
    expect(desk.locator("input[name=tags]")).to_have_value('Quality, Brand new, "one, two"')

    desk.get_by_role("button", name="Remove Brand new").click()
    expect(chips(desk)).to_have_text(["Quality", "one, two"])
    tags(desk).focus()
    desk.keyboard.press("Backspace")
    expect(chips(desk)).to_have_text(["Quality"])
    expect(tags(desk)).to_be_focused()


def test_the_category_is_searched_in_the_tree(desk: Page) -> None:
    field, chosen = desk.get_by_role("combobox", name="Category"), desk.locator("select[name=category_id]")
    options = desk.get_by_role("listbox", name="Categories").get_by_role("option")
    field.focus()
    desk.keyboard.press("ArrowDown")
    expect(options).to_have_count(4)
    desk.keyboard.press("Escape")
    expect(options).to_have_count(0)

    # The words are looked for in the whole path.
    field.press_sequentially("tech data")
    expect(options).to_have_text(["Technical / Databases "])
    desk.keyboard.press("Enter")
    expect(field).to_have_value("Technical / Databases")
    expect(chosen).to_have_value("2")

    # What fits nothing changes nothing; nothing is no category.
    field.fill("elsewhere")
    expect(desk.get_by_text("No category fits")).to_be_visible()
    desk.keyboard.press("Tab")
    expect(field).to_have_value("Technical / Databases")
    field.fill("")
    desk.keyboard.press("Tab")
    expect(chosen).to_have_value("")


def test_insights_like_the_title_are_shown(desk: Page) -> None:
    desk.get_by_label("Title").press_sequentially("Vacuum settings for large")
    expect(desk.locator("#similar").get_by_role("link", name="Vacuum settings for large tables")).to_be_visible()
    desk.get_by_label("Title").fill("xyz")
    expect(desk.locator("#similar a")).to_have_count(0)


def test_axe_finds_nothing(desk: Page, check: Callable[[Page], None]) -> None:
    content(desk).fill("# Words\n\n- [ ] one")
    tags(desk).press_sequentially("qua")
    expect(desk.get_by_role("listbox", name="Tags to add")).to_be_visible()
    check(desk)
    for width in (320, 390, 768, 1280):
        desk.set_viewport_size({"width": width, "height": 800})
        assert desk.evaluate("document.documentElement.scrollWidth") <= width
