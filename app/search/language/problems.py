"""What is wrong with a query's text, and where."""

from dataclasses import dataclass, field

from app.errors import FieldError, Invalid

FIELD = "query"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the text, from ``start`` (included) until ``end`` (excluded)."""

    start: int
    end: int


@dataclass(slots=True)
class Problems:
    """All problems of one text, each with what could stand in its place."""

    found: list[FieldError] = field(default_factory=list)

    def add(self, message: str, code: str, span: Span, suggestion: str) -> None:
        """Note one; an empty suggestion leaves the part out."""
        length = span.end - span.start
        error = FieldError((FIELD,), message, code, position=span.start, length=length, suggestion=suggestion)
        self.found.append(error)

    def refuse(self) -> None:
        """Raise `Invalid` when there are any."""
        if self.found:
            raise Invalid.because(sorted(self.found, key=lambda error: error.position or 0))
