"""API tokens, and that nobody gives more than he or she has."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.clock import now
from app.core.db import read_rows, transact
from app.errors import Forbidden, Invalid, NotFound, TooMany
from app.identity.actor import Kind
from app.identity.commands.passwords import change_password
from app.identity.commands.people import update_person
from app.identity.commands.tokens import create_own_token, create_token, revoke_token, service_named
from app.identity.permissions import ROLES, Permission, Role
from app.identity.queries.credentials import token_actor
from app.identity.queries.tokens import tokens
from tests.identity.conftest import PASSWORD

Make = Callable[..., int]
GIVEN = ("viewer", "contributor", "editor", "analyst", "admin")
# Whose rights hold whose, said independently of the table.
BELOW = {
    "viewer": {"viewer"},
    "contributor": {"viewer", "contributor"},
    "editor": {"viewer", "contributor", "editor"},
    "analyst": {"viewer", "analyst"},
    "admin": set(GIVEN),
}


def test_token_is_shown_once_and_kept_as_a_hash(person: Make, entries: Callable[[], list[Any]]) -> None:
    user_id = person("editor", email="token@example.org")
    expires_at = now() + timedelta(days=90)
    told = len(entries())
    made = transact(
        create_token, user_id, " nightly import ", "contributor", ["insights:write", "insights:read"], expires_at
    )
    assert made.secret.startswith("ins_")
    assert len(made.secret) == 47
    [row] = tokens(user_id)
    assert (row.id, row.name, row.owner, row.kind) == (made.id, "nightly import", "token@example.org", "person")
    assert (row.role, row.scopes, row.last4) == ("contributor", ["insights:read", "insights:write"], made.secret[-4:])
    assert (row.expires_at, row.last_used_at, row.revoked_at, row.state) == (expires_at, None, None, "good")
    [stored] = read_rows("SELECT t::text AS row FROM api_tokens t")
    assert made.secret not in stored.row
    assert [entry.verb for entry in entries()[told:]] == ["token.create"]
    assert made.secret not in str(entries())
    actor = token_actor(made.secret)
    assert actor is not None
    assert (actor.kind, actor.name, actor.user_id) == (Kind.PERSON, "token@example.org", user_id)
    assert actor.permissions == {Permission.READ, Permission.CAPTURE, Permission.KNOWN}
    [used] = tokens(None)
    assert used.last_used_at is not None


def test_a_persons_token_follows_the_person(person: Make) -> None:
    user_id = person("editor")
    secret = transact(create_token, user_id, "script", None, [], None).secret
    actor = token_actor(secret)
    assert actor is not None
    assert actor.permissions == ROLES[Role.EDITOR].may
    transact(update_person, user_id, {"role": "viewer"})
    actor = token_actor(secret)
    assert actor is not None
    assert actor.permissions == ROLES[Role.VIEWER].may


def test_service_is_made_once(app: Flask, entries: Callable[[], list[Any]]) -> None:
    service_id = transact(service_named, "Collector")
    assert transact(service_named, " collector ") == service_id
    secret = transact(create_token, service_id, "t", "viewer", ["analytics:read"], None).secret
    actor = token_actor(secret)
    assert actor is not None
    assert (actor.kind, actor.name, actor.role) == (Kind.SERVICE, "Collector", Role.VIEWER)
    assert (actor.holds("analytics:read"), actor.holds("analytics:write")) == (True, False)
    assert [entry.verb for entry in entries()] == ["user.create", "token.create"]


def test_of_eight_services_of_a_name_there_is_one(app: Flask, at_once: Callable[..., list[Any]]) -> None:
    ids = at_once([lambda: transact(service_named, "Collector")] * 8)
    assert len(set(ids)) == 1
    assert len(read_rows("SELECT id FROM users")) == 1


@pytest.mark.parametrize(
    ("changed", "path", "code"),
    [
        ({"name": " "}, "name", "too_short"),
        ({"role": "boss"}, "role", "unknown_token"),
        ({"role": "anonymous"}, "role", "unknown_token"),
        ({"scopes": ["everything"]}, "scopes", "unknown_token"),
        ({"scopes": ["known"]}, "scopes", "unknown_token"),
        ({"scopes": ["insights:edit"]}, "scopes", "beyond"),
        ({"expires_at": now() - timedelta(seconds=1)}, "expires_at", "past"),
    ],
)
def test_wrong_fields(person: Make, changed: dict[str, Any], path: str, code: str) -> None:
    user_id = person("editor")
    given = {"name": "t", "role": "contributor", "scopes": [], "expires_at": None, **changed}
    with pytest.raises(Invalid) as refusal:
        transact(create_token, user_id, **given)
    assert [(error.path, error.code) for error in refusal.value.errors] == [((path,), code)]
    assert tokens(None) == []


def test_a_service_needs_a_role(app: Flask) -> None:
    service_id = transact(service_named, "Collector")
    with pytest.raises(Invalid, match="role: is required for a service"):
        transact(create_token, service_id, "t", None, [], None)
    assert tokens(None) == []


@pytest.mark.parametrize("own", GIVEN)
@pytest.mark.parametrize("given", GIVEN)
def test_nobody_gives_more_than_the_own_role(person: Make, acting_as: Callable[..., Any], own: str, given: str) -> None:
    user_id = person(own)
    with acting_as(user_id, own):
        if given in BELOW[own]:
            assert transact(create_token, user_id, "t", given, [], None).id
            return
        # The token could do no more than the person; it is refused so that nobody believes otherwise.
        with pytest.raises(Invalid) as refusal:
            transact(create_token, user_id, "t", given, [], None)
    assert [error.path for error in refusal.value.errors] == [("role",)]
    assert tokens(None) == []


@pytest.mark.parametrize(("own", "scope"), [("editor", "analytics:read"), ("editor", "analytics:*")])
def test_nobody_gives_rights_of_services_beside_the_own(
    person: Make, acting_as: Callable[..., Any], own: str, scope: str
) -> None:
    user_id = person(own)
    with acting_as(user_id, own), pytest.raises(Invalid) as refusal:
        transact(create_token, user_id, "t", None, [scope], None)
    assert [(error.path, error.code) for error in refusal.value.errors] == [(("scopes",), "beyond")]
    assert tokens(None) == []
    with acting_as(person("admin"), "admin"):
        assert transact(create_token, user_id, "t", None, [scope], None).id


def test_a_narrow_token_makes_no_wider_one(person: Make, acting_as: Callable[..., Any]) -> None:
    user_id = person("admin")
    with acting_as(user_id, "admin", scopes=["insights:read", "account:manage"]):
        for role in (None, "admin", "viewer"):
            scopes: list[str] = []
            if role == "viewer":
                assert transact(create_token, user_id, "t", role, scopes, None).id
            else:
                with pytest.raises(Invalid):
                    transact(create_token, user_id, "t", role, scopes, None)
        assert transact(create_token, user_id, "t", None, ["insights:read"], None).id


def test_a_token_of_a_lesser_role_makes_none_that_sees_more(person: Make, acting_as: Callable[..., Any]) -> None:
    user_id = person("admin")
    with acting_as(user_id, "viewer"), pytest.raises(Invalid) as refusal:
        transact(create_token, user_id, "t", None, ["insights:read"], None)
    assert [error.path for error in refusal.value.errors] == [("role",)]
    assert tokens(None) == []


def test_others_accounts_are_for_who_manages_users(person: Make, acting_as: Callable[..., Any]) -> None:
    anna, bea = person("editor"), person("viewer")
    with acting_as(anna, "editor"):
        with pytest.raises(Forbidden):
            transact(create_token, bea, "t", None, [], None)
        with pytest.raises(Forbidden):
            transact(service_named, "Collector")
    assert tokens(None) == []


def test_revoking(person: Make, entries: Callable[[], list[Any]]) -> None:
    anna, bea = person(), person()
    first, second = (transact(create_token, anna, name, None, [], None) for name in ("one", "two"))
    assert token_actor(first.secret) is not None
    told = len(entries())
    for command in (
        lambda: revoke_token(first.id, bea),
        lambda: revoke_token(first.id + 99),
        lambda: revoke_token(2**70),
    ):
        with pytest.raises(NotFound):
            transact(command)
    assert token_actor(first.secret) is not None
    transact(revoke_token, first.id, anna)
    transact(revoke_token, first.id, anna)
    assert token_actor(first.secret) is None
    assert token_actor(second.secret) is not None
    assert [(row.id, row.state) for row in tokens(anna)] == [(second.id, "good"), (first.id, "revoked")]
    assert tokens(bea) == []
    assert [(entry.verb, entry.subject_name) for entry in entries()[told:]] == [("token.revoke", "one")]


def test_who_has_a_password_gives_it_for_a_token(
    person: Make, acting_as: Callable[..., Any], entries: Callable[[], list[Any]]
) -> None:
    user_id = person("viewer", email="own@example.org", password=PASSWORD)
    told = len(entries())
    with acting_as(user_id, "viewer"):
        for wrong in (None, "", "wrong password"):
            with pytest.raises(Invalid, match="current_password: is wrong"):
                create_own_token(user_id, wrong, "t", None, [], None)
        assert tokens(user_id) == []
        made = create_own_token(user_id, PASSWORD, "t", None, [], None)
        assert [row.id for row in tokens(user_id)] == [made.id]
        for _ in range(47):
            with pytest.raises(Invalid):
                create_own_token(user_id, "wrong password", "t", None, [], None)
        with pytest.raises(TooMany):
            create_own_token(user_id, PASSWORD, "t", None, [], None)
    assert [row.id for row in tokens(user_id)] == [made.id]
    shown = [(entry.verb, entry.subject_name) for entry in entries()[told:]]
    denied = ("session.denied", "own@example.org")
    assert shown == [denied] * 3 + [("token.create", "t")] + [denied] * 47 + [("session.throttled", "own@example.org")]


def test_who_has_no_password_needs_none(person: Make, acting_as: Callable[..., Any]) -> None:
    user_id = person("viewer")
    with acting_as(user_id, "viewer"):
        assert create_own_token(user_id, None, "t", None, [], None).secret.startswith("ins_")


@pytest.mark.parametrize("revoke", [False, True])
def test_a_new_password_revokes_the_tokens_when_that_is_wanted(
    person: Make, acting_as: Callable[..., Any], entries: Callable[[], list[Any]], revoke: bool
) -> None:
    anna, bea = person(password=PASSWORD), person()
    made = [transact(create_token, user_id, "t", None, [], None) for user_id in (anna, anna, bea)]
    told = len(entries())
    with acting_as(anna, "viewer"):
        with pytest.raises(Invalid):
            change_password(anna, "wrong password", "another one of those horses", revoke=revoke)
        assert [token_actor(token.secret) is None for token in made] == [False] * 3
        change_password(anna, PASSWORD, "another one of those horses", revoke=revoke)
    assert [token_actor(token.secret) is None for token in made] == [revoke, revoke, False]
    shown = [(entry.verb, entry.subject_id) for entry in entries()[told + 1 :]]
    revoked = [("token.revoke", str(token.id)) for token in made[:2]] if revoke else []
    assert shown == [("user.password", str(anna)), *revoked]


def test_list_in_one_statement(person: Make, statements: Callable[[], list[str]]) -> None:
    for _ in range(3):
        transact(create_token, person(), "t", None, [], None)
    before = len(statements())
    assert [row.id for row in tokens(None)] == sorted((row.id for row in tokens(None)), reverse=True)
    assert len(statements()) == before + 2
