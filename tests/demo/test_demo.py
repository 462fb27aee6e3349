"""The examples of a new installation."""

from pathlib import Path

from flask import Flask

from app import demo
from app.core.db import read_rows, transact
from app.demo import seed_demo
from app.exchange.formats.markdown import MarkdownReader
from app.insights.commands.trashing import delete_insight
from app.insights.commands.updating import update_insight
from app.insights.commands.writing import create_insight
from app.taxonomy.commands.categories import update_category
from app.taxonomy.seeds import seed_taxonomy
from tests.exchange.reading import rows
from tests.exchange.stored import numbers, versions

EXAMPLES = Path(demo.__file__).parent / "insights"


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


def test_examples_that_were_all_deleted_do_not_come_back(app: Flask):
    seed_demo()
    for row in read_rows("SELECT id FROM insights"):
        transact(delete_insight, row.id)

    seed_demo()

    assert numbers()[0] == 0


def test_a_renamed_standard_category_keeps_its_children(app: Flask):
    seed_taxonomy()
    transact(update_category, 1, {"name": "Engineering"})
    transact(update_category, 2, {"slug": "ways-of-working"})

    seed_demo()

    children = read_rows("SELECT name, parent_id FROM categories WHERE parent_id IS NOT NULL ORDER BY id")
    assert [tuple(row) for row in children] == [
        ("Databases", 1),
        ("PostgreSQL", 7),
        ("Deployments", 2),
        ("Onboarding", 3),
    ]
    assert numbers()[0] == 32


def test_a_category_without_parent_comes_to_the_top(app: Flask):
    transact(demo._create_below_parent, {"name": "Databases", "slug": "databases", "parent": "Technical"})

    assert [tuple(row) for row in read_rows("SELECT name, parent_id FROM categories")] == [("Databases", None)]
