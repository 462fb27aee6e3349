"""How many match, about: words as if they were independent, everything else from a sample."""

from datetime import UTC, datetime

import psycopg
import pytest
from flask import Flask

from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from app.insights.queries.listing import InsightFilter
from app.search.language.parser import parse
from app.search.queries.conditions import compiled
from app.search.queries.totals import estimated, rounded
from app.search.queries.words import understand

# Half of them have "even", a third "third"; a fifth is published, a quarter restricted.
ROWS = """
INSERT INTO insights (title, description, author, status, visibility)
SELECT 'Insight', CASE WHEN n % 2 = 0 THEN 'even ' ELSE '' END || CASE WHEN n % 3 = 0 THEN 'third' ELSE '' END, 'Ada',
    CASE WHEN n % 5 = 0 THEN 'published' ELSE 'archived' END, CASE WHEN n % 4 = 0 THEN 'RESTRICTED' ELSE 'PUBLIC' END
FROM generate_series(1, 600) n"""


@pytest.fixture
def many(app: Flask, owner_connection: psycopg.Connection) -> None:
    owner_connection.execute(ROWS)
    owner_connection.execute("ANALYZE insights; ANALYZE search_documents")


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("even ", 300), ("even third ", 400), ("even -third", 200), ("even status:published", 60),
        ("status:published", 120), ("-even", 300), ('"even third"', 100), ("even OR third", 400),
        ("even AND third", 100), ("even -status:published", 240), ("unheard", 0),
    ],
)  # fmt: skip
def test_an_estimate(text: str, about: float) -> None:
    understood = understand(EVERYTHING, parse(text, datetime.now(UTC)))
    query = compiled(understood, EVERYTHING)
    assert estimated(EVERYTHING, InsightFilter(), understood, query) == pytest.approx(about, abs=1)


@pytest.mark.usefixtures("many")
def test_an_estimate_is_of_what_is_seen_and_fits() -> None:
    viewer = Audience.of([ROLES[Role.VIEWER]])
    understood = understand(viewer, parse("third ", datetime.now(UTC)))
    query = compiled(understood, viewer)
    assert estimated(viewer, InsightFilter(), understood, query) == pytest.approx(150, abs=1)
    assert estimated(viewer, InsightFilter(author="nobody"), understood, query) == 0


@pytest.mark.parametrize(
    ("number", "shown"), [(0, 0), (0.4, 0), (7, 7), (71, 71), (714, 710), (71_499, 71_000), (996_000, 1_000_000)]
)
def test_it_has_two_digits(number: float, shown: int) -> None:
    assert rounded(number) == shown
