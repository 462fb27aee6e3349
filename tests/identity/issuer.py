"""An issuer of tokens: keys, a real HTTP server that shows their public halves, and the tokens that it signs."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from threading import Thread
from typing import Any, TypeVar

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from app.errors import Unauthenticated
from app.identity.bearer import Verifier
from app.identity.signatures import Algorithms

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
Server = TypeVar("Server", bound=BaseServer)
NOT_OURS = "The token is not one that was signed for this application."


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims, changed; None leaves one out."""
    now = int(time.time())
    given = {"iss": "https://id.example.org", "aud": "insights", "sub": "u-1", "iat": now, "exp": now + 300}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def token(key: Key, algorithm: str, header: dict[str, Any] | None = None, **changes: Any) -> str:
    registry = Algorithms(algorithms=[algorithm], strict_check_header=False)
    named = {"kid": key.kid} if key.kid else {}
    return jwt.encode({"alg": algorithm, **named, **(header or {})}, claims(**changes), key, registry=registry)


def part(value: object) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def by_hand(header: object, payload: object, secret: bytes | None) -> str:
    """A token that no library would make."""
    message = part(header) + b"." + part(payload)
    signature = hmac.new(secret, message, hashlib.sha256).digest() if secret else b""
    return (message + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def refusal(verifier: Verifier, given: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(given)
    return caught.value.detail


class KeyServer(ThreadingHTTPServer):
    """Shows ``keys``, or answers ``body`` when there is one; ``requests`` counts."""

    def __init__(self, keys: list[Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys = keys
        self.body: bytes | None = None
        self.status = 200
        self.requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/keys"

    def answer(self) -> bytes:
        shown = [key if isinstance(key, dict) else key.as_dict(private=False) for key in self.keys]
        return json.dumps({"keys": shown}).encode() if self.body is None else self.body


class _Handler(BaseHTTPRequestHandler):
    server: KeyServer

    def do_GET(self) -> None:
        self.server.requests += 1
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer())

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Let a server answer in a thread of its own."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
