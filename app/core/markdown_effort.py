"""What the formatting of one text may cost, counted and not timed: the same text looks the same on every machine.

A text that was made to be slow has thousands of signs that might begin something. When its effort is spent, what is
left is text as it is written: nothing of it is lost.
"""

import re
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table
from markdown_it.rules_core import StateCore
from markdown_it.rules_core.linkify import linkify
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

# In units of about a microsecond. A plain text of 100,000 characters takes half of it; blocks leave some for the words.
MOST, MOST_FOR_BLOCKS = 150_000, 100_000
LINE, QUOTED_LINE, REFERENCE, BLOCK = 10, 5, 20, 10
STEP, MARK, BRACKET, ADDRESS, FOOTNOTE = 8, 4, 20, 60, 80
# Characters that are read for a unit by a rule that reads on behind its sign.
READ = 10
MARKS = re.compile(r"([*_~])\1*")
NOTE = re.compile(r"\[\^[^\] \n]*")
AUTOLINK = re.compile(r"<[^<>\s]*[:@][^<>\s]*>")
WORD = re.compile(r"\S*")
SCHEME = re.compile(r"https?:|ftp:|mailto:|//", re.IGNORECASE)
MOST_COLUMNS = 200
# The parser leaves out what lies deeper than 20 levels; a list takes two.
DEEPEST = 18
CONTAINER = re.compile(r">|[-+*](?=\s|$)|\d{1,9}[.)](?=\s|$)|\[\^", re.MULTILINE)
# Characters of addresses that are written once and used often.
MOST_REPEATED = 200_000


class Effort:
    """What is left for a text, and the line at which its blocks were given up, if they were."""

    def __init__(self) -> None:
        self.left = MOST
        self.lines = 0
        self.rest: int | None = None

    @classmethod
    def of(cls, state: StateBlock | StateInline | StateCore) -> "Effort":
        """Of the text that is parsed."""
        effort: Effort = state.env["effort"]
        return effort

    def spend(self, units: int) -> bool:
        """Whether there was so much left."""
        self.left -= units
        return self.left >= 0

    def give_up(self, line: int) -> None:
        """From this line on, unless it was from an earlier one."""
        self.rest = line if self.rest is None else min(line, self.rest)


class _References(dict[str, Any]):
    """An address written once and used often would make a page of a thousand times its text."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0

    def get(self, label: str, default: Any = None) -> Any:
        """What the label stands for, as long as there is not too much of it on the page."""
        found = super().get(label, default)
        self.given += len(found["href"]) + len(found["title"]) if found else 0
        return found if self.given <= MOST_REPEATED else default


def fresh_environment() -> dict[str, Any]:
    """What the parser keeps while it parses one text."""
    return {"effort": Effort(), "references": _References()}


def bounded(parser: MarkdownIt) -> None:
    """Let the parser count what it does, in the environment of the text, and stop in time."""
    interrupted = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("table", "effort", _block, {"alt": interrupted})
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    parser.core.ruler.after("block", "effort", _take_blocks)
    parser.core.ruler.at("linkify", _linkify)
    parser.inline.ruler.before("text", "effort", _inline)


def _block(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """A rule before all others: it takes what is left once the effort is spent, and ends what runs on (silent)."""
    effort = Effort.of(state)
    effort.lines += LINE
    if effort.lines + BLOCK * len(state.tokens) > MOST_FOR_BLOCKS:
        if not silent:
            effort.give_up(line)
            state.line = end
        return True
    if silent:
        return False
    start = state.bMarks[line] + state.tShift[line]
    if state.level >= DEEPEST and CONTAINER.match(state.src, start, state.eMarks[line]):
        _show_as_written(state, line, end)
        return True
    effort.lines += REFERENCE if state.src.startswith("[", start) else _quoted(state, line, end) * QUOTED_LINE
    return False


def _quoted(state: StateBlock, line: int, end: int) -> int:
    """How many lines: each level of quotes reads all of its own."""
    first = line
    while line < end and state.src.startswith(">", state.bMarks[line] + state.tShift[line]):
        line += 1
    return line - first


def _show_as_written(state: StateBlock, line: int, end: int) -> None:
    last = line + 1
    while last < end and (state.isEmpty(last) or state.sCount[last] >= state.blkIndent):
        last += 1
    token = state.push("code_block", "code", 0)
    token.content = state.getLines(line, last, state.blkIndent, True).rstrip("\n") + "\n"
    token.map = [line, last]
    state.line = last


def _table(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    columns = state.src.count("|", state.bMarks[line], state.eMarks[line])
    return columns <= MOST_COLUMNS and table(state, line, end, silent)


def _take_blocks(state: StateCore) -> None:
    effort = Effort.of(state)
    effort.spend(effort.lines + BLOCK * len(state.tokens))


def _inline(state: StateInline, silent: bool) -> bool:
    """A rule before all others: once the effort is spent, what is left of these words is text."""
    if Effort.of(state).spend(_step(state)):
        return False
    if not silent:
        state.append_pending(state.src[state.pos : state.posMax])
    state.pos = state.posMax
    return True


def _step(state: StateInline) -> int:
    """Most signs are looked at alone; behind some the parser reads on, each time they come."""
    sign = state.src[state.pos]
    if sign in "*_~":
        return STEP + MARK * _length(MARKS, state)
    if sign == "[":
        return BRACKET + _length(NOTE, state) // READ
    if sign == "<" and AUTOLINK.match(state.src, state.pos, state.posMax):
        return 2 * ADDRESS
    if sign == "^" and state.src.startswith("^[", state.pos):
        return FOOTNOTE
    if sign == "`" and state.src.startswith("```", state.pos):
        return STEP + (state.posMax - state.pos) // READ
    if sign == ":" and state.src.startswith("://", state.pos):
        return ADDRESS + (len(state.pending) + _length(WORD, state)) // READ
    return STEP


def _length(pattern: re.Pattern[str], state: StateInline) -> int:
    found = pattern.match(state.src, state.pos, state.posMax)
    return found.end() - found.start() if found else 0


def _linkify(state: StateCore) -> None:
    """Addresses in plain words, as far as there is effort left for them."""
    for token in state.tokens:
        if token.type == "inline" and SCHEME.search(token.content) and Effort.of(state).spend(_schemes(token)):
            linkify(StateCore(state.src, state.md, state.env, [token]))


def _schemes(inline: Token) -> int:
    """What it takes to look at each beginning of an address that is no link yet: it is read to the end of the word."""
    texts = (text for before, text in pairwise([inline, *(inline.children or ())]) if before.type != "link_open")
    words = (word for text in texts if text.type == "text" for word in text.content.split())
    return sum(len(SCHEME.findall(word)) * (ADDRESS + len(word) // READ) for word in words)
