"""A real browser before the real application: served over the session's database, where people have to sign in."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)
from sqlalchemy import select
from werkzeug.serving import make_server

from app.config import REPOSITORY, Settings
from app.core.db import transact
from app.core.http.pages import DIST
from app.extensions import db
from app.identity import passwords
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.identity.commands.passwords import set_password
from app.identity.commands.people import create_person
from app.identity.commands.sessions import begin_session
from app.identity.cookies import SESSION
from app.identity.models import User
from app.identity.queries.credentials import forget_callers
from tests.conftest import built

PASSWORD = "quiet lamp under seven rivers"
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
OTHER: dict[Any, Any] = {"light": "dark", "dark": "light"}
# In milliseconds. What waits goes on at once when it comes; a busy machine takes its time.
PATIENCE = 15_000
# Nothing here has a sound, for which axe would look into each file of a page.
BRIEFLY = {"resultTypes": ["violations"], "preload": False}
# Of WCAG 2.2's rules the one about the size of what is pressed is switched off unless asked for.
EVERYTHING = {**BRIEFLY, "rules": {"target-size": {"enabled": True}}}
# What follows from another size is done when two frames were drawn.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Of the scheme only contrast depends: everything else is looked at once for each size.
CONTRAST = {**BRIEFLY, "runOnly": ["color-contrast"]}
AXE_RUN = "options => axe.run(options).then(found => found.violations)"
# The shell draws the same without a desktop's windows, for a third of the time.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser")


@dataclass(frozen=True)
class Live:
    """The application as a browser reaches it."""

    url: str
    app: Flask

    def person(self, email: str, name: str, role: str) -> int:
        """Somebody who can sign in with `PASSWORD`."""

        def command() -> int:
            user_id = create_person(email, name, role)
            set_password(user_id, PASSWORD)
            return user_id

        with self.app.app_context(), acting(UPKEEP):
            return transact(command)

    def session(self, email: str) -> str:
        """What the browser of somebody keeps who signed in."""
        with self.app.app_context(), acting(UPKEEP):
            user_id = db.session.scalars(select(User.id).where(User.email == email)).one()
            return transact(begin_session, user_id, "password", "127.0.0.1", "Chromium", 1).secret

    def let_in(self, page: Page, email: str) -> Page:
        """Signed in without the form, which has tests of its own; the page is as empty as it was."""
        page.context.add_cookies([{"name": SESSION.plain_name, "value": self.session(email), "url": self.url}])
        return page


@pytest.fixture(scope="session")
def served(migrated: Settings) -> Iterator[Live]:
    if not (DIST / "manifest.json").exists():
        pytest.skip("static/dist is not built")
    server = make_server("127.0.0.1", 0, Flask(__name__), threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    with built(migrated.model_copy(update={"auth_mode": "required", "public_url": url})) as app:
        server.app = app
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Live(url, app)
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def live(served: Live, clean_database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """Over empty tables, with hashes of passwords that take no time."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._decoy.cache_clear()
    forget_callers()
    yield served
    forget_callers()
    passwords._decoy.cache_clear()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chromium is None:
        pytest.skip("no chromium is installed")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def device(browser: Browser, live: Live) -> Iterator[Callable[..., Page]]:
    """Makes a page of a browser of its own, as on somebody's device. It may report nothing to its console."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A status of 400 and more is reported for every page that says what is wrong with a form.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def failed(error: Error) -> None:
        complaints.append(str(error))

    def make(**options: object) -> Page:
        context = browser.new_context(base_url=live.url, **{"viewport": DESKTOP, "reduced_motion": "reduce", **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", failed)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def examine() -> Callable[[Page, ViewportSize, str], list[Any]]:
    """What axe objects to at a size: by all of its rules in one scheme, by that of contrast in the other, too."""
    source = AXE.read_text(encoding="utf-8")

    def run(page: Page, size: ViewportSize, scheme: str) -> list[Any]:
        told = []
        page.wait_for_load_state()
        page.set_viewport_size(size)
        if not page.evaluate("'axe' in window"):
            page.evaluate(source)
        for colors, options in ((scheme, EVERYTHING), (OTHER[scheme], CONTRAST)):
            page.emulate_media(color_scheme=colors)
            page.evaluate(DRAWN)
            found: list[dict[str, Any]] = page.evaluate(AXE_RUN, options)
            told += [(colors, each["id"], [node["html"] for node in each["nodes"]]) for each in found]
        return told

    return run


@pytest.fixture(scope="session")
def check(examine: Callable[[Page, ViewportSize, str], list[Any]]) -> Callable[[Page], None]:
    """axe objects to nothing: light and dark, on a desk and on a phone."""

    def run(page: Page) -> None:
        for size, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
            assert examine(page, size, scheme) == [], (page.url, size["width"])

    return run


def soon(ask: Callable[[], object], wanted: object) -> None:
    """What no page shows is looked at again and again, until it is so."""
    until = time.monotonic() + PATIENCE / 1000
    while (found := ask()) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert found == wanted


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
