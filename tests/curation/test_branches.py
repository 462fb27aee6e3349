"""A large tree of categories has its top on the page, and of its branches those that lead to what was asked for."""

from typing import Any

from app.curation.pages.branches import MOST_AT_ONCE, opened


def outline(roots: int) -> list[dict[str, Any]]:
    """Depth first: 1 > 2 > 3 > 4 and 2 > 5, then ``roots`` without anything below."""
    small = [(1, None, 0), (2, 1, 1), (3, 2, 2), (4, 3, 3), (5, 2, 2)]
    rows = small + [(number, None, 0) for number in range(6, 6 + roots)]
    return [{"id": number, "parent_id": parent, "depth": depth} for number, parent, depth in rows]


def shown(rows: list[dict[str, Any]]) -> list[tuple[int, bool]]:
    return [(row["id"], row["closed"]) for row in rows]


def test_a_small_tree_is_there_at_once() -> None:
    tree = outline(MOST_AT_ONCE - 5)
    assert opened(tree, None) == opened(tree, 3) == tree


def test_of_a_large_one_the_top() -> None:
    tree = outline(MOST_AT_ONCE)
    rest = [(number, False) for number in range(6, 6 + MOST_AT_ONCE)]
    assert shown(opened(tree, None)) == shown(opened(tree, 999)) == [(1, True), *rest]


def test_and_the_way_to_what_is_open() -> None:
    tree = outline(MOST_AT_ONCE)
    assert shown(opened(tree, 1))[:3] == [(1, False), (2, True), (6, False)]
    assert shown(opened(tree, 3))[:6] == [(1, False), (2, False), (3, False), (4, False), (5, False), (6, False)]
    assert shown(opened(tree, 2))[:5] == [(1, False), (2, False), (3, True), (5, False), (6, False)]
