"""Which signs of Markdown an excerpt is shown without: it says what is written, not how that is formatted.

Beside blocks of code only the paragraphs around an excerpt are read. What a text becomes on its page is told by
`app.core.markdown` alone."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import NamedTuple

from app.search.queries.inline import Sign, signs_of

# How far before and behind an excerpt its paragraphs are read.
AROUND = 1_000
# Nobody writes as many; what follows is read as prose.
MOST_FENCES = 1_000
FENCE = re.compile(r"(?P<signs>```+|~~~+)(?P<language>[^\n]*)")
BLANK = re.compile(r"\n[ \t\r>]*\n")


class Block(NamedTuple):
    """Code: from where to where it goes, and its signs, the language's name among them."""

    start: int
    end: int
    signs: tuple[Sign, ...] = ()


class Formatted:
    """A text in Markdown."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.blocks = list(_blocks(text))

    def signs(self, start: int, end: int) -> list[Sign]:
        """Those in a part of the text, in their order and apart; of one that reaches beyond, what stands in it."""
        found = [sign for block in self.blocks if block.start < end and block.end > start for sign in block.signs]
        for before, behind in pairwise([Block(0, 0), *self.blocks, Block(len(self.text), len(self.text))]):
            if before.end < end and behind.start > start:
                low, high = max(before.end, start - AROUND), min(behind.start, end + AROUND)
                found += self._prose(low, high, start, end)
        inside = (sign for sign in found if sign.start < end and sign.end > start)
        cut = (Sign(max(sign.start, start), min(sign.end, end), sign.instead) for sign in inside)
        return list(_apart(sorted(cut, key=lambda sign: (sign.start, -sign.end))))

    def _prose(self, low: int, high: int, start: int, end: int) -> Iterator[Sign]:
        """Of the paragraphs between two places that reach into the part."""
        edges = [low, *(blank.end() for blank in BLANK.finditer(self.text, low, high)), high]
        for begin, finish in pairwise(edges):
            if begin < end and finish > start:
                yield from signs_of(self.text, begin, finish)


def _blocks(text: str) -> Iterator[Block]:
    """Fenced code; without an end it goes on until that of the text."""
    opening: re.Match[str] | None = None
    for fence in islice(FENCE.finditer(text), MOST_FENCES):
        if text[text.rfind("\n", 0, fence.start()) + 1 : fence.start()].strip(" \t>"):
            continue
        if opening is None:
            opening = None if "`" in fence["language"] else fence
        elif fence["signs"].startswith(opening["signs"]) and not fence["language"].strip():
            yield _block(opening, fence.end(), Sign(*fence.span("signs")))
            opening = None
    if opening:
        yield _block(opening, len(text))


def _block(opening: re.Match[str], end: int, *closing: Sign) -> Block:
    # Apart: the language is shown where a hit stands in it.
    signs = (Sign(*opening.span("signs")), Sign(*opening.span("language")))
    return Block(opening.start("signs"), end, (*signs, *closing))


def _apart(signs: Iterable[Sign]) -> Iterator[Sign]:
    """Without those that begin inside of another."""
    end = 0
    for sign in signs:
        if sign.start >= end:
            end = sign.end
            yield sign
