"""The dashboard's question that GraphQL is measured by, in each of its forms.

The 20 newest published insights of a category, with category and tags, and how many there are.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product
from typing import Any, NamedTuple

import orjson

from benchmarks.data import CATEGORIES, STATUSES
from benchmarks.workloads import Call

PAGE_SIZE = 20
PUBLISHED, CATEGORY = "published", f"Category {CATEGORIES // 10}"

SELECTED = """id title priority status author created_at category { name color icon } tags { name color }"""
TEXT = """{declared} {{
  insights(where: {where}, order_by: {{created_at: desc}}, limit: {limit}) {{ {selected} }}
  insights_aggregate(where: {where}) {{ aggregate {{ count }} }}
}}"""
DECLARED = "query newest($status: String!, $category: String!, $limit: Int!)"

# As one would write it by hand, knowing the tables and the planner: the category's id first, so that an index is walked
# in order; the page before what is joined to it.
STATEMENT = """
WITH wanted AS MATERIALIZED (SELECT id, name, color, icon FROM categories WHERE name = %(category)s)
SELECT json_build_object(
  'insights', (
    SELECT coalesce(json_agg(json_build_object(
      'id', i.id, 'title', i.title, 'priority', i.priority, 'status', i.status, 'author', i.author,
      'created_at', i.created_at,
      'category', (SELECT json_build_object('name', w.name, 'color', w.color, 'icon', w.icon) FROM wanted w),
      'tags', (SELECT coalesce(json_agg(json_build_object('name', t.name, 'color', t.color)), '[]')
               FROM insight_tags l JOIN tags t ON t.id = l.tag_id WHERE l.insight_id = i.id)
    )), '[]')
    FROM (SELECT id, title, priority, status, author, created_at FROM insights
          WHERE status = %(status)s AND category_id = (SELECT id FROM wanted)
          ORDER BY created_at DESC LIMIT %(limit)s) i),
  'insights_aggregate', json_build_object('aggregate', json_build_object('count', (
    SELECT count(*) FROM insights WHERE status = %(status)s AND category_id = (SELECT id FROM wanted))))
)::text"""


class Values(NamedTuple):
    """What is asked for."""

    status: str = PUBLISHED
    category: str = CATEGORY
    limit: int = PAGE_SIZE

    def text(self) -> str:
        """With the values written out."""
        where = f'{{status: {{_eq: "{self.status}"}}, category: {{name: {{_eq: "{self.category}"}}}}}}'
        return TEXT.format(declared="", where=where, limit=self.limit, selected=SELECTED)


WITH_VARIABLES = TEXT.format(
    declared=DECLARED,
    where="{status: {_eq: $status}, category: {name: {_eq: $category}}}",
    limit="$limit",
    selected=SELECTED,
)


@dataclass(frozen=True, slots=True)
class Case:
    """The same question to all; requests are sent in turn. The limit is told the values, where they change.

    ``known``: every text was asked before, in each of the product's processes. Resolvers, for which that would take
    minutes, are left out then.
    """

    name: str
    title: str
    product: Sequence[Call]
    limit: Sequence[Call]
    known: bool = False


def cases() -> tuple[Case, ...]:
    """Names are those of docs/how-to/measure.md."""
    same, fixed = Values(), [Call("GET", "/newest")]
    varied = list(_varied())
    published = [values for values in varied if values.status == PUBLISHED]
    return (
        Case("G1", "the values in the text", [_asked(same.text())], fixed),
        Case("G2", "variables", [_asked(WITH_VARIABLES, same._asdict())], fixed),
        Case("G3", "variables, always new", [_asked(WITH_VARIABLES, v._asdict()) for v in varied], _told(varied)),
        Case(
            "G4", f"{len(published):,} texts", [_asked(one.text()) for one in published], _told(published), known=True
        ),
    )


def texts(least: int = 0) -> Iterator[str]:
    """Texts without end, no two alike: every other one needs a statement of its own, the rest only other values."""
    plain = Values().text()
    for number in count(least):
        if number % 2:
            yield plain.replace("{ id", f"{{ id{number}: id", 1)
        else:
            yield plain.replace("{status", f'{{title: {{_neq: "Title {number}"}}, status')


def _varied() -> list[Values]:
    """In the mean a page of the usual size; more than a process may remember of what was sent."""
    combined = product(STATUSES, range(1, CATEGORIES + 1), range(PAGE_SIZE - 2, PAGE_SIZE + 3))
    found = [Values(status, f"Category {number}", limit) for status, number, limit in combined]
    random.Random(4).shuffle(found)
    return found


def _told(varied: Sequence[Values]) -> list[Call]:
    return [Call("POST", "/newest/given", orjson.dumps(values._asdict())) for values in varied]


def _asked(text: str, variables: Mapping[str, Any] | None = None) -> Call:
    body = {"query": text} if variables is None else {"query": text, "variables": variables}
    return Call("POST", "/graphql", orjson.dumps(body))
