"""The conditions of a query's fields as SQL, on an insight ``i``."""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.core.db import like_literal
from app.identity.audience import Audience
from app.insights.models import Priority, Status
from app.search.language.tree import Condition, Operator, Period
from app.taxonomy.models import Category, Tag
from app.taxonomy.queries.names import KINDS

# Takes a value, returns the name that it is bound to.
Bind = Callable[[object], str]

# By the name or the slug, as a list: a subquery would keep the planner from the index. What was merged away stands for
# its target.
NAMED = """
ARRAY(
  WITH wanted AS (SELECT folded(name) AS name FROM unnest({names}) AS name)
  SELECT stored.id FROM wanted JOIN {table} stored ON folded(stored.name) = wanted.name
  UNION SELECT stored.id FROM wanted JOIN {table} stored ON stored.slug = wanted.name
  UNION SELECT alias.{target} FROM wanted JOIN {aliases} alias ON folded(alias.name) = wanted.name
  UNION SELECT alias.{target} FROM wanted JOIN {aliases} alias ON alias.slug = wanted.name)"""
SUBTREE = """
ARRAY(
  WITH RECURSIVE subtree(id) AS (
    SELECT unnest({named})
    UNION SELECT below.id FROM categories below JOIN subtree ON below.parent_id = subtree.id)
  SELECT id FROM subtree)"""
SOURCED = "folded(i.source) = ANY (ARRAY(SELECT folded(name) FROM unnest({names}) AS name))"
# Not `IN`: behind a NOT or an OR the planner would take all insights with the tag anew to be read for each insight.
TAGGED = "EXISTS (SELECT FROM insight_tags t WHERE t.insight_id = i.id AND t.tag_id = ANY ({named}))"
HAS_TAGS = "EXISTS (SELECT FROM insight_tags t WHERE t.insight_id = i.id)"
HAS = {
    "content": "i.content <> ''",
    "source": "i.source <> ''",
    "category": "i.category_id IS NOT NULL",
    "tags": HAS_TAGS,
}
IS = {
    "uncategorised": "i.category_id IS NULL",
    "untagged": f"NOT {HAS_TAGS}",
    **{str(status): f"i.status = '{status}'" for status in Status},
}
# Without sign-in everything belongs to nobody, and nobody is asked for.
MINE = "i.owner_id = CAST({reader} AS integer)"
COMPARED: Mapping[Operator, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
PRIORITIES = list(map(str, Priority))


def filter_sql(condition: Condition, audience: Audience, bind: Bind) -> str:
    """A condition; it may be null where the insight lacks what it is about."""
    texts = [value for value in condition.values if isinstance(value, str)]
    match condition.field:
        case "tag":
            return TAGGED.format(named=_named(Tag, texts, bind))
        case "category":
            named = _named(Category, texts, bind)
            return f"i.category_id = ANY ({named if condition.exact else SUBTREE.format(named=named)})"
        case "author":
            part = "" if condition.exact else "%"
            patterns = (bind(f"{part}{like_literal(text)}{part}") for text in texts)
            return _one_of(rf"i.author ILIKE {pattern} ESCAPE '\'" for pattern in patterns)
        case "priority":
            return f"i.priority = ANY (CAST({bind(_priorities(condition, texts))} AS text[]))"
        case "source":
            return SOURCED.format(names=f"CAST({bind(texts)} AS text[])")
        case "status" | "visibility":
            return f"i.{condition.field} = ANY (CAST({bind(texts)} AS text[]))"
        case "has":
            return _one_of(HAS[text] for text in texts)
        case "is":
            return _one_of(MINE.format(reader=bind(audience.reader)) if text == "mine" else IS[text] for text in texts)
    return _one_of(_within(condition, value, bind) for value in condition.values if isinstance(value, Period))


def _named(kind: type[Category] | type[Tag], names: list[str], bind: Bind) -> str:
    return NAMED.format(**KINDS[kind]._asdict(), names=f"CAST({bind(names)} AS text[])")


def _priorities(condition: Condition, texts: list[str]) -> list[str]:
    compared = COMPARED[condition.operator]
    places = [PRIORITIES.index(text) for text in texts]
    return [token for place, token in enumerate(PRIORITIES) if any(compared(place, asked) for asked in places)]


def _within(condition: Condition, period: Period, bind: Bind) -> str:
    column = f"i.{condition.field}_at"
    since = [f"{column} >= CAST({bind(period.since)} AS timestamptz)"] if period.since else []
    until = [f"{column} < CAST({bind(period.until)} AS timestamptz)"] if period.until else []
    return " AND ".join(since + until) or f"{column} IS NOT NULL"


def _one_of(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(conditions)})"
