"""Behind a proxy: whose word on the client's address and scheme is taken (``INSIGHTS_TRUSTED_PROXIES``).

granian has such a middleware, but it neither knows an IPv4 client on an IPv6 socket (``::ffff:10.0.0.5``) nor tells who
was not believed, and the headers stay where later code may read them. Werkzeug's counts hops and believes any peer.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Address = IPv4Address | IPv6Address

# Set when somebody forwarded the request whose word on the client is not taken, or who says nothing about it: then
# the peer's address, even the loopback's, is a proxy's and no person's.
FORWARDED = "insights.forwarded"
CLIENT, SCHEME = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"
WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+")
OTHERS = frozenset({"HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA"})


def trust(app: Flask, proxies: Iterable[str]) -> None:
    """Take the client's address and scheme from the headers of these proxies only; nothing else sees the headers.

    The Host header is the proxy's to pass on as it came: ``X-Forwarded-Host`` is never read.
    """
    app.wsgi_app = Forwarding(app.wsgi_app, proxies)  # type: ignore[method-assign]


class Forwarding:
    """The middleware."""

    def __init__(self, application: "WSGIApplication", proxies: Iterable[str]) -> None:
        self.application = application
        self.trusted = tuple(ip_network(proxy) for proxy in proxies)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        peer = address_of(environ.get("REMOTE_ADDR", ""))
        if peer is not None:
            environ["REMOTE_ADDR"] = str(peer)
        if claims := _taken_out(environ):
            self._consider(environ, peer, claims)
        return self.application(environ, start_response)

    def _consider(self, environ: "WSGIEnvironment", peer: Address | None, claims: dict[str, str]) -> None:
        if not self._trusts(peer):
            environ[FORWARDED] = True
            return
        if (scheme := claims.get(SCHEME, "").rpartition(",")[2].strip().lower()) in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        client = self._client(claims.get(CLIENT, ""))
        if client is None:
            environ[FORWARDED] = True
        else:
            environ["REMOTE_ADDR"] = str(client)

    def _client(self, hops: str) -> Address | None:
        """The rightmost address that is no proxy of ours: each proxy adds its peer, what is left of that anybody may
        have written. Of our proxies alone the first. None when an address can't be read."""
        hop: Address | None = None
        for written in reversed(hops.split(",")):
            hop = address_of(written.strip())
            if not self._trusts(hop):
                return hop
        return hop

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.trusted)


def _taken_out(environ: "WSGIEnvironment") -> dict[str, str]:
    names = [name for name in environ if name.startswith("HTTP_X_FORWARDED_") or name in OTHERS]
    return {name: environ.pop(name) for name in names}


@lru_cache(maxsize=1024)
def address_of(written: str) -> Address | None:
    """An address, with or without a port; one of IPv4 in the form of IPv6 becomes IPv4. None for anything else."""
    with_port = WITH_PORT.fullmatch(written)
    try:
        address = ip_address(with_port[1] or with_port[2] if with_port else written)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
