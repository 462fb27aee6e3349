"""Cookies that no script and no other site gets hold of; the session's is one."""

from dataclasses import dataclass
from datetime import datetime

from flask import request
from werkzeug import Response


@dataclass(frozen=True, slots=True)
class PrivateCookie:
    """A cookie that only our own requests carry, under one of two names.

    A ``__Host-`` cookie comes from this host alone, over TLS; over plain HTTP browsers refuse the name.
    """

    secure_name: str
    plain_name: str

    def value(self) -> str | None:
        """What the browser shows."""
        if "HTTP_COOKIE" not in request.environ:  # as of programs, who need not pay for a parser
            return None
        return request.cookies.get(self._name) or None

    def keep(
        self, response: Response, value: str, *, seconds: int | None = None, until: datetime | None = None
    ) -> None:
        """Have the browser remember it, for so many seconds or until then."""
        secure = request.is_secure
        response.set_cookie(self._name, value, seconds, until, path="/", secure=secure, httponly=True, samesite="Lax")

    def clear(self, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(self._name, path="/", secure=request.is_secure, httponly=True, samesite="Lax")

    @property
    def _name(self) -> str:
        return self.secure_name if request.is_secure else self.plain_name


SESSION = PrivateCookie("__Host-insights", "insights_session")
