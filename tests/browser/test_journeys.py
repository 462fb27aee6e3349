"""What people do from their first visit on, in a real browser. Scripts and styles are held to the policy of each page:
a violation is reported to the console, and fails the test."""

import re
import subprocess
from collections.abc import Callable
from urllib.parse import urlsplit

import pyotp
from playwright.sync_api import Page, expect

from app.core.db import transact
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.identity.commands.links import first_administrator_link
from app.identity.mail import link_address
from tests.browser.conftest import PASSWORD, PHONE, Live, sign_in

Device = Callable[..., Page]
ADMIN, GRACE = "admin@journeys.example.org", "grace@journeys.example.org"


def become_administrator(live: Live, page: Page) -> None:
    """Open the link that a first start prints, and fill in its form."""
    with live.app.app_context(), acting(UPKEEP):
        secret = transact(first_administrator_link)
        assert secret is not None
        page.goto(link_address(secret))
    expect(page.get_by_role("heading", name="First administrator")).to_be_visible()
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    page.wait_for_url(f"{live.url}/")


def invite(page: Page, email: str, name: str, role: str) -> str:
    """The link to pass on."""
    page.goto("/admin/users")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Role").select_option(role)
    page.get_by_role("button", name="Invite").click()
    return page.get_by_label("Link", exact=True).input_value()


