"""Signing in, what failures cost, and sessions."""

from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask

from app.core.db import read_rows, transact
from app.errors import DomainError, Invalid, NotFound, TooMany, Unauthenticated
from app.identity import passwords
from app.identity.acting import acting
from app.identity.actor import Kind, anonymous, known_actor
from app.identity.commands.expiry import forget_expired
from app.identity.commands.links import create_link
from app.identity.commands.passwords import change_password, set_password
from app.identity.commands.people import disable_user
from app.identity.commands.sessions import (
    SignedIn,
    begin_session,
    end_other_sessions,
    end_session,
    end_stolen_session,
    rotate_session,
    sign_in,
)
from app.identity.jobs import UPKEEP
from app.identity.models import Purpose
from app.identity.permissions import Role
from app.identity.queries.credentials import session_caller
from app.identity.queries.devices import devices
from app.identity.queries.users import user
from app.identity.secrets import hashed
from tests.identity.conftest import PASSWORD

Make = Callable[..., int]
WRONG = "E-mail or password is wrong."
IDLE_HOURS = 1
ADDRESSES = count(1)


@pytest.fixture
def ip() -> str:
    """An address that no other test has."""
    return f"198.51.{next(ADDRESSES)}.1"


@pytest.fixture
def coming_from(app: Flask) -> Callable[[str | None], Any]:
    return lambda ip: acting(anonymous(may_read=False), ip)


def refused(email: str, password: str) -> DomainError:
    with pytest.raises((Unauthenticated, TooMany)) as refusal:
        sign_in(email, password)
    return refusal.value


def begin(user_id: int, **given: Any) -> tuple[UUID, str]:
    """The id and the secret of a new session."""
    begun = transact(begin_session, user_id, "password", given.get("ip"), given.get("user_agent"), 30)
    [session] = read_rows("SELECT id FROM sessions WHERE token_hash = :hash", hash=hashed(begun.secret))
    return session.id, begun.secret


def test_sign_in(person: Make) -> None:
    user_id = person(email="Sign.In@example.org", password=PASSWORD)
    assert sign_in(" sign.in@EXAMPLE.org ", PASSWORD) == SignedIn(user_id)


def test_one_answer_for_everything_that_is_wrong(person: Make, entries: Callable[[], list[Any]]) -> None:
    known, disabled, without = person(password=PASSWORD), person(password=PASSWORD), person()
    transact(disable_user, disabled)
    told = len(entries())
    emails = [user(known).email, user(disabled).email, user(without).email, f"{uuid4()}@example.org", "no address\x00"]
    assert {str(refused(email, "wrong password")) for email in emails} == {WRONG}
    assert str(refused(user(disabled).email, PASSWORD)) == WRONG
    assert str(refused(user(without).email, "")) == WRONG
    shown = [(entry.verb, entry.outcome, entry.subject_id, entry.subject_name) for entry in entries()[told:]]
    names = [*emails[:4], "no address", user(disabled).email, user(without).email]
    assert shown == [("session.denied", "denied", name, name) for name in names]
    assert "wrong password" not in str(entries())


