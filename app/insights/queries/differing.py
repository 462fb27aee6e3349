"""What a writer who read an older version of an insight has to know before trying again."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.db import read_rows
from app.errors import UNKNOWN, Differing
from app.identity.audience import Audience
from app.insights.history import FIELDS, State, same
from app.insights.queries.revisions import History, history_after, seen
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import ids_named

# The fields of a state that a request can give, and what they are called there and as loaded.
WRITTEN_AS = {"tags": "tag_ids"}
LOADED_AS = {"metadata": "extra", "tags": "tag_ids"}
NOT_WRITTEN = ("owner_id", "created_at", "published_at")
WRITABLE = [field for field in FIELDS if field not in NOT_WRITTEN]
# The tags' names, ordered, and the category's.
NAMED = """
SELECT ARRAY(SELECT name FROM tags WHERE id = ANY (:tags) ORDER BY folded(name)) AS tags,
    (SELECT name FROM categories WHERE id = :category_id) AS category_name"""


def differing(audience: Audience, insight_id: int, read: int, given: Mapping[str, Any]) -> list[Differing]:
    """The fields that others have changed since version ``read``, and those of the ``given`` ones (as loaded by
    `InsightSchema`) that are stored otherwise. Names are answered with names, ids with ids."""
    history = history_after(audience, insight_id, version=read)
    now, before = history.head, _when_read(audience, history)
    fields = [found for field in WRITABLE if (found := _differing(field, now, before, given))]
    return fields + _named_otherwise(now, given)


def _when_read(audience: Audience, history: History) -> State | None:
    """The state that the writer read; None when it is older than the history, or not for this audience."""
    if history.revisions and history.revisions[-1].number == 1:
        return None
    before = history.states()[-1]
    return before if seen(audience, before) else None


def _differing(field: str, now: State, before: State | None, given: Mapping[str, Any]) -> Differing | None:
    wanted = given.get(LOADED_AS.get(field, field), UNKNOWN)
    if field == "tags" and isinstance(wanted, Sequence):
        wanted = sorted(set(wanted))
    if wanted is None and (field == "tags" or (field == "category_id" and given.get("category_name"))):
        wanted = UNKNOWN  # null asks for nothing where names may ask
    yours = UNKNOWN if wanted is UNKNOWN or same(now[field], wanted) else wanted
    was = UNKNOWN if before is None or same(before[field], now[field]) else before[field]
    return None if yours is was is UNKNOWN else Differing(WRITTEN_AS.get(field, field), now[field], was, yours)


def _named_otherwise(now: State, given: Mapping[str, Any]) -> list[Differing]:
    """The category and the tags that the writer gave by their names, where others are stored."""
    category = given.get("category_name") if given.get("category_id") is None else None
    tags = given.get("tags") if given.get("tag_ids") is None else None
    if category is None and tags is None:
        return []
    [names] = read_rows(NAMED, tags=now["tags"], category_id=now["category_id"])
    found = []
    if category is not None and ids_named(Category, [category]).get(category) != now["category_id"]:
        found.append(Differing("category_name", names.category_name, yours=category))
    if tags is not None and {ids_named(Tag, tags).get(name) for name in tags} != set(now["tags"]):
        found.append(Differing("tags", names.tags, yours=tags))
    return found
