"""YAML front matter, read so that text stays text.

Only ``true``, ``false``, ``null`` and plain decimal numbers are more than text: ``no``, ``on``, ``0123`` and times are
what was written. Aliases are refused and nesting is bounded, so no small file becomes a large value.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from app.core.fields import METADATA_DEPTH

NULL = re.compile(r"~|null|Null|NULL|")
BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,4000})")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,4000})(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
# Characters of a JSON string that YAML takes for a line break or refuses.
UNWRITABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FrontMatterError(Exception):
    """What is wrong; ``line`` counts from 1 within the front matter."""

    def __init__(self, line: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.line, self.message, self.field = line, message, field


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The top-level keys: their scalars as text, the same with numbers and truth values, and their lines."""

    texts: Mapping[str, Any]
    typed: Mapping[str, Any]
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Scalar:
    text: str
    plain: bool

    @property
    def typed(self) -> Any:
        if not self.plain:
            return self.text
        if NULL.fullmatch(self.text):
            return None
        if BOOLEAN.fullmatch(self.text):
            return self.text.lower() == "true"
        if WHOLE.fullmatch(self.text):
            return int(self.text)
        return float(self.text) if DECIMAL.fullmatch(self.text) else self.text

    @property
    def as_text(self) -> str | None:
        return None if self.plain and NULL.fullmatch(self.text) else self.text


def parse(text: str) -> FrontMatter:
    """Read a mapping. Raises `FrontMatterError`."""
    try:
        return _mapping(iter(yaml.parse(text, Loader=LOADER)))
    except yaml.reader.ReaderError as error:
        character = error.character if isinstance(error.character, str) else chr(error.character)
        line = text.count("\n", 0, max(text.find(character), 0)) + 1
        raise FrontMatterError(line, f"holds the control character U+{ord(character):04X}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FrontMatterError(mark.line + 1 if mark else 1, f"is not valid YAML: {error.problem}") from error


def _mapping(events: Iterator[yaml.Event]) -> FrontMatter:
    texts: dict[str, Any] = {}
    typed: dict[str, Any] = {}
    lines: dict[str, int] = {}
    event = _after_start(events)
    if not isinstance(event, yaml.MappingStartEvent):
        if isinstance(event, (yaml.StreamEndEvent, yaml.DocumentEndEvent)):
            return FrontMatter(texts, typed, lines)
        raise FrontMatterError(_line(event), "must be a mapping of fields")
    for line, key, value in _members(events, 0):
        if key in typed:
            raise FrontMatterError(line, "is given twice", key)
        texts[key], typed[key], lines[key] = _texts(value), _typed(value), line
    for _ in events:  # what follows the mapping must be valid too
        pass
    return FrontMatter(texts, typed, lines)


def _after_start(events: Iterator[yaml.Event]) -> yaml.Event:
    return next(event for event in events if not isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)))


def _members(events: Iterator[yaml.Event], depth: int) -> Iterator[tuple[int, str, Any]]:
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            return
        if not isinstance(event, yaml.ScalarEvent):
            raise FrontMatterError(_line(event), "has a key that is not text")
        yield _line(event), event.value, _value(next(events), events, depth)


def _value(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Any:
    """A tree of `_Scalar`, lists and dictionaries."""
    if isinstance(event, yaml.ScalarEvent):
        return _Scalar(event.value, event.implicit[0] and event.style in (None, ""))
    if isinstance(event, yaml.AliasEvent):
        raise FrontMatterError(_line(event), f"uses the alias *{event.anchor}: write the value out")
    if depth > METADATA_DEPTH:
        raise FrontMatterError(_line(event), f"is nested deeper than {METADATA_DEPTH} levels")
    if isinstance(event, yaml.MappingStartEvent):
        return _nested(events, depth + 1)
    members = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        members.append(_value(event, events, depth + 1))
    return members


def _nested(events: Iterator[yaml.Event], depth: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for line, key, value in _members(events, depth):
        if key in document:
            raise FrontMatterError(line, f"has the key {key!r} twice")
        document[key] = value
    return document


def _typed(value: Any) -> Any:
    if isinstance(value, _Scalar):
        return value.typed
    if isinstance(value, dict):
        return {key: _typed(member) for key, member in value.items()}
    return [_typed(member) for member in value]


def _texts(value: Any) -> Any:
    if isinstance(value, _Scalar):
        return value.as_text
    return [_texts(member) for member in value] if isinstance(value, list) else _typed(value)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def as_yaml(json: str) -> str:
    """JSON text as YAML flow text on one line that YAML 1.1 and 1.2 read alike."""
    return UNWRITABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json)
