"""Templates read members of JSON objects as Jinja does: what every dictionary has comes before a member."""

import pytest
from flask import Flask

from app.core.http.pages import PageEnvironment


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ insight.title }}", "First"),
        ("{{ insight.items() | length }}", "3"),
        ("{{ insight.nothing is defined }}", "False"),
        ("{{ insight.nothing or 'none' }}", "none"),
        ("{{ insight.tags.0.name }}", "Cache"),
        ("{{ words.upper() }}", "ABC"),
    ],
)
def test_members(template: str, shown: str) -> None:
    environment = PageEnvironment(Flask("pages"))
    insight = {"title": "First", "items": "a member", "tags": [{"name": "Cache"}]}
    assert environment.from_string(template).render(insight=insight, words="abc") == shown
