"""The examples of a new installation."""

from pathlib import Path

from flask import Flask

import app.demo
from app.core.db import read_rows, transact
from app.demo import seed_demo
from app.exchange.formats.markdown import MarkdownReader
from app.insights.commands.updating import update_insight
from app.insights.commands.writing import create_insight, delete_insight
from tests.exchange.reading import rows
from tests.exchange.stored import numbers, versions

EXAMPLES = Path(app.demo.__file__).parent / "insights"


def test_every_example_can_be_imported_as_it_is():
    examples = rows(MarkdownReader(EXAMPLES))

    assert len(examples) == 32
    assert [problem for example in examples for problem in example.problems + example.warnings] == []


def test_a_new_installation_gets_the_examples(app: Flask):
    seed_demo()

    assert numbers()[0] == 32
    assert all(str(key).startswith("demo-") for key in versions())
    categories = read_rows(
        "SELECT c.id, c.name, p.name AS parent FROM categories c"
        " LEFT JOIN categories p ON p.id = c.parent_id ORDER BY c.id"
    )
    assert [tuple(row) for row in categories] == [
        (1, "Technical", None),
        (2, "Process", None),
        (3, "People", None),
        (4, "Product", None),
        (5, "Security", None),
        (6, "Performance", None),
        (7, "Databases", "Technical"),
        (8, "PostgreSQL", "Databases"),
        (9, "Deployments", "Process"),
        (10, "Onboarding", "People"),
    ]


def test_an_example_has_every_value_of_its_file(app: Flask):
    seed_demo()

    [row] = read_rows(
        "SELECT title, author, status, visibility, priority, iso_utc(created_at) AS c, iso_utc(updated_at) AS u,"
        " iso_utc(published_at) AS p, metadata, left(content, 26) AS begin FROM insights"
        " WHERE external_key = 'demo-sticky-sessions'"
    )
    assert tuple(row) == (
        "Sticky sessions at the load balancer", "platform-team", "archived", "INTERNAL", "medium",
        "2025-12-09T10:30:00.000000Z", "2026-02-24T11:55:00.000000Z", "2025-12-11T09:00:00.000000Z",
        {"incident": 1049, "severity": 3, "archived_because": "superseded"}, "> **Archived on 24 Februar",
    )  # fmt: skip


def test_a_second_run_leaves_everything_as_people_made_it(app: Flask):
    seed_demo()
    transact(update_insight, 1, {"title": "Mine now"})
    transact(delete_insight, 2)
    before = (numbers(), versions())

    seed_demo()

    assert (numbers(), versions()) == before


def test_an_installation_with_insights_gets_none(app: Flask):
    transact(create_insight, {"title": "T", "description": "D", "author": "A"})

    seed_demo()

    assert numbers() == (1, 0, 0)
