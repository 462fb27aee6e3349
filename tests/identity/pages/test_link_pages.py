"""One-time links, and links by mail."""

import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from flask import Flask

from app.core.db import transact
from app.identity import mail
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from app.identity.commands.links import create_link
from app.identity.models import Purpose
from app.identity.pages import forgotten
from tests.identity.conftest import PASSWORD
from tests.identity.pages.conftest import ADA, BROWSER, NEW_PASSWORD, VIC, Visitor, csrf, error, value


def test_the_first_administrator(required: Flask, clean_database: None, accounts: Callable[[], Any]) -> None:
    with required.app_context(), acting(LOCAL_ADMINISTRATOR):
        path = f"/links/{transact(create_link, Purpose.FIRST_ADMINISTRATOR)}"
    visitor = Visitor(required)
    assert visitor.get(path).status_code == visitor.get(path).status_code == 200
    before = accounts()
    wrong = visitor.post(path, email="no address", name="First", password="too short")
    assert wrong.status_code == 422
    assert (value(wrong.text, "email"), value(wrong.text, "name")) == ("no address", "First")
    assert value(wrong.text, "password") is None
    assert accounts() == before
    right = visitor.post(path, email="first@pages.example.org", name="First", password=PASSWORD)
    assert (right.status_code, right.headers["Location"]) == (303, "/")
    assert visitor.client.get("/me").json["role"] == "admin"
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize("purpose", [Purpose.INVITE, Purpose.RESET])
def test_a_link_sets_a_password_once(visitor: Visitor, link: Callable[..., str], purpose: Purpose) -> None:
    path = link(purpose, 2)
    weak = visitor.post(path, password="short")
    assert (weak.status_code, error(weak.text, "password")) == (422, "must have 12 characters or more")
    assert visitor.post(path, password=NEW_PASSWORD).headers["Location"] == "/"
    assert visitor.client.get("/me").json["name"] == VIC
    used = visitor.client.post(path, data={"password": PASSWORD, "csrf_token": csrf(visitor)}, headers=BROWSER)
    assert used.status_code == 404
    assert "This link does not exist, was used already, or is too old." in used.text
    assert Visitor(visitor.client.application).sign_in(VIC, NEW_PASSWORD).status_code == 303


def test_a_link_is_no_way_around_the_second_factor(
    two_step: tuple[Visitor, pyotp.TOTP, list[str]], visitor: Visitor, link: Callable[..., str]
) -> None:
    answer = visitor.post(link(Purpose.RESET, 1), password=NEW_PASSWORD)
    assert answer.headers["Location"] == "/sign-in?done=new-password"
    assert "Set-Cookie" not in answer.headers
    assert "Your password was set." in visitor.get("/sign-in?done=new-password").text
    assert visitor.sign_in(ADA, NEW_PASSWORD).status_code == 200


@pytest.mark.parametrize("token", ["unknown", "a" * 500, "%00", "%F0%9F%98%80"])
def test_a_link_that_nobody_made(visitor: Visitor, accounts: Callable[[], Any], token: str) -> None:
    before = accounts()
    for answer in (visitor.get(f"/links/{token}"), visitor.post(f"/links/{token}", password=PASSWORD)):
        assert answer.status_code == 404
        assert "This link doesn’t work" in answer.text
    assert accounts() == before


def test_without_mail_an_administrator_helps(visitor: Visitor, accounts: Callable[[], Any]) -> None:
    before = accounts()
    assert "Ask an administrator for a link" in visitor.get("/sign-in/forgotten").text
    assert visitor.post("/sign-in/forgotten", email=VIC).status_code == 422
    assert accounts() == before


def test_a_reset_is_mailed_once_and_never_told(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, accounts: Callable[[], Any]
) -> None:
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(mail, "configured", lambda: True)
    monkeypatch.setattr(mail, "send", lambda *letter: sent.append(letter))
    answers = [visitor.post("/sign-in/forgotten", email=email) for email in (VIC, VIC, "nobody@pages.example.org")]
    forgotten._mailer.submit(lambda: None).result(timeout=10)
    assert {answer.status_code for answer in answers} == {200}
    assert len({re.sub(r'nonce="[^"]*"', "", answer.text) for answer in answers}) == 1
    [(to, subject, text)] = sent
    assert (to, subject) == (VIC, "A new password for the insights tracker")
    path = re.search(r"https://insights\.example\.org(/links/\S+)", text)
    assert path
    assert "New password" in visitor.get(path[1]).text
    assert [row[1:] for row in accounts()["one_time_links"] if row[2]] == [("reset", 2, None)]
