"""Signing in and out, the second factor; of a form that is refused what was typed stays, and nothing changes."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pyotp
import pytest
from flask import Flask

from app.config import Settings
from app.identity.models import Purpose
from app.identity.pages.notices import PROBLEMS
from tests.conftest import built
from tests.identity.conftest import PASSWORD
from tests.identity.pages.conftest import ADA, BROWSER, VIC, Visitor, csrf, error, value


@pytest.fixture(scope="module")
def production(migrated: Settings) -> Iterator[Flask]:
    """Where others than this machine's come, through a proxy here."""
    hosts = ("insights.example.org", "localhost", "127.0.0.1")
    given = {"env": "prod", "auth_mode": "required", "allowed_hosts": hosts, "trusted_proxies": ("127.0.0.1",)}
    with built(migrated.model_copy(update=given)) as app:
        yield app


@pytest.fixture
def guarded(production: Flask, site: Flask) -> Flask:
    """The same with the people of ``site``."""
    return production


def test_a_sign_in(visitor: Visitor) -> None:
    answer = visitor.sign_in(f"  {ADA.upper()} ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("insights_session=")
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))
    assert visitor.client.get("/me").json["name"] == ADA


def test_over_tls_the_cookie_is_this_host_s_alone(visitor: Visitor) -> None:
    data = {"email": ADA, "password": PASSWORD}
    answer = visitor.client.post("/sign-in", data=data, headers=BROWSER, base_url="https://localhost")
    assert answer.headers["Set-Cookie"].startswith("__Host-insights=")
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/sign-in/forgotten", "/sign-in/oidc", "/links/{link}"])
def test_no_secret_is_taken_in_clear(
    guarded: Flask, accounts: Callable[[], Any], link: Callable[..., str], path: str
) -> None:
    path = path.replace("/links/{link}", link(Purpose.RESET, 2))
    visitor, before = guarded.test_client(), accounts()
    data = {"email": VIC, "password": PASSWORD}
    proxied = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http"}
    for headers, site in (({}, "http://insights.example.org"), (proxied, "http://insights.example.org")):
        for answer in (
            visitor.get(path, headers=BROWSER | headers, base_url=site),
            visitor.post(path, data=data, headers=BROWSER | headers, base_url=site),
        ):
            if answer.status_code == 405:
                continue
            assert answer.status_code == 403
            assert "Sign-in needs HTTPS" in answer.text
            assert "Set-Cookie" not in answer.headers
    assert accounts() == before


