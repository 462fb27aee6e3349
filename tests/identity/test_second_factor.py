"""Codes of the moment and codes for recovery: neither is taken twice."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from flask import Flask

from app.core.db import read_rows, transact
from app.errors import Forbidden, Invalid, NotFound, Refused, TooMany, Unauthenticated
from app.identity.commands.codes import STEP_SECONDS
from app.identity.commands.passwords import set_password
from app.identity.commands.people import disable_user
from app.identity.commands.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    remove_own_second_factor,
    remove_second_factor,
)
from app.identity.commands.sessions import NeedsCode, SignedIn, begin_session, sign_in, sign_in_with_code
from app.identity.commands.tokens import service_named
from app.identity.queries.devices import devices
from app.identity.queries.users import user
from tests.identity.conftest import PASSWORD

Make = Callable[..., int]


class Authenticator:
    """A device that shows codes; time passes as the test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.secret, self.now = "", int(time.time())
        monkeypatch.setattr("app.identity.commands.codes.time.time", lambda: self.now)

    def code(self, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).generate_otp(self.now // STEP_SECONDS + steps)

    def wait(self, steps: int) -> None:
        self.now += steps * STEP_SECONDS


@pytest.fixture
def authenticator(monkeypatch: pytest.MonkeyPatch) -> Authenticator:
    return Authenticator(monkeypatch)


@pytest.fixture
def protected(person: Make, authenticator: Authenticator) -> tuple[int, str, list[str]]:
    """Id and e-mail address of a person with a second factor, and the recovery codes."""
    user_id = person("editor", password=PASSWORD)
    authenticator.secret = transact(begin_second_factor, user_id).secret
    codes = confirm_second_factor(user_id, PASSWORD, authenticator.secret, authenticator.code())
    authenticator.wait(5)
    return user_id, user(user_id).email, codes


def challenge(email: str) -> str:
    answer = sign_in(email, PASSWORD)
    assert isinstance(answer, NeedsCode)
    return answer.challenge


def test_offer(person: Make) -> None:
    user_id = person(email="offer@example.org", password=PASSWORD)
    offer = transact(begin_second_factor, user_id)
    address = urlsplit(offer.uri)
    assert (address.scheme, address.netloc, unquote(address.path)) == ("otpauth", "totp", "/Insights:offer@example.org")
    assert parse_qs(address.query) == {"secret": [offer.secret], "issuer": ["Insights"]}
    assert offer.svg.startswith("<svg ")
    assert "style=" not in offer.svg
    assert not user(user_id).second_factor
    assert transact(begin_second_factor, user_id).secret != offer.secret


def test_confirmed_with_a_code(person: Make, authenticator: Authenticator, entries: Callable[[], list[Any]]) -> None:
    user_id = person(password=PASSWORD)
    transact(begin_session, user_id, "password", None, None, 30)
    told = len(entries())
    offer = transact(begin_second_factor, user_id)
    authenticator.secret = offer.secret
    for password, secret, code, path in (
        (PASSWORD, offer.secret, "000000", "code"),
        (PASSWORD, "short", authenticator.code(), "secret"),
        ("wrong password", offer.secret, authenticator.code(), "current_password"),
    ):
        with pytest.raises(Invalid) as refusal:
            confirm_second_factor(user_id, password, secret, code)
        assert [error.path for error in refusal.value.errors] == [(path,)]
    assert not user(user_id).second_factor
    assert len(devices(user_id, 1)) == 1
    codes = confirm_second_factor(user_id, PASSWORD, offer.secret, authenticator.code())
    assert len(set(codes)) == 10
    for code in codes:
        assert [len(part) for part in code.split("-")] == [4, 4, 4]
    assert (user(user_id).second_factor, user(user_id).recovery_codes) == (True, 10)
    assert devices(user_id, 1) == []
    [stored] = read_rows("SELECT totp_secret FROM users")
    assert offer.secret not in stored.totp_secret
    assert [entry.verb for entry in entries()[told:]] == ["session.denied", "session.end", "user.second_factor"]
    assert entries()[-1].diff == {"second_factor": [False, True]}
    assert not [secret for secret in (offer.secret, *codes) if secret in str(entries())]
    for command in (
        lambda: transact(begin_second_factor, user_id),
        lambda: confirm_second_factor(user_id, PASSWORD, offer.secret, authenticator.code()),
    ):
        with pytest.raises(Refused, match="There is a second factor already"):
            command()


def test_sign_in_asks_for_it(protected: tuple[int, str, list[str]], authenticator: Authenticator) -> None:
    user_id, email, _ = protected
    with pytest.raises(Unauthenticated):
        sign_in(email, "wrong password")
    assert sign_in_with_code(challenge(email), f" {authenticator.code()[:3]} {authenticator.code()[3:]} ") == SignedIn(
        user_id
    )


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_a_step(
    protected: tuple[int, str, list[str]], authenticator: Authenticator, steps: int, right: bool
) -> None:
    user_id, email, _ = protected
    asked, code = challenge(email), authenticator.code(steps)
    if right:
        assert sign_in_with_code(asked, code) == SignedIn(user_id)
    else:
        with pytest.raises(Unauthenticated, match="The code is wrong, or was used already"):
            sign_in_with_code(asked, code)


def test_no_code_is_taken_twice(
    protected: tuple[int, str, list[str]], authenticator: Authenticator, at_once: Callable[..., list[Any]]
) -> None:
    user_id, email, _ = protected
    asked, code = challenge(email), authenticator.code()
    outcomes = at_once([lambda: sign_in_with_code(asked, code)] * 4)
    assert outcomes.count(SignedIn(user_id)) == 1
    assert {type(outcome) for outcome in outcomes} <= {SignedIn, TooMany, Unauthenticated}
    with pytest.raises(Unauthenticated):
        sign_in_with_code(challenge(email), code)
    with pytest.raises(Unauthenticated):  # an older one that nobody used
        sign_in_with_code(asked, authenticator.code(-1))
    authenticator.wait(1)
    assert sign_in_with_code(asked, authenticator.code()) == SignedIn(user_id)


def test_the_code_that_switched_it_on_is_spent(person: Make, authenticator: Authenticator) -> None:
    user_id = person(password=PASSWORD)
    authenticator.secret = transact(begin_second_factor, user_id).secret
    confirm_second_factor(user_id, PASSWORD, authenticator.secret, authenticator.code())
    with pytest.raises(Unauthenticated):
        sign_in_with_code(challenge(user(user_id).email), authenticator.code())


def test_recovery_code_works_once(protected: tuple[int, str, list[str]], entries: Callable[[], list[Any]]) -> None:
    user_id, email, codes = protected
    assert sign_in_with_code(challenge(email), codes[3].upper().replace("-", " ")) == SignedIn(user_id)
    assert entries()[-1].diff == {"recovery_codes": [10, 9]}
    with pytest.raises(Unauthenticated):
        sign_in_with_code(challenge(email), codes[3])
    assert user(user_id).recovery_codes == 9
    assert sign_in_with_code(challenge(email), codes[4]) == SignedIn(user_id)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcd-efgh-jkmn", "١٢٣٤٥٦", "\x00", "é" * 12])
def test_what_is_no_code(protected: tuple[int, str, list[str]], code: str) -> None:
    with pytest.raises(Unauthenticated):
        sign_in_with_code(challenge(protected[1]), code)


def test_wrong_codes_count_as_wrong_passwords_do(
    protected: tuple[int, str, list[str]], authenticator: Authenticator
) -> None:
    _, email, _ = protected
    asked = challenge(email)
    for _ in range(50):
        with pytest.raises(Unauthenticated):
            sign_in_with_code(asked, "abcdef")
    with pytest.raises(TooMany):
        sign_in_with_code(asked, authenticator.code())
    with pytest.raises(TooMany):
        sign_in(email, PASSWORD)


def test_challenge_is_ours_and_of_the_moment(
    protected: tuple[int, str, list[str]], authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id, email, _ = protected
    asked = challenge(email)
    for forged in ("", "x", asked[:-1], asked.partition(".")[2]):
        with pytest.raises(Unauthenticated, match="This took too long"):
            sign_in_with_code(forged, authenticator.code())
    with monkeypatch.context() as later:
        later.setattr("itsdangerous.timed.time.time", lambda real=time.time: real() + 301)
        with pytest.raises(Unauthenticated, match="This took too long"):
            sign_in_with_code(asked, authenticator.code())
    transact(set_password, user_id, "another one of those horses")
    with pytest.raises(Unauthenticated, match="This took too long"):
        sign_in_with_code(asked, authenticator.code())


def test_challenge_of_a_disabled_person(protected: tuple[int, str, list[str]], authenticator: Authenticator) -> None:
    user_id, email, _ = protected
    asked = challenge(email)
    transact(disable_user, user_id)
    with pytest.raises(Unauthenticated):
        sign_in_with_code(asked, authenticator.code())


def test_another_secret_key_leaves_the_recovery_codes_no_use(
    protected: tuple[int, str, list[str]], authenticator: Authenticator, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id, email, codes = protected
    monkeypatch.setitem(app.config, "SECRET_KEY", "another secret key, as long as the one before")
    for code in (authenticator.code(), codes[0]):
        with pytest.raises(Unauthenticated):
            sign_in_with_code(challenge(email), code)
    transact(remove_second_factor, user_id)
    assert sign_in(email, PASSWORD) == SignedIn(user_id)


def test_removed_with_the_password(
    protected: tuple[int, str, list[str]], acting_as: Callable[..., Any], entries: Callable[[], list[Any]]
) -> None:
    user_id, email, _ = protected

    told = len(entries())
    with acting_as(user_id, "editor"):
        with pytest.raises(Invalid) as refusal:
            remove_own_second_factor(user_id, "wrong password")
        assert [error.path for error in refusal.value.errors] == [("password",)]
        with pytest.raises(Forbidden):
            transact(remove_second_factor, user_id)
        assert (user(user_id).second_factor, user(user_id).recovery_codes) == (True, 10)
        remove_own_second_factor(user_id, PASSWORD)
        remove_own_second_factor(user_id, PASSWORD)
    assert (user(user_id).second_factor, user(user_id).recovery_codes) == (False, 0)
    assert sign_in(email, PASSWORD) == SignedIn(user_id)
    shown = [(entry.verb, entry.subject_name, entry.diff) for entry in entries()[told:]]
    assert shown == [("session.denied", email, None), ("user.second_factor", email, {"second_factor": [True, False]})]


def test_wrong_passwords_keep_the_second_factor(
    protected: tuple[int, str, list[str]], acting_as: Callable[..., Any]
) -> None:
    user_id, _, _ = protected
    with acting_as(user_id, "editor"):
        for _ in range(50):
            with pytest.raises(Invalid):
                remove_own_second_factor(user_id, "wrong password")
        with pytest.raises(TooMany):
            remove_own_second_factor(user_id, PASSWORD)
    assert user(user_id).second_factor


def test_without_a_password_there_is_none(
    person: Make, authenticator: Authenticator, entries: Callable[[], list[Any]]
) -> None:
    user_id = person()
    told = len(entries())
    authenticator.secret = pyotp.random_base32()
    with pytest.raises(Refused, match="The second factor follows a password, and there is none"):
        transact(begin_second_factor, user_id)
    with pytest.raises(Invalid, match="current_password: is wrong"):
        confirm_second_factor(user_id, "", authenticator.secret, authenticator.code())
    assert not user(user_id).second_factor
    assert [entry.verb for entry in entries()[told:]] == ["session.denied"]


def test_services_have_none(app: Flask) -> None:
    service_id = transact(service_named, "Collector")
    with pytest.raises(NotFound):
        transact(begin_second_factor, service_id)
