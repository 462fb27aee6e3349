"""From the words that others use for roles to what a caller is here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.identity.permissions import SERVICE_SCOPE, Role

# The one that counts when several are given. An analyst sees more than a contributor, and writes nothing.
HIGHEST_FIRST = (Role.ADMIN, Role.EDITOR, Role.ANALYST, Role.CONTRIBUTOR, Role.VIEWER)
WORDS: Mapping[str, Role] = {str(role): role for role in HIGHEST_FIRST} | {"user": Role.VIEWER}
EVERY_ORGANISATION = "*"


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token gives: a role (None: none that is known here), service scopes, and whether the role counts for the
    whole system or only within organisations."""

    role: Role | None
    scopes: frozenset[str]
    whole_system: bool


def granted(words: Iterable[str], org_ids: Iterable[str] | None) -> Granted:
    """What role words (in any case; unknown ones give nothing) and the organisations they are meant for add up to.

    ``org_ids`` None: the token says nothing about organisations. An empty list is none of them, not all.
    """
    folded = {word.lower() for word in words}
    return Granted(
        role=highest(WORDS[word] for word in folded & WORDS.keys()),
        scopes=frozenset(word for word in folded if SERVICE_SCOPE.fullmatch(word)),
        whole_system=org_ids is None or EVERY_ORGANISATION in org_ids,
    )


def role_of_groups(groups: Iterable[str], roles: Mapping[str, str], default: str | None) -> Role | None:
    """The highest role that one of the groups stands for, else the default."""
    found = highest(Role(roles[group]) for group in groups if group in roles)
    return found or (Role(default) if default else None)


def highest(roles: Iterable[Role]) -> Role | None:
    """The role that counts."""
    return min(roles, key=HIGHEST_FIRST.index, default=None)
