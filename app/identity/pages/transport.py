"""Passwords and sessions travel over HTTPS, or stay on this machine."""

from flask import request

from app.config.rules import is_protected_address
from app.core.http.proxies import FORWARDED
from app.errors import Forbidden
from app.identity.guard import identity_settings

NEEDS_HTTPS = (
    "Sign-in needs HTTPS: over plain HTTP others could read what you type. Open the https address of this site. If you"
    " did, its proxy has to be named in INSIGHTS_TRUSTED_PROXIES and has to send X-Forwarded-Proto."
)


def insist_on_https() -> None:
    """Before a page that takes secrets shows its form or takes it: `Forbidden` where others may read along.

    In dev nobody is asked for certificates.
    """
    if identity_settings().guarded and not _is_private():
        raise Forbidden(NEEDS_HTTPS)


def _is_private() -> bool:
    """A name of this machine, passed on by a proxy that says nothing of its client, may be the proxy's for us."""
    return is_protected_address(request.url_root) and (request.is_secure or not request.environ.get(FORWARDED))
