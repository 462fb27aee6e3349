"""Acts are undone, and the trash gives back, in a real browser; without scripts too. axe finds nothing to object to."""

from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Page, expect

from app.core.db import transact
from app.curation.commands.bulk import change_many
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from tests.browser.conftest import Live

Device = Callable[..., Page]
ADMIN = "ada@acts.example.org"
SHELF = """
INSERT INTO insights (title, description, content, author, status)
SELECT 'Insight ' || n, 'What we saw.', E'## Notes\n\nAll of it.', 'Ada', 'draft' FROM generate_series(1, 3) n"""


@pytest.fixture
def shelf(live: Live, owner_url: str) -> Live:
    """Three drafts: two were tagged, the third is in the trash."""
    live.person(ADMIN, "Ada", "admin")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(SHELF)
    with live.app.app_context(), acting(LOCAL_ADMINISTRATOR):
        tagging = {"action": "tag", "ids": [1, 2], "tags": ["Incident"], "message": "Before the review"}
        transact(change_many, tagging)
        transact(change_many, {"action": "trash", "ids": [3]})
    return live


@pytest.fixture
def admin(shelf: Live, device: Device) -> Page:
    return shelf.let_in(device(), ADMIN)


@pytest.fixture
def plain(shelf: Live, device: Device) -> Page:
    """Without scripts."""
    return shelf.let_in(device(java_script_enabled=False), ADMIN)


def test_an_act_is_undone_and_done_again(admin: Page) -> None:
    admin.goto("/acts")
    item = admin.locator(".act", has_text="Tagged 2 insights with Incident")
    expect(item).to_contain_text("“Before the review”")
    item.get_by_role("button", name="Undo").click()
    expect(admin.get_by_role("status").first).to_contain_text("Undone for 2 insights.")
    expect(admin.locator(".act").first).to_contain_text("Undid an act (tagging): 2 insights")
    admin.locator(".done").get_by_role("link", name="What was done").click()
    expect(admin.get_by_role("heading", name="2 insights", exact=True)).to_be_visible()
    admin.get_by_role("button", name="Do it again").click()
    expect(admin.get_by_role("status").first).to_contain_text("Done again for 2 insights.")


def test_an_insight_comes_back_from_the_trash(plain: Page) -> None:
    plain.goto("/library/3")
    expect(plain.get_by_role("heading", name="This insight is in the trash")).to_be_visible()
    plain.get_by_role("link", name="Read it there").click()
    expect(plain.get_by_role("heading", name="Notes")).to_be_visible()
    plain.get_by_role("button", name="Restore").click()
    plain.wait_for_url("**/library/3-insight-3?done=restored")
    expect(plain.get_by_role("status").first).to_contain_text("back from the trash")


def test_deleting_for_good_asks_first(admin: Page) -> None:
    admin.goto("/library/trash")
    admin.get_by_role("link", name="Insight 3").click()
    admin.get_by_role("link", name="Delete for good").click()
    admin.get_by_role("link", name="Keep it").click()
    admin.get_by_role("link", name="Delete for good").click()
    admin.get_by_role("button", name="Delete for good").click()
    expect(admin.get_by_role("status").first).to_contain_text("deleted for good")
    expect(admin.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_the_pages_are_for_everybody(admin: Page, check: Callable[[Page], None]) -> None:
    page = admin
    page.goto("/acts")
    page.get_by_role("link", name="Details of the act").first.click()
    page.locator(".act-undo").get_by_role("button", name="Undo").click()
    expect(page.locator(".done")).to_be_visible()
    check(page)
