"""marshmallow fields whose messages carry a code for programs and whose values Postgres can always store."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

import marshmallow
from marshmallow import ValidationError, fields

from app.core.clock import as_utc
from app.errors import FieldError

METADATA_DEPTH = 32
SURROGATE = re.compile("[\ud800-\udfff]")
# int() also takes underscores, white space and any script's digits, and refuses very long numbers.
WHOLE_NUMBER = re.compile("-?[0-9]{1,1000}")


class Message(str):
    """A message for people that also carries a ``code`` for programs."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, text: str, code: str) -> "Message":
        message = super().__new__(cls, text)
        message.code = code
        return message

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Copies of a schema copy its messages too."""
        return str(self), self.code

    def format(self, *args: object, **values: object) -> "Message":
        return Message(super().format(*args, **values), self.code)


MESSAGES = {
    "required": Message("is required", "required"),
    "null": Message("must not be null", "null"),
    "validator_failed": Message("is not valid", "invalid"),
}


class Schema(marshmallow.Schema):
    """The base of every schema: unknown fields are errors, wrong types are named.

    ``as_text``: its values come as text, like those of a query string.
    """

    as_text = False

    error_messages = {
        "unknown": Message("is not a known field", "unknown_field"),
        "type": Message("must be an object", "type"),
    }

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Itself, as nobody changes it once it is made: with each thing that a route declares smorest copies all that
        was declared before, which took half of a start."""
        return self


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValidationError(Message("must not contain the NUL character", "nul_character"))
    if not text.isascii() and SURROGATE.search(text):
        raise ValidationError(Message("must not contain half of a surrogate pair", "lone_surrogate"))
    return text


def _described(options: dict[str, Any], **limits: Any) -> dict[str, Any]:
    """The options, with limits added to what the OpenAPI document says of the field."""
    known = {name: limit for name, limit in limits.items() if limit is not None}
    return {**options, "metadata": {**known, **options.get("metadata", {})}}


class Text(fields.String):
    """Text of ``least`` to ``most`` characters; a line (``strip``) loses white space at its ends."""

    default_error_messages = {**MESSAGES, "invalid": Message("must be text", "type")}

    def __init__(self, *, least: int = 0, most: int | None = None, strip: bool = False, **options: Any) -> None:
        # What loses its white space at the ends must have something else to be long enough.
        pattern = r"\S" if strip and least else None
        super().__init__(**_described(options, minLength=least or None, maxLength=most, pattern=pattern))
        self.strip, self.least, self.most = strip, least, most
        self.validators.append(self._check_length)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = _storable(super()._deserialize(value, attr, data, **kwargs))
        return text.strip() if self.strip else text

    def _check_length(self, text: str) -> None:
        if len(text) < self.least:
            raise ValidationError(Message("must not be empty", "too_short"))
        if self.most is not None and len(text) > self.most:
            raise ValidationError(Message(f"must have {self.most} characters at most, has {len(text)}", "too_long"))


class Token(fields.String):
    """One of a fixed list of words; ``None`` of the database never occurs."""

    default_error_messages = {**MESSAGES, "invalid": Message("must be text", "type")}

    def __init__(self, tokens: Iterable[str], **options: Any) -> None:
        self.tokens = tuple(str(token) for token in tokens)
        super().__init__(**_described(options, enum=self.tokens))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in self.tokens:
            raise ValidationError(Message(f"must be one of {', '.join(self.tokens)}", "unknown_token"))
        return text


class Whole(fields.Integer):
    """A whole number of ``least`` to ``most``; in a query string it comes as text, in a body it must be a number."""

    default_error_messages = {
        **MESSAGES,
        "invalid": Message("must be a whole number", "type"),
        "too_large": Message("must be a whole number", "type"),
    }

    def __init__(self, *, least: int | None = None, most: int | None = None, **options: Any) -> None:
        super().__init__(strict=True, **_described(options, minimum=least, maximum=most))
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        number = super()._deserialize(self._read(value), attr, data, **kwargs)
        if self.least is not None and number < self.least:
            raise ValidationError(Message(f"must be {self.least} or more", "too_small"))
        if self.most is not None and number > self.most:
            raise ValidationError(Message(f"must be {self.most} or less", "too_large"))
        return int(number)

    def _read(self, value: Any) -> Any:
        as_text = getattr(self.root, "as_text", False) and isinstance(value, str)
        # JSON has one kind of number: 8.0 is a whole one.
        whole = WHOLE_NUMBER.fullmatch(value) if as_text else isinstance(value, float) and value.is_integer()
        return int(value) if whole else value


class Flag(fields.Boolean):
    """``true`` or ``false``, and no word that might mean one of them; in a query string they come as text."""

    default_error_messages = {**MESSAGES, "invalid": Message("must be true or false", "type")}
    texts = {"true": True, "false": False}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if getattr(self.root, "as_text", False) and value in self.texts:
            return self.texts[value]
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Id(Whole):
    """The number of a stored thing. Any whole number parses: one that names nothing is the domain's business."""


class Moment(fields.DateTime):
    """An RFC 3339 time; a naive one is UTC. Given out with ``Z``."""

    default_error_messages = {
        **MESSAGES,
        "invalid": Message("must be a time such as 2026-11-22T09:30:00Z", "type"),
        "format": Message("must be a time such as 2026-11-22T09:30:00Z", "type"),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type="datetime")
        try:
            return as_utc(super()._deserialize(value, attr, data, **kwargs))
        except OverflowError as error:
            raise self.make_error("invalid", input=value, obj_type="datetime") from error


class Many(fields.List[Any]):
    """A list of ``inner``, of ``most`` members at most."""

    default_error_messages = {**MESSAGES, "invalid": Message("must be a list", "type")}

    def __init__(self, inner: fields.Field[Any], *, most: int = 1000, **options: Any) -> None:
        super().__init__(inner, **_described(options, maxItems=most))
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, (list, tuple)) and len(value) > self.most:
            raise ValidationError(Message(f"must have {self.most} members at most, has {len(value)}", "too_long"))
        return super()._deserialize(value, attr, data, **kwargs)


class JsonObject(fields.Dict):
    """A JSON object that ``jsonb`` can hold."""

    default_error_messages = {**MESSAGES, "invalid": Message("must be an object", "type")}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, Any]:
        document: dict[str, Any] = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        _storable_json(document)
        return document


def _storable_json(value: Any, depth: int = 0) -> None:
    if depth > METADATA_DEPTH:
        raise ValidationError(Message(f"must not be nested deeper than {METADATA_DEPTH} levels", "too_deep"))
    if isinstance(value, str):
        _storable(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(Message("must not contain a number too large to store", "too_large"))
    elif isinstance(value, Mapping):
        for key, member in value.items():
            _storable(str(key))
            _storable_json(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _storable_json(member, depth + 1)


def flatten(tree: Any, where: str, path: tuple[str | int, ...] = ()) -> list[FieldError]:
    """The leaves of a tree of messages; a leaf's ``code`` comes with the message (`app.core.fields.Message`)."""
    if isinstance(tree, Mapping):
        branches = ((path if key == "_schema" else (*path, key), branch) for key, branch in tree.items())
        return [found for key, branch in branches for found in flatten(branch, where, key)]
    leaves = tree if isinstance(tree, list) else [tree]
    return [FieldError(path, str(leaf), getattr(leaf, "code", "invalid"), where) for leaf in leaves]
