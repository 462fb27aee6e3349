"""Requests that another site's page made a browser send: they carry our cookies, and the person knows nothing of them.

This is the first line, for every route; forms carry a token besides.
"""

from flask import Flask, request

from app.config import Settings
from app.errors import Forbidden

HARMLESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OURS = frozenset({"same-origin", "none"})  # "none": typed, or from a bookmark
DETAIL = "This request came from another site's page; nothing was changed."


def refuse(app: Flask, settings: Settings) -> None:
    """Refuse (403) what changes something and comes from another site, except those in ``CORS_ALLOWED_ORIGINS``."""
    allowed = frozenset(settings.cors_allowed_origins)
    app.before_request(lambda: _check(allowed))


def _check(allowed: frozenset[str]) -> None:
    if request.method not in HARMLESS and from_another_site() and not _expected(allowed):
        raise Forbidden(DETAIL)


def from_another_site() -> bool:
    """What the browser says about the page. Programs, which are led by no page, send neither header."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in OURS
    origin = request.headers.get("Origin")  # older browsers, and every browser without TLS
    return origin is not None and origin.lower() != f"{request.scheme}://{request.host}".lower()


def _expected(allowed: frozenset[str]) -> bool:
    """From a site that may, or with credentials that a page can't make a browser send: it adds cookies and what it
    remembers of a login (``Authorization: Basic``) by itself, tokens never."""
    origin = request.headers.get("Origin")
    if origin is not None and ("*" in allowed or origin in allowed):
        return True
    return "X-API-Key" in request.headers or request.headers.get("Authorization", "").lower().startswith("bearer ")
