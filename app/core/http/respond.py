"""Answers: bytes that Postgres made go out as they are, with a strong validator."""

from collections.abc import Mapping
from hashlib import blake2b
from http import HTTPStatus

from flask import Response, request

JSON = "application/json"
# No stored thing has it.
FOREIGN = 0


def digest(body: bytes) -> str:
    """A short fingerprint of an answer."""
    return blake2b(body, digest_size=8).hexdigest()


def json_answer(body: bytes, following: str | None = None) -> Response:
    """JSON without a version of its own: lists and statistics. The ETag is the body's fingerprint; ``following`` is the
    address of the next page."""
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    return _answer(body, HTTPStatus.OK, digest(body), headers)


def versioned_answer(
    body: bytes, version: int, status: HTTPStatus = HTTPStatus.OK, location: str | None = None
) -> Response:
    """One stored thing. Its ETag is ``"<version>-<fingerprint>"``: `If-Match` looks at the version only, while
    `If-None-Match` also sees what changed beside the row (a tag renamed, a count)."""
    return _answer(body, status, f"{version}-{digest(body)}", {"Location": location} if location else {})


def _answer(body: bytes, status: HTTPStatus, etag: str, more: Mapping[str, str]) -> Response:
    headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache", **more}
    response = Response(body, status, headers, content_type=JSON)
    if request.method in ("GET", "HEAD") and "If-None-Match" in request.headers:
        response.make_conditional(request)
    return response


def no_content() -> Response:
    """204, and no word of a content type."""
    response = Response(status=HTTPStatus.NO_CONTENT)
    del response.headers["Content-Type"]
    return response


def expected_version() -> int | None:
    """The version that ``If-Match`` names: None without the header or for ``*``, `FOREIGN` for a tag that is weak or
    none of ours.

    Of several the greatest: versions only rise, so no other of them can be the current one.
    """
    header = request.if_match
    if not request.headers.get("If-Match") or header.star_tag:
        return None
    versions = [tag.partition("-")[0] for tag in header.as_set() if tag]
    known = [int(version) for version in versions if version.isascii() and version.isdigit() and len(version) < 10]
    return max(known, default=FOREIGN)


def wrong_if_match() -> str | None:
    """What is wrong with an ``If-Match`` that no version can match; None when it names one, or is missing."""
    if expected_version() != FOREIGN:
        return None
    if request.if_match.as_set(include_weak=True) - request.if_match.as_set():
        return "If-Match takes a strong ETag, and a weak one (W/) was sent: leave out the W/."
    return "If-Match names no version: send the ETag that a GET answers, or the version in quotes."