def curl(live: Live, token: str, path: str = "/me") -> tuple[int, str]:
    """Status and body of what a script gets."""
    command = ["curl", "-s", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {token}", live.url + path]
    body, _, status = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rpartition("\n")
    return int(status), body


def where(page: Page) -> str:
    return urlsplit(page.url).path


def test_from_the_first_start_to_somebody_who_left(live: Live, device: Device) -> None:
    desk, laptop, phone = device(), device(), device(viewport=PHONE)
    become_administrator(live, desk)
    link = invite(desk, GRACE, "Grace Hopper", "contributor")

    # Grace chooses her password on her laptop, and signs in on her phone too.
    laptop.goto(link)
    expect(laptop.get_by_role("heading", name="Welcome")).to_be_visible()
    laptop.get_by_label("Password").fill(PASSWORD)
    laptop.get_by_role("button", name="Set the password").click()
    laptop.wait_for_url(f"{live.url}/")
    laptop.goto(link)
    expect(laptop.get_by_role("heading", name="This link doesn’t work")).to_be_visible()
    sign_in(phone, GRACE)
    phone.wait_for_url(f"{live.url}/")

    # She makes a token, a script shows it, she revokes it.
    laptop.goto("/profile/tokens")
    laptop.get_by_label("Name", exact=True).fill("backup")
    laptop.get_by_label("Current password").fill(PASSWORD)
    laptop.get_by_role("button", name="Create the token").click()
    token = laptop.get_by_label("Token", exact=True).input_value()
    status, body = curl(live, token)
    assert (status, '"role":"contributor"' in body) == (200, True)
    laptop.get_by_role("link", name="I have copied it").click()
    expect(laptop.get_by_role("cell", name=f"backup …{token[-4:]}")).to_be_visible()
    laptop.get_by_role("button", name="Revoke backup").click()
    expect(laptop.get_by_role("status")).to_contain_text("The token was revoked")
    assert curl(live, token, "/insights")[0] == 401

    # Her phone is signed out from her laptop.
    laptop.goto("/profile/devices")
    expect(laptop.get_by_role("row")).to_have_count(3)
    laptop.get_by_role("button", name="Sign out all other devices").click()
    expect(laptop.get_by_role("row")).to_have_count(2)
    phone.goto("/library")
    expect(phone.get_by_role("alert")).to_contain_text("Your session has ended")

    # She leaves.
    desk.goto("/admin/users")
    desk.get_by_role("link", name="Grace Hopper").click()
    desk.get_by_role("button", name="Disable the account").click()
    expect(desk.get_by_role("status")).to_contain_text("The account is disabled")
    laptop.goto("/profile")
    assert where(laptop) == "/sign-in"
    sign_in(laptop, GRACE)
    expect(laptop.get_by_role("alert")).to_contain_text("E-mail or password is wrong.")

    # All of it is in the log.
    desk.goto("/admin/audit?verb=user")
    for verb in ("user.disable", "user.create", "user.password"):
        expect(desk.get_by_role("link", name=verb).first).to_be_visible()


def test_a_wrong_password_keeps_the_address(live: Live, device: Device) -> None:
    live.person("wrong@journeys.example.org", "Wrong", "viewer")
    page = device()
    page.goto("/library?status=draft")
    assert where(page) == "/sign-in"
    page.get_by_label("E-mail").fill("wrong@journeys.example.org")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
    expect(page.get_by_label("E-mail")).to_have_value("wrong@journeys.example.org")
    expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{live.url}/library?status=draft")


def test_with_the_keyboard_alone(live: Live, device: Device) -> None:
    live.person("keys@journeys.example.org", "Keys", "viewer")
    page = device()
    page.goto("/sign-in")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("keys@journeys.example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.url}/")
    summary = page.locator(".bar-account summary")
    for _ in range(12):
        page.keyboard.press("Tab")
        if summary.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Profile")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("You are signed out.")


def test_without_scripts(live: Live, device: Device) -> None:
    live.person("plain@journeys.example.org", "Plain", "admin")
    page = device(java_script_enabled=False, viewport=PHONE)
    sign_in(page, "plain@journeys.example.org")
    page.wait_for_url(f"{live.url}/")
    page.locator(".bar-account summary").click()
    page.get_by_role("link", name="Audit log").click()
    page.wait_for_url(f"{live.url}/admin/audit")
    page.locator(".bar-account summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")


def test_a_second_factor(live: Live, device: Device) -> None:
    live.person("codes@journeys.example.org", "Codes", "viewer")
    laptop, phone = device(), device(viewport=PHONE)
    sign_in(laptop, "codes@journeys.example.org")
    laptop.wait_for_url(f"{live.url}/")
    laptop.goto("/profile/second-factor")
    expect(laptop.get_by_role("img", name="QR code of the key below")).to_be_visible()
    totp = pyotp.TOTP(str(laptop.locator(".key code").text_content()).replace(" ", ""))
    laptop.get_by_label("Code", exact=True).fill(totp.now())
    laptop.get_by_label("Current password").fill(PASSWORD)
    laptop.get_by_role("button", name="Switch it on").click()
    items = laptop.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(items).to_have_count(10)
    codes = items.all_text_contents()

    sign_in(phone, "codes@journeys.example.org")
    expect(phone.get_by_role("heading", name="Second step")).to_be_visible()
    phone.get_by_label("Code").fill("000000")
    phone.get_by_role("button", name="Sign in").click()
    expect(phone.get_by_role("alert")).to_contain_text("The code is wrong, or was used already.")
    phone.get_by_label("Code").fill(codes[0].strip())
    phone.get_by_role("button", name="Sign in").click()
    phone.wait_for_url(f"{live.url}/")
    phone.goto("/profile/second-factor")
    expect(phone.get_by_text("9 recovery codes are left")).to_be_visible()


def test_the_audit_log_is_filtered(live: Live, device: Device) -> None:
    live.person("audit@journeys.example.org", "Audit", "admin")
    page = device()
    sign_in(page, "audit@journeys.example.org", "not this one")
    sign_in(page, "audit@journeys.example.org")
    page.wait_for_url(f"{live.url}/")
    page.goto("/admin/audit")
    page.get_by_label("What", exact=True).fill("session")
    page.get_by_label("Outcome").select_option("denied")
    page.get_by_label("Its number").fill("audit@journeys.example.org")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("outcome=denied"))
    expect(page).to_have_url(re.compile(r"verb=session&outcome=denied&subject_id=audit%40journeys.example.org$"))
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("row").last).to_contain_text("session.denied")
    page.get_by_role("link", name="Clear", exact=True).click()
    expect(page.get_by_role("row").nth(2)).to_be_visible()


def test_no_page_scrolls_sideways(live: Live, device: Device) -> None:
    email = f"{'long' * 10}@journeys.example.org"
    live.person(email, "Wolfeschlegelsteinhausenbergerdorff " * 3, "admin")
    page = live.let_in(device(), email)
    for path in ("/profile", "/profile/second-factor", "/profile/tokens", "/profile/devices", "/admin/users",
                 "/admin/users/1", "/admin/tokens", "/admin/audit"):  # fmt: skip
        page.goto(path)
        for width in (320, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
