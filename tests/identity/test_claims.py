"""From words to roles."""

from typing import Any, get_args

import pytest

from app.config.settings import GivenRole
from app.identity.claims import HIGHEST_FIRST, Granted, granted, highest, role_of_groups
from app.identity.permissions import GIVEN_ROLES, Role


def test_every_role_that_can_be_given_has_a_rank() -> None:
    assert set(HIGHEST_FIRST) == set(GIVEN_ROLES)
    assert get_args(GivenRole) == GIVEN_ROLES


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ([], None),
        (["boss", "anonymous", "insights:write", ""], None),
        (["viewer"], Role.VIEWER),
        (["user"], Role.VIEWER),
        (["USER", "boss"], Role.VIEWER),
        (["Admin"], Role.ADMIN),
        (["viewer", "contributor"], Role.CONTRIBUTOR),
        (["analyst", "contributor", "viewer"], Role.ANALYST),
        (["analyst", "editor"], Role.EDITOR),
        (["editor", "analyst", "ADMIN", "viewer"], Role.ADMIN),
    ],
)
def test_the_highest_role_counts(words: list[str], role: Role | None) -> None:
    assert granted(words, None).role is role


def test_scopes_may_be_given_as_roles() -> None:
    words = ["analytics:read", "ANALYTICS:Export", "analytics:*", "analytics:", "other:read", "insights:read"]
    scopes = frozenset({"analytics:read", "analytics:export", "analytics:*"})
    assert granted(words, None) == Granted(None, scopes, whole_system=True)


@pytest.mark.parametrize(
    ("org_ids", "whole"), [(None, True), (("*",), True), (("o1", "*"), True), (("o1",), False), ((), False)]
)
def test_the_whole_system_or_some_organisations(org_ids: Any, whole: bool) -> None:
    assert granted(["admin"], org_ids) == Granted(Role.ADMIN, frozenset(), whole)


@pytest.mark.parametrize(
    ("groups", "default", "role"),
    [
        ([], None, None),
        ([], "viewer", Role.VIEWER),
        (["staff"], None, Role.EDITOR),
        (["staff", "heads"], "viewer", Role.ADMIN),
        (["Staff"], None, None),
        (["others"], "contributor", Role.CONTRIBUTOR),
        (["guests"], "editor", Role.VIEWER),
    ],
)
def test_groups(groups: list[str], default: str | None, role: Role | None) -> None:
    roles = {"staff": "editor", "heads": "admin", "guests": "viewer"}
    assert role_of_groups(groups, roles, default) is role


def test_the_highest_of_none() -> None:
    assert highest([]) is None
