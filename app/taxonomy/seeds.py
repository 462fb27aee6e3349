"""The standard categories and tags."""

from collections.abc import Callable, Mapping, Sequence

from app.core.db import read_rows, transact
from app.core.names import slugify
from app.taxonomy.commands.categories import create_category
from app.taxonomy.commands.tags import create_tag
from app.taxonomy.models import CATEGORY_NAME_LENGTH, Category, Tag
from app.taxonomy.queries.names import KINDS

# In the order of their ids on an empty database: Technical is category 1.
CATEGORIES = (
    {"name": "Technical", "slug": "technical", "color": "#3B82F6", "icon": "code"},
    {"name": "Process", "slug": "process", "color": "#10B981", "icon": "cog"},
    {"name": "People", "slug": "people", "color": "#F59E0B", "icon": "users"},
    {"name": "Product", "slug": "product", "color": "#8B5CF6", "icon": "lightbulb"},
    {"name": "Security", "slug": "security", "color": "#EF4444", "icon": "shield"},
    {"name": "Performance", "slug": "performance", "color": "#06B6D4", "icon": "zap"},
)
TAGS = (
    {"name": "Lesson Learned", "slug": "lesson-learned", "color": "#10B981"},
    {"name": "Best Practice", "slug": "best-practice", "color": "#3B82F6"},
    {"name": "Incident", "slug": "incident", "color": "#EF4444"},
    {"name": "Improvement", "slug": "improvement", "color": "#F59E0B"},
    {"name": "Quick Win", "slug": "quick-win", "color": "#10B981"},
    {"name": "Documentation", "slug": "documentation", "color": "#6B7280"},
    {"name": "Testing", "slug": "testing", "color": "#8B5CF6"},
    {"name": "Deployment", "slug": "deployment", "color": "#06B6D4"},
)
IN_PLACE = """
SELECT id FROM (
  SELECT id, name, slug FROM categories UNION ALL SELECT category_id, name, slug FROM category_aliases) known
WHERE slug = :slug OR folded(name) = folded(:name)
ORDER BY folded(name) = folded(:name) DESC LIMIT 1"""
MISSING = """
SELECT wanted.slug FROM unnest(CAST(:names AS text[]), CAST(:slugs AS text[])) AS wanted(name, slug)
WHERE NOT EXISTS (
  SELECT FROM (SELECT name, slug FROM {table} UNION ALL SELECT name, slug FROM {aliases}) known
  WHERE known.slug = wanted.slug OR folded(known.name) = folded(wanted.name))
"""


def seed_taxonomy() -> None:
    """Store those that are missing, in a transaction of its own; what is there stays as people made it."""
    transact(write_standard_taxonomy)


def write_standard_taxonomy() -> None:
    """The same inside the caller's transaction."""
    create_missing(Category, CATEGORIES, create_category)
    create_missing(Tag, TAGS, create_tag)


def create_missing(
    kind: type[Category] | type[Tag], wanted: Sequence[Mapping[str, str]], create: Callable[[Mapping[str, str]], int]
) -> None:
    """Create those whose name and slug are both free, and weren't merged away. No id is used up for the others."""
    names, slugs = [each["name"] for each in wanted], [each["slug"] for each in wanted]
    missing = {row.slug for row in read_rows(MISSING.format(**KINDS[kind]._asdict()), names=names, slugs=slugs)}
    for values in wanted:
        if values["slug"] in missing:
            create(values)


def category_in_place_of(name: str) -> int | None:
    """The category of that name, else the one that was renamed since and kept its slug; of one that was merged away,
    its target."""
    found = read_rows(IN_PLACE, name=name, slug=slugify(name, CATEGORY_NAME_LENGTH))
    return found[0].id if found else None
