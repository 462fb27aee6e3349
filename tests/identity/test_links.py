"""Links that work once."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask

from app.core.db import read_rows, transact
from app.errors import Invalid, NotFound
from app.identity.commands.links import (
    OpenLink,
    create_link,
    create_requested_link,
    first_administrator_link,
    open_link,
    use_link_for_first_administrator,
    use_link_for_password,
)
from app.identity.commands.people import disable_user
from app.identity.commands.sessions import SignedIn, sign_in
from app.identity.models import Purpose
from app.identity.queries.users import user
from tests.identity.conftest import PASSWORD

Make = Callable[..., int]
USELESS = "This link does not exist, was used already, or is too old. Ask for a new one."
ADMIN = ("boss@example.org", "The Boss", PASSWORD)


def useless(secret: str) -> bool:
    for command in (
        lambda: open_link(secret),
        lambda: use_link_for_password(secret, PASSWORD),
        lambda: use_link_for_first_administrator(secret, *ADMIN),
    ):
        with pytest.raises(NotFound) as refusal:
            transact(command)
        assert refusal.value.detail == USELESS
    return True


def test_link_sets_a_password_once(person: Make, entries: Callable[[], list[Any]]) -> None:
    user_id = person("viewer", email="link@example.org")
    told = len(entries())
    secret = transact(create_link, Purpose.INVITE, user_id)
    assert open_link(secret) == OpenLink(Purpose.INVITE, user_id, "link@example.org", "Anna Example")
    assert not any(
        secret.encode() in bytes(row.token_hash) for row in read_rows("SELECT token_hash FROM one_time_links")
    )
    assert transact(use_link_for_password, secret, PASSWORD) == user_id
    assert sign_in("link@example.org", PASSWORD) == SignedIn(user_id)
    assert useless(secret)
    assert [entry.verb for entry in entries()[told:]] == ["link.create", "link.use", "user.password"]
    assert not [entry for entry in entries() if secret in str(entry)]


def test_a_refused_password_leaves_the_link(person: Make) -> None:
    user_id = person()
    secret = transact(create_link, Purpose.RESET, user_id)
    with pytest.raises(Invalid, match="password: must have 12 characters or more"):
        transact(use_link_for_password, secret, "short")
    assert open_link(secret).user_id == user_id
    assert not user(user_id).has_password


def test_of_eight_at_once_one_uses_a_link(person: Make, at_once: Callable[..., list[Any]]) -> None:
    user_id = person()
    secret = transact(create_link, Purpose.RESET, user_id)
    outcomes = at_once([lambda: transact(use_link_for_password, secret, PASSWORD)] * 8)
    assert outcomes.count(user_id) == 1
    assert [outcome.detail for outcome in outcomes if outcome != user_id] == [USELESS] * 7


def test_a_new_link_ends_earlier_ones_of_its_kind(person: Make) -> None:
    user_id, other = person(), person()
    reset, invite, others = (
        transact(create_link, purpose, whom)
        for purpose, whom in ((Purpose.RESET, user_id), (Purpose.INVITE, user_id), (Purpose.RESET, other))
    )
    second = transact(create_link, Purpose.RESET, user_id)
    assert useless(reset)
    assert [open_link(secret).user_id for secret in (invite, second, others)] == [user_id, user_id, other]
    transact(use_link_for_password, second, PASSWORD)
    assert useless(invite)
    assert open_link(others).user_id == other


def test_a_requested_link_comes_once_in_a_while(
    person: Make, at_once: Callable[..., list[Any]], entries: Callable[[], list[Any]], owner_url: str
) -> None:
    user_id = person(password=PASSWORD)
    told = len(entries())
    secrets = [secret for secret in at_once([lambda: transact(create_requested_link, user_id)] * 4) if secret]
    assert len(secrets) == 1
    assert [entry.verb for entry in entries()[told:]] == ["link.create"]
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE one_time_links SET created_at = created_at - interval '121 seconds'")
    secrets.append(transact(create_requested_link, user_id))
    assert [open_link(secret).purpose for secret in secrets] == [Purpose.RESET] * 2  # a stranger ends nobody's link
    assert transact(create_requested_link, user_id) is None
    transact(use_link_for_password, secrets[0], "another one of those horses")
    assert useless(secrets[1])


def test_the_disabled_request_no_link(person: Make, entries: Callable[[], list[Any]]) -> None:
    user_id = person(password=PASSWORD)
    transact(disable_user, user_id)
    told = len(entries())
    assert transact(create_requested_link, user_id) is None
    assert entries()[told:] == []


@pytest.mark.parametrize(
    ("purpose", "hours"), [(Purpose.INVITE, 168), (Purpose.RESET, 1), (Purpose.FIRST_ADMINISTRATOR, 24)]
)
def test_link_grows_old(person: Make, owner_url: str, purpose: Purpose, hours: int) -> None:
    user_id = None if purpose is Purpose.FIRST_ADMINISTRATOR else person()
    secret = transact(create_link, purpose, user_id)
    [link] = read_rows("SELECT expires_at - now() AS left FROM one_time_links")
    assert link.left.total_seconds() == pytest.approx(hours * 3600, abs=30)
    assert open_link(secret).purpose == purpose
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE one_time_links SET expires_at = now() - interval '1 second'")
    assert useless(secret)


@pytest.mark.parametrize("secret", ["", "x", "\x00", "ü\udcff", "a" * 10_000])
def test_what_is_no_link(app: Flask, secret: str) -> None:
    assert useless(secret)


def test_first_administrator(app: Flask, entries: Callable[[], list[Any]]) -> None:
    earlier, secret = transact(first_administrator_link), transact(first_administrator_link)
    assert earlier is not None
    assert secret is not None
    assert useless(earlier)
    assert open_link(secret) == OpenLink(Purpose.FIRST_ADMINISTRATOR, None, None, None)
    with pytest.raises(NotFound):
        transact(use_link_for_password, secret, PASSWORD)
    with pytest.raises(Invalid):
        transact(use_link_for_first_administrator, secret, "boss@example.org", "The Boss", "short")
    assert read_rows("SELECT id FROM users") == []
    user_id = transact(use_link_for_first_administrator, secret, *ADMIN)
    assert (user(user_id).role, user(user_id).email, user(user_id).name) == ("admin", "boss@example.org", "The Boss")
    assert sign_in("boss@example.org", PASSWORD) == SignedIn(user_id)
    assert transact(first_administrator_link) is None
    assert useless(secret)
    verbs = ["link.create", "link.create", "link.use", "user.create", "user.password"]
    assert [entry.verb for entry in entries()] == verbs


def test_of_eight_first_administrators_there_is_one(app: Flask, at_once: Callable[..., list[Any]]) -> None:
    secret = transact(first_administrator_link)

    def come(number: int) -> Callable[[], int]:
        return lambda: transact(use_link_for_first_administrator, secret or "", f"{number}@example.org", "B", PASSWORD)

    outcomes = at_once([come(number) for number in range(8)])
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert [outcome.detail for outcome in outcomes if not isinstance(outcome, int)] == [USELESS] * 7
    assert len(read_rows("SELECT id FROM users")) == 1


def test_a_link_for_the_first_administrator_ends_with_any_administrator(person: Make) -> None:
    secret = transact(first_administrator_link)
    person("admin", password=PASSWORD)
    assert useless(secret or "")
    assert len(read_rows("SELECT id FROM users")) == 1


def test_disabled_administrators_are_none(person: Make, owner_url: str) -> None:
    user_id = person("admin", password=PASSWORD)
    person("admin", password=PASSWORD)
    transact(disable_user, user_id)
    assert transact(first_administrator_link) is None
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE users SET disabled_at = now()")
    assert transact(first_administrator_link) is not None
