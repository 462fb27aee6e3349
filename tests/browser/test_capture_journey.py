"""Writing an insight in a real browser, with a script and without: to publication, against somebody else's change, and
through the end of a session."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Live, sign_in

Device = Callable[..., Page]
EVE, BOB = "eve@capture.example.org", "bob@capture.example.org"
LINES = "one\n\ntwo\n\nthree"


def signed_in(live: Live, page: Page, email: str) -> Page:
    sign_in(page, email)
    page.wait_for_url(f"{live.url}/")
    return page


def write(page: Page, title: str, line: str) -> None:
    page.get_by_label("Title").fill(title)
    page.get_by_label("In one line").fill(line)


def content(page: Page) -> None:
    """Unfold the field of the content."""
    if not page.locator(".capture-more").evaluate("each => each.open"):
        page.locator(".capture-more > summary").click()


def test_from_a_thought_to_publication(live: Live, device: Device) -> None:
    live.person(EVE, "Eve", "editor")
    page = live.let_in(device(), EVE)
    page.goto("/")
    page.get_by_role("link", name="New insight").click()
    page.get_by_role("link", name="Best practice").click()
    write(page, "Look before you leap", "Measure first.")
    expect(page.locator("#save-state")).to_contain_text("Saved ")
    page.get_by_role("link", name="Insights", exact=True).click()
    page.goto("/library/new")
    page.get_by_role("link", name="Look before you leap").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Look before you leap", level=1)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="was published")).to_be_visible()
    expect(page.get_by_role("heading", name="Why it works")).to_be_visible()
    page.goto("/library/new")
    expect(page.get_by_text("Not saved yet")).to_have_count(0)


def conflict(live: Live, mine: Page, theirs: Page) -> None:
    """Two write at once, and the second to save is at the page that shows both."""
    live.let_in(mine, EVE)
    live.let_in(theirs, BOB)
    mine.goto("/library/new")
    write(mine, "Ours", "A line.")
    content(mine)
    mine.get_by_role("textbox", name="Content").fill(LINES)
    mine.get_by_role("button", name="Publish").click()
    mine.wait_for_url("**/library/1-ours?*")
    for page, title, text in ((mine, "Mine", "ONE"), (theirs, "Theirs", "THREE")):
        page.goto("/library/1/edit")
        page.get_by_label("Title").fill(title)
        page.get_by_role("textbox", name="Content").fill(LINES.replace(text.lower(), text))
    theirs.get_by_role("button", name="Save").click()
    theirs.wait_for_url("**/library/1-theirs?*")
    mine.get_by_role("button", name="Save").click()
    expect(mine.get_by_role("heading", name="Changed meanwhile")).to_be_visible()


def choose(live: Live, mine: Page) -> None:
    """One title of the two, and both changes of the text."""
    mine.get_by_role("group", name="Title").get_by_label("Yours").check()
    mine.get_by_role("button", name="Save").click()
    mine.wait_for_url("**/library/1-mine?*")
    expect(mine.locator(".prose")).to_have_text("ONE two THREE", use_inner_text=False)


def test_two_write_at_once(live: Live, device: Device, check: Callable[[Page], None]) -> None:
    live.person(EVE, "Eve", "editor")
    live.person(BOB, "Bob", "editor")
    mine = device()
    conflict(live, mine, device())
    check(mine)
    choose(live, mine)


def test_two_write_at_once_without_a_script(live: Live, device: Device) -> None:
    live.person(EVE, "Eve", "editor")
    live.person(BOB, "Bob", "editor")
    mine = device(java_script_enabled=False, viewport=PHONE)
    conflict(live, mine, device(java_script_enabled=False))
    choose(live, mine)


def test_a_session_that_ends_without_a_script(live: Live, device: Device) -> None:
    live.person(EVE, "Eve", "contributor")
    page = live.let_in(device(java_script_enabled=False), EVE)
    page.goto("/library/new")
    write(page, "   ", "An hour of work.")
    page.get_by_label("Tags").fill("night, day")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("alert")).to_contain_text("Not done yet: title.")
    expect(page.get_by_label("Tags")).to_have_value("night, day")
    page.get_by_label("Title").fill("Kept")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", name="Not saved yet")).to_be_visible()
    expect(page.get_by_label("In one line")).to_have_value("An hour of work.")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in (opens in a new tab)").click()
    signed_in(live, opened.value, EVE)
    page.get_by_role("button", name="Save it now").click()
    page.get_by_role("button", name="Save it now").click()
    expect(page.get_by_role("heading", name="Kept", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="night")).to_be_visible()


def test_the_page_of_a_text_that_was_kept(live: Live, device: Device, check: Callable[[Page], None]) -> None:
    live.person(EVE, "Eve", "contributor")
    page = live.let_in(device(), EVE)
    page.goto("/library/new")
    write(page, "Kept", "An hour of work.\nAnd another one.")
    page.context.clear_cookies()
    page.evaluate("document.getElementById('capture').submit()")  # as without the script, which would hold it back
    expect(page.get_by_role("heading", name="Not saved yet")).to_be_visible()
    check(page)
