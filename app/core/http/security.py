"""Whom the application answers, and what a browser may do with its pages."""

from flask import Flask, Response, request

from app.config import Settings

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# ReDoc styles itself and searches in a worker; Swagger UI shows images of its own.
POLICIES = {
    "/redoc": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:;",
    "/docs": "default-src 'self'; img-src 'self' data:;",
}
POLICY = "default-src 'self'; img-src 'self' https: http:;"
EVERYWHERE = " frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"


def protect(app: Flask, settings: Settings) -> None:
    """Answer only to our own names, so that no other site's name can be pointed at us; send the usual headers."""
    app.config["TRUSTED_HOSTS"] = trusted_hosts(settings)
    app.after_request(_add_headers)


def trusted_hosts(settings: Settings) -> list[str] | None:
    """The configured names; without any, the loopback's when we listen there, else every name."""
    if settings.allowed_hosts:
        return [*settings.allowed_hosts]
    return [*LOOPBACK, settings.host] if settings.listens_on_loopback else None


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype == "text/html":
        headers["Content-Security-Policy"] = POLICIES.get(request.path, POLICY) + EVERYWHERE
        headers["Referrer-Policy"] = "same-origin"
    return response
