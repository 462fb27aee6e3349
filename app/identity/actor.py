"""Who acts: a caller with its rights, resolved once for each request, command or job."""

import getpass
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.audit.origin import Origin
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import OF_THE_SYSTEM, ROLES, Permission, Rights, Role, known_scopes

ALL_SERVICES = frozenset({"analytics:*"})


class Kind(StrEnum):
    """What sort of caller it is."""

    ANONYMOUS = "anonymous"
    PERSON = "person"
    SERVICE = "service"
    LOCAL = "local"  # whoever sits at this machine, while nobody has to sign in
    SYSTEM = "system"  # the command line and the upkeep


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller. ``name`` is an e-mail address, a service's name or words; ``credential`` tells callers apart for rate
    limits ("token:3", "session:…"), None without one. ``own_name`` is what a person who signed in goes by: for greeting
    them alone, never for the log."""

    kind: Kind
    name: str
    role: Role
    permissions: frozenset[Permission]
    audience: Audience
    user_id: int | None = None
    scopes: frozenset[str] = field(default=frozenset())
    credential: str | None = None
    own_name: str | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the actor has a permission."""
        return permission in self.permissions

    def holds(self, scope: str) -> bool:
        """Whether the actor has a service scope such as ``analytics:read``."""
        return scope in self.scopes or f"{scope.partition(':')[0]}:*" in self.scopes

    def origin(self, ip: str | None = None, request_id: str | None = None) -> Origin:
        """The actor as the audit log names it."""
        return Origin(str(self.kind), self.name, self.user_id, ip, request_id)


def known_actor(
    kind: Kind,
    name: str,
    user_id: int,
    roles: Sequence[Role],
    scopes: Iterable[str] = (),
    credential: str | None = None,
    *,
    own_name: str | None = None,
    whole_system: bool = True,
) -> Actor:
    """A caller with an account: it may do what all of its ``roles`` (the person's, the token's) may.

    A scope that names a permission narrows: of the roles' permissions only the named ones stay. Service scopes are
    rights of their own; an administrator who isn't narrowed has them all. One of some organisations only
    (``whole_system`` false) has no say over users.
    """
    held = [ROLES[role] for role in roles]
    narrowed, services = known_scopes(scopes)
    may = frozenset.intersection(*(rights.may for rights in held))
    may = may & (narrowed | {Permission.KNOWN}) if narrowed else may
    may = may if whole_system else may - OF_THE_SYSTEM
    least = min(roles, key=lambda role: len(ROLES[role].may))
    if least is Role.ADMIN and not narrowed:
        services |= ALL_SERVICES
    return Actor(kind, name, least, may, Audience.of(held, user_id), user_id, services, credential, own_name)


def anonymous(may_read: bool) -> Actor:
    """A caller without credentials. Without anonymous reading it may do nothing, and sees nothing."""
    rights = ROLES[Role.ANONYMOUS] if may_read else Rights(frozenset(), frozenset())
    return Actor(Kind.ANONYMOUS, "anonymous", Role.ANONYMOUS, rights.may, Audience.of([rights]))


def _administrator(kind: Kind, name: str) -> Actor:
    return Actor(kind, name, Role.ADMIN, ROLES[Role.ADMIN].may, EVERYTHING, scopes=ALL_SERVICES)


LOCAL_ADMINISTRATOR = _administrator(Kind.LOCAL, "local administrator")
# A page of a site that was let in (`CORS_ALLOWED_ORIGINS`), in the browser of whoever sits at this machine: insights
# are open to it as the documents say, accounts and the audit log are not.
LOCAL_PAGE = Actor(
    Kind.LOCAL,
    "another site's page at this machine",
    Role.EDITOR,
    (ROLES[Role.EDITOR].may | {Permission.MEASURE}) - {Permission.ACCOUNT},
    EVERYTHING,
)
UPKEEP = _administrator(Kind.SYSTEM, "upkeep")


def command_line() -> Actor:
    """Whoever runs a command on this machine, under the name of their account."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # a container's account often has no name
        account = str(os.getuid())
    return _administrator(Kind.SYSTEM, f"command line ({account})")
