"""From the text to its parts. Each character is looked at a few times at most, whatever the text."""

import re
from datetime import datetime

from app.search.language.cursor import Cursor
from app.search.language.fields import SORT, Given, condition, order
from app.search.language.given import read_given
from app.search.language.problems import Problems, Span
from app.search.language.tokens import CLOSE, MINUS, OPEN, QUOTES, Closed, Joined, Leaf, Opened, Token, is_lettered
from app.search.language.tree import Phrase, Word

DEEPEST = 20
MOST_TERMS = 300


class Scanner:
    """Reads the parts of ``text`` into ``tokens``, one after the other, and the order that it names into ``sort``."""

    def __init__(self, text: str, now: datetime, problems: Problems) -> None:
        self.cursor, self.now, self.problems = Cursor(text), now, problems
        self.tokens: list[Token] = []
        self.sort: str | None = None
        self._terms = self._joints = self._signs = 0
        self._end_of_terms = 0

    def scan(self) -> None:
        """Read all of it."""
        while self.cursor.skip_spaces():
            if joint := self.cursor.joint():
                self._join(joint)
            else:
                self._read(self.cursor.minus())

    def _read(self, negated: bool) -> None:
        sign = self.cursor.sign
        if sign == CLOSE and self.cursor.depth:
            self._close()
        elif sign == OPEN:
            self._open(negated)
        elif sign in QUOTES:
            self._read_phrase(negated)
        else:
            self._read_chunk(negated)

    def _join(self, joint: str) -> None:
        self.tokens.append(Joined(joint, self.cursor.at))
        self.cursor.at += len(joint)
        self._joints += 1
        if self._joints > 2 * MOST_TERMS:  # one between any two terms and one before each
            self._refuse_rest()

    def _close(self) -> None:
        self.cursor.depth -= 1
        self.cursor.at += 1
        self.tokens.append(Closed())

    def _open(self, negated: bool) -> None:
        if self.cursor.depth == DEEPEST:
            self._refuse_depth()
            return
        self.cursor.depth += 1
        self.cursor.at += 1
        self.tokens.append(Opened(negated))

    def _read_phrase(self, negated: bool) -> None:
        start, text = self.cursor.at, self.cursor.quoted()
        if any(map(is_lettered, text)):
            self._add(Leaf(Phrase(text, start), negated))
        elif text.strip():
            self._add_signs(Leaf(Phrase(text, start), negated, lettered=False))

    def _read_chunk(self, negated: bool) -> None:
        """A word, a field, or signs alone; signs before them and behind a word are nothing."""
        text, start, first = self.cursor.text, self.cursor.at, self.cursor.end_of_signs()
        if first == len(text) or not is_lettered(text[first]):
            self.cursor.at = first
            self._add_signs(Leaf(Word(text[start:first], start), negated, lettered=False))
            return
        is_field, given = read_given(self.cursor, first, self.problems)
        if is_field:
            self._add_field(given, negated)
        else:
            self._read_word(first, negated)

    def _read_word(self, start: int, negated: bool) -> None:
        self.cursor.at = start
        text, end = self.cursor.text, self.cursor.end_of_chunk()
        self.cursor.at = end
        while not is_lettered(text[end - 1]):
            end -= 1
        self._add(Leaf(Word(text[start:end], start, end == len(text)), negated))

    def _add_signs(self, leaf: Leaf) -> None:
        """Signs alone are looked for only when there is nothing else; that many will do."""
        self._signs += 1
        if not leaf.negated and self._signs <= MOST_TERMS:
            self.tokens.append(leaf)

    def _add_field(self, given: Given | None, negated: bool) -> None:
        if not self._counts(len(given.values) if given else 1):
            return
        if given is None:
            leaf = Leaf(None)
        elif given.field != SORT:
            leaf = Leaf(condition(given, self.now, self.problems), negated)
        else:
            leaf = Leaf(None)
            self._set_order(given, negated)
        self.tokens.append(leaf)

    def _set_order(self, given: Given, negated: bool) -> None:
        if not negated:
            self.sort = order(given, self.problems) or self.sort
            return
        typed = given.values[0].text.strip()
        turned = typed[1:] if typed.startswith(MINUS) else MINUS + typed
        span = Span(given.span.start - 1, given.span.end)
        self.problems.add("sort is turned around behind the colon", "negated", span, f"{SORT}:{turned}")

    def _add(self, leaf: Leaf) -> None:
        if self._counts(1):
            self.tokens.append(leaf)

    def _counts(self, terms: int) -> bool:
        """Whether so many terms more are allowed; the cursor is behind them."""
        self._terms += terms
        if self._terms > MOST_TERMS:
            self._refuse_rest()
            return False
        self._end_of_terms = self.cursor.at
        return True

    def _refuse_rest(self) -> None:
        self.cursor.at = self._end_of_terms
        self.cursor.skip_spaces()
        span = Span(self.cursor.at, len(self.cursor.text))
        self.problems.add(f"must have {MOST_TERMS} terms at most", "too_many", span, "")
        self.cursor.at = span.end

    def _refuse_depth(self) -> None:
        text, start, depth = self.cursor.text, self.cursor.at, 0
        while self.cursor.sign:
            depth += (self.cursor.sign == OPEN) - (self.cursor.sign == CLOSE)
            self.cursor.at += 1
            if not depth:
                break
        flat = re.sub("[()]+", " ", text[start : self.cursor.at]).strip()
        message = f"must not have parentheses nested deeper than {DEEPEST} levels"
        self.problems.add(message, "too_deep", Span(start, self.cursor.at), flat)
        self._add(Leaf(None))
