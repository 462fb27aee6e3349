"""What a domain raises when it can't do what was asked. Nothing here knows HTTP: `app.core.http` gives the status."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

UNKNOWN: Final = object()


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field.

    ``path`` leads to it from the top of its input (``("tag_ids", 2)``); ``where`` says which input that is:
    ``body``, ``query``, ``path`` or ``header``. ``code`` is for programs, ``message`` for people. Where only a part
    of a text is wrong, it begins at ``position`` (from 0) and has ``length`` characters; with ``suggestion`` in its
    place (which may be nothing) the text is better.
    """

    path: tuple[str | int, ...]
    message: str
    code: str = "invalid"
    where: str = "body"
    position: int | None = None
    length: int | None = None
    suggestion: str | None = None


@dataclass(eq=False)
class DomainError(Exception):
    """The base. ``detail`` is one sentence that a person can act on."""

    detail: str
    errors: Sequence[FieldError] = field(default=())

    def __str__(self) -> str:
        return self.detail


class NotFound(DomainError):
    """No such thing, or none that the caller may see."""

    @classmethod
    def of(cls, kind: str, key: object) -> "NotFound":
        return cls(f"{kind} {key} does not exist.")


class Invalid(DomainError):
    """One or more fields have the wrong form: ``errors`` names every one of them."""

    @classmethod
    def because(cls, errors: Sequence[FieldError]) -> "Invalid":
        return cls("; ".join(f"{_dotted(error.path)}: {error.message}" for error in errors), errors)


class Refused(DomainError):
    """Well formed, but at odds with what is stored: a duplicate, an unknown reference, a category in use."""

    @classmethod
    def because_of(cls, name: str, detail: str, code: str) -> "Refused":
        return cls(detail, (FieldError((name,), detail, code),))


@dataclass(eq=False)
class Unauthenticated(DomainError):
    """Credentials are needed, or those given are no good (``invalid``)."""

    invalid: bool = False

    @classmethod
    def by(cls, detail: str) -> "Unauthenticated":
        """For credentials that were given and are no good."""
        return cls(detail, (), invalid=True)


class Forbidden(DomainError):
    """The caller is known, and may not do this."""


@dataclass(eq=False)
class TooMany(DomainError):
    """Too many attempts or requests; another one is worth trying after ``retry_after`` seconds."""

    retry_after: float = 1.0


class StillRunning(DomainError):
    """The same request under the same key came before and isn't answered yet; its answer can be had soon."""


class Unavailable(DomainError):
    """A server that is needed can't be reached just now; trying again later may work."""


@dataclass(frozen=True, slots=True)
class Differing:
    """One field that isn't what the caller takes it for: what the caller sent (``yours``), what it was when the caller
    read it (``before``) and what is stored ``now``, in the form of a request."""

    field: str
    now: Any
    before: Any = UNKNOWN
    yours: Any = UNKNOWN


@dataclass(eq=False)
class Stale(DomainError):
    """The caller read an older version than the stored one."""

    current_version: int = 0
    differs: Sequence[Differing] = field(default=())

    @classmethod
    def of(cls, kind: str, key: object, current_version: int, differs: Sequence[Differing] = ()) -> "Stale":
        detail = f"{kind} {key} has changed since it was read: its version is now {current_version}."
        return cls(detail, (), current_version, differs)


def explained(error: DomainError) -> str:
    """The sentence and, for operators, the first line of what caused it; an error that names a field says it all."""
    cause = str(error.__cause__).strip().splitlines()[:1] if error.__cause__ and not error.errors else []
    return " ".join([error.detail, *(f"({line})" for line in cause)])


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in path) or "body"
