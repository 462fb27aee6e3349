"""Answers and errors of operations over HTTP: their media types, statuses and bytes."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus

import orjson
from flask import Request, Response, request
from werkzeug.datastructures import Accept
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.http import parse_accept_header

from app.core.http.respond import JSON, digest
from app.graphql_api.answering import Outcome
from app.graphql_api.errors import Code, Rejected
from app.graphql_api.execution import Answer

RESPONSE = "application/graphql-response+json"
WILDCARDS = frozenset({"*/*", "application/*", "*"})
# Of errors that were raised before anything was asked of GraphQL.
CODES: Mapping[HTTPStatus, Code] = {
    HTTPStatus.UNAUTHORIZED: Code.DENIED,
    HTTPStatus.FORBIDDEN: Code.DENIED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Code.TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Code.MEDIA_TYPE,
    HTTPStatus.TOO_MANY_REQUESTS: Code.TOO_OFTEN,
    HTTPStatus.SERVICE_UNAVAILABLE: Code.UNAVAILABLE,
}
# What is wrong with the request itself; all else is 200 for those who expect the dialect's own answers.
STATUSES: Mapping[Code, HTTPStatus] = {
    Code.BODY: HTTPStatus.BAD_REQUEST,
    Code.METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
}
STATUSES_OF_RESPONSE: Mapping[Code, HTTPStatus] = {**STATUSES, Code.TIME: HTTPStatus.GATEWAY_TIMEOUT}
PRIVATE, NEVER = "private, no-cache", "no-store"


@lru_cache(maxsize=64)
def media_type(accept: str) -> str:
    """What an Accept header ranks highest; plain JSON unless it names GraphQL's own type before that."""
    ranked = sorted(parse_accept_header(accept, Accept), key=lambda named: (-named[1], named[0] in WILDCARDS))
    names = (value.partition(";")[0].strip().lower() for value, quality in ranked if quality > 0)
    first = next((name for name in names if name in (JSON, RESPONSE) or name in WILDCARDS), JSON)
    return RESPONSE if first == RESPONSE else JSON


def wanted_type() -> str:
    """What the caller of this request reads."""
    return media_type(request.headers.get("Accept", ""))


def read_body(sent: Request) -> bytes:
    """The JSON that was sent. Raises 413 and 415."""
    if sent.environ.get("CONTENT_TYPE") != JSON and not sent.is_json:  # the first is what nearly everybody sends
        raise UnsupportedMediaType("Send the operation as application/json.")
    body = sent.get_data(cache=False)
    # A body without a stated length is read up to the limit, silently.
    if len(body) == sent.max_content_length and sent.content_length is None:
        raise RequestEntityTooLarge
    return body


def answered(found: Answer | Sequence[Outcome]) -> Response:
    """The answer to a POST."""
    body = as_bytes(found) if isinstance(found, Answer) else b"[%b]" % b",".join(map(as_bytes, found))
    return Response(body, content_type=wanted_type(), headers={"Vary": "Accept"})


def cacheable(found: Answer) -> Response:
    """The answer to a GET, with a fingerprint; 304 when the caller has that already."""
    body, kind = as_bytes(found), wanted_type()
    headers = {"ETag": f'"{digest(kind.encode() + body)}"', "Cache-Control": PRIVATE, "Vary": "Accept"}
    response = Response(body, content_type=kind, headers=headers)
    if "If-None-Match" in request.headers:
        response.make_conditional(request)
    return response


def rejected(rejection: Rejected) -> Response:
    """Why there is no answer. Who reads plain JSON gets 200, as from other servers of the dialect."""
    of_response = wanted_type() == RESPONSE
    statuses = STATUSES_OF_RESPONSE if of_response else STATUSES
    status = statuses.get(rejection.code, HTTPStatus.BAD_REQUEST if of_response else HTTPStatus.OK)
    return _errors(status, rejection.errors, {"Allow": "POST"} if rejection.code is Code.METHOD else {})


def refused(status: HTTPStatus, detail: str, headers: Mapping[str, str]) -> Response:
    """An error that the operation has no part in, as `app.core.http.problems` hands it over."""
    otherwise = Code.UNEXPECTED if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Code.VALIDATION
    return _errors(status, [Rejected(detail, code=CODES.get(status, otherwise))], headers)


def as_bytes(outcome: Outcome) -> bytes:
    """One answer, or its errors: never both."""
    if isinstance(outcome, Rejected):
        return errors_json(outcome.errors)
    return b'{"data":%b,"extensions":{"cost":%d}}' % outcome


def errors_json(errors: Iterable[Rejected]) -> bytes:
    return orjson.dumps({"errors": [error.as_json() for error in errors]})


def _errors(status: HTTPStatus, errors: Iterable[Rejected], headers: Mapping[str, str]) -> Response:
    told = {"Cache-Control": NEVER, "Vary": "Accept", **headers}
    return Response(errors_json(errors), status, told, content_type=wanted_type())
