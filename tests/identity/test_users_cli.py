"""``insights users`` as an operator calls it."""

from collections.abc import Callable
from typing import Any

import orjson
import pyotp
import pytest
from click.testing import Result
from flask import Flask

from app.config import Settings
from app.core.db import read_rows, transact
from app.errors import Unavailable
from app.identity import mail
from app.identity.commands.links import open_link
from app.identity.commands.second_factor import begin_second_factor, confirm_second_factor
from app.identity.commands.sessions import SignedIn, sign_in
from app.identity.models import Purpose
from app.identity.queries.users import known_person
from tests.identity.conftest import PASSWORD

Run = Callable[..., Result]
ANNA = ("--email", "anna@example.org", "--name", "Anna Example", "--role", "editor")


@pytest.fixture
def letters(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What is mailed, once a server is configured."""
    sent: list[tuple[str, ...]] = []
    configured = settings.model_copy(update={"smtp_host": "127.0.0.1", "public_url": "https://insights.example.org"})
    monkeypatch.setitem(app.extensions, "mail", configured)
    monkeypatch.setattr(mail, "send", lambda *letter: sent.append(letter))
    return sent


def test_create_prints_a_link(run: Run, entries: Callable[[], list[Any]]) -> None:
    made = run("users", "create", *ANNA)
    assert made.exit_code == 0
    first, second, address = made.stdout.splitlines()
    assert first == "Anna Example (anna@example.org) is here now, with the role editor."
    assert second == "To choose a password, once and within 7 days:"
    prefix, _, secret = address.rpartition("/")
    assert prefix == "http://127.0.0.1:8000/links"
    link = open_link(secret)
    assert (link.purpose, link.email) == (Purpose.INVITE, "anna@example.org")
    assert [entry.verb for entry in entries()] == ["user.create", "link.create"]


def test_create_mails_the_link(run: Run, letters: list[tuple[str, ...]]) -> None:
    made = run("users", "create", *ANNA)
    assert made.stdout.splitlines()[1:] == ["A link to choose a password was mailed to anna@example.org."]
    [(to, subject, text)] = letters
    assert (to, subject) == ("anna@example.org", "Your account on the insights tracker")
    assert "https://insights.example.org/links/" in text


def test_a_mail_server_that_is_away_loses_nothing(
    run: Run, letters: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*letter: str) -> None:
        raise Unavailable("The mail could not be sent.") from OSError("no route")

    monkeypatch.setattr(mail, "send", fail)
    made = run("users", "create", *ANNA)
    assert made.exit_code == 0
    assert made.stderr == "The mail could not be sent. (no route)\n"
    assert open_link(made.stdout.splitlines()[-1].rpartition("/")[2]).email == "anna@example.org"


def test_create_with_a_password(run: Run) -> None:
    made = run("users", "create", *ANNA, "--password-stdin", input=f"{PASSWORD}\nmore\n")
    assert made.stdout == "Anna Example (anna@example.org) is here now, with the role editor.\n"
    assert sign_in("anna@example.org", PASSWORD) == SignedIn(known_person("anna@example.org").id)


def test_a_refused_password_makes_nobody(run: Run) -> None:
    refused = run("users", "create", *ANNA, "--password-stdin", input="short\n")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "password: must have 12 characters or more\n"
    assert read_rows("SELECT id FROM users") == []


def test_create_refusals(run: Run) -> None:
    assert run("users", "create", *ANNA).exit_code == 0
    twice = run("users", "create", *ANNA)
    assert (twice.exit_code, twice.stdout) == (1, "")
    assert twice.stderr == "Somebody with the e-mail address anna@example.org is here already.\n"
    assert run("users", "create", *ANNA[:-1], "boss").exit_code == 2
    wrong = run("users", "create", "--email", "anna", "--name", " ", "--role", "viewer")
    assert wrong.exit_code == 1
    assert wrong.stderr == "email: must be an e-mail address; name: must not be empty\n"
    assert len(read_rows("SELECT id FROM users")) == 1


def test_list(run: Run) -> None:
    assert run("users", "list").stdout == ""
    run("users", "create", *ANNA)
    run("tokens", "create", "--role", "viewer", "--name", "collector")
    heading, *lines = run("users", "list").stdout.splitlines()
    assert heading.split() == ["ID", "KIND", "E-MAIL", "NAME", "ROLE", "STATE", "CODE", "TOKENS", "LAST", "SEEN"]
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    assert [row[1:] for row in cells] == [
        ["person", "anna@example.org", "Anna Example", "editor", "enabled", "-", "0", "-"],
        ["service", "-", "collector", "-", "enabled", "-", "1", "-"],
    ]
    listed = orjson.loads(run("users", "list", "--json").stdout)
    assert [row["name"] for row in listed] == ["Anna Example", "collector"]


def test_disable_and_enable(run: Run) -> None:
    run("users", "create", *ANNA)
    assert run("users", "disable", "Anna@example.org").stdout == "Anna@example.org is disabled.\n"
    assert known_person("anna@example.org").disabled_at is not None
    assert run("users", "enable", "anna@example.org").stdout == "anna@example.org is enabled.\n"
    assert known_person("anna@example.org").disabled_at is None
    for command in ("disable", "enable", "link"):
        nobody = run("users", command, "bea@example.org")
        assert (nobody.exit_code, nobody.stdout) == (1, "")
        assert nobody.stderr == "Nobody has the e-mail address bea@example.org.\n"


def test_the_last_administrator_stays(run: Run) -> None:
    run("users", "create", "--email", "boss@example.org", "--name", "Boss", "--role", "admin")
    refused = run("users", "disable", "boss@example.org")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "boss@example.org is the last administrator; make another one first.\n"
    assert known_person("boss@example.org").disabled_at is None


def test_link(run: Run, person: Callable[..., int]) -> None:
    person("viewer", email="new@example.org")
    person("viewer", email="old@example.org", password=PASSWORD)
    for email, purpose, told in (
        ("new@example.org", Purpose.INVITE, "To choose a password, once and within 7 days:"),
        ("old@example.org", Purpose.RESET, "To choose a password, once and within an hour:"),
    ):
        heading, address = run("users", "link", email).stdout.splitlines()
        link = open_link(address.rpartition("/")[2])
        assert (heading, link.purpose, link.email) == (told, purpose, email)


def test_link_is_mailed(run: Run, person: Callable[..., int], letters: list[tuple[str, ...]]) -> None:
    person("viewer", email="old@example.org", password=PASSWORD)
    assert run("users", "link", "old@example.org").stdout == (
        "A link to choose a password was mailed to old@example.org.\n"
    )
    assert letters[0][1] == "A new password for the insights tracker"


def test_a_lost_device_for_codes(run: Run, person: Callable[..., int]) -> None:
    user_id = person("viewer", email="old@example.org", password=PASSWORD)
    secret = transact(begin_second_factor, user_id).secret
    confirm_second_factor(user_id, PASSWORD, secret, pyotp.TOTP(secret).now())
    run("users", "link", "old@example.org")
    assert known_person("old@example.org").second_factor
    assert run("users", "link", "old@example.org", "--without-code").exit_code == 0
    assert not known_person("old@example.org").second_factor
