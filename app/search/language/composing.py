"""Texts of queries that are put together from what was typed and what was chosen."""

import re
from datetime import datetime

from app.search.language.parser import parse
from app.search.language.tree import Either

PLAIN = re.compile(r"[\w-]+")
CURLY = re.compile("[“”]")


def condition(field: str, value: str, *, exact: bool = False) -> str:
    """A field's condition on one value as it is written: ``tag:"On call"``.

    What has quotes itself stands between quotes of the other kind; straight ones beside curly ones are left out.
    """
    return f"{field}:{'=' if exact else ''}{value if PLAIN.fullmatch(value) else _quoted(value)}"


def has(text: str, written: str) -> bool:
    """Whether a condition stands in the text by itself, as it is or in other letter case."""
    return bool(_place_of(written).search(text))


def narrowed(text: str, written: str, now: datetime) -> str:
    """The text with a condition more, in front: so the last word typed is still the last, and may be unfinished."""
    if isinstance(parse(text, now).root, Either):
        return f"{written} ({text})"
    return f"{written} {text}".strip()


def without(text: str, written: str) -> str:
    """The text without a condition."""
    return _place_of(written).sub("", text, count=1).strip()


def _quoted(value: str) -> str:
    if '"' in value and not CURLY.search(value):
        return f"“{value}”"
    return f'"{value.replace(chr(34), "")}"'


def _place_of(written: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S){re.escape(written)}(?!\S)\s*", re.IGNORECASE)
