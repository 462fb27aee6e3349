"""The signs of Markdown within a paragraph: what emphasises, links, quotes code, draws a table. One in doubt stays."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

# A line of signs alone: a rule, what underlines a heading, what parts the head of a table from its rows.
DRAWN = re.compile(r"^[ \t>]*(?P<drawn>[-=*_|:](?:[ \t]*+[-=*_|:])++)[ \t]*\r?$", re.MULTILINE)
ROW = re.compile(r"^[ \t>]*\|[^\n]*\|[ \t]*\r?$", re.MULTILINE)
# What a quotation, a heading, an item or a task begins with.
LEAD = re.compile(r"^[ \t]*(?P<lead>>[ \t>]*|#{1,6}(?=\s)|[-*+](?=\s)(?:[ \t]+\[[ xX]\](?=\s))?)", re.MULTILINE)
TICKS = re.compile("`+")
# What `INLINE` begins with: found much sooner than tried.
FIRST = re.compile(r"[`*_~!\[\]\\|<:]")
INLINE = re.compile(
    r"""
    (?P<ticks>`+)
  | (?P<run>\*+|_+|~~)
  | (?P<opening>!?\[(?!\^))
  | (?P<closing>\](?P<target>\([ \t]*(?:<[^<>\n]*>|[^\s<>()]*+(?:\([^\s()]*\)[^\s<>()]*)*+)
      (?:\s+(?:"[^"]*"|'[^']*'))?[ \t]*\))?)
  | (?P<escape>\\[!-/:-@\[-`{-~])
  | (?P<note>\[\^[^\]\s]{1,100}\]:?)
  | (?P<pipe>\|)
  | (?P<address><(?:https?://|mailto:)[^\s<>]*>)
  | (?:(?<=http)|(?<=https))://[^\s<>()\[\]*`|]*  # has no signs
    """,
    re.VERBOSE,
)


class Sign(NamedTuple):
    """From where to where it stands, and what is shown in its place."""

    start: int
    end: int
    instead: str = ""


def signs_of(text: str, start: int, end: int) -> Iterator[Sign]:
    """Those of a paragraph, which is a part of a text; in no order, and some inside of others."""
    table = ROW.search(text, start, end) is not None
    for line in DRAWN.finditer(text, start, end):
        table |= "|" in line["drawn"]
        yield Sign(*line.span("drawn"))
    for line in LEAD.finditer(text, start, end):
        yield Sign(*line.span("lead"))
    yield from Inline(text, start, end, table).read()


class Inline:
    """One reading of a paragraph, from its beginning to its end."""

    def __init__(self, text: str, start: int, end: int, table: bool) -> None:
        self.text, self.start, self.end, self.table = text, start, end, table
        # What waits for its end, the latest last: brackets, and of each sign the runs that emphasise.
        self.brackets: list[Sign] = []
        self.runs: dict[str, list[Sign]] = defaultdict(list)
        # Where backticks stand, by how many; the first last.
        self.ticks: dict[int, list[int]] = defaultdict(list)
        for ticks in reversed(list(TICKS.finditer(text, start, end))):
            self.ticks[len(ticks[0])].append(ticks.start())

    def read(self) -> Iterator[Sign]:
        at = self.start
        while first := FIRST.search(self.text, at, self.end):
            start = first.start()
            match = INLINE.match(self.text, start, self.end)
            at = match.end() if match else first.end()
            if match and match.lastgroup == "ticks":
                if closing := self._closing_ticks(start, at):
                    yield from (Sign(start, at), closing)
                    at = closing.end
            elif match:
                yield from self._signs(match)

    def _signs(self, match: re.Match[str]) -> Iterator[Sign]:
        start, end = match.span()
        match match.lastgroup:
            case "run":
                yield from self._run(start, end)
            case "opening":
                self.brackets.append(Sign(start, end))
            case "closing" if self.brackets:
                opening = self.brackets.pop()
                if match["target"]:
                    # Apart: a target that a hit stands in is shown.
                    yield from (opening, Sign(start, start + 1), Sign(*match.span("target")))
            case "escape":
                yield Sign(start, start + 1)
            case "note":
                yield Sign(start, end)
            case "pipe" if self.table:
                yield Sign(start, end, " ")
            case "address":
                yield from (Sign(start, start + 1), Sign(end - 1, end))

    def _closing_ticks(self, start: int, end: int) -> Sign | None:
        """The next backticks that are as many."""
        later = self.ticks[end - start]
        while later and later[-1] <= start:
            later.pop()
        return Sign(later[-1], later[-1] + end - start) if later else None

    def _run(self, start: int, end: int) -> Iterator[Sign]:
        """A run of one sign ends what others began before, and may begin something: CommonMark's "flanking" rules."""
        sign = self.text[start]
        before = self.text[start - 1] if start > self.start else " "
        behind = self.text[end] if end < self.end else " "
        left = not behind.isspace() and (behind.isalnum() or not before.isalnum())
        right = not before.isspace() and (before.isalnum() or not behind.isalnum())
        if right and (sign != "_" or not left or not behind.isalnum()):
            for ended in self._ended(sign, start, end):
                yield from ended
                start = ended[1].end
        if start < end and left and (sign != "_" or not right or not before.isalnum()):
            self.runs[sign].append(Sign(start, end))

    def _ended(self, sign: str, start: int, end: int) -> Iterator[tuple[Sign, Sign]]:
        """Pairs of signs, the inner ones first. What began between the two of a pair can't end any more."""
        waiting = self.runs[sign]
        while start < end and waiting:
            opening = waiting.pop()
            number = min(2, opening.end - opening.start, end - start)
            yield Sign(opening.end - number, opening.end), Sign(start, start + number)
            start += number
            if opening.end - number > opening.start:
                waiting.append(Sign(opening.start, opening.end - number))
            for others in self.runs.values():
                while others and others[-1].start > opening.start:
                    others.pop()
