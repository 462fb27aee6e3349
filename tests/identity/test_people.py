"""People are made, changed and kept out."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask

from app.core.db import read_rows, transact
from app.errors import Invalid, NotFound, Refused, Stale
from app.identity.commands.links import create_link, open_link
from app.identity.commands.people import create_person, disable_user, enable_user, update_person
from app.identity.commands.sessions import begin_session
from app.identity.commands.tokens import create_token, service_named
from app.identity.models import Purpose
from app.identity.queries.credentials import session_caller, token_actor
from app.identity.queries.users import known_person, person_with_email, user, users_json
from tests.identity.conftest import PASSWORD

Make = Callable[..., int]
Entries = Callable[..., list[Any]]


def everybody() -> list[Any]:
    return list(read_rows("SELECT * FROM users ORDER BY id"))


def test_person_is_made(app: Flask, entries: Entries) -> None:
    user_id = transact(create_person, " Anna@Example.org ", " Anna Müller ", "editor")
    made = user(user_id)
    assert (made.kind, made.email, made.name, made.role) == ("person", "Anna@Example.org", "Anna Müller", "editor")
    assert (made.disabled_at, made.has_password, made.second_factor, made.recovery_codes) == (None, False, False, 0)
    diff = {"email": [None, "Anna@Example.org"], "name": [None, "Anna Müller"], "role": [None, "editor"]}
    assert entries() == [("user.create", "done", str(user_id), "Anna@Example.org", diff, None)]
    assert person_with_email("ANNA@example.ORG ") == made
    assert person_with_email("anna@example") is None
    with pytest.raises(NotFound, match="Nobody has the e-mail address"):
        known_person("b@example.org")


def test_every_wrong_field_is_named(app: Flask, entries: Entries) -> None:
    with pytest.raises(Invalid) as refusal:
        transact(create_person, "anna", " ", "anonymous")
    assert [(error.path, error.code, error.message) for error in refusal.value.errors] == [
        (("email",), "invalid", "must be an e-mail address"),
        (("name",), "too_short", "must not be empty"),
        (("role",), "unknown_token", "must be one of viewer, contributor, editor, analyst, admin"),
    ]
    assert (everybody(), entries()) == ([], [])


@pytest.mark.parametrize(
    ("email", "name", "path", "code"),
    [
        ("a b@example.org", "A", "email", "invalid"),
        ("a@b@example.org", "A", "email", "invalid"),
        ("a\nBcc:b@example.org", "A", "email", "invalid"),
        ("a\x00@example.org", "A", "email", "invalid"),
        ("a@[x", "A", "email", "invalid"),
        ("a,b@example.org", "A", "email", "invalid"),
        ("a@example.org;b@example.org", "A", "email", "invalid"),
        ("A<a@example.org>", "A", "email", "invalid"),
        ('"a"@example.org', "A", "email", "invalid"),
        ("a(b)@example.org", "A", "email", "invalid"),
        ("a\\@example.org", "A", "email", "invalid"),
        ("a" * 243 + "@example.org", "A", "email", "too_long"),
        ("a@example.org", "A" * 256, "name", "too_long"),
        ("a@example.org", "A\x1b[2J", "name", "invalid"),
        ("a@example.org", "A\ud800", "name", "invalid"),
    ],
)
def test_what_is_no_address_or_name(app: Flask, email: str, name: str, path: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        transact(create_person, email, name, "viewer")
    assert [(error.path, error.code) for error in refusal.value.errors] == [((path,), code)]
    assert everybody() == []


def test_an_address_is_one_persons(person: Make, entries: Entries) -> None:
    first, second = person(email="anna@example.org"), person(email="bea@example.org")
    before = everybody(), entries()
    with pytest.raises(Refused) as refusal:
        transact(create_person, "ANNA@example.org", "Other", "viewer")
    assert [(error.path, error.code) for error in refusal.value.errors] == [(("email",), "duplicate")]
    with pytest.raises(Refused):
        transact(update_person, second, {"email": "Anna@Example.org"})
    assert (everybody(), entries()) == before
    transact(update_person, first, {"email": "Anna@Example.org"})
    assert user(first).email == "Anna@Example.org"


def test_of_eight_with_one_address_one_is_made(at_once: Callable[..., list[Any]]) -> None:
    calls = [lambda: transact(create_person, "anna@example.org", "Anna", "viewer")] * 8
    outcomes = at_once(calls)
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 7
    assert len(everybody()) == 1


def test_changes_are_told(person: Make, entries: Entries) -> None:
    user_id = person("viewer", email="anna@example.org")
    version = user(user_id).version
    told = len(entries())
    transact(update_person, user_id, {"name": "Anna Example", "role": "viewer"}, version)
    assert (user(user_id).version, len(entries())) == (version, told)
    transact(update_person, user_id, {"name": "Anna B", "role": "editor"}, version)
    assert (user(user_id).name, user(user_id).role, user(user_id).version) == ("Anna B", "editor", version + 1)
    diff = {"name": ["Anna Example", "Anna B"], "role": ["viewer", "editor"]}
    assert entries()[told:] == [("user.update", "done", str(user_id), "anna@example.org", diff, None)]
    with pytest.raises(Stale):
        transact(update_person, user_id, {"name": "Late"}, version)
    assert user(user_id).name == "Anna B"


def test_a_new_address_ends_links_that_went_to_the_old_one(person: Make) -> None:
    user_id = person()
    secret = transact(create_link, Purpose.RESET, user_id)
    transact(update_person, user_id, {"email": "other@example.org"})
    with pytest.raises(NotFound):
        open_link(secret)


@pytest.mark.parametrize("user_id", [0, 99, 2**31, 2**70])
def test_nobody(app: Flask, user_id: int) -> None:
    for command in (disable_user, enable_user, user):
        with pytest.raises(NotFound):
            transact(command, user_id)
    with pytest.raises(NotFound):
        transact(update_person, user_id, {"name": "N"})


def test_a_service_is_no_person(app: Flask) -> None:
    service_id = transact(service_named, "collector")
    with pytest.raises(NotFound):
        transact(update_person, service_id, {"role": "admin"})
    assert user(service_id).role is None


def test_disabling_keeps_out_and_enabling_lets_in(person: Make, entries: Entries) -> None:
    user_id = person("editor", email="anna@example.org")
    begun = transact(begin_session, user_id, "password", None, None, 30)
    token = transact(create_token, user_id, "script", None, [], None).secret
    link = transact(create_link, Purpose.RESET, user_id)
    assert session_caller(begun.secret, 1) is not None
    assert token_actor(token) is not None
    told = len(entries())
    transact(disable_user, user_id)
    transact(disable_user, user_id)
    assert (session_caller(begun.secret, 1), token_actor(token)) == (None, None)
    with pytest.raises(NotFound):
        open_link(link)
    for command in (lambda: create_link(Purpose.RESET, user_id), lambda: create_token(user_id, "n", None, [], None)):
        with pytest.raises(Refused, match="is disabled"):
            transact(command)
    transact(enable_user, user_id)
    transact(enable_user, user_id)
    assert session_caller(begun.secret, 1) is None
    assert token_actor(token) is not None
    assert [entry.verb for entry in entries()[told:]] == ["user.disable", "user.enable"]


def test_the_last_administrator_stays(person: Make, entries: Entries) -> None:
    admin = person("admin", password=PASSWORD)
    transact(disable_user, person("admin", password=PASSWORD))
    person("editor")
    before = everybody(), entries()
    for command in (lambda: disable_user(admin), lambda: update_person(admin, {"role": "editor"})):
        with pytest.raises(Refused, match="is the last administrator") as refusal:
            transact(command)
        assert [(error.path, error.code) for error in refusal.value.errors] == [(("role",), "last")]
    assert (everybody(), entries()) == before
    second = person("admin", password=PASSWORD)
    transact(update_person, admin, {"role": "editor"})
    assert (user(admin).role, user(second).role) == ("editor", "admin")


def test_administrators_who_disable_each_other_leave_one(person: Make, at_once: Callable[..., list[Any]]) -> None:
    for _ in range(5):
        one, two = person("admin", password=PASSWORD), person("admin", password=PASSWORD)
        for other in read_rows("SELECT id FROM users WHERE id NOT IN (:one, :two)", one=one, two=two):
            if user(other.id).disabled_at is None:
                transact(disable_user, other.id)
        outcomes = at_once(
            [
                lambda one=one: transact(disable_user, one),
                lambda two=two: transact(update_person, two, {"role": "viewer"}),
            ]
        )
        assert sorted(map(type, outcomes), key=str) == [type(None), Refused]
        [left] = read_rows("SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL")
        assert left.id in (one, two)


def test_list_in_one_statement(person: Make, statements: Callable[[], list[str]]) -> None:
    anna = person("editor", email="anna@example.org", password="seven dwarfs sing at dawn")
    transact(begin_session, anna, "password", None, None, 30)
    service = transact(service_named, "Collector")
    for expires_at in (None, None):
        transact(create_token, service, "t", "viewer", [], expires_at)
    disabled = person("viewer", email="zoe@example.org")
    transact(disable_user, disabled)
    before = len(statements())
    listed = orjson.loads(users_json())
    assert len(statements()) == before + 1
    [first, second, third] = listed
    assert (first["id"], second["id"], third["id"]) == (anna, disabled, service)
    assert (first.pop("last_seen_at") is None, second.pop("last_seen_at")) == (False, None)
    for row in listed:
        assert row.pop("created_at").endswith("Z")
    assert first == {
        "id": anna, "kind": "person", "email": "anna@example.org", "name": "Anna Example", "role": "editor",
        "disabled": False, "second_factor": False, "tokens": 0,
    }  # fmt: skip
    assert second["disabled"]
    assert (third["kind"], third["email"], third["role"], third["tokens"]) == ("service", None, None, 2)
