"""Callers who show another issuer's token (JWT)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.core.db import read_rows, transact
from app.errors import Unauthenticated
from app.identity.acting import acting
from app.identity.actor import UPKEEP, Actor, Kind, anonymous, known_actor
from app.identity.bearer import WRONG, Claims, Verifier
from app.identity.claims import Granted, granted
from app.identity.commands.external import DISABLED, Outsider, person_of
from app.identity.naming import called
from app.identity.permissions import Role
from app.identity.queries.credentials import SEEN, remembered
from app.identity.secrets import hashed

PERSON = f"""
WITH shown AS (
  SELECT u.id, {called("u")} AS name, u.disabled_at, u.last_seen_at
  FROM external_identities e JOIN users u ON u.id = e.user_id
  WHERE e.issuer = :issuer AND e.subject = :subject),
used AS (
  SELECT id AS user_id FROM shown
  WHERE disabled_at IS NULL AND (last_seen_at IS NULL OR last_seen_at < now() - interval '1 minute')),
{SEEN}
SELECT * FROM shown"""


def jwt_actor(verifier: Verifier, token: str) -> Actor:
    """Whose token it is: it may do what the token's roles may, whatever role the person has here.

    Somebody new gets an account; somebody without a role or scope that is known here does not, and may do nothing.
    Raises `Unauthenticated`, or `Unavailable` while the issuer's keys can't be had. Remembered for a moment.
    """
    found: tuple[Actor, datetime] = remembered("jwt", hashed(token), lambda _: _verified(verifier, token))
    actor, expires_at = found
    if expires_at <= datetime.now(UTC):
        raise Unauthenticated(WRONG["exp"])
    return actor


def _verified(verifier: Verifier, token: str) -> tuple[Actor, datetime]:
    claims = verifier.verify(token)
    return _actor(claims), claims.expires_at


def _actor(claims: Claims) -> Actor:
    given = granted(claims.roles, claims.org_ids)
    if given.role is None and not given.scopes:
        return _powerless(f"{claims.subject} at {claims.issuer}")
    return _known(claims, given)


def _known(claims: Claims, given: Granted) -> Actor:
    row = _person(claims)
    if row is None:
        _make_person(claims)
        row = _person(claims)
    if row is None or row.disabled_at is not None:
        raise Unauthenticated(DISABLED)
    credential = f"jwt:{row.id}"
    if given.role is None:
        return replace(_powerless(row.name), user_id=row.id, scopes=given.scopes, credential=credential)
    return known_actor(
        Kind.PERSON, row.name, row.id, [given.role], given.scopes, credential, whole_system=given.whole_system
    )


def _powerless(name: str) -> Actor:
    return replace(anonymous(may_read=False), kind=Kind.PERSON, name=name)


def _person(claims: Claims) -> Any:
    rows = read_rows(PERSON, issuer=claims.issuer, subject=claims.subject)
    return rows[0] if rows else None


def _make_person(claims: Claims) -> None:
    """In the issuer's name: nobody acts yet. The token's role counts while the token is shown: the account, which may
    get a password or another way in, has the least one until somebody here gives it more."""
    outsider = Outsider(claims.issuer, claims.subject, claims.email, claims.name, claims.email_verified)
    with acting(replace(UPKEEP, name=f"tokens of {claims.issuer}")):
        transact(person_of, outsider, Role.VIEWER)
