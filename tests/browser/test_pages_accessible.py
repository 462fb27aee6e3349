"""axe finds nothing to object to on any page, light and dark, on a desk and on a phone; nothing goes beyond a narrow
screen, nothing moves while a page comes up. The list of pages is whole."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, Live, sign_in
from tests.browser.pages import ELSEWHERE, PAGES, addresses
from tests.browser.stock import CURATOR, Stock

TEXTS = (
    "Autovacuum was too slow for busy tables: we lowered the scale factor to two hundredths",
    "Größere Änderungen gehören in die erste Wochenhälfte, 変更は週の前半に",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsentwurf" * 2,
    "Invoice links lacked an ownership check",
    "A cache stampede on the hour",
    "Retry storms exhaust the pool",
)
ATTEMPTS = 3
# What Chromium has seen move by itself since the page began to come up.
SHIFTED = """() => new Promise((told) => {
  const shifted = [];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, sources } of list.getEntries()) {
      if (!hadRecentInput) shifted.push(...sources.map(({ node }) => (node?.outerHTML ?? String(node)).slice(0, 120)));
    }
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => told(shifted), 150);
})"""
WIDER = """() => [...document.querySelectorAll("body *")]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => each.outerHTML.slice(0, 120)).slice(0, 3)"""


@pytest.fixture
def stock(live: Live, owner_url: str) -> Stock:
    return Stock(live, owner_url, TEXTS)


@pytest.fixture
def signed_in(stock: Stock, device: Callable[..., Page]) -> Page:
    page = device()
    sign_in(page, CURATOR)
    page.wait_for_url(f"{stock.live.url}/")
    return page


def shifted(page: Page, path: str) -> list[str]:
    """What moves each time that a page comes up. While its parts arrive, a slow machine may draw half of it once."""
    moved: list[str] = []
    for _ in range(ATTEMPTS):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == (404 if path == "/nowhere" else 200), path
        if not (moved := page.evaluate(SHIFTED)):
            break
    return moved


@pytest.mark.parametrize("group", PAGES)
def test_axe(group: str, stock: Stock, signed_in: Page, check: Callable[[Page], None]) -> None:
    for path in addresses(group, stock):
        signed_in.goto(path)
        check(signed_in)


@pytest.mark.parametrize("group", PAGES)
def test_nothing_moves_and_nothing_is_too_wide(group: str, stock: Stock, signed_in: Page) -> None:
    page = signed_in
    for size in (DESKTOP, {"width": 320, "height": 640}):
        page.set_viewport_size(size)
        for path in addresses(group, stock):
            assert shifted(page, path) == [], (path, size)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], (path, width, page.evaluate(WIDER))


def test_every_page_is_in_the_list(application: Flask) -> None:
    """Whoever adds one adds it to `tests.browser.pages`."""
    adapter = application.url_map.bind("localhost")
    one = "00000000-0000-0000-0000-000000000001"
    paths = [re.sub(r"\?.*", "", path) for group in PAGES.values() for path in group]
    known = {"{receipt}": one, "{run}": one, "{trashed}": "1"}
    named = {adapter.match(_filled(path, known))[0] for path in paths if path != "/nowhere"}
    pages = {
        rule.endpoint
        for rule in application.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and "pages" in application.view_functions[rule.endpoint].__module__.split(".")
    }
    assert pages - named - ELSEWHERE == set()
    assert named & ELSEWHERE == set()


def _filled(path: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        path = path.replace(name, value)
    return path
