"""The session's cookie."""

from datetime import datetime

from flask import Request, Response, request

SECURE_NAME, PLAIN_NAME = "__Host-insights", "insights_session"


def session_secret(request: Request) -> str | None:
    """What the browser shows to be known."""
    return request.cookies.get(_name(request)) or None


def set_session_cookie(response: Response, secret: str, expires_at: datetime) -> None:
    """Remember the session in this browser; nothing but our own requests ever carry it."""
    response.set_cookie(
        _name(request), secret, expires=expires_at, secure=request.is_secure, httponly=True, samesite="Lax", path="/"
    )


def clear_session_cookie(response: Response) -> None:
    """Forget it."""
    response.delete_cookie(_name(request), secure=request.is_secure, httponly=True, samesite="Lax", path="/")


def _name(request: Request) -> str:
    """A ``__Host-`` cookie comes from this host alone, over TLS; browsers refuse the name otherwise."""
    return SECURE_NAME if request.is_secure else PLAIN_NAME
