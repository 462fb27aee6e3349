"""Letters, and a real SMTP server that takes them."""

import socket
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask

from app.config import Settings
from app.errors import Unavailable
from app.identity import mail
from tests.conftest import built


class Postbox:
    """What a server was given."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.refuse = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return "550 not here"
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def server(postbox: Postbox) -> Iterator[dict[str, Any]]:
    """The settings of a running server."""
    running = Controller(
        postbox, "127.0.0.1", free_port(), authenticator=postbox.authenticate, auth_require_tls=False
    )  # fmt: skip
    running.start()
    yield {"smtp_host": "127.0.0.1", "smtp_port": running.port, "smtp_security": "none"}
    running.stop()


@pytest.fixture
def sending(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """The application with settings of ours."""
    contexts = []

    def make(**given: Any) -> Flask:
        with built(settings.model_copy(update=given)) as app:
            context = app.app_context()
            context.push()
            contexts.append(context)
            return app

    yield make
    for context in reversed(contexts):
        context.pop()


def test_letter_arrives(sending: Callable[..., Flask], server: dict[str, Any], postbox: Postbox) -> None:
    sending(**server, smtp_sender="Insights <insights@example.org>", public_url="https://insights.example.org/")
    address = mail.link_address("abc")
    assert address == "https://insights.example.org/links/abc"
    assert mail.configured()
    mail.send("anna@example.org", *mail.invitation("Anna Müller", address))
    [letter] = postbox.letters
    assert letter["From"] == "Insights <insights@example.org>"
    assert letter["To"] == "anna@example.org"
    assert letter["Subject"] == "Your account on the insights tracker"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.org>")
    assert letter.get_content().replace("\r\n", "\n") == (
        "Hello Anna Müller,\n\nyou have an account on the insights tracker now. Choose your password here:\n\n"
        "https://insights.example.org/links/abc\n\n"
        "The address works once, for 7 days. After that, ask an administrator for another one.\n"
    )
    assert postbox.logins == []


def test_reset_says_what_to_do_when_somebody_else_asked() -> None:
    subject, text = mail.reset("Anna", "https://x/links/abc")
    assert subject == "A new password for the insights tracker"
    assert text == (
        "Hello Anna,\n\nsomebody, probably you, asked for a new password. Choose it here:\n\nhttps://x/links/abc\n\n"
        "The address works once, for an hour. If it wasn't you, do nothing: your password stays as it is.\n"
    )


def test_server_is_told_who_we_are(sending: Callable[..., Flask], server: dict[str, Any], postbox: Postbox) -> None:
    sending(**server, smtp_username="us", smtp_password="right")
    mail.send("anna@example.org", "Subject", "Text\n")
    assert postbox.logins == [(b"us", b"right")]
    assert postbox.letters[0]["From"] == "insights@127.0.0.1"


def test_wrong_password(sending: Callable[..., Flask], server: dict[str, Any], postbox: Postbox) -> None:
    sending(**server, smtp_username="us", smtp_password="wrong")
    with pytest.raises(Unavailable, match="The mail could not be sent"):
        mail.send("anna@example.org", "Subject", "Text\n")
    assert postbox.letters == []


def test_nothing_is_said_before_it_is_secret(
    sending: Callable[..., Flask], server: dict[str, Any], postbox: Postbox
) -> None:
    sending(**{**server, "smtp_security": "starttls"}, smtp_username="us", smtp_password="right")
    with pytest.raises(Unavailable):  # the server knows no TLS
        mail.send("anna@example.org", "Subject", "Text\n")
    assert (postbox.letters, postbox.logins) == ([], [])


def test_refusal(sending: Callable[..., Flask], server: dict[str, Any], postbox: Postbox) -> None:
    sending(**server)
    postbox.refuse = True
    with pytest.raises(Unavailable):
        mail.send("anna@example.org", "Subject", "Text\n")


def test_server_that_is_away(sending: Callable[..., Flask]) -> None:
    sending(smtp_host="127.0.0.1", smtp_port=free_port(), smtp_security="none")
    with pytest.raises(Unavailable) as failure:
        mail.send("anna@example.org", "Subject", "Text\n")
    assert isinstance(failure.value.__cause__, ConnectionRefusedError)


def test_no_server(sending: Callable[..., Flask]) -> None:
    sending(host="127.0.0.1", port=8130)
    assert not mail.configured()
    assert mail.link_address("abc") == "http://127.0.0.1:8130/links/abc"
    with pytest.raises(Unavailable, match="SMTP_HOST"):
        mail.send("anna@example.org", "Subject", "Text\n")
