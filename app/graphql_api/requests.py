"""What a request asks for: its members, whichever way they came, told apart from what can't be meant."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import orjson

from app.graphql_api.errors import WHOLE, Code, Rejected

T = TypeVar("T")
NAMES: Mapping[type, str] = {str: "a string", dict: "an object"}
EXTENSION = "extensions.persistedQuery"
VERSION = 1


class Asked(NamedTuple):
    """One operation: its text, the id of a kept one, or the hash of either (``digest``, SHA-256 in hexadecimals)."""

    query: str | None
    document_id: str | None
    digest: str | None
    variables: Mapping[str, Any]
    operation_name: str | None

    @classmethod
    def of(cls, members: object) -> "Asked":
        """From the members of a body; members that nobody knows are left out. Raises `Rejected` for one that has
        another type."""
        if not isinstance(members, dict):
            raise Rejected("an operation has to be a JSON object, with query or documentId")
        return cls(
            _member(members, "query", str),
            _member(members, "documentId", str),
            _digest(_member(members, "extensions", dict) or {}),
            _member(members, "variables", dict) or {},
            _member(members, "operationName", str),
        )

    @classmethod
    def of_address(cls, arguments: Mapping[str, str]) -> "Asked":
        """From the arguments of an address, of which ``variables`` and ``extensions`` are JSON."""
        structured = ("variables", "extensions")
        read = {name: read_json(arguments[name].encode(), f"$.{name}") for name in structured if name in arguments}
        return cls.of({**arguments, **read})


def read_json(text: bytes, place: str = WHOLE) -> Any:
    """What JSON says. Raises `Rejected` for what is none: orjson refuses half of a surrogate pair, too, and more than
    1,024 levels."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Rejected(f"it is not valid JSON: {error}", place, Code.BODY) from error


def _member(members: Mapping[str, Any], name: str, kind: type[T], place: str = WHOLE) -> T | None:
    found = members.get(name)
    if found is None or isinstance(found, kind):
        return found
    raise Rejected(f"{name} has to be {NAMES[kind]}", f"{place}.{name}")


def _digest(extensions: Mapping[str, Any]) -> str | None:
    """The hash of Apollo's automatic persisted queries."""
    place = f"{WHOLE}.{EXTENSION}"
    kept = _member(extensions, "persistedQuery", dict, f"{WHOLE}.extensions")
    if kept is None:
        return None
    if kept.get("version") != VERSION:
        raise Rejected(f"only version {VERSION} of persisted queries is known", f"{place}.version")
    digest = _member(kept, "sha256Hash", str, place)
    if digest is None:
        raise Rejected("sha256Hash has to be a string", f"{place}.sha256Hash")
    return digest.lower()
