"""From a record to the row that is written: names are mapped, values validated, doubts reported."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError

from app.core.fields import flatten
from app.errors import FieldError
from app.exchange.mapping import TITLE_PARTS, Names
from app.exchange.records import CANONICAL, Place, Problem, Record
from app.exchange.schemas import ImportSchema
from app.insights.models import SOURCE_LENGTH, Status
from app.taxonomy.models import TAG_NAME_LENGTH

SCALARS = tuple(name for name in CANONICAL if name not in ("category", "tags", "metadata"))
CLEARED_BY_EMPTY = ("content", "source")
SCHEMA_TO_FILE = {"category_name": "category"}
NOT_GIVEN = object()
SENTENCE_END = re.compile(r"(?<=[.!?])\s")
NOT_PROSE = re.compile(r"\s*(#|```|~~~|\||---|!\[)")
SCHEMA = ImportSchema()


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a new insight gets where its row says nothing; a stored one keeps what it has."""

    status: str = Status.PUBLISHED
    author: str = "Unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """A row to write. ``given`` is what the file says (fields of `ImportSchema`, loaded), ``draft`` the same with the
    defaults for a new insight. A row with ``problems`` can't be written. Its ``number`` in an import counts from 1."""

    place: Place
    number: int = 0
    draft: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def identities(self) -> list[tuple[str, str]]:
        """What names this insight and no other."""
        return [(name, str(self.given[name])) for name in ("external_key", "public_id") if self.given.get(name)]

    @property
    def size(self) -> int:
        """About how many characters it holds."""
        values = (self.draft or self.given).values()
        return sum(len(value if isinstance(value, str) else repr(value)) for value in values)

    @property
    def undated(self) -> bool:
        """Whether a new insight of it counts as published when it is imported, for want of a date."""
        dates = (self.draft.get("created_at"), self.draft.get("published_at"))
        return dates == (None, None) and self.draft.get("status") == Status.PUBLISHED

    @property
    def label(self) -> str:
        """How people recognise it."""
        return str(self.given.get("external_key") or self.given.get("title") or "")


def row_of(record: Record, names: Names, defaults: Defaults) -> Row:
    """The row of a record; it never raises: what is wrong is in ``problems``."""
    if record.problem is not None:
        return Row(record.place, problems=(record.problem,))
    reading = _Reading(record, names)
    raw = reading.fields()
    assumed = {"status": str(defaults.status), "author": defaults.author}
    try:
        draft = SCHEMA.load({**assumed, **raw})
    except ValidationError as error:
        reading.refuse(flatten(error.messages, "body"))
    if reading.problems:
        return Row(record.place, given=raw, problems=tuple(reading.problems), warnings=tuple(reading.warnings))
    draft = reading.with_ordered_dates(draft)
    given = {name: value for name, value in draft.items() if name in raw or name not in assumed}
    return Row(record.place, draft=_with_both_dates(draft), given=given, warnings=tuple(reading.warnings))


def _with_both_dates(draft: dict[str, Any]) -> dict[str, Any]:
    """Of when it was created and when it was published, one stands in for the other."""
    created_at, published_at = draft.get("created_at"), draft.get("published_at")
    if created_at is None and published_at is not None:
        return {**draft, "created_at": published_at}
    if published_at is None and created_at is not None and draft["status"] == Status.PUBLISHED:
        return {**draft, "published_at": created_at}
    return draft


