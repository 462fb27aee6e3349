"""A route of the API declared in one place: what it takes, what it answers, how it refuses."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema as Marshmallow
from marshmallow import fields
from werkzeug.http import HTTP_STATUS_CODES

from app.core.fields import Schema, Text, Whole
from app.core.http.body import IDEMPOTENCY_KEY, Parser, without_body
from app.core.http.negotiation import page_for_people
from app.core.http.problems import MEDIA_TYPE

View = Callable[..., Any]

ETAG = {"ETag": {"description": "A strong validator.", "schema": {"type": "string"}}}
REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` when this is the first answer again.",
        "schema": {"type": "string"},
    }
}
LOCATION = {"Location": {"description": "The address of what was made.", "schema": {"type": "string"}}}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag (or the version in quotes) that the caller read; 412 when the stored version is another.",
    "schema": {"type": "string", "example": '"3"'},
}
MOST_KEY_CHARACTERS = 255
KEY = {
    "in": "header",
    "name": IDEMPOTENCY_KEY,
    "description": "The caller's own key of this request. Sent again under the same key within 24 hours, the request"
    " has no second effect and gets the first answer.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": MOST_KEY_CHARACTERS,
        "pattern": "^[ -+\\--~]+$",  # no comma: that is how two headers arrive
        "example": "0b7fe4a4-8a3c-4a8e-9d0e-0f6f3c5f9f52",
    },
}
PROBLEMS = {
    400: ("Refused: a duplicate, an unknown reference, or something still in use.", "That name is taken already."),
    401: ("Credentials are needed, or those given are no good.", "The token is unknown, expired or revoked."),
    403: ("The caller is known and may not do this.", "Your role (viewer) may not do this."),
    404: ("There is no such thing, or none that the caller may see.", "Tag 42 does not exist."),
    409: (
        "The same request under the same `Idempotency-Key` is still running.",
        "The first request with this Idempotency-Key is still running; send this one again.",
    ),
    412: (
        "The stored version is another than the one in `If-Match`.",
        "Insight 42 has changed since it was read: its version is now 4.",
    ),
    413: ("The body is too large.", "The body must have 4 MiB at most."),
    415: ("The body is of another type than the one described.", "Send the body as application/json."),
    422: ("One or more fields are wrong; all of them are named.", "title: is required"),
    503: ("The database can't be reached just now.", "The database can't be reached just now."),
}


class FieldProblem(Schema):
    """One wrong field, or the part of it that is wrong."""

    loc = fields.List(fields.Raw(), required=True)
    pointer = Text(required=True)
    message = Text(required=True)
    code = Text(required=True)
    position = Whole(metadata={"description": "Where the wrong part of a text begins, in characters from 0."})
    length = Whole(metadata={"description": "How many characters are wrong."})
    suggestion = Text(metadata={"description": "What could stand there; empty to leave the part out."})


class DifferingField(Schema):
    """One field that another has changed since the caller read, or that the caller wanted otherwise."""

    field = Text(required=True)
    yours = fields.Raw(metadata={"description": "What the caller sent; absent when that is what is stored."})
    before = fields.Raw(metadata={"description": "What it was in the version that the caller named, where known."})
    now = fields.Raw(required=True, allow_none=True, metadata={"description": "What is stored."})


class Problem(Schema):
    """Every error, in the form of RFC 9457."""

    type = Text(required=True)
    title = Text(required=True)
    status = Whole(required=True)
    detail = Text(required=True)
    instance = Text(required=True)
    request_id = Text(required=True)
    errors = fields.List(fields.Nested(FieldProblem))
    current_version = Whole()
    differs = fields.List(fields.Nested(DifferingField))


class Endpoints(Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """A group of API routes."""

    ARGUMENTS_PARSER = Parser()

    def endpoint(
        self,
        method: str,
        rule: str,
        answer: Marshmallow | type[Marshmallow] | dict[str, Any] | None = None,
        *,
        status: int = HTTPStatus.OK,
        body: Marshmallow | type[Marshmallow] | None = None,
        upload: type[Marshmallow] | None = None,
        query: type[Marshmallow] | None = None,
        refuses: bool = False,
        once: bool = False,
        conditional: bool | None = None,
        page: Callable[..., str] | None = None,
        body_example: object = None,
        answer_example: object = None,
        content_type: str | None = None,
        volatile: bool = False,
        database: bool = True,
        unavailable: type[Marshmallow] | None = None,
        guarded: bool = True,
    ) -> Callable[[View], View]:
        """Declare a view: the loaded body, ``upload`` (the files of a form) or query is its first argument, ids of the
        path follow by name.

        ``refuses``: it may answer 400. ``once``: it takes an `Idempotency-Key`. ``conditional``: it honours
        `If-Match` (unless told, PUT and DELETE do). ``page``: where a browser that opens this address is sent.
        ``volatile``: the answer has no ETag. ``database``: it needs the database; ``unavailable``: what its 503 holds
        when that is no problem document. ``guarded``: the permission table asks for something (a test compares). Which
        other errors are possible follows from the rest.
        """
        headers = {} if volatile or answer is None else ETAG | (LOCATION if status == HTTPStatus.CREATED else {})
        headers = headers | (REPLAYED if once else {})
        database_problem = database and not unavailable
        conditional = method in ("PUT", "DELETE") if conditional is None else conditional
        taken = [*([IF_MATCH] if conditional else []), *([KEY] if once else [])]
        bodiless = method == "DELETE"
        said = {"bodiless": bodiless, "refuses": refuses, "once": once, "conditional": conditional, "guarded": guarded}
        possible = _problems(rule, body or upload, query, database=database_problem, **said)
        steps = [
            page_for_people(page) if page else None,
            without_body if bodiless else None,
            *map(self._problem, possible),
            self._not_modified() if method == "GET" and not volatile else None,
            self._unavailable(unavailable) if unavailable else None,
            self.response(status, answer, headers=headers, content_type=content_type, example=answer_example),
            self.arguments(body, error_status_code=422, example=body_example, required=_asks(body)) if body else None,
            self.arguments(upload, location="files", error_status_code=422) if upload else None,
            self.arguments(query, location="query", error_status_code=422) if query else None,
            _taking(taken) if taken else None,
            None if guarded else self.doc(security=[]),
            self.route(rule, methods=[method]),
        ]

        def declare(view: View) -> View:
            for step in filter(None, steps):
                view = step(view)
            return view

        return declare

    def _problem(self, status: int) -> Callable[[View], View]:
        description, detail = PROBLEMS[status]
        example = {
            "type": "about:blank",
            "title": HTTP_STATUS_CODES[status],
            "status": status,
            "detail": detail,
            "instance": "/insights",
            "request_id": "0783dd2d011c454b876c1b931155e2ab",
        }
        return self.alt_response(  # type: ignore[no-any-return]
            status, schema=Problem, content_type=MEDIA_TYPE, description=description, example=example
        )

    def _unavailable(self, schema: type[Marshmallow]) -> Callable[[View], View]:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return self.alt_response(status, schema=schema, description=PROBLEMS[status][0])  # type: ignore[no-any-return]

    def _not_modified(self) -> Callable[[View], View]:
        description = "Not modified since the ETag in `If-None-Match`."
        return self.alt_response(HTTPStatus.NOT_MODIFIED, description=description)  # type: ignore[no-any-return]


def _asks(body: Marshmallow | type[Marshmallow]) -> bool:
    """Whether an empty body, which counts as an empty object, would miss something."""
    schema = body() if isinstance(body, type) else body
    return not schema.partial and any(field.required for field in schema.load_fields.values())


def _taking(headers: list[dict[str, Any]]) -> Callable[[View], View]:
    """Declare headers beside the parameters of the query, whose place smorest's own `doc` would give them."""

    def declare(view: View) -> View:
        described = vars(view).setdefault("_apidoc", {}).setdefault("arguments", {})
        described.setdefault("parameters", []).extend(headers)
        return view

    return declare


def _problems(
    rule: str,
    body: object,
    query: object,
    *,
    bodiless: bool,
    refuses: bool,
    once: bool,
    conditional: bool,
    database: bool,
    guarded: bool,
) -> list[int]:
    """The errors that a route with these properties can answer."""
    item = "<id(" in rule
    possible = {
        400: refuses,
        401: guarded,
        403: guarded,
        404: item or "<uuid:" in rule or "<string:" in rule,
        409: once,
        412: conditional,
        413: bool(body) or bodiless,
        415: bool(body) or bodiless,
        422: item or once or bodiless or bool(body or query),
        503: database,
    }
    return [status for status, may_be in possible.items() if may_be]
