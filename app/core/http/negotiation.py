"""Who is asking: a person at a browser or a program."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, redirect, request

P = ParamSpec("P")


def prefers_html() -> bool:
    """Whether the Accept header ranks HTML above JSON, as browsers do; ``*/*`` does not."""
    accepts = request.accept_mimetypes
    return accepts["text/html"] > accepts["application/json"] and "text/html" in list(accepts.values())


def page_for_people(page: Callable[..., str]) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Send a browser that opens this API address on to its page; ``page`` gets the view's arguments."""

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def choose(*args: P.args, **kwargs: P.kwargs) -> Response:
            if request.method in ("GET", "HEAD") and prefers_html():
                response = Response(headers=dict(redirect(page(*args, **kwargs), 303).headers), status=303)
            else:
                response = view(*args, **kwargs)
            response.vary.add("Accept")
            return response

        return choose

    return decorate
