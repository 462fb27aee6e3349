"""The meaning of queries in plain Python, over dictionaries; written from the language and not from the code."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.search.language.tree import Condition, Either, Every, Node, Not, Period, Phrase, Sequence, Word, wanted_text

START = datetime(2026, 1, 1, tzinfo=UTC)

# Endings that fall together, beginnings of one another, stop words, signs.
WORDS = [
    "retry",
    "retries",
    "storm",
    "stormy",
    "connection",
    "connect",
    "the",
    "of",
    "night",
    "well-known",
    "well",
    "known",
    "café",
    "it's",
]
UNKNOWN = ["zq9x", "ight", "x7"]
SENTENCES = [
    " ".join(WORDS[(n * step + offset) % len(WORDS)] for n in range(4)) for step in (1, 5, 7) for offset in range(9)
]
STATUSES, PRIORITIES = ["draft", "published", "archived"], ["low", "medium", "high", "critical"]
VISIBILITIES = ["PUBLIC", "INTERNAL", "RESTRICTED"]
CATEGORIES = {1: ("Technical", None), 2: ("Databases", 1), 3: ("Hiring", None)}
TAGS = {1: "On call", 2: "Über"}
AUTHORS, SOURCES = ["Ada L.", "Bob%"], [None, "", "Wiki"]


def rows() -> Iterator[dict[str, Any]]:
    for n in range(30):
        yield {
            "id": n + 1,
            "title": SENTENCES[n % 27] if n % 6 else WORDS[n % 12],
            "description": SENTENCES[n * 7 % 27] if n % 4 else "",
            "content": SENTENCES[n * 11 % 27] if n % 3 else None,
            "status": STATUSES[n % 3],
            "priority": PRIORITIES[n % 4],
            "visibility": VISIBILITIES[n % 7 % 3],
            "category_id": (None, 1, 2, 3)[n // 2 % 4],
            "author": AUTHORS[n // 3 % 2],
            "source": SOURCES[n // 2 % 3],
            "owner_id": 1 if n % 5 == 0 else None,
            "created_at": START + timedelta(days=11 * n),
            "updated_at": START + timedelta(days=11 * n, hours=1),
            "published_at": START + timedelta(days=11 * n) if n % 3 == 1 else None,
            "tags": {tag for tag in TAGS if n % (tag + 2) == 0},
        }


NAMES = {
    "tag": {"on call": 1, "on-call": 1, "uber": 2, "pager": 1},
    "category": {"technical": 1, "databases": 2, "data-bases": 2, "hiring": 3, "recruiting": 3},
}
BELOW = {1: {1, 2}, 2: {2}, 3: {3}}
HOLDS: Mapping[str, Callable[[dict[str, Any]], bool]] = {
    "has:content": lambda row: bool(row["content"]),
    "has:source": lambda row: bool(row["source"]),
    "has:category": lambda row: row["category_id"] is not None,
    "has:tags": lambda row: bool(row["tags"]),
    "is:uncategorised": lambda row: row["category_id"] is None,
    "is:untagged": lambda row: not row["tags"],
    "is:published": lambda row: row["status"] == "published",
    "is:mine": lambda row: row["owner_id"] == 1,
}


@dataclass
class Reference:
    """Evaluates trees over rows. What the stems of a text are, the database has to say."""

    stems: Callable[[str], frozenset[str]]

    def text(self, row: dict[str, Any]) -> str:
        return " ".join(filter(None, (row["title"], row["description"], row["content"])))

    def wanted(self, word: str) -> frozenset[str]:
        """Of a word with hyphens its parts."""
        return self.stems(word.replace("-", " "))

    def known(self, word: str) -> bool:
        return any(self.wanted(word) <= self.stems(self.text(row)) for row in rows())

    def has(self, row: dict[str, Any], word: Word, *, expand: bool) -> bool:
        here = self.stems(self.text(row))
        if self.wanted(word.text) <= here:
            return True
        if not expand:
            return False
        begun = [
            known for known in WORDS if word.prefix and len(word.text) > 1 and fold(known).startswith(fold(word.text))
        ]
        part = [
            known
            for known in WORDS
            if not self.known(word.text) and fold(word.text) in fold(known) and len(word.text) > 2
        ]
        return any(self.stems(known) and self.stems(known) <= here for known in begun or part)

    def counts(self, node: Node) -> bool:
        match node:
            case Word():
                return bool(self.wanted(node.text))
            case Phrase():
                return bool(written(node.text))
            case Not(part):
                return self.counts(part)
            case Every(nodes) | Sequence(nodes) | Either(nodes):
                return any(map(self.counts, nodes))
        return True

    def finds(self, row: dict[str, Any], root: Node | None, *, strict: bool) -> bool:
        return root is None or not self.counts(root) or self.holds(row, root, strict=strict)

    def holds(self, row: dict[str, Any], node: Node, *, strict: bool, expand: bool = True) -> bool:
        def each(nodes: list[Node]) -> list[bool]:
            return [self.holds(row, part, strict=strict, expand=expand) for part in nodes]

        match node:
            case Word():
                return self.has(row, node, expand=expand)
            case Phrase():
                return f" {written(node.text)} " in f" {written(self.text(row))} "
            case Condition():
                return condition_holds(row, node)
            case Not(part):
                return not self.holds(row, part, strict=False, expand=False)
        parts = [part for part in node.nodes if self.counts(part)]
        if isinstance(node, Either):
            return any(each(parts)) or not parts
        others = [part for part in parts if not isinstance(part, Word)]
        if isinstance(node, Every) or strict or len(others) == len(parts):
            return all(each(parts))
        text = any(self.counts(text) for part in others for text in wanted_text(part))
        words = [part for part in parts if isinstance(part, Word)]
        return all(each(others)) and (text or any(each(words)))


def written(text: str) -> str:
    """The words of a text, one space between them."""
    return " ".join(re.findall(r"\w+", fold(text)))


def fold(text: str) -> str:
    return text.lower().replace("é", "e").replace("ü", "u")


def condition_holds(row: dict[str, Any], condition: Condition) -> bool:
    return any(value_holds(row, condition, value) for value in condition.values)


def value_holds(row: dict[str, Any], condition: Condition, value: str | Period) -> bool:
    if isinstance(value, Period):
        at = row[f"{condition.field}_at"]
        return at is not None and (not value.since or at >= value.since) and (not value.until or at < value.until)
    match condition.field:
        case "tag":
            return NAMES["tag"].get(fold(value)) in row["tags"]
        case "category":
            wanted = NAMES["category"].get(fold(value))
            return row["category_id"] in ({wanted} if condition.exact else BELOW.get(wanted or 0, set())) - {None}
        case "author":
            typed, author = value.lower(), row["author"].lower()
            return typed == author if condition.exact else typed in author
        case "source":
            return row["source"] is not None and fold(value) == fold(row["source"])
        case "priority":
            here, there = (PRIORITIES.index(priority) for priority in (row["priority"], value))
            compared = {
                "=": here == there,
                "<": here < there,
                "<=": here <= there,
                ">": here > there,
                ">=": here >= there,
            }
            return compared[condition.operator]
        case "has" | "is":
            return HOLDS[f"{condition.field}:{value}"](row)
    return bool(row[condition.field] == value)
