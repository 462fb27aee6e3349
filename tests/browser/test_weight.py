"""What a browser loads that comes for the first time, as it is sent: headers, pages, styles, scripts, icons."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import Live
from tests.browser.stock import CURATOR, Stock

MOST_BYTES = 60_000
TEXTS = [
    f"{number}. The restore drill found a gap: the attachments were missing from the copy, and nobody had looked since"
    f" the move to the other data centre in the year {2000 + number}."
    for number in range(1, 31)
]


class Weight:
    """Counts what arrives for a page."""

    def __init__(self, page: Page) -> None:
        self.types: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.responseReceived", self._received)
        session.on("Network.loadingFinished", self._finished)

    def _received(self, event: dict[str, Any]) -> None:
        self.types[event["requestId"]] = event["response"]["url"].rpartition("/")[2] or "/"

    def _finished(self, event: dict[str, Any]) -> None:
        self.sizes[self.types[event["requestId"]]] = int(event["encodedDataLength"])

    @property
    def total(self) -> int:
        return sum(self.sizes.values())


def test_the_first_page(live: Live, owner_url: str, device: Callable[..., Page]) -> None:
    Stock(live, owner_url, TEXTS)
    for path in ("/", "/library", "/library/1", "/library/categories", "/library/tags"):
        page = live.let_in(device(), CURATOR)  # nothing was loaded before
        weight = Weight(page)
        page.goto(path, wait_until="networkidle")
        assert {name.partition("-")[0] for name in weight.sizes} >= {"app", "icons"}, path
        assert weight.total <= MOST_BYTES, (path, weight.sizes)


def test_the_door(live: Live, device: Callable[..., Page]) -> None:
    page = device()
    weight = Weight(page)
    page.goto("/sign-in", wait_until="networkidle")
    assert weight.total <= MOST_BYTES, weight.sizes


def test_the_editor_is_loaded_where_one_writes(live: Live, owner_url: str, device: Callable[..., Page]) -> None:
    Stock(live, owner_url, TEXTS[:3])
    page = live.let_in(device(), CURATOR)
    weight = Weight(page)
    page.goto("/library", wait_until="networkidle")
    assert not [name for name in weight.sizes if name.startswith("capture")]
    page.goto("/library/new", wait_until="networkidle")
    assert [name for name in weight.sizes if name.startswith("capture")]
