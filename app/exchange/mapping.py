"""From the names that files use to the fields of an insight."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from marshmallow import ValidationError

from app.core.fields import flatten
from app.errors import FieldError, Invalid
from app.exchange.formats.front_matter import FrontMatterError, parse
from app.exchange.records import CANONICAL, DROPPED, KEPT
from app.exchange.schemas import MapSchema

# Other names for our fields, in the order of preference. They suit collections of incident reports.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "external_key": ("uuid",),
    "description": ("summary",),
    "source": ("url",),
    "author": ("company",),
    "category": ("category_name", "categories"),
    "tags": ("keywords",),
    "created_at": ("start_time",),
    "published_at": ("source_published_at",),
}
# What a title is made of when there is none.
TITLE_PARTS = ("company", "product")


@dataclass(frozen=True, slots=True)
class Names:
    """Which names of a file stand for which field, the preferred one first, and which names to leave out."""

    of: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {canonical: (canonical, *ALIASES.get(canonical, ())) for canonical in CANONICAL}
    )
    ignored: frozenset[str] = frozenset()

    @classmethod
    def of_columns(cls, columns: Iterable[tuple[str, str]]) -> Self:
        """Each column stands for the field that was chosen for it (or `KEPT`, `DROPPED`), and for no other."""
        chosen = tuple(columns)
        of = {canonical: tuple(name for name, field in chosen if field == canonical) for canonical in CANONICAL}
        return cls(of, frozenset(name for name, field in chosen if field == DROPPED))

    def standing(self, name: str) -> str:
        """What a name of the file stands for."""
        if name in self.ignored:
            return DROPPED
        return next((canonical for canonical, names in self.of.items() if name in names), KEPT)

    def with_map(self, chosen: Mapping[str, list[str]], ignored: list[str]) -> "Names":
        """The chosen names come first; a name that is chosen for one field no longer stands for another."""
        taken = {name for names in chosen.values() for name in names}
        of = {
            canonical: (*chosen.get(canonical, ()), *(name for name in names if name not in taken))
            for canonical, names in self.of.items()
        }
        return Names(of, frozenset(ignored))


def read_map(path: Path) -> Names:
    """The names of a mapping file (YAML). Raises `Invalid`, naming every wrong key at once."""
    try:
        document = parse(path.read_text(encoding="utf-8-sig")).texts
        loaded = MapSchema().load(_with_lists(document))
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path}: can't be read: {error}") from error
    except FrontMatterError as error:
        raise Invalid(f"{path}:{error.line}: {error.message}") from error
    except ValidationError as error:
        raise _invalid(path, flatten(error.messages, "body")) from error
    unknown = [name for name in loaded["fields"] if name not in CANONICAL]
    if unknown:
        raise _invalid(path, [FieldError(("fields", name), _no_such_field(name)) for name in unknown])
    return Names().with_map(loaded["fields"], loaded["ignore"])


def _with_lists(document: Mapping[str, Any]) -> dict[str, Any]:
    """One name may stand without a list."""
    fields = document.get("fields")
    if not isinstance(fields, Mapping):
        return dict(document)
    return {**document, "fields": {name: [one] if isinstance(one, str) else one for name, one in fields.items()}}


def _invalid(path: Path, errors: list[FieldError]) -> Invalid:
    lines = (f"{path}: {'.'.join(str(part) for part in error.path)}: {error.message}" for error in errors)
    return Invalid("\n".join(lines), errors)


def _no_such_field(name: str) -> str:
    close = difflib.get_close_matches(name, CANONICAL, n=1)
    return f"no such field (did you mean {close[0]}?)" if close else f"no such field; known: {', '.join(CANONICAL)}"
