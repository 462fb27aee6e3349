"""axe finds nothing to object to on any page of accounts in the states that one gets to: after a mistake, with a new
secret, unfolded. The pages as they are first seen are looked at in `test_pages_accessible`."""

from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page

from app.core.db import transact
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.identity.commands.links import create_link
from app.identity.models import Purpose
from tests.browser.conftest import PASSWORD, Live, sign_in

ADA = "ada@axe.example.org"


@pytest.fixture
def signed_in(live: Live, device: Callable[..., Page]) -> Page:
    live.person(ADA, "Ada Lovelace", "admin")
    return live.let_in(device(), ADA)


def test_the_door(live: Live, device: Callable[..., Page], check: Callable[[Page], None]) -> None:
    live.person(ADA, "Ada Lovelace", "admin")
    with live.app.app_context(), acting(UPKEEP):
        invite = transact(create_link, Purpose.INVITE, 1)
        first = transact(create_link, Purpose.FIRST_ADMINISTRATOR)
    page = device()
    for path in ("/sign-in?problem=session_ended&next=/library", "/sign-in/forgotten", f"/links/{invite}", "/links/no"):
        page.goto(path)
        check(page)
    assert first
    sign_in(page, ADA, "wrong")
    page.get_by_role("alert").wait_for()
    check(page)
    page.goto(f"/links/{invite}")
    page.get_by_label("Password").fill("passwordpassword")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("alert").wait_for()
    check(page)


def test_one_s_account(signed_in: Page, check: Callable[[Page], None]) -> None:
    page = signed_in
    page.goto("/")
    page.locator(".bar-account summary").click()
    check(page)
    page.goto("/profile?done=name")
    check(page)
    page.goto("/profile/tokens")
    page.get_by_label("Name", exact=True).fill("backup")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Create the token").click()
    page.get_by_label("Token", exact=True).wait_for()
    check(page)
    page.goto("/profile/tokens")
    page.get_by_role("button", name="Revoke backup").click()
    page.get_by_role("status").wait_for()
    page.get_by_text("Only some rights").click()
    check(page)


def test_the_second_factor(signed_in: Page, device: Callable[..., Page], check: Callable[[Page], None]) -> None:
    page = signed_in
    page.goto("/profile/second-factor")
    secret = str(page.locator(".key code").text_content()).replace(" ", "")
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    check(page)
    page.goto("/profile/second-factor")
    check(page)
    other = device()
    sign_in(other, ADA)
    other.get_by_role("heading", name="Second step").wait_for()
    check(other)


def test_administration(signed_in: Page, check: Callable[[Page], None]) -> None:
    page = signed_in
    page.goto("/admin/users")
    page.get_by_label("E-mail").fill("new@axe.example.org")
    page.get_by_label("Name", exact=True).fill("New")
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("Link", exact=True).wait_for()
    check(page)
    page.goto("/admin/tokens")
    page.get_by_label("Service", exact=True).fill("monitor")
    page.get_by_label("Name", exact=True).fill("prometheus")
    page.get_by_role("button", name="Create the token").click()
    page.get_by_label("Token", exact=True).wait_for()
    check(page)
    for path in ("/admin/users/2", "/admin/audit?since=x&actor=nobody"):
        page.goto(path)
        check(page)
    page.goto("/admin/audit")
    page.locator(".audit-table summary").first.press("Enter")
    page.get_by_text("Request", exact=True).first.wait_for()
    check(page)
    page.goto("/admin/users/1")
    page.get_by_role("button", name="Disable the account").click()
    page.get_by_role("alert").wait_for()
    check(page)