def test_hash_is_renewed_at_sign_in(person: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    user_id = person(password=PASSWORD)
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    for _ in range(2):
        assert sign_in(user(user_id).email, PASSWORD) == SignedIn(user_id)
        [stored] = read_rows("SELECT password_hash FROM users")
        assert stored.password_hash.startswith("$argon2id$v=19$m=16,t=2,p=1$")


def test_five_failures_from_one_address(
    person: Make, ip: str, coming_from: Callable[[str | None], Any], entries: Callable[[], list[Any]]
) -> None:
    user_id = person(password=PASSWORD)
    email = user(user_id).email
    with coming_from(ip):
        for _ in range(5):
            assert str(refused(email, "wrong password")) == WRONG
        for password in ("wrong password", PASSWORD, PASSWORD):
            refusal = refused(email, password)
            assert isinstance(refusal, TooMany)
            assert 0 < refusal.retry_after <= 900
    with coming_from("203.0.113.99"):
        assert sign_in(email, PASSWORD) == SignedIn(user_id)
    verbs = [entry.verb for entry in entries() if entry.verb.startswith("session.")]
    assert verbs == ["session.denied"] * 5 + ["session.throttled"] * 3


def test_a_session_clears_what_failed_before(person: Make, ip: str, coming_from: Callable[[str | None], Any]) -> None:
    user_id = person(password=PASSWORD)
    email = user(user_id).email
    with coming_from(ip):
        for _ in range(3):
            for _ in range(4):
                refused(email, "wrong password")
            assert sign_in(email, PASSWORD) == SignedIn(user_id)
            transact(begin_session, user_id, "password", ip, None, 30)


def test_failures_are_forgotten_after_a_quarter_of_an_hour(
    person: Make, ip: str, owner_url: str, coming_from: Callable[[str | None], Any]
) -> None:
    user_id = person(password=PASSWORD)
    email = user(user_id).email
    insert = """
        INSERT INTO audit_log (at, actor_kind, actor_name, verb, outcome, subject_type, subject_id, subject_name, ip)
        SELECT now() - make_interval(secs => age), 'anonymous', '-', 'session.denied', 'denied', 'session', %s, %s, %s
        FROM unnest(%s::float[]) AS age"""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(insert, (email, email, ip, [898.0, 600.0, 600.0, 300.0, 300.0]))
        with coming_from(ip):
            refusal = refused(email, PASSWORD)
            assert isinstance(refusal, TooMany)
            assert 0 < refusal.retry_after <= 2
        # The wait ends when there are four left: the third-last failure doesn't matter for it.
        connection.execute(insert, (email, email, ip, [100.0]))
        with coming_from(ip):
            refusal = refused(email, PASSWORD)
            assert isinstance(refusal, TooMany)
            assert 295 < refusal.retry_after <= 300


def test_fifty_failures_from_many_addresses(person: Make, coming_from: Callable[[str | None], Any]) -> None:
    user_id = person(password=PASSWORD)
    email = user(user_id).email
    for number in range(50):
        with coming_from(f"192.0.2.{number}"):
            assert isinstance(refused(email, "wrong password"), Unauthenticated)
    with coming_from("192.0.2.200"):
        assert isinstance(refused(email, PASSWORD), TooMany)


def test_a_hundred_failures_of_one_address_with_many_names(
    person: Make, coming_from: Callable[[str | None], Any]
) -> None:
    user_id = person(password=PASSWORD)
    # Of an IPv6 network a customer has more addresses than there are failures to count.
    for number in range(100):
        with coming_from(f"2001:db8:1:1::{number:x}"):
            assert isinstance(refused(f"{uuid4()}@example.org", "wrong password"), Unauthenticated)
    with coming_from("2001:db8:1:1:ffff::1"):
        assert isinstance(refused(user(user_id).email, PASSWORD), TooMany)
    with coming_from("2001:db8:1:2::1"):
        assert sign_in(user(user_id).email, PASSWORD) == SignedIn(user_id)


def test_attempts_at_once_are_no_way_around(person: Make, ip: str, at_once: Callable[..., list[Any]]) -> None:
    email = user(person(password=PASSWORD)).email
    stranger = anonymous(may_read=False)
    outcomes = [
        outcome
        for _ in range(4)
        for outcome in at_once([lambda: sign_in(email, "wrong password")] * 8, stranger, ip)
    ]  # fmt: skip
    assert sum(isinstance(outcome, Unauthenticated) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, TooMany) for outcome in outcomes) == 27


def test_session_begins(person: Make, ip: str, entries: Callable[[], list[Any]]) -> None:
    user_id = person("editor", email="device@example.org")
    session_id, secret = begin(user_id, ip=ip, user_agent="Browser/1 \x00\x1b" + "x" * 300)
    [device] = devices(user_id, IDLE_HOURS)
    assert (device.id, device.ip, device.signed_in_with) == (session_id, ip, "password")
    assert device.user_agent == "Browser/1 " + "x" * 245
    assert 29.9 < (read_rows("SELECT expires_at - now() AS left FROM sessions")[0].left.total_seconds() / 86_400) <= 30
    caller = session_caller(secret, 1)
    assert caller is not None
    assert (caller.actor.user_id, caller.session_id, caller.due, caller.stolen) == (user_id, session_id, False, False)
    entry = entries()[-1]
    assert (entry.verb, entry.subject_id, entry.actor_id) == ("session.begin", str(session_id), user_id)
    assert secret not in str(entries())


