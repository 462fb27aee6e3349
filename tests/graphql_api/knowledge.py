"""What the tests of the dialect ask about: a few insights that one can know by heart, and many that one can't."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

Row = dict[str, Any]
DAY = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)


class Knowledge(NamedTuple):
    """Rows by their columns, and which insight carries which tag."""

    categories: list[Row]
    tags: list[Row]
    insights: list[Row]
    links: set[tuple[int, int]]


def store(owner: psycopg.Connection, knowledge: Knowledge) -> None:
    """Into an empty database, with the users 1 and 2."""
    for name in ("a", "b"):
        owner.execute(
            "INSERT INTO users (kind, email, name, role, password_hash) VALUES ('person', %s, %s, 'viewer', 'x')",
            (f"{name}@example.org", name),
        )
    for table in ("categories", "tags", "insights"):
        rows: list[Row] = getattr(knowledge, table)
        columns = ", ".join(name for name in rows[0] if name != "usage_count")
        owner.execute(
            f"INSERT INTO {table} ({columns})"
            f" SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s)".encode(),
            (json.dumps(rows, default=str),),
        )
    insights, tags = zip(*sorted(knowledge.links), strict=True)
    owner.execute(
        "INSERT INTO insight_tags (insight_id, tag_id) SELECT * FROM unnest(%s::int4[], %s::int4[])",
        (list(insights), list(tags)),
    )


def category(number: int, name: str, parent: int | None, **more: Any) -> Row:
    at = DAY + timedelta(days=number)
    given = {"id": number, "name": name, "slug": name.lower(), "description": None, "parent_id": parent}
    return given | {"color": None, "icon": None, "created_at": at, "updated_at": at, "version": 1} | more


def tag(number: int, name: str, **more: Any) -> Row:
    at = DAY + timedelta(days=number)
    given = {"id": number, "name": name, "slug": name.lower(), "description": None, "color": None}
    return given | {"created_at": at, "version": 1} | more


def insight(number: int, title: str, source: str | None, category_id: int | None, **more: Any) -> Row:
    at = DAY + timedelta(days=number)
    given: Row = {"id": number, "public_id": UUID(int=number), "external_key": None, "title": title, "description": ""}
    given |= {"content": None, "source": source, "author": "ada", "category_id": category_id, "priority": "low"}
    given |= {"status": "published", "visibility": "PUBLIC", "version": number, "created_at": at, "updated_at": at}
    return given | {"published_at": at, "owner_id": None, "metadata": {}} | more


FEW = Knowledge(
    categories=[
        category(1, "Technical", None, color="#112233"),
        category(2, "Databases", 1),
        category(3, "Indexes", 2),
        category(4, "Hiring", None, description="People"),
        category(5, "Empty", 1),
    ],
    tags=[tag(1, "Alpha"), tag(2, "Beta"), tag(3, "Gamma"), tag(4, "Unused")],
    insights=[
        insight(1, "Alpha one", "blog", 2, priority="high", external_key="K-1"),
        insight(2, "Beta", None, 2, author="bob"),
        insight(3, "100% sure", "wiki", 3, priority="medium", status="draft", published_at=None, owner_id=1),
        insight(4, "under_score", "blog", None, author="cyd", priority="high"),
        insight(5, "back\\slash", None, None, author="bob", status="archived", visibility="RESTRICTED"),
        insight(6, "alpha two", "wiki", 1, priority="critical"),
    ],
    links={(1, 1), (1, 2), (2, 1), (3, 2), (5, 3), (6, 1), (6, 2), (6, 3)},
)

# Texts that sort, match and print awkwardly.
TEXTS = [
    "", "a", "A", "b", "ab", "a%b", "a_b", "a\\b", 'quote"d', "it's", "tab\there", "line\nbreak", "é", "Z", "zebra",
    "10", "9", "ß", "😀", "{brace}", "$1", "%s", ":name", "a b",
]  # fmt: skip
WORDS = ["a", "A", "ab", "zebra", "a%b", "it's", "é"]


def many() -> Knowledge:
    """40 insights, 8 categories and 7 tags, with many nulls and many values that occur more than once."""
    random = Random(7)
    insights = [_any_insight(number, random) for number in range(1, 41)]
    pairs = ((row["id"], number) for row in insights for number in range(1, 7))  # none carries the last tag
    links = {pair for pair in pairs if random.random() < 0.3}
    return Knowledge(list(_categories(random)), list(_tags(random)), insights, links)


def _text(random: Random, *, nullable: bool = True) -> str | None:
    return None if nullable and random.random() < 0.4 else random.choice(WORDS)


def _at(random: Random) -> datetime:
    return DAY + timedelta(days=random.randrange(4), microseconds=random.choice([0, 0, 1, 123_456, 120_000]))


def _categories(random: Random) -> Iterator[Row]:
    parents = [None, 1, 1, 2, None, 5, 4, None]
    names = ["Technical", "databases", "a", "A%", "Étude", "b_", "c\\d", "zz"]
    for number, (name, parent) in enumerate(zip(names, parents, strict=True), 1):
        color, icon = random.choice([None, "#aaaaaa", "#BBBBBB"]), _text(random)
        more = {"description": _text(random), "color": color, "icon": icon, "created_at": _at(random)}
        yield category(number, name, parent, **more, version=random.randrange(1, 4))


def _tags(random: Random) -> Iterator[Row]:
    for number, name in enumerate(["alpha", "Beta", "gamma%", "delta_", "é", "ω", "never"], 1):
        color = random.choice([None, "#aaaaaa", "#BBBBBB"])
        yield tag(number, name, description=_text(random), color=color, created_at=_at(random))


def _any_insight(number: int, random: Random) -> Row:
    status = random.choice(["draft", "published", "archived"])
    more: Row = {
        "external_key": f"K-{number}" if random.random() < 0.3 else None,
        "description": random.choice(TEXTS),
        "content": random.choice([None, *TEXTS]),
        "author": random.choice(WORDS),
        "priority": random.choice(["low", "medium", "high", "critical"]),
        "status": status,
        "visibility": random.choice(["PUBLIC", "INTERNAL", "RESTRICTED", "ANONYMISED"]),
        "version": random.randrange(1, 4),
        "created_at": _at(random),
        "updated_at": _at(random),
        "published_at": _at(random) if status == "published" or random.random() < 0.5 else None,
        "owner_id": random.choice([None, 1, 2]),
    }
    title = random.choice([text for text in TEXTS if text.strip()])
    return insight(number, title, _text(random), random.choice([None, None, *range(1, 8)]), **more)
