"""Whose signature a token (JWT) carries, and with which keys it is checked.

A key source knows its algorithms, and only those can be used with its keys: nobody can pass off a public key, which
everybody has, as a shared secret.
"""

import math
import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Protocol

import structlog
from joserfc import jwt
from joserfc.errors import InvalidHeaderValueError, InvalidKeyIdError, JoseError
from joserfc.jwk import GuestProtocol, JWKRegistry, Key, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from app.errors import Unavailable
from app.identity.remote import UNREACHABLE, read_document

KEPT_SECONDS = 600
PAUSE_SECONDS = 60
PAUSE_WITHOUT_KEYS_SECONDS = 5
SHORTEST_RSA_KEY = 2048
SHARED: tuple[str, ...] = ("HS256",)
PUBLIC: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
# Other tokens of an issuer (those of a logout, say) are signed with the same keys.
TYPES = ("jwt", "at+jwt", "application/at+jwt")
# What rubbish in place of a token, or of a key, makes the library raise.
MALFORMED = (JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError)

log = structlog.get_logger(__name__)


class Algorithms(JWSRegistry):
    """The algorithms that exist here. ``EdDSA``, the older name, stands for Ed25519 alone."""

    algorithms = {name: JWSRegistry.algorithms[name] for name in (*SHARED, *PUBLIC)} | {
        "EdDSA": JWSRegistry.algorithms["Ed25519"]
    }


class KeySource(Protocol):
    """Keys of one kind."""

    algorithms: tuple[str, ...]

    def key(self, algorithm: str, name: str | None) -> Key:
        """The key of that name (``kid``). Raises `InvalidKeyIdError`, or `Unavailable` when there are no keys yet."""


class SharedKey:
    """A secret that the issuer and we have."""

    algorithms = SHARED

    def __init__(self, secret: str) -> None:
        self._key = OctKey.import_key(secret)

    def key(self, algorithm: str, name: str | None) -> Key:
        return self._key


class RemoteKeys:
    """The public keys at an address (JWKS): fetched when first needed, again after ten minutes, and once a minute at
    most when a token names another key. Those that were fetched last stay good while the address can't be reached."""

    algorithms = PUBLIC

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._clock = clock
        self._keys: tuple[Key, ...] = ()
        self._fetched_at = self._tried_at = -math.inf
        self._fetching = Lock()

    def key(self, algorithm: str, name: str | None) -> Key:
        found = self._find(algorithm, name)
        if found is None or self._is_due(found):
            self._refresh(algorithm, name, wait=found is None)
            found = self._find(algorithm, name)
        if found is None and not self._keys:
            raise Unavailable(UNREACHABLE)
        if found is None:
            raise InvalidKeyIdError
        return found

    def _find(self, algorithm: str, name: str | None) -> Key | None:
        """The only key that fits; a token that fits several keys and names none of them fits none."""
        fitting = [key for key in self._keys if name in (None, key.kid) and _fits(key, algorithm)]
        return fitting[0] if len(fitting) == 1 else None

    def _is_due(self, found: Key | None) -> bool:
        now = self._clock()
        if not self._keys:
            return now - self._tried_at >= PAUSE_WITHOUT_KEYS_SECONDS
        return now - self._tried_at >= PAUSE_SECONDS and (found is None or now - self._fetched_at >= KEPT_SECONDS)

    def _refresh(self, algorithm: str, name: str | None, *, wait: bool) -> None:
        """Only one thread asks; those that have a key don't wait for its answer."""
        if not self._fetching.acquire(blocking=wait):
            return
        try:
            if self._is_due(self._find(algorithm, name)):
                self._tried_at = self._clock()
                self._keys = _keys_in(read_document(self.url))
                self._fetched_at = self._clock()
        except Unavailable as error:
            log.warning("the keys of an identity provider can't be fetched", url=self.url, error=str(error.__cause__))
        finally:
            self._fetching.release()


def signed_claims(token: str, sources: Sequence[KeySource]) -> dict[str, Any]:
    """The claims of a token that carries the signature of one of the sources. Raises one of `MALFORMED`, or
    `Unavailable`."""
    by_algorithm = {algorithm: source for source in sources for algorithm in source.algorithms}

    def key(message: GuestProtocol) -> Key:
        header = message.headers()
        return by_algorithm[header["alg"]].key(header["alg"], header.get("kid"))

    registry = Algorithms(algorithms=tuple(by_algorithm), strict_check_header=False)
    decoded = jwt.decode(token, key, registry=registry)
    if str(decoded.header.get("typ", "JWT")).lower() not in TYPES:
        raise InvalidHeaderValueError
    return decoded.claims


def _keys_in(document: dict[str, Any]) -> tuple[Key, ...]:
    """The usable ones: an issuer may also have keys of a kind that nobody here knows."""
    offered = document.get("keys")
    keys = [_public_key(data) for data in offered] if isinstance(offered, list) else []
    usable = tuple(key for key in keys if key is not None)
    if not usable:
        raise Unavailable(UNREACHABLE) from ValueError("there is no usable key")
    return usable


def _public_key(data: Any) -> Key | None:
    if not isinstance(data, dict) or data.get("kty") == "oct":
        return None
    try:
        key = JWKRegistry.import_key(data)
    except MALFORMED:
        return None
    return None if isinstance(key, RSAKey) and key.raw_value.key_size < SHORTEST_RSA_KEY else key


def _fits(key: Key, algorithm: str) -> bool:
    try:
        Algorithms.algorithms[algorithm].check_key(key)
    except JoseError:
        return False
    return True