def test_no_session_for_the_disabled(person: Make) -> None:
    user_id = person()
    transact(disable_user, user_id)
    with pytest.raises(Unauthenticated):
        begin(user_id)
    assert read_rows("SELECT id FROM sessions") == []


def test_the_fifty_first_device_signs_the_first_one_out(person: Make, entries: Callable[[], list[Any]]) -> None:
    user_id, other = person(), person()
    ids = [begin(user_id)[0] for _ in range(50)]
    others, _ = begin(other)
    newest, _ = begin(user_id)
    assert {device.id for device in devices(user_id, IDLE_HOURS)} == {*ids[1:], newest}
    assert [device.id for device in devices(other, IDLE_HOURS)] == [others]
    assert [entry.subject_id for entry in entries() if entry.verb == "session.end"] == [str(ids[0])]


def test_session_ends(person: Make, entries: Callable[[], list[Any]]) -> None:
    anna, bea = person(), person()
    session_id, secret = begin(anna)
    told = len(entries())
    for key, whose in ((session_id, bea), (uuid4(), anna), ("no uuid", anna)):
        with pytest.raises(NotFound, match="There is no such device"):
            transact(end_session, key, whose)
    assert session_caller(secret, 1) is not None
    transact(end_session, str(session_id), anna)
    transact(end_session, session_id)
    assert session_caller(secret, 1) is None
    assert [(entry.verb, entry.subject_id) for entry in entries()[told:]] == [("session.end", str(session_id))]


def test_other_devices_end(person: Make) -> None:
    anna, bea = person(), person()
    kept, *others = (begin(anna) for _ in range(3))
    beas, _ = begin(bea)
    assert transact(end_other_sessions, anna, kept[0]) == 2
    assert [device.id for device in devices(anna, IDLE_HOURS)] == [kept[0]]
    assert [device.id for device in devices(bea, IDLE_HOURS)] == [beas]
    assert [session_caller(secret, 1) for _, secret in others] == [None, None]
    assert transact(end_other_sessions, anna, None) == 1


def test_rotation(person: Make, owner_url: str, entries: Callable[[], list[Any]]) -> None:
    session_id, secret = begin(person())
    replacement = transact(rotate_session, session_id, secret)
    assert replacement is not None
    assert replacement != secret
    assert transact(rotate_session, session_id, secret) is None
    for shown in (secret, replacement):
        caller = session_caller(shown, 1)
        assert caller is not None
        assert (caller.session_id, caller.stolen) == (session_id, False)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE sessions SET rotated_at = now() - interval '61 seconds'")
    assert transact(rotate_session, session_id, "something else") is None
    transact(rotate_session, uuid4(), secret)
    passwords_known = session_caller(replacement, 1)
    assert passwords_known is not None
    transact(end_stolen_session, session_id)
    assert session_caller(replacement, 1) is None
    assert (entries()[-1].verb, entries()[-1].subject_id) == ("session.stolen", str(session_id))


def test_of_eight_rotations_at_once_one_wins(person: Make, at_once: Callable[..., list[Any]]) -> None:
    session_id, secret = begin(person())
    outcomes = at_once([lambda: transact(rotate_session, session_id, secret)] * 8)
    assert len([outcome for outcome in outcomes if outcome is not None]) == 1


@pytest.fixture
def as_signed_in(acting_as: Callable[..., Any]) -> Callable[[int, UUID], Any]:
    """Act in a session."""
    return lambda user_id, session_id: acting_as(user_id, "viewer", credential=f"session:{session_id}")


