"""What of a typed text is the beginning of a name, and what the text becomes when the name is taken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from app.search.language.composing import condition
from app.search.language.fields import FIELDS

# The last so many words may be one name; the whole text may be, too.
MOST_WORDS = 3
MOST_RUNS = MOST_WORDS + 1
LONGEST_NAME = 255
# Titles are looked for by the last so many words.
MOST_TITLE_WORDS = 8
NAMED = ("tag", "category", "author")
# Not those of Unicode, of which Postgres makes words.
SPACES = re.compile(r"\s+", re.ASCII)
BEGINS = r"(?<![^\s(-])"
FIELD = re.compile(
    rf'{BEGINS}(?P<field>{"|".join(NAMED)}):=?(?:"(?P<quoted>[^"]*)|(?P<plain>[^\s"()]*))$', re.IGNORECASE
)
CONDITION = re.compile(rf'{BEGINS}(?:{"|".join(FIELDS)}):(?:[<>=]*"[^"]*"?|[^\s"]+)', re.IGNORECASE)


class Run(NamedTuple):
    """The words that a name may complete, and the text before them, which stays."""

    kept: str
    text: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A text that somebody types: what may be the beginning of a name of some ``kinds``, the longest run first, and the
    words of a title."""

    kinds: tuple[str, ...]
    runs: tuple[Run, ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Typed":
        """``tag:qu`` asks for tags only."""
        if field := FIELD.search(text):
            run = Run(text[: field.start()], " ".join((field["quoted"] or field["plain"] or "").split()))
            return cls((field["field"].lower(),), (run,) if 0 < len(run.text) <= LONGEST_NAME else (), ())
        words = re.findall(r"\w+", CONDITION.sub(" ", text))
        return cls((*NAMED, *(["title"] if words else [])), tuple(_runs(text)), tuple(words[-MOST_TITLE_WORDS:]))

    def taking(self, kind: str, run: int, name: str, slug: str | None) -> str:
        """The whole text once a name is taken for a run (counted from 1); a title replaces all."""
        if kind == "title":
            return f'"{SPACES.sub(" ", name.replace(chr(34), " ")).strip()}"'
        return f"{self.runs[run - 1].kept}{condition(kind, _writable(name, slug))}"


def _runs(text: str) -> Iterator[Run]:
    starts = [word.start() for word in re.finditer(r"\S+", text)]
    for start in dict.fromkeys([*starts[:1], *starts[-MOST_WORDS:]]):
        run = Run(text[:start], " ".join(text[start:].split()).strip('"()'))
        inside_quotes = run.kept.count('"') % 2
        if 0 < len(run.text) <= LONGEST_NAME and not inside_quotes:
            yield run


def _writable(name: str, slug: str | None) -> str:
    """A name that can stand in quotes: with quotes of its own it is called by its slug, or an author by a part."""
    return (slug or max(name.split('"'), key=len).strip()) if '"' in name else name
