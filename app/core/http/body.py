"""Read what a request carries. Anything malformed leaves as `Invalid`, with every wrong field named."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from flask import Request, request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from app.core.fields import flatten
from app.errors import FieldError, Invalid

IDEMPOTENCY_KEY = "Idempotency-Key"
WHERE = {"json": "body", "query": "query", "querystring": "query"}


class Parser(FlaskParser):
    """webargs with our own reading of JSON and our own error. A file that nobody asked for is not left out silently."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "files": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        return read_json_body(req)

    def load_files(self, req: Request, schema: Schema) -> Any:
        if req.mimetype != "multipart/form-data":
            raise UnsupportedMediaType("Send the file as multipart/form-data.")
        if several := [name for name, files in req.files.lists() if len(files) > 1]:
            raise Invalid.because([FieldError((name,), "takes one file", "type") for name in several])
        return super().load_files(req, schema)

    def handle_error(
        self, error: ValidationError, req: Any, schema: Schema, *, error_status_code: Any, error_headers: Any
    ) -> NoReturn:
        raise Invalid.because(field_errors(error))


def without_body(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view that takes no body. One that says something is refused, or it would be lost without a word; the empty
    object is let pass, which some clients send with everything."""

    @wraps(view)
    def bodiless(*args: Any, **kwargs: Any) -> Any:
        if said := read_json_body(request):
            message = f"is not read from the body of a {request.method}, which takes its query only"
            raise Invalid.because([FieldError((name,), message, "unknown_field") for name in said])
        return view(*args, **kwargs)

    return bodiless


def read_json_body(sent: Request) -> Any:
    """The JSON body; an empty one counts as ``{}``. 415 for another content type, `Invalid` for malformed JSON."""
    raw = sent.get_data(cache=IDEMPOTENCY_KEY in sent.headers)  # which is read once more, for its digest
    # A body without a stated length is read up to the limit, silently.
    if sent.content_length is None and len(raw) == sent.max_content_length:
        raise RequestEntityTooLarge
    if not raw.strip(b" \t\r\n"):
        return {}
    if not sent.is_json:
        raise UnsupportedMediaType("Send the body as application/json.")
    document = _parse(raw)
    if not isinstance(document, dict):
        raise Invalid.because([FieldError((), "must be a JSON object", "type")])
    return document


def _parse(raw: bytes) -> Any:
    """The standard library's parser, though not the fastest: it keeps whole numbers of any size as they are."""
    try:
        document = json.loads(raw, parse_constant=_refuse_constant)
        if b"\\ud" in raw.lower():  # an escape may be half of a surrogate pair, which no text that is sent can hold
            json.dumps(document, ensure_ascii=False).encode()
        return document
    except json.JSONDecodeError as error:
        problem = f"{error.msg} (line {error.lineno}, column {error.colno})"
    except UnicodeDecodeError:
        problem = "it is not UTF-8"
    except UnicodeEncodeError:
        problem = "it holds half of a surrogate pair"
    except RecursionError:
        problem = "it is nested too deep"
    except ValueError as error:
        problem = str(error) if isinstance(error, NotANumber) else "it holds a number with too many digits"
    raise Invalid.because([FieldError((), f"is not valid JSON: {problem}", "malformed_json")])


class NotANumber(ValueError):
    """``NaN`` and ``Infinity``, which JSON does not know."""


def _refuse_constant(name: str) -> NoReturn:
    raise NotANumber(f"{name} is not a number")


def field_errors(error: ValidationError) -> list[FieldError]:
    """marshmallow's nested messages, by location, as a flat list."""
    messages = error.normalized_messages()  # type: ignore[no-untyped-call]
    return [found for location, tree in messages.items() for found in flatten(tree, WHERE.get(str(location), "body"))]
