"""How an operation is refused, in the terms of the dialect."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

WHOLE = "$"
# The greatest integer of JSON that every reader takes for what it is; fragments of fragments come to far more.
MOST_COUNTED = 2**53 - 1


class Code(StrEnum):
    """What kind of error, for programs."""

    VALIDATION = "validation-failed"
    DATA = "data-exception"
    BODY = "invalid-json"
    METHOD = "method-not-allowed"
    TIME = "time-limit-exceeded"
    MEDIA_TYPE = "unsupported-media-type"
    TOO_LARGE = "body-too-large"
    TOO_OFTEN = "rate-limit-exceeded"
    DENIED = "access-denied"
    UNAVAILABLE = "unavailable"
    UNEXPECTED = "unexpected"
    UNKNOWN_DOCUMENT = "PERSISTED_QUERY_NOT_FOUND"  # Apollo's clients look for this very code


class Rejected(Exception):
    """Why an operation is not answered. ``place`` is a JSONPath into the request (``$.selectionSet.insights.args``);
    ``limit`` tells which limit it breaks: its name, what is allowed, what was asked."""

    def __init__(
        self, message: str, place: str = WHOLE, code: Code = Code.VALIDATION, limit: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.place, self.code, self.limit = message, place, code, limit

    @property
    def errors(self) -> "Sequence[Rejected]":
        """All that is wrong."""
        return (self,)

    def as_json(self) -> dict[str, object]:
        """One entry of ``errors``."""
        extensions = {"path": self.place, "code": str(self.code)}
        return {"message": self.message, "extensions": {**extensions, **({"limit": self.limit} if self.limit else {})}}


class SeverallyRejected(Rejected):
    """More than one thing is wrong."""

    def __init__(self, errors: Sequence[Rejected]) -> None:
        super().__init__(errors[0].message, errors[0].place, errors[0].code)
        self._errors = tuple(errors)

    @property
    def errors(self) -> Sequence[Rejected]:
        return self._errors


class OverLimit(Rejected):
    """It asks for more than an operation may."""

    def __init__(self, name: str, allowed: int, asked: int | None, what: str, place: str = WHOLE) -> None:
        counted = None if asked is None else min(asked, MOST_COUNTED)
        known = {"name": name, "allowed": allowed, **({"asked": counted} if counted is not None else {})}
        found = "too many" if counted is None else str(counted)
        super().__init__(f"This operation has {found} {what}: {allowed} are allowed.", place, limit=known)
