"""Whom the application answers, and what a browser may do with its pages."""

import secrets

from flask import Flask, Response, request

from app.config import Settings

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# Of pages: scripts run only with the nonce of the answer, styles only from our files, nothing in an attribute.
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; img-src {images}; connect-src 'self';{more}"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The other answers are no pages; should a browser be led to show one as a page, it may do nothing.
POLICY_OF_DATA = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# Insights show images of other places; the viewers' own are inside their files.
IMAGES, IMAGES_OF_VIEWERS = "'self' https: http:", "'self' data:"
VIEWERS = frozenset({"/docs", "/redoc"})
SELF_STYLED = frozenset({"/redoc", "/graphql", "/v1/graphql"})  # write their own styles, with the nonce
SEARCHES_IN_WORKER = "/redoc"
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
HSTS = "max-age=31536000; includeSubDomains"
_NONCE = "insights.csp_nonce"


def protect(app: Flask, settings: Settings) -> None:
    """Answer only to our own names, so that no other site's name can be pointed at us; send the usual headers."""
    app.config["TRUSTED_HOSTS"] = trusted_hosts(settings)
    app.after_request(_add_headers)


def trusted_hosts(settings: Settings) -> list[str] | None:
    """The configured names; without any, the loopback's when we listen there, else every name."""
    if settings.allowed_hosts:
        return [*settings.allowed_hosts]
    return [*LOOPBACK, settings.host] if settings.listens_on_loopback else None


def csp_nonce() -> str:
    """What marks this answer's scripts as ours: nobody who smuggles markup into a page can know it."""
    if _NONCE not in request.environ:
        request.environ[_NONCE] = secrets.token_urlsafe(16)
    return str(request.environ[_NONCE])


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.is_secure:
        headers["Strict-Transport-Security"] = HSTS
    if response.mimetype == "text/html":
        _guard_page(response)
    else:
        headers.setdefault("Content-Security-Policy", POLICY_OF_DATA)
    return response


def _guard_page(response: Response) -> None:
    headers = response.headers
    headers["Content-Security-Policy"] = _policy_of_page(request.path)
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS
    # Other sites learn no address of ours; our own forms still say where they come from.
    headers["Referrer-Policy"] = "same-origin"
    # A page shows what its reader may see, and its nonce is good once.
    headers.setdefault("Cache-Control", "no-store")


def _policy_of_page(path: str) -> str:
    nonce = f"'nonce-{request.environ[_NONCE]}'" if _NONCE in request.environ else None
    return POLICY.format(
        scripts=nonce or "'none'",
        styles=f"'self' {nonce}" if nonce and path in SELF_STYLED else "'self'",
        images=IMAGES_OF_VIEWERS if path in VIEWERS else IMAGES,
        more=" worker-src blob:;" if path == SEARCHES_IN_WORKER else "",
    )
