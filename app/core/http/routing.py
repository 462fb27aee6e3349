"""How an id looks in a path."""

from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map

from app.core.fields import WHOLE_NUMBER
from app.errors import FieldError, Invalid


class InvalidPath(HTTPException):
    """Routing only lets HTTP exceptions through; this one carries the domain error that the handlers answer."""

    code = 422

    def __init__(self, error: Invalid) -> None:
        super().__init__(error.detail)
        self.error = error


class NamedIdConverter(BaseConverter):
    """``<named:insight_id>``: an id that may be followed by a name for people (``42-how-we-lost-a-day``), which decides
    nothing: an address stays good when the name changes."""

    regex = r"\d{1,18}(?:-[^/]*)?"
    part_isolating = True

    def to_python(self, value: str) -> int:
        return int(value.partition("-")[0])


class IdConverter(BaseConverter):
    """``<id("insight_id"):insight_id>``: what is no whole number is a 422 that names the parameter, not a 404."""

    # Words that stand where an id may stand: with another method they are a 405, not a wrong id.
    regex = r"(?!(?:search|similar|bulk|tree|trash|suggested-merges)$)[^/]+"
    # Werkzeug takes the slash in the pattern for one that ids may hold, and a slash after the id for a part of it.
    part_isolating = True

    def __init__(self, url_map: Map, name: str) -> None:
        super().__init__(url_map)
        self.name = name

    def to_python(self, value: str) -> int:
        if WHOLE_NUMBER.fullmatch(value):
            return int(value)
        raise InvalidPath(Invalid.because([FieldError((self.name,), "must be a whole number", "type", where="path")]))
