"""The fields that a query can ask about, and what may follow their colon."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.identity.permissions import Visibility
from app.insights.models import Priority, Status
from app.insights.schemas import SORTED_BY
from app.search.language.dates import WrongDate, period
from app.search.language.nearest import is_one_edit_away, nearest
from app.search.language.problems import Problems, Span
from app.search.language.tree import Condition, Operator

# Longest first: what is typed is compared in this order.
OPERATORS: Final[tuple[Operator, ...]] = ("<=", ">=", "<", ">", "=")

NAMES = ("tag", "category", "author", "source")
DATES = ("created", "updated", "published")
HAS = {"content": "content", "source": "source", "category": "category", "tags": "tags", "tag": "tags"}
IS = {
    "uncategorised": "uncategorised",
    "uncategorized": "uncategorised",
    "untagged": "untagged",
    **{str(status): str(status) for status in Status},
    "mine": "mine",
}
# As typed (in lower case), and as the insights' column has it.
TOKENS: dict[str, Mapping[str, str]] = {
    "status": {token.lower(): str(token) for token in Status},
    "priority": {token.lower(): str(token) for token in Priority},
    "visibility": {token.lower(): str(token) for token in Visibility},
    "has": HAS,
    "is": IS,
}
SORT = "sort"
SORTS = {
    "relevance": "relevance",
    "newest": "-created_at",
    "oldest": "created_at",
    **{way + column.removesuffix("_at"): way + column for way in ("-", "") for column in SORTED_BY},
}
# As typed, and what it is called in the tree.
FIELDS = {**{name: name for name in (*NAMES, *DATES, *TOKENS, SORT)}, "tags": "tag"}
# Before a colon and a space these are words of a sentence.
WORDS_OF_SENTENCES = frozenset({"is", "has"})
SHORTEST_MISTYPED = 4


@dataclass(frozen=True, slots=True)
class Value:
    """One of the alternatives behind a colon, without its quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Given:
    """A field as it was typed: ``name`` is in lower case, ``span`` is all of it, no value is blank. Where there is no
    ``operator``, it is as if there were an ``=``, but for categories and authors."""

    name: str
    operator: Operator | None
    values: tuple[Value, ...]
    span: Span

    @property
    def field(self) -> str:
        return FIELDS[self.name]

    @property
    def behind_colon(self) -> Span:
        """Operator and values."""
        return Span(self.span.start + len(self.name) + 1, self.span.end)


def operators_of(name: str) -> tuple[Operator, ...]:
    """What may stand between the colon and the value."""
    if name == "priority" or name in DATES:
        return OPERATORS
    return () if name == SORT else ("=",)


def meant_field(name: str) -> str | None:
    """The field that a mistyped name stands for: one edit away, neither of them short, and they begin with the same
    letter or swapped ones (``port:`` is no ``sort:``)."""
    for field in FIELDS.values():
        begins = name[0] == field[0] or name[:2] == field[1] + field[0]
        if begins and min(len(name), len(field)) >= SHORTEST_MISTYPED and is_one_edit_away(name, field):
            return field
    return None


def without_value(name: str) -> str:
    """What could stand in the place of a field that lacks its value."""
    field = FIELDS[name]
    if field in NAMES:
        return next((f"has:{token}" for token, known in HAS.items() if known.startswith(field)), f'"{name}:"')
    return f"{name}:" + ("today" if field in DATES else next(iter(SORTS if field == SORT else TOKENS[field])))


def condition(given: Given, now: datetime, problems: Problems) -> Condition | None:
    """What a field asks for; None when that is wrong, which is noted."""
    field = given.field
    if field in DATES:
        return _date(given, now, problems)
    if field in TOKENS:
        return _tokens(given, problems)
    names = dict.fromkeys(value.text.strip() for value in given.values)
    return Condition(field, tuple(names), exact=given.operator == "=")


def order(given: Given, problems: Problems) -> str | None:
    """The order that ``sort:`` names, as the API calls it."""
    return _token(given.values[0], SORT, SORTS, problems) if _is_single(given, problems) else None


def _tokens(given: Given, problems: Problems) -> Condition | None:
    operator = given.operator or "="
    if operator != "=" and not _is_single(given, problems):
        return None
    read = [_token(value, given.field, TOKENS[given.field], problems) for value in given.values]
    known = tuple(dict.fromkeys(token for token in read if token))
    return Condition(given.field, known, operator) if all(read) else None


def _token(value: Value, field: str, tokens: Mapping[str, str], problems: Problems) -> str | None:
    typed = value.text.strip().lower()
    if typed not in tokens:
        message = f"{field} must be one of {', '.join(tokens)}"
        problems.add(message, "unknown_token", value.span, nearest(typed, tokens))
    return tokens.get(typed)


def _date(given: Given, now: datetime, problems: Problems) -> Condition | None:
    if not _is_single(given, problems):
        return None
    try:
        return Condition(given.field, (period(given.values[0].text, given.operator or "=", now),))
    except WrongDate as wrong:
        problems.add(f"{given.name} {wrong}", wrong.code, given.behind_colon, wrong.suggestion)
        return None


def _is_single(given: Given, problems: Problems) -> bool:
    if len(given.values) > 1:
        first, last = given.values[0].span, given.values[-1].span
        message = f"{given.name} takes one value here"
        problems.add(message, "too_many", Span(first.start, last.end), given.values[0].text)
    return len(given.values) == 1
