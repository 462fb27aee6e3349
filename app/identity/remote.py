"""JSON documents of an identity provider."""

from functools import cache
from ssl import SSLContext
from typing import Any

from app.errors import Unavailable

TIMEOUT_SECONDS = 5.0
UNREACHABLE = "The identity provider can't be reached just now."


@cache
def trusted() -> SSLContext:
    """The authorities whose certificates count. Loading them takes longer than the request."""
    import httpx2

    return httpx2.create_ssl_context()


def read_document(url: str, access_token: str | None = None) -> dict[str, Any]:
    """The JSON object at an address, where no redirect is followed. Raises `Unavailable`, also for anything else that
    is answered."""
    import httpx2

    headers = {"Accept": "application/json"}
    if access_token is not None:
        headers["Authorization"] = f"Bearer {access_token}"
    try:
        answer = httpx2.get(url, headers=headers, timeout=TIMEOUT_SECONDS, verify=trusted())
        document = answer.raise_for_status().json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
        raise Unavailable(UNREACHABLE) from error
    if not isinstance(document, dict):
        raise Unavailable(UNREACHABLE) from ValueError(f"{url} answers no JSON object")
    return document
