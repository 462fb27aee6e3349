"""Which categories the page of the tree has at once: of a large tree a branch comes when it is opened."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

MOST_AT_ONCE = 80


def opened(outline: Sequence[dict[str, Any]], category_id: int | None) -> list[dict[str, Any]]:
    """All of a small tree. Of a large one the top, what lies directly below a category, and the way there; those
    whose own branch is left out are ``closed``."""
    if len(outline) <= MOST_AT_ONCE:
        return list(outline)
    way = _way(outline, category_id)
    closed = {each["id"] for each, below in pairwise(outline) if below["depth"] > each["depth"]} - way
    return [
        each | {"closed": each["id"] in closed}
        for each in outline
        if each["parent_id"] is None or each["parent_id"] in way
    ]


def _way(outline: Sequence[dict[str, Any]], category_id: int | None) -> set[int]:
    """The ids of a category and all above it."""
    parents = {each["id"]: each["parent_id"] for each in outline}
    way: set[int] = set()
    while category_id in parents and category_id is not None:
        way.add(category_id)
        category_id = parents[category_id]
    return way