def test_changing_the_password_signs_other_devices_out(
    person: Make, as_signed_in: Callable[[int, UUID], Any], entries: Callable[[], list[Any]]
) -> None:
    user_id = person(password=PASSWORD)
    (here, _), (_, elsewhere) = begin(user_id), begin(user_id)
    told = len(entries())
    with as_signed_in(user_id, here):
        for current, new, path in (("wrong", PASSWORD, "current_password"), (PASSWORD, "short", "new_password")):
            with pytest.raises(Invalid) as refusal:
                change_password(user_id, current, new)
            assert [error.path for error in refusal.value.errors] == [(path,)]
        assert sign_in(user(user_id).email, PASSWORD) == SignedIn(user_id)
        assert len(devices(user_id, IDLE_HOURS)) == 2
        assert [entry.verb for entry in entries()[told:]] == ["session.denied"]
        change_password(user_id, PASSWORD, "another one of those horses")
    assert session_caller(elsewhere, 1) is None
    assert [device.id for device in devices(user_id, IDLE_HOURS)] == [here]
    assert sign_in(user(user_id).email, "another one of those horses") == SignedIn(user_id)
    assert isinstance(refused(user(user_id).email, PASSWORD), Unauthenticated)
    assert [entry.verb for entry in entries()[told + 1 : -1]] == ["session.end", "user.password"]


def test_wrong_current_passwords_count_as_failed_sign_ins(
    person: Make, ip: str, entries: Callable[[], list[Any]]
) -> None:
    user_id = person(password=PASSWORD)
    email, told = user(user_id).email, len(entries())
    new = "another one of those horses"
    with acting(known_actor(Kind.PERSON, email, user_id, [Role.VIEWER]), ip):
        for wrong in range(5):
            with pytest.raises(Invalid, match="current_password: is wrong"):
                change_password(user_id, f"wrong {wrong}", new)
        with pytest.raises(TooMany) as refusal:
            change_password(user_id, PASSWORD, new)
        assert 0 < refusal.value.retry_after <= 900
        assert isinstance(refused(email, PASSWORD), TooMany)
    shown = [(entry.verb, entry.outcome, entry.subject_name, entry.actor_id) for entry in entries()[told:]]
    assert shown[:5] == [("session.denied", "denied", email, user_id)] * 5
    assert shown[5:] == [("session.throttled", "denied", email, user_id)] * 2
    assert sign_in(email, PASSWORD) == SignedIn(user_id)


def test_an_idle_session_is_no_device_and_goes(person: Make, owner_url: str) -> None:
    user_id = person()
    (idle, _), (live, _) = begin(user_id), begin(user_id)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        old = "UPDATE sessions SET last_seen_at = now() - interval '61 minutes' WHERE id = %s"
        connection.execute(old, [idle])
    assert [device.id for device in devices(user_id, IDLE_HOURS)] == [live]
    assert {device.id for device in devices(user_id, 2)} == {idle, live}
    transact(forget_expired, IDLE_HOURS)
    assert [session.id for session in read_rows("SELECT id FROM sessions")] == [live]


def test_the_worker_forgets_what_is_over(person: Make, owner_url: str) -> None:
    user_id = person()
    (expired, _), (live, _) = begin(user_id), begin(user_id)
    links = [transact(create_link, Purpose.RESET, person()) for _ in range(2)]
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = %s", [expired])
        lapsed = "UPDATE one_time_links SET expires_at = now() - make_interval(days => %s) WHERE token_hash = %s"
        connection.cursor().executemany(lapsed, [(29, hashed(links[0])), (31, hashed(links[1]))])
    [job] = UPKEEP
    job.run()
    job.run()
    assert [session.id for session in read_rows("SELECT id FROM sessions")] == [live]
    assert [bytes(link.token_hash) for link in read_rows("SELECT token_hash FROM one_time_links")] == [hashed(links[0])]


def test_a_password_set_by_somebody_else_signs_every_device_out(
    person: Make, as_signed_in: Callable[[int, UUID], Any]
) -> None:
    admin, user_id = person("admin"), person()
    (here, _), _ = begin(admin), begin(user_id)
    with as_signed_in(admin, here):
        transact(set_password, user_id, PASSWORD)
    assert (len(devices(admin, IDLE_HOURS)), len(devices(user_id, IDLE_HOURS))) == (1, 0)
