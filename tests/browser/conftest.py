"""A real browser before the real application: served over the session's database, where people have to sign in."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, ViewportSize, sync_playwright
from werkzeug.serving import make_server

from app.config import REPOSITORY, Settings
from app.core.db import transact
from app.core.http.pages import DIST
from app.identity import passwords
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.identity.commands.passwords import set_password
from app.identity.commands.people import create_person
from app.identity.queries.credentials import forget_callers
from tests.conftest import built

PASSWORD = "quiet lamp under seven rivers"
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
# Of the scheme only contrast depends: everything else is looked at once for each size.
EVERYTHING = {"resultTypes": ["violations"]}
# What follows from another size is done when two frames were drawn.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
CONTRAST = {**EVERYTHING, "runOnly": ["color-contrast"]}
VIEWS: list[tuple[ViewportSize, str, dict[str, list[str]]]] = [
    (DESKTOP, "light", EVERYTHING),
    (DESKTOP, "dark", CONTRAST),
    (PHONE, "dark", EVERYTHING),
    (PHONE, "light", CONTRAST),
]


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
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
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
        context = browser.new_context(base_url=live.url, **{"viewport": DESKTOP, **options})
        context.set_default_timeout(5000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", failed)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def check() -> Callable[[Page], None]:
    """Run axe over a page in each of the views."""
    source = AXE.read_text(encoding="utf-8")

    def run(page: Page) -> None:
        page.evaluate(source)
        for size, scheme, options in VIEWS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.evaluate(DRAWN)
            found: list[dict[str, Any]] = page.evaluate(
                "options => axe.run(options).then(found => found.violations)", options
            )
            told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
            assert told == [], (page.url, size["width"], scheme)

    return run


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
