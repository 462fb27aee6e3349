"""Tokens that somebody else signed for our API (JWT): whether one is good, and what it says of its bearer."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.config import Settings
from app.errors import Unauthenticated
from app.identity.addresses import EMAIL
from app.identity.models import EMAIL_LENGTH

if TYPE_CHECKING:
    from joserfc.jwt import ClaimsOption

    from app.identity.signatures import KeySource

LONGEST_TOKEN = 8192
LONGEST_SUBJECT = 255
LEEWAY_SECONDS = 60
UNNAMED_ISSUER = "jwt"  # whoever signs while no issuer is set: what a token says of it is not checked then
SEPARATORS = re.compile(r"[\s,]+")
END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
WRONG = {
    "exp": "The token has expired.",
    "nbf": "The token is not valid yet.",
    "iat": "The token was issued in the future.",
    "iss": "The token comes from another issuer.",
    "aud": "The token is meant for another application.",
    "sub": f"The token's subject is not a text of 1 to {LONGEST_SUBJECT} characters.",
}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says, and its issuer (`UNNAMED_ISSUER` unless the settings name one). ``roles`` are the
    issuer's words; ``org_ids`` None: nothing about organisations."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    roles: tuple[str, ...]
    org_ids: tuple[str, ...] | None
    expires_at: datetime


class Verifier:
    """Checks tokens against the settings ``jwt_*``. It is shared by all threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sources = _sources(settings)

    @property
    def configured(self) -> bool:
        """Whether any token can be good."""
        return bool(self._sources)

    def verify(self, token: str) -> Claims:
        """The claims of a good token. Raises `Unauthenticated`, or `Unavailable` while the issuer's keys can't be had.

        A check takes a fraction of a millisecond, or one request to the issuer when its keys are due.
        """
        settings = self._settings
        claims = checked_claims(token, self._sources, settings.jwt_issuer, settings.jwt_audience)
        return Claims(
            issuer=settings.jwt_issuer or UNNAMED_ISSUER,
            subject=claims["sub"],
            email=email_in(claims),
            email_verified=claims.get("email_verified") is True,
            name=text_in(claims, "name"),
            roles=_words(claims.get("roles")),
            org_ids=_organisations(claims),
            expires_at=_moment(claims["exp"]),
        )


def _sources(settings: Settings) -> "list[KeySource]":
    """None without a setting: the library is loaded only where tokens are taken."""
    if not (settings.jwt_secret or settings.jwt_jwks_url):
        return []
    from app.identity.signatures import RemoteKeys, SharedKey

    shared = [SharedKey(settings.jwt_secret)] if settings.jwt_secret else []
    remote = [RemoteKeys(settings.jwt_jwks_url)] if settings.jwt_jwks_url else []
    return [*shared, *remote]


def checked_claims(
    token: str, sources: "Sequence[KeySource]", issuer: str | None, audience: str | None
) -> dict[str, Any]:
    """The claims of a token with a good signature, a subject, and a time that is now; its issuer and its audience are
    the given ones. Raises `Unauthenticated` with a sentence that tells no more than the bearer knows."""
    from joserfc.errors import ClaimError, MissingClaimError
    from joserfc.jwt import JWTClaimsRegistry

    from app.identity.signatures import MALFORMED, signed_claims

    if len(token) > LONGEST_TOKEN:
        raise Unauthenticated(f"The token is longer than {LONGEST_TOKEN} characters.")
    try:
        claims = signed_claims(token, sources)
        JWTClaimsRegistry(None, LEEWAY_SECONDS, **_expected(issuer, audience)).validate(claims)
    except MissingClaimError as error:
        raise Unauthenticated(f"The token lacks {error.claim}.") from error
    except ClaimError as error:
        raise Unauthenticated(WRONG.get(error.claim, f"The token's {error.claim} is not good.")) from error
    except MALFORMED as error:
        raise Unauthenticated("The token is not one that was signed for this application.") from error
    if claims["exp"] <= time.time():  # to the second: leeway is for clocks that run ahead
        raise Unauthenticated(WRONG["exp"])
    if not (claims["sub"].strip() and claims["sub"].isprintable() and len(claims["sub"]) <= LONGEST_SUBJECT):
        raise Unauthenticated(WRONG["sub"])
    return claims


def _expected(issuer: str | None, audience: str | None) -> "dict[str, ClaimsOption]":
    expected: dict[str, ClaimsOption] = {"exp": {"essential": True}, "sub": {"essential": True}}
    if issuer:
        expected["iss"] = {"essential": True, "value": issuer}
    if audience:
        expected["aud"] = {"essential": True, "value": audience}
    return expected


def email_in(claims: dict[str, Any]) -> str | None:
    """The e-mail address, when it is one that can be stored."""
    email = text_in(claims, "email")
    return email if email and EMAIL.fullmatch(email) and len(email) <= EMAIL_LENGTH else None


def text_in(claims: dict[str, Any], name: str) -> str | None:
    """A claim that is a printable text; None for anything else."""
    value = claims.get(name)
    return value.strip() or None if isinstance(value, str) and value.isprintable() else None


def _organisations(claims: dict[str, Any]) -> tuple[str, ...] | None:
    return None if claims.get("org_ids") is None else _words(claims["org_ids"])


def _words(value: object) -> tuple[str, ...]:
    """A list of words, or a text of them with spaces or commas between; whatever else is given says nothing."""
    if isinstance(value, str):
        return tuple(word for word in SEPARATORS.split(value) if word)
    if isinstance(value, list):
        return tuple(str(word) for word in value if isinstance(word, str | int))
    return ()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC) if seconds < END_OF_TIME.timestamp() else END_OF_TIME
