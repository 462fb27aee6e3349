"""Tags and categories that may be one and the same."""

from collections.abc import Mapping
from typing import Any

from app.core.db import read_rows
from app.curation.likeness import Likeness, Name, alike
from app.identity.audience import Audience
from app.taxonomy.queries.categories import direct_counts

# The newest ones: who has more than that has other worries than spelling.
MOST_NAMES = 20_000
# Stems without order and repeats; a name of nothing but stop words has none.
STEMS = "array_to_string(tsvector_to_array(to_tsvector('pg_catalog.english', folded(name))), ' ')"
TAGS = f"""
SELECT id, name, usage_count AS used, folded(name) AS folded, {STEMS} AS stems
FROM {{tags}} ORDER BY id DESC LIMIT :most"""
CATEGORIES = f"""
SELECT c.id, c.name, coalesce(d.n, 0)::integer AS used, folded(c.name) AS folded, {STEMS} AS stems, c.parent_id
FROM categories c LEFT JOIN ({{counts}}) d ON d.category_id = c.id ORDER BY c.id DESC LIMIT :most"""


def suggested_tag_merges(audience: Audience, skip: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Suggestions (`TagSuggestion`), the most alike first; counts are what the audience sees."""
    rows = read_rows(TAGS.format(tags=audience.sources.tags), most=MOST_NAMES, **audience.parameters)
    found = alike([Name(**row._asdict()) for row in rows])
    return [_suggestion(pair, pair.less, pair.more, "usage_count") for pair in found[skip : skip + limit]]


def suggested_category_merges(audience: Audience, skip: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Suggestions (`CategorySuggestion`), the most alike first; a category never goes into one below it."""
    counts = direct_counts(audience.sources, "category_id <> 0")
    rows = read_rows(CATEGORIES.format(counts=counts), most=MOST_NAMES, **audience.parameters)
    names = {row.id: Name(**row._asdict()) for row in rows}
    found = alike(list(names.values()))[skip : skip + limit]
    return [_suggestion(pair, *_upwards(pair, names), "insight_count") for pair in found]


def _upwards(pair: Likeness, names: Mapping[int, Name]) -> tuple[Name, Name]:
    """The two, the one below the other first."""
    above = pair.more.parent_id
    while above is not None and above != pair.less.id and above in names:
        above = names[above].parent_id
    return (pair.more, pair.less) if above == pair.less.id else (pair.less, pair.more)


def _suggestion(pair: Likeness, less: Name, more: Name, count: str) -> dict[str, Any]:
    goes, stays = ({"id": each.id, "name": each.name, count: each.used} for each in (less, more))
    return {"from": goes, "into": stays, "reason": pair.reason, "similarity": pair.similarity}
