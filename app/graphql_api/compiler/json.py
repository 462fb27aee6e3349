"""JSON that Postgres makes."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

# Postgres' functions take 100 arguments at most.
MOST_MEMBERS = 50


class Member(NamedTuple):
    """A key and what it holds, as SQL. Keys are GraphQL's names, which are safe as literals of any length."""

    key: str
    value: str


def json_object(members: Iterable[Member]) -> str:
    """An object with its members in this order."""
    everything = list(members)
    parts = [_some(everything[i : i + MOST_MEMBERS]) for i in range(0, len(everything) or 1, MOST_MEMBERS)]
    if len(parts) == 1:
        return parts[0]
    texts = [f"substr(left({part}::text, -1), 2)" for part in parts]
    joined = " || ', ' || ".join(texts)
    return f"('{{' || {joined} || '}}')::json"


def json_list(item: str) -> str:
    """All rows, each as the ``item``."""
    return f"coalesce(json_agg({item}), '[]')"


def _some(members: Sequence[Member]) -> str:
    pairs = ", ".join(f"'{member.key}', {member.value}" for member in members)
    return f"json_build_object({pairs})"
