"""Who is asking: a person at a browser or a program."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec

from flask import Response, request

P = ParamSpec("P")


def prefers_html() -> bool:
    """Whether the Accept header ranks HTML above JSON, as browsers do; ``*/*`` does not."""
    if "text/html" not in request.headers.get("Accept", ""):
        return False
    accepts = request.accept_mimetypes
    return accepts["text/html"] > accepts["application/json"]


def page_for_people(page: Callable[..., str]) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Send a browser that opens this API address on to its page; ``page`` gets the view's arguments.

    ``?format=json`` shows the JSON in a browser.
    """

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def choose(*args: P.args, **kwargs: P.kwargs) -> Response:
            if prefers_html() and request.args.get("format") != "json":
                response = Response(status=HTTPStatus.SEE_OTHER, headers={"Location": page(*args, **kwargs)})
            else:
                response = view(*args, **kwargs)
            response.headers["Vary"] = "Accept"
            return response

        return choose

    return decorate
