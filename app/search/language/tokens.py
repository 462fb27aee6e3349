"""The parts of a query's text."""

import re
import unicodedata
from dataclasses import dataclass

from app.search.language.tree import Node

QUOTES = '"“”„'
OPEN, CLOSE, MINUS = "(", ")", "-"
# White space, and the characters that control a terminal.
SPACE = r"\s\x00-\x1f\x7f-\x9f"
IS_SPACE = re.compile(f"[{SPACE}]")


@dataclass(frozen=True, slots=True)
class Opened:
    """A parenthesis that begins a group; with a minus before it the group is negated."""

    negated: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """The parenthesis that ends a group."""


@dataclass(frozen=True, slots=True)
class Joined:
    """``AND``, ``OR`` or ``NOT``: a joint of other parts, or at the edge a word."""

    joint: str
    start: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A word, a phrase or a condition; no node for what stands only beside them (``sort:``).

    ``lettered``: it has something to look up, a letter or a digit.
    """

    node: Node | None
    negated: bool = False
    lettered: bool = True


Token = Opened | Closed | Joined | Leaf


def is_space(sign: str) -> bool:
    """Whether it parts words."""
    return IS_SPACE.match(sign) is not None


def is_lettered(sign: str) -> bool:
    """Whether it belongs to words: a letter or a digit of any script, or a mark on one."""
    return sign.isalnum() or unicodedata.category(sign)[0] == "M"
