"""Errors as they leave: one problem document (RFC 9457) for programs, one page for people.

Routes that speak another protocol have their own form for programs (`say_otherwise`).
"""

import json
import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from app.core.http.keeping import kept
from app.core.http.negotiation import prefers_html
from app.core.http.respond import wrong_if_match
from app.core.http.routing import InvalidPath
from app.core.http.uploads import largest_file
from app.core.redaction import redacted_text
from app.core.sizes import readable_size
from app.errors import (
    UNKNOWN,
    Differing,
    DomainError,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    Stale,
    StillRunning,
    TooMany,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
STATUS: dict[type[DomainError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refused: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    StillRunning: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
# Makes the answer of a status, a sentence and headers.
Form = Callable[[HTTPStatus, str, Mapping[str, str]], Response]
_FORMS = "error_forms"
# Headers of werkzeug's errors that describe its own HTML body, which is not sent.
BODY_HEADERS = frozenset({"content-type", "content-length"})

log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Answer every error of the application, whoever raised it."""
    app.register_error_handler(DomainError, domain_error)
    app.register_error_handler(InvalidPath, lambda found: domain_error(found.error))
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(Exception, _unexpected)


def say_otherwise(app: Flask, blueprint: str, form: Form) -> None:
    """Answer the errors of a blueprint's routes in their own form, whoever raised them; browsers still get a page."""
    app.extensions.setdefault(_FORMS, {})[blueprint] = form


def domain_error(error: DomainError) -> Response:
    """The answer to an error of a domain."""
    status = STATUS[type(error)]
    members: dict[str, Any] = {}
    if error.errors:
        members["errors"] = [_field_error(found) for found in error.errors]
    headers = {}
    detail = error.detail
    if isinstance(error, Stale):
        if wrong := wrong_if_match():
            detail = f"{wrong} The version is now {error.current_version}."
        members |= {"current_version": error.current_version, "differs": [_differing(field) for field in error.differs]}
    if isinstance(error, Unavailable | StillRunning):
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="insights"' + (', error="invalid_token"' if error.invalid else "")
    return answer(status, detail, members, headers)


def _http_exception(error: HTTPException) -> Response:
    headers = {name: value for name, value in error.get_headers() if name.lower() not in BODY_HEADERS}
    status = HTTPStatus(error.code or 500)
    return answer(status, _said_plainly(status) or error.description or "", {}, headers)


def _said_plainly(status: HTTPStatus) -> str | None:
    """Our words where the framework's don't help."""
    if status == HTTPStatus.NOT_FOUND:
        return "There is nothing at this address."
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        limit = request.max_content_length
        if limit and request.mimetype == "multipart/form-data" and (request.content_length or limit) < limit:
            return f"The form must have {request.max_form_parts} fields at most."
        if (most := largest_file()) is not None:
            return f"The file must have {readable_size(most)} at most."
        return f"The body must have {readable_size(limit or 0)} at most."
    return None


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected error", exc_info=error)
    detail = "Something went wrong on our side. The request id helps the operators to find out what."
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def answer(
    status: HTTPStatus, detail: str, members: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem document, or the error page when a browser asks."""
    problem = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES[status],  # the same words on every version of Python
        "status": int(status),
        "detail": detail,
        "instance": redacted_text(request.path),
        "request_id": g.get("request_id", ""),
        **(members or {}),
    }
    if prefers_html():
        typed = kept()
        page = render_template("kept.html" if typed else "error.html", **problem, kept=typed)
        response = Response(page, status, headers, mimetype="text/html")
    elif form := _own_form():
        response = form(status, detail, headers or {})
    else:
        response = Response(json.dumps(problem, ensure_ascii=False), status, headers, content_type=MEDIA_TYPE)
    response.vary.add("Accept")
    return response


def _own_form() -> Form | None:
    forms: Mapping[str, Form] = current_app.extensions.get(_FORMS, {})
    return forms.get(request.blueprint or "")


def _differing(field: Differing) -> dict[str, Any]:
    known = {"field": field.field, "yours": field.yours, "before": field.before, "now": field.now}
    return {name: value for name, value in known.items() if value is not UNKNOWN}


def _field_error(error: FieldError) -> dict[str, Any]:
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error.path)
    part = {"position": error.position, "length": error.length, "suggestion": error.suggestion}
    return {
        "loc": [error.where, *error.path],
        "pointer": f"#{pointer}",
        "message": error.message,
        "code": error.code,
        **{name: value for name, value in part.items() if value is not None},
    }
