"""The standard categories and tags."""

from flask import Flask

from app.core.db import read_rows, transact
from app.taxonomy.commands.categories import update_category
from app.taxonomy.commands.tags import create_tag, delete_tag
from app.taxonomy.seeds import category_in_place_of, seed_taxonomy

CATEGORIES = [
    (1, "Technical", "technical", "#3B82F6", "code"),
    (2, "Process", "process", "#10B981", "cog"),
    (3, "People", "people", "#F59E0B", "users"),
    (4, "Product", "product", "#8B5CF6", "lightbulb"),
    (5, "Security", "security", "#EF4444", "shield"),
    (6, "Performance", "performance", "#06B6D4", "zap"),
]
TAGS = [
    (1, "Lesson Learned", "lesson-learned", "#10B981"),
    (2, "Best Practice", "best-practice", "#3B82F6"),
    (3, "Incident", "incident", "#EF4444"),
    (4, "Improvement", "improvement", "#F59E0B"),
    (5, "Quick Win", "quick-win", "#10B981"),
    (6, "Documentation", "documentation", "#6B7280"),
    (7, "Testing", "testing", "#8B5CF6"),
    (8, "Deployment", "deployment", "#06B6D4"),
]


def categories() -> list[tuple[object, ...]]:
    return [tuple(row) for row in read_rows("SELECT id, name, slug, color, icon FROM categories ORDER BY id")]


def tags() -> list[tuple[object, ...]]:
    return [tuple(row) for row in read_rows("SELECT id, name, slug, color FROM tags ORDER BY id")]


def test_an_empty_database_gets_them_in_order(app: Flask):
    seed_taxonomy()

    assert categories() == CATEGORIES
    assert tags() == TAGS


def test_what_is_there_stays_and_what_is_missing_comes_back(app: Flask):
    seed_taxonomy()
    transact(update_category, 1, {"name": "Engineering", "color": "#000000"})
    transact(delete_tag, 3)

    seed_taxonomy()

    assert categories() == [(1, "Engineering", "technical", "#000000", "code"), *CATEGORIES[1:]]
    assert tags() == [*TAGS[:2], *TAGS[3:], (9, "Incident", "incident", "#EF4444")]


def test_a_tag_of_that_name_takes_the_place_of_the_standard_one(app: Flask):
    transact(create_tag, {"name": "QUICK WIN", "slug": "fast"})

    seed_taxonomy()

    assert tags()[0] == (1, "QUICK WIN", "fast", None)
    assert len(tags()) == 8


def test_a_standard_category_is_found_by_its_name_or_the_slug_that_it_kept(app: Flask):
    seed_taxonomy()
    transact(update_category, 1, {"name": "Engineering"})
    transact(update_category, 2, {"slug": "ways"})

    assert [category_in_place_of(name) for name in ("Technical", "PROCESS", "Engineering", "Nothing")] == [
        1,
        2,
        1,
        None,
    ]

    transact(update_category, 3, {"name": "Technical"})

    assert category_in_place_of("Technical") == 3
