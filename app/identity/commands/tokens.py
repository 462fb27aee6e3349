"""API tokens: what a script shows. Nobody gives one that may do more than the giver."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless

from app.audit.commands import Entry, record, record_all
from app.core.clock import now
from app.core.db import OUT_OF_RANGE, after_commit, refusing, transact
from app.core.locking import lock
from app.errors import FieldError, Invalid, NotFound, Refused
from app.extensions import db
from app.identity.acting import current_actor, require
from app.identity.actor import Actor, Kind, known_actor
from app.identity.commands.people import checked
from app.identity.commands.reauthentication import knowing_password
from app.identity.models import ApiToken, User
from app.identity.permissions import GIVEN_ROLES, ROLES, Permission, Role, known_scopes
from app.identity.queries.credentials import forget_callers
from app.identity.queries.users import user
from app.identity.secrets import TOKEN_PREFIX, hashed, new_secret


@dataclass(frozen=True, slots=True)
class NewToken:
    """The secret is known now and never again."""

    id: int
    secret: str


def create_token(
    user_id: int, name: str, role: str | None, scopes: Sequence[str], expires_at: datetime | None
) -> NewToken:
    """Make a token of a person or a service. ``role`` None: it may do what its person may.

    Raises `Invalid` for ``name``, ``role``, ``scopes`` or ``expires_at``; for ``role`` and ``scopes`` also when it
    could do what the giver may not.
    """
    giver = current_actor()
    require(giver.user_id == user_id or giver.may(Permission.USERS), "This is somebody else's account.")
    owner = lock(User, user_id, None)
    if owner.disabled_at is not None:
        raise Refused(f"{owner.called} is disabled.")
    name = checked({"name": name})["name"]
    _check(owner, role, scopes, expires_at)
    _refuse_more_than(giver, role, _actor_of(owner, role, scopes))
    secret = new_secret(TOKEN_PREFIX)
    scopes = sorted(set(scopes))
    token = {"user_id": user_id, "name": name, "role": role, "scopes": scopes, "expires_at": expires_at}
    stored = insert(ApiToken).values(**token, token_hash=hashed(secret), last4=secret[-4:]).returning(ApiToken.id)
    token_id = db.session.scalars(stored).one()
    given = {"owner": owner.called, "role": role, "scopes": scopes, "expires_at": expires_at}
    record("token.create", token_id, name, {key: (None, value) for key, value in given.items()})
    return NewToken(token_id, secret)


def create_own_token(
    user_id: int, password: str | None, name: str, role: str | None, scopes: Sequence[str], expires_at: datetime | None
) -> NewToken:
    """The same for somebody who makes one at a browser: it outlives the session, so it takes the password of whoever
    has one (`Invalid` for ``current_password``). Transaction and `TooMany` as with `knowing_password`."""

    def command() -> NewToken:
        return create_token(user_id, name, role, scopes, expires_at)

    if not user(user_id).has_password:
        return transact(command)
    return knowing_password(user_id, password or "", "current_password", command)


def service_named(name: str) -> int:
    """The id of the service account of that name, which is made when it is missing."""
    require(current_actor().may(Permission.USERS), "Only who manages users may make a service account.")
    name = checked({"name": name})["name"]
    named = select(User.id).where(User.kind == Kind.SERVICE, func.folded(User.name) == func.folded(name))
    if (known := db.session.scalar(named)) is not None:
        return known
    made = insert_unless(User).values(kind=Kind.SERVICE, name=name).on_conflict_do_nothing().returning(User.id)
    user_id = db.session.scalar(made)
    if user_id is None:  # somebody else made it meanwhile
        return db.session.scalars(named).one()
    record("user.create", user_id, name, {"kind": (None, str(Kind.SERVICE))})
    return user_id


def revoke_token(token_id: int, user_id: int | None = None) -> None:
    """Make a token useless: everywhere, within five seconds. With a ``user_id`` it must be that user's (`NotFound`)."""
    unknown = NotFound.of("Token", token_id)
    wanted = select(ApiToken.name, ApiToken.user_id, ApiToken.revoked_at).where(ApiToken.id == token_id)
    with refusing({OUT_OF_RANGE: unknown}):
        token = db.session.execute(wanted.with_for_update()).one_or_none()
    if token is None or user_id not in (None, token.user_id):
        raise unknown
    if token.revoked_at is not None:
        return
    db.session.execute(update(ApiToken).where(ApiToken.id == token_id).values(revoked_at=func.now()))
    record("token.revoke", token_id, token.name)
    after_commit(forget_callers)


def revoke_tokens(user_id: int) -> None:
    """The same for all of a user's."""
    theirs = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    revoked = db.session.execute(theirs.values(revoked_at=func.now()).returning(ApiToken.id, ApiToken.name)).all()
    record_all([Entry("token.revoke", token.id, token.name) for token in revoked])
    after_commit(forget_callers)


def _check(owner: User, role: str | None, scopes: Sequence[str], expires_at: datetime | None) -> None:
    problems = [*_role_problems(owner, role), *_scope_problems(owner, role, scopes)]
    if expires_at is not None and expires_at <= now():
        problems.append(FieldError(("expires_at",), "is in the past", "past"))
    if problems:
        raise Invalid.because(problems)


def _role_problems(owner: User, role: str | None) -> list[FieldError]:
    if role is None:
        return [] if owner.role else [FieldError(("role",), "is required for a service", "required")]
    if role not in GIVEN_ROLES:
        return [FieldError(("role",), f"must be one of {', '.join(GIVEN_ROLES)}", "unknown_token")]
    if current_actor().user_id != owner.id and owner.role and not ROLES[Role(role)].may <= ROLES[Role(owner.role)].may:
        return [FieldError(("role",), f"is more than {owner.called} has ({owner.role})", "too_much")]
    return []


def _scope_problems(owner: User, role: str | None, scopes: Sequence[str]) -> list[FieldError]:
    """A permission among the scopes narrows the role to it, so it has to be one of the role's."""
    try:
        permissions, _ = known_scopes(scopes)
    except ValueError as unknown:
        return [FieldError(("scopes",), f"{unknown} is no scope", "unknown_token")]
    rights = [ROLES[Role(name)].may for name in (owner.role, role) if name in GIVEN_ROLES]
    beyond = sorted(permissions - frozenset.intersection(*rights)) if rights else []
    return [FieldError(("scopes",), f"{scope} is more than the role may do", "beyond") for scope in beyond]


def _actor_of(owner: User, role: str | None, scopes: Sequence[str]) -> Actor:
    roles = [Role(name) for name in (owner.role, role) if name]
    return known_actor(Kind(owner.kind), owner.name, owner.id, roles, scopes)


def _refuse_more_than(giver: Actor, role: str | None, token: Actor) -> None:
    """Neither what the token may do, nor the role that it is named after."""
    beyond = sorted(scope for scope in token.scopes if not giver.holds(scope))
    if beyond:
        raise Invalid.because([FieldError(("scopes",), f"{beyond[0]} is not yours to give", "beyond")])
    sees_more = token.audience.visibilities - giver.audience.visibilities
    sees_drafts = token.audience.every_draft and not giver.audience.every_draft
    may = token.permissions | (ROLES[Role(role)].may if role else frozenset())
    if may - giver.permissions or sees_more or sees_drafts:
        raise Invalid.because([FieldError(("role",), "gives more than you may do yourself", "beyond")])