@pytest.mark.parametrize(
    ("site", "headers", "allowed"),
    [
        ("https://insights.example.org", {}, True),
        ("http://localhost:8000", {}, True),
        ("http://127.0.0.1:8000", {}, True),
        ("http://insights.example.org", {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}, True),
        ("http://localhost:8000", {"X-Forwarded-Proto": "http"}, False),
        ("http://insights.example.org", {"X-Forwarded-Proto": "gopher"}, False),
    ],
)
def test_where_secrets_are_taken(guarded: Flask, site: str, headers: dict[str, str], allowed: bool) -> None:
    visitor = guarded.test_client()
    answers = (
        visitor.get("/sign-in", headers=BROWSER | headers, base_url=site),
        visitor.post("/sign-in", data={"email": VIC, "password": PASSWORD}, headers=headers, base_url=site),
    )
    assert [answer.status_code for answer in answers] == ([200, 303] if allowed else [403, 403])


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/library?status=draft", "/library?status=draft"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/sign-out", "/"),
        ("/sign-in?next=/sign-in", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_a_sign_in_leads_on_to_a_page_of_ours_only(visitor: Visitor, asked: str, leads_to: str) -> None:
    page = visitor.client.get("/sign-in", query_string={"next": asked}, headers=BROWSER).text
    kept = re.search(r'name="next" value="([^"]*)"', page)
    assert (unescape(kept[1]) if kept else "/") == leads_to
    assert visitor.sign_in(next=asked).headers["Location"] == leads_to


@pytest.mark.parametrize(("email", "password"), [(ADA, "wrong"), ("nobody@pages.example.org", PASSWORD)])
def test_wrong_credentials_keep_the_address(
    visitor: Visitor, accounts: Callable[[], Any], email: str, password: str
) -> None:
    before = accounts()
    answer = visitor.sign_in(email, password, next="/library")
    assert answer.status_code == 401
    assert "E-mail or password is wrong." in answer.text
    assert (value(answer.text, "email"), value(answer.text, "next")) == (email, "/library")
    assert value(answer.text, "password") is None
    assert password not in answer.text.replace(email, "").replace("is wrong", "")
    assert "Set-Cookie" not in answer.headers
    assert accounts() == before


@pytest.mark.parametrize(
    ("path", "hints"),
    [
        ("/sign-in", ["current-password"]),
        ("/profile", ["current-password", "new-password"]),
        ("/links/{link}", ["new-password"]),
    ],
)
def test_passwords_are_masked_and_may_be_pasted(
    visitor: Visitor, ada: Visitor, link: Callable[..., str], path: str, hints: list[str]
) -> None:
    page = (ada if path == "/profile" else visitor).get(path.replace("/links/{link}", link(Purpose.RESET, 2))).text
    fields = [field for field in re.findall(r"<input[^>]*>", page) if "password" in field]
    assert [re.findall(r' (?:type|autocomplete)="([^"]*)"', field) for field in fields] == [
        ["password", hint] for hint in hints
    ]
    assert "onpaste" not in page


def test_an_empty_form_is_explained(visitor: Visitor, accounts: Callable[[], Any]) -> None:
    before = accounts()
    answer = visitor.post("/sign-in", email="", password="")
    assert answer.status_code == 422
    assert (error(answer.text, "email"), error(answer.text, "password")) == ("is required", "is required")
    assert accounts() == before


def test_too_many_failures_say_how_long_to_wait(visitor: Visitor, accounts: Callable[[], Any]) -> None:
    email = "throttled@pages.example.org"
    for _ in range(5):
        assert visitor.sign_in(email, "wrong").status_code == 401
    before = accounts()
    answer = visitor.sign_in(email, "wrong")
    assert answer.status_code == 429
    assert "Too many attempts. Try again in 15 minutes." in answer.text
    assert 880 < int(answer.headers["Retry-After"]) <= 900
    assert value(answer.text, "email") == email
    assert accounts() == before


def test_who_is_signed_in_is_not_asked_again(ada: Visitor) -> None:
    assert ada.get("/sign-in?next=/library").headers["Location"] == "/library"


@pytest.mark.parametrize(("problem", "words"), PROBLEMS.items())
def test_why_somebody_is_here(visitor: Visitor, problem: str, words: str) -> None:
    assert words in unescape(visitor.get(f"/sign-in?problem={problem}").text)


def test_an_address_can_put_no_words_into_a_page(visitor: Visitor, ada: Visitor) -> None:
    assert 'role="alert"' not in visitor.get("/sign-in?problem=Call+555").text
    assert "Call 555" not in ada.get("/profile?done=Call+555").text


def test_a_sign_out_ends_the_session(ada: Visitor, accounts: Callable[[], Any]) -> None:
    answer = ada.post("/sign-out", page="/profile")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?problem=signed_out")
    assert "insights_session=;" in answer.headers["Set-Cookie"]
    assert accounts()["sessions"] == []
    assert "You are signed out." in ada.get("/sign-in?problem=signed_out").text
    assert ada.get("/profile").headers["Location"] == "/sign-in?next=%2Fprofile"


def test_signing_in_anew_ends_the_session_before(ada: Visitor, accounts: Callable[[], Any]) -> None:
    [(first, _)] = accounts()["sessions"]
    ada.client.post("/sign-in", data={"email": ADA, "password": PASSWORD, "csrf_token": csrf(ada)}, headers=BROWSER)
    [(second, _)] = accounts()["sessions"]
    assert first != second


@pytest.mark.parametrize("path", ["/profile", "/profile/tokens", "/sign-out", "/profile/devices/sign-out-others"])
def test_a_form_that_is_not_ours_changes_nothing(ada: Visitor, accounts: Callable[[], Any], path: str) -> None:
    before = accounts()
    for data in ({"name": "Changed", "days": "30"}, {"name": "Changed", "days": "30", "csrf_token": "0" * 64}):
        assert ada.client.post(path, data=data, headers=BROWSER).status_code == 403
    assert accounts() == before


def test_ten_recovery_codes_are_shown_once(two_step: tuple[Visitor, pyotp.TOTP, list[str]]) -> None:
    ada, _, codes = two_step
    assert len(set(codes)) == 10
    page = ada.get("/profile/second-factor").text
    assert "10 recovery codes are left" in page
    assert not any(code in page for code in codes)


def test_a_wrong_code_offers_the_same_secret_again(ada: Visitor, accounts: Callable[[], Any]) -> None:
    before = accounts()
    secret = str(value(ada.get("/profile/second-factor").text, "secret"))
    answer = ada.post("/profile/second-factor", secret=secret, code="000000", current_password=PASSWORD)
    assert answer.status_code == 422
    assert value(answer.text, "secret") == secret
    assert (value(answer.text, "code"), error(answer.text, "code")) == (
        None,
        "is wrong: is the clock of your device right?",
    )
    code = pyotp.TOTP(secret).now()
    for given, message in (("wrong", "is wrong"), ("", "is required")):
        answer = ada.post("/profile/second-factor", secret=secret, code=code, current_password=given)
        assert (answer.status_code, error(answer.text, "current_password")) == (422, message)
        assert value(answer.text, "secret") == secret
    assert accounts() == before


def test_a_code_follows_the_password(
    two_step: tuple[Visitor, pyotp.TOTP, list[str]], visitor: Visitor, accounts: Callable[[], Any]
) -> None:
    _, _, codes = two_step
    before = accounts()
    asked = visitor.sign_in(next="/library")
    assert (asked.status_code, value(asked.text, "next")) == (200, "/library")
    assert "Set-Cookie" not in asked.headers
    challenge = str(value(asked.text, "challenge"))
    wrong = visitor.client.post("/sign-in/code", data={"challenge": challenge, "code": "123"}, headers=BROWSER)
    assert (wrong.status_code, value(wrong.text, "challenge"), value(wrong.text, "code")) == (401, challenge, None)
    assert accounts() == before
    data = {"challenge": challenge, "code": codes[0], "next": "/library"}
    assert visitor.client.post("/sign-in/code", data=data, headers=BROWSER).headers["Location"] == "/library"
    assert visitor.client.get("/me").json["name"] == ADA


@pytest.mark.parametrize("challenge", ["", "forged", "x" * 1001])
def test_a_code_without_its_password_is_nothing(visitor: Visitor, accounts: Callable[[], Any], challenge: str) -> None:
    before = accounts()
    data = {"challenge": challenge, "code": "123456"}
    answer = visitor.client.post("/sign-in/code", data=data, headers=BROWSER)
    assert answer.status_code == (401 if challenge == "forged" else 422)
    assert accounts() == before
    assert visitor.get("/sign-in/code").headers["Location"] == "/sign-in"


def test_it_is_switched_off_with_the_password_only(
    two_step: tuple[Visitor, pyotp.TOTP, list[str]], accounts: Callable[[], Any]
) -> None:
    ada, _, _ = two_step
    before = accounts()
    wrong = ada.post("/profile/second-factor/off", page="/profile/second-factor", password="wrong")
    assert (wrong.status_code, error(wrong.text, "password")) == (422, "is wrong")
    assert accounts() == before
    right = ada.post("/profile/second-factor/off", page="/profile/second-factor", password=PASSWORD)
    assert right.headers["Location"] == "/profile/second-factor?done=second-factor-off"
    assert accounts()["users"][0][6] is None
