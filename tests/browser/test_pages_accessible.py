"""axe finds nothing to object to on any page, light and dark, on a desk and on a phone; nothing goes beyond a narrow
screen, nothing moves while a page comes up. The list of pages is whole."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import DESKTOP, Live
from tests.browser.pages import ELSEWHERE, PAGES, addresses
from tests.browser.stock import CURATOR, Stock

Device = Callable[..., Page]
Examine = Callable[[Page, ViewportSize, str], list[Any]]
TEXTS = (
    "Autovacuum was too slow for busy tables: we lowered the scale factor to two hundredths",
    "Größere Änderungen gehören in die erste Wochenhälfte, 変更は週の前半に",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsentwurf" * 2,
    "Invoice links lacked an ownership check",
    "A cache stampede on the hour",
    "Retry storms exhaust the pool",
)
NARROWEST: ViewportSize = {"width": 320, "height": 640}
# The size that a page comes up in, the scheme that axe holds it to with all rules, and the other widths that it takes.
VIEWS: list[tuple[ViewportSize, str, tuple[int, ...]]] = [(DESKTOP, "light", (1000, 768)), (NARROWEST, "dark", (390,))]
ATTEMPTS = 3
# What Chromium has seen move by itself since the page began to come up, two frames after the last of it was drawn.
SHIFTED = """() => new Promise((told) => {
  const shifted = [];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, sources } of list.getEntries()) {
      if (!hadRecentInput) shifted.push(...sources.map(({ node }) => (node?.outerHTML ?? String(node)).slice(0, 120)));
    }
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => told(shifted))));
})"""
WIDER = """() => {
  const width = document.documentElement.scrollWidth;
  if (width <= innerWidth) return [];
  const beyond = (each) => each.getBoundingClientRect().right > innerWidth;
  const told = [...document.querySelectorAll("body *")].filter(beyond).slice(0, 3);
  return [width, ...told.map((each) => each.outerHTML.slice(0, 120))];
}"""


@pytest.fixture
def stock(live: Live, owner_url: str) -> Stock:
    return Stock(live, owner_url, TEXTS)


def comes_up(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == (404 if path == "/nowhere" else 200), path


def shifted(page: Page, path: str) -> list[str]:
    """What has moved each time that the page came up. While its parts arrive, a slow machine may draw half of it once.
    It has been there for a while when this is asked for."""
    for _ in range(ATTEMPTS - 1):
        if not page.evaluate(SHIFTED):
            return []
        comes_up(page, path)
        page.wait_for_load_state("networkidle")
    moved: list[str] = page.evaluate(SHIFTED)
    return moved


@pytest.mark.parametrize("group", PAGES)
def test_each_page(group: str, stock: Stock, device: Device, examine: Examine) -> None:
    page = stock.live.let_in(device(), CURATOR)
    told: list[Any] = []
    for path in addresses(group, stock):
        for size, scheme, widths in VIEWS:
            page.set_viewport_size(size)
            comes_up(page, path)
            told += [(path, size["width"], *each) for each in examine(page, size, scheme)]
            told += [(path, size["width"], "moves", each) for each in shifted(page, path)]
            for width in (size["width"], *widths):
                page.set_viewport_size({"width": width, "height": size["height"]})
                told += [(path, width, "is too wide", each) for each in page.evaluate(WIDER)]
    assert told == []


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
