"""From the text that was typed to the tree that says what it means.

    either   := sequence ("OR" sequence)*
    sequence := every every*
    every    := factor ("AND" factor)*
    factor   := "NOT"* ( "-"? "(" either ")" | "-"? leaf )

What joins nothing, at an edge or before another joint, is a word. Groups are closed at the end.
"""

import re
from dataclasses import replace
from datetime import datetime

from app.core.clock import as_utc
from app.search.language.problems import Problems, Span
from app.search.language.scanner import Scanner
from app.search.language.tokens import Closed, Joined, Leaf, Opened, Token
from app.search.language.tree import Either, Every, Node, Not, Phrase, Query, Sequence, Word
from app.search.models import QUERY_LENGTH

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse(text: str, now: datetime) -> Query:
    """Read a query's text; ``now`` is what relative dates count from. A few milliseconds at most.

    Raises `Invalid` with every problem, each with position, length and suggestion.
    """
    problems = Problems()
    _check(text, problems)
    scanner = Scanner(text, as_utc(now), problems)
    scanner.scan()
    problems.refuse()
    return Query(text, Parser(_looked_up(scanner.tokens), len(text)).either(), scanner.sort)


def _check(text: str, problems: Problems) -> None:
    if len(text) > QUERY_LENGTH:
        message = f"must have {QUERY_LENGTH} characters at most, has {len(text)}"
        problems.add(message, "too_long", Span(QUERY_LENGTH, len(text)), "")
    elif found := UNSTORABLE.search(text):
        code = "nul_character" if found[0] == "\x00" else "lone_surrogate"
        problems.add("must not contain what no text can hold", code, Span(*found.span()), "")
    problems.refuse()


def _looked_up(tokens: list[Token]) -> list[Token]:
    """Signs without a letter or digit mean nothing, unless there is no other text."""
    if not any(map(_is_text, tokens)):
        return tokens
    return [replace(token, node=None) if isinstance(token, Leaf) and not token.lettered else token for token in tokens]


def _is_text(token: Token) -> bool:
    return isinstance(token, Joined) or (
        isinstance(token, Leaf) and token.lettered and isinstance(token.node, Word | Phrase)
    )


class Parser:
    """Reads tokens, in which only the last groups may lack their end. It goes as deep as the groups do."""

    def __init__(self, tokens: list[Token], length: int) -> None:
        self._tokens, self._length = tokens, length
        self._at = 0

    def either(self) -> Node | None:
        """What stands here, until the end of the group or of the text."""
        nodes = [self._sequence()]
        while self._passes("OR"):
            nodes.append(self._sequence())
        return _combined(Either, nodes)

    def _sequence(self) -> Node | None:
        nodes: list[Node | None] = []
        while not self._has_ended(self._at):
            nodes.append(self._every())
            if self._joins("OR"):
                break
        return _combined(Sequence, nodes)

    def _every(self) -> Node | None:
        nodes = [self._factor()]
        while self._passes("AND"):
            nodes.append(self._factor())
        return _combined(Every, nodes)

    def _factor(self) -> Node | None:
        negated = False
        while self._passes("NOT"):
            negated = not negated
        node, minus = self._single()
        return Not(node) if node and negated != minus else node

    def _single(self) -> tuple[Node | None, bool]:
        """A leaf or a group, and whether a minus stands before it."""
        token = self._tokens[self._at]
        self._at += 1
        match token:
            case Leaf(node, minus):
                return node, minus
            case Opened(minus):
                return self._group(), minus
            case Joined(joint, start):
                return Word(joint, start, start + len(joint) == self._length), False
            case Closed():  # nobody asks at the end of a group
                return None, False

    def _group(self) -> Node | None:
        node = self.either()
        self._at += 1
        return node

    def _has_ended(self, at: int) -> bool:
        return at >= len(self._tokens) or isinstance(self._tokens[at], Closed)

    def _joins(self, joint: str) -> bool:
        """Whether this joint stands here and something follows."""
        token = None if self._has_ended(self._at) else self._tokens[self._at]
        return isinstance(token, Joined) and token.joint == joint and not self._has_ended(self._at + 1)

    def _passes(self, joint: str) -> bool:
        joins = self._joins(joint)
        self._at += joins
        return joins


def _combined(kind: type[Either | Every | Sequence], nodes: list[Node | None]) -> Node | None:
    """What is left of the nodes: nothing, the only one, or all of them as one."""
    left = tuple(node for node in nodes if node is not None)
    return kind(left) if len(left) > 1 else next(iter(left), None)