class _Reading:
    """One record while it is read: which names were used, what is doubtful and what is wrong."""

    def __init__(self, record: Record, names: Names) -> None:
        self._record, self._names = record, names
        self._used: dict[str, str] = {}
        self._consumed: set[str] = set()
        self._kept: dict[str, Any] = {}
        self.warnings: list[Problem] = []
        self.problems: list[Problem] = []

    def fields(self) -> dict[str, Any]:
        """What the record says, under the names of the schema."""
        raw = {name: value for name in SCALARS if (value := self._scalar(name)) is not NOT_GIVEN}
        raw |= self._classification()
        if "title" not in raw:
            raw |= self._composed_title()
        if "description" not in raw and isinstance(raw.get("content"), str):
            raw["description"] = first_sentence(raw["content"])
        self._keep_long_source(raw)
        if "external_key" not in raw and "public_id" not in raw:
            raw["external_key"] = self._record.key or derived_key(raw)
        return raw | self._metadata()

    def refuse(self, errors: list[FieldError]) -> None:
        for error in errors:
            first, *rest = error.path or (None,)
            name = SCHEMA_TO_FILE.get(str(first), str(first))
            item = f"item {rest[0] + 1} " if rest and isinstance(rest[0], int) else ""
            self.problems.append(self._problem(self._used.get(name, name), item + error.message, error.code))

    def with_ordered_dates(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Nothing is published before it is created: the publication wins, the other date is kept in the metadata."""
        created_at, published_at = draft.get("created_at"), draft.get("published_at")
        if created_at is None or published_at is None or created_at <= published_at:
            return draft
        name = self._used["created_at"]
        message = "lies after the publication, whose time is used instead; kept in the metadata"
        self._warn(name, message, "created_after_published")
        original = {name: self._record.values[name]}
        return {**draft, "created_at": published_at, "extra": {**original, **draft.get("extra", {})}}

    def _pick(self, canonical: str) -> tuple[str, Any]:
        """The first name with a value; an empty value counts under the field's own name only."""
        names = self._names.of[canonical]
        if not names:
            return canonical, NOT_GIVEN
        for name in names:
            if not _empty(self._record.values.get(name)):
                break
        else:
            name = canonical if canonical in names else names[0]
        if name not in self._record.values:
            return name, NOT_GIVEN
        self._used[canonical] = name
        self._consumed.add(name)
        return name, self._record.values[name]

    def _scalar(self, canonical: str) -> Any:
        _, value = self._pick(canonical)
        if value is NOT_GIVEN or not _empty(value):
            return value
        if canonical in CLEARED_BY_EMPTY:
            return None
        return "" if canonical == "description" and value == "" else NOT_GIVEN

    def _composed_title(self) -> dict[str, str]:
        parts = [str(self._record.values[name]) for name in TITLE_PARTS if not _empty(self._record.values.get(name))]
        return {"title": ": ".join(dict.fromkeys(parts))} if parts else {}

    def _classification(self) -> dict[str, Any]:
        """The first category; all others are tags, beside the tags themselves."""
        categories = list(self._members("category"))
        tags = [*categories[1:], *self._members("tags")]
        found: dict[str, Any] = {}
        if "category" in self._used:
            found["category_name"] = categories[0] if categories else None
        if tags or "tags" in self._used or self._used.get("category", "category") not in ("category", "category_name"):
            found["tags"] = self._short_enough(tags)
        return found

    def _members(self, canonical: str) -> Iterator[Any]:
        """The members of all lists that stand for a field, each once, however it is spelt."""
        seen = set()
        for name in self._names.of[canonical]:
            value = self._record.values.get(name)
            if value is None:
                continue
            self._consumed.add(name)
            self._used.setdefault(canonical, name)
            for member in [value] if name == "category" and isinstance(value, str) else as_list(value):
                key = member.strip().casefold() if isinstance(member, str) else repr(member)
                if key and key not in seen:
                    seen.add(key)
                    yield member

    def _short_enough(self, tags: list[Any]) -> list[Any]:
        unique: dict[str, Any] = {}
        for tag in tags:
            if isinstance(tag, str) and len(tag.strip()) > TAG_NAME_LENGTH:
                message = f"the tag {tag.strip()!r} has more than {TAG_NAME_LENGTH} characters and is left out"
                self._warn(self._used.get("tags", self._used.get("category", "tags")), message, "tag_too_long")
            else:
                unique.setdefault(str(tag).strip().casefold(), tag)
        return list(unique.values())

    def _keep_long_source(self, raw: dict[str, Any]) -> None:
        source = raw.get("source")
        if isinstance(source, str) and len(source.strip()) > SOURCE_LENGTH:
            name = self._used["source"]
            self._warn(name, f"has more than {SOURCE_LENGTH} characters; kept in the metadata only", "source_too_long")
            self._kept[name], raw["source"] = source, None

    def _metadata(self) -> dict[str, Any]:
        """What no field takes, and the field ``metadata`` itself, which wins."""
        name, value = self._pick("metadata")
        given = self._decoded(name) if value is not NOT_GIVEN and value is not None else None
        known = {alias for names in self._names.of.values() for alias in names}
        rest = {
            name: value
            for name, value in self._record.typed.items()
            if name not in self._consumed and name not in self._names.ignored and not (name in known and _empty(value))
        }
        if given is not None and not isinstance(given, Mapping):
            return {"metadata": given}
        return {"metadata": {**rest, **self._kept, **(given or {})}} if given is not None or rest or self._kept else {}

    def _decoded(self, name: str) -> Any:
        value = self._record.typed[name]
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value.strip() else {}
        except (ValueError, RecursionError) as error:
            self.problems.append(self._problem(name, f"is not valid JSON: {error}", "json"))
            return {}

    def _warn(self, name: str, message: str, code: str) -> None:
        self.warnings.append(self._problem(name, message, code))

    def _problem(self, name: str, message: str, code: str) -> Problem:
        line = self._record.lines.get(name, self._record.place.line)
        return Problem(Place(self._record.place.file, line), message, code, name)


def _empty(value: object) -> bool:
    return value is None or value in ("", [])


def as_list(value: Any) -> list[Any]:
    """A list as it is; text as a JSON list, else split at semicolons."""
    if not isinstance(value, str):
        return value if isinstance(value, list) else [value]
    if value.lstrip().startswith("["):
        try:
            return list(json.loads(value))
        except (ValueError, RecursionError):
            pass
    return value.split(";")


def first_sentence(content: str) -> str:
    """Of the first paragraph that is prose; empty when there is none."""
    for paragraph in re.split(r"\n\s*\n", content):
        if paragraph.strip() and not NOT_PROSE.match(paragraph):
            return SENTENCE_END.split(" ".join(paragraph.split()), maxsplit=1)[0]
    return ""


def derived_key(raw: Mapping[str, Any]) -> str:
    """The key of a row that names none: what is unlikely to change about it, so that it is found again."""
    parts = [str(raw.get(name) or "").strip() for name in ("title", "author", "source", "created_at")]
    return f"row:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"
