"""A read costs one statement, however much there is to read."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.answers import make_category, make_insight

READS = [
    ("GET", "/insights", None),
    ("GET", "/insights?page=2&page_size=1&status=draft&author=a&category=Deep", None),
    ("GET", "/insights/1", None),
    ("GET", "/insights/99", None),
    ("POST", "/insights/search", {}),
    ("POST", "/insights/search", {"query": "tag:shared category:top -status:archived", "priority": "medium"}),
    ("POST", "/insights/search", {"tag_ids": [1, 2, 3, 99]}),
    ("GET", "/tags", None),
    ("GET", "/tags/1", None),
    ("GET", "/categories", None),
    ("GET", "/categories/1", None),
    ("GET", "/categories/tree", None),
    ("GET", "/tags/suggested-merges", None),
    ("GET", "/categories/suggested-merges", None),
    ("GET", "/statistics", None),
    ("GET", "/metrics", None),
    ("GET", "/health", None),
]


@pytest.mark.parametrize(("method", "path", "body"), READS)
def test_one_statement(
    client: FlaskClient, statements: Callable[[], list[str]], method: str, path: str, body: object
) -> None:
    make_category(client, "Top")
    make_category(client, "Deep", parent_id=1)
    for number in range(6):
        make_insight(client, category_id=1 + number % 2, tags=[f"Tag {number}", "Shared"])
    before = len(statements())
    client.open(path, method=method, json=body)
    assert len(statements()[before:]) == 1


@pytest.mark.parametrize("path", ["/livez", "/openapi.json", "/nowhere", "/insights/abc", "/insights?page=0"])
def test_no_statement(client: FlaskClient, statements: Callable[[], list[str]], path: str) -> None:
    client.get(path)
    assert statements() == []
