"""No page costs more than a dozen statements, who is asking and may they included."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page
from sqlalchemy import event

from app.core.reading import statement_read
from app.extensions import db
from tests.browser.conftest import Live, sign_in
from tests.browser.pages import PAGES, addresses
from tests.browser.stock import CURATOR, Stock

MOST = 12
TEXTS = [f"Insight {number} of many, with a tag and a category of its own" for number in range(1, 31)]


@pytest.fixture
def sent(live: Live) -> Iterator[list[str]]:
    """What the application sends to its database."""
    statements: list[str] = []

    def record(connection: object, cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    def record_read(engine: object, statement: str, parameters: object) -> None:
        statements.append(statement)

    with live.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", record)
    with statement_read.connected_to(record_read, sender=engine):
        yield statements
    event.remove(engine, "before_cursor_execute", record)


@pytest.mark.parametrize("group", PAGES)
def test_a_dozen_is_enough(
    group: str, live: Live, owner_url: str, sent: list[str], device: Callable[..., Page]
) -> None:
    stock = Stock(live, owner_url, TEXTS)
    page = device(java_script_enabled=False)
    sign_in(page, CURATOR)
    page.wait_for_url(f"{live.url}/")
    counts: dict[str, int] = {}
    for path in addresses(group, stock):
        sent.clear()
        page.goto(path)
        counts[path] = len(sent)
    assert 1 <= max(counts.values()) <= MOST, counts
