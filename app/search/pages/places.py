"""A place in the library: the address of a list, which forms send along to come back to it."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from werkzeug.datastructures import MultiDict

from app.core.http.filters import Filters, given_filters
from app.search.schemas.searches import LibrarySchema

LISTS = ("tag_ids",)
# Of what a place holds, this says how its list is shown, and not what is in it.
SHOWING = frozenset({"page", "page_size", "sort", "view"})


@dataclass(frozen=True, slots=True)
class Place:
    """The ``address`` to come back to, and what its list was filtered by (`LibrarySchema`, what is wrong left out)."""

    address: str
    arguments: dict[str, Any]

    @classmethod
    def of(cls, typed: str) -> Self:
        """From a page's own address as it was sent: whatever it names, it leads nowhere but into the library."""
        given = parse_qsl(typed.partition("?")[2])
        kept = [(name, value) for name, value in given if name in LibrarySchema().fields]
        address = f"/library?{urlencode(kept)}" if kept else "/library"
        return cls(address, filters_of(MultiDict(kept)).arguments)

    @property
    def filter(self) -> dict[str, Any]:
        """What makes out the list, as a search takes it (`SearchSchema`)."""
        given = {name: value for name, value in self.arguments.items() if name not in SHOWING and value}
        return {"query" if name == "q" else name: value for name, value in given.items()}


def filters_of(parameters: MultiDict[str, str] | None = None) -> Filters:
    """What this address, or the one with these ``parameters``, asks the library for."""
    return given_filters(LibrarySchema(), LISTS, parameters)
