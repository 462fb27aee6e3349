"""No page costs more than a dozen statements, who is asking and may they included."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from app.core.reading import statement_read
from app.extensions import db
from app.identity.cookies import SESSION
from app.identity.queries.credentials import forget_callers
from tests.browser.conftest import Live
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


def test_a_dozen_is_enough(live: Live, owner_url: str, sent: list[str]) -> None:
    """Of each page for somebody who was not seen a moment ago."""
    stock = Stock(live, owner_url, TEXTS)
    client = live.app.test_client()
    client.set_cookie(SESSION.plain_name, live.session(CURATOR), domain="127.0.0.1")
    counts: dict[str, int] = {}
    for path in (path for group in PAGES for path in addresses(group, stock)):
        forget_callers()
        sent.clear()
        answer = client.get(path, base_url=live.url)
        assert answer.status_code == (404 if path == "/nowhere" else 200), path
        counts[path] = len(sent)
    assert 1 <= min(counts.values()) <= max(counts.values()) <= MOST, counts
