"""Two texts line by line, as `diff -u` tells them."""

import difflib
from collections.abc import Iterable
from itertools import takewhile

# Comparing lines may cost the square of their number: beyond this many that differ nothing is told.
MOST_LINES = 2000
CONTEXT = 3
UNENDED = "\\ No newline at end of file\n"


def unified_diff(before: str, after: str) -> str | None:
    """The unified diff without file names; None when too many lines lie between the first and the last that differ."""
    old, new = _lines(before), _lines(after)
    head = max(0, _same_start(old, new) - CONTEXT)
    tail = max(0, _same_start(reversed(old[head:]), reversed(new[head:])) - CONTEXT)
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(old), len(new)) > MOST_LINES:
        return None
    return "".join(_ended(line) for line in _hunks(old, new, head))


def _same_start(old: Iterable[str], new: Iterable[str]) -> int:
    """With how many equal lines both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + lines[-1:] * bool(lines[-1])


def _hunks(old: list[str], new: list[str], skipped: int) -> list[str]:
    """The hunks of two lists of lines that so many equal ones come before."""
    told = []
    for group in difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        (_, first_old, _, first_new, _), (_, _, last_old, _, last_new) = group[0], group[-1]
        told.append(f"@@ -{_range(first_old, last_old, skipped)} +{_range(first_new, last_new, skipped)} @@\n")
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                told += [f" {line}" for line in old[old_start:old_end]]
                continue
            told += [f"-{line}" for line in old[old_start:old_end]]
            told += [f"+{line}" for line in new[new_start:new_end]]
    return told


def _range(start: int, end: int, skipped: int) -> str:
    """The first line and how many; of none, the line before."""
    length = end - start
    first = skipped + start + bool(length)
    return f"{first}" if length == 1 else f"{first},{length}"


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n{UNENDED}"
