"""Letters, and a real SMTP server that takes them."""

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Event, active_count
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask
from structlog.testing import capture_logs

from app.config import Settings
from app.core.db import transact
from app.errors import Unavailable
from app.identity import mail
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from app.identity.commands.passwords import set_password
from app.identity.commands.people import create_person
from app.identity.pages import forgotten
from tests.conftest import built
from tests.identity.conftest import PASSWORD


class Postbox:
    """What a server was given."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.refuse = False
        self.hold: Event | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return "550 not here"
        if self.hold:
            await asyncio.to_thread(self.hold.wait, 10)
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
def stranger(tmp_path: Path) -> ssl.SSLContext:
    """A certificate for localhost that nobody known has signed."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "localhost.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


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


def test_a_server_that_another_vouches_for_is_told_nothing(
    sending: Callable[..., Flask], postbox: Postbox, stranger: ssl.SSLContext
) -> None:
    running = Controller(postbox, "127.0.0.1", free_port(), authenticator=postbox.authenticate, tls_context=stranger)
    running.start()
    try:
        sending(smtp_host="localhost", smtp_port=running.port, smtp_username="us", smtp_password="right")
        with pytest.raises(Unavailable) as failure:
            mail.send("anna@example.org", "Subject", "Text\n")
    finally:
        running.stop()
    assert isinstance(failure.value.__cause__, ssl.SSLCertVerificationError)
    assert (postbox.letters, postbox.logins) == ([], [])


@pytest.mark.parametrize(
    ("to", "subject"), [("anna@example.org\r\nBcc: eve@example.org", "Subject"), ("anna@example.org", "A\nB: C")]
)
def test_no_address_adds_a_header(
    sending: Callable[..., Flask], server: dict[str, Any], postbox: Postbox, to: str, subject: str
) -> None:
    sending(**server)
    with pytest.raises(Unavailable) as failure:
        mail.send(to, subject, "Text\n")
    assert isinstance(failure.value.__cause__, ValueError)
    assert postbox.letters == []


@pytest.mark.parametrize("to", ["a@[x", "a,b@example.org", "", "a@", "@", "b@example.org, c@example.org", "A <a@b.c>"])
def test_what_is_not_one_address_gets_nothing(
    sending: Callable[..., Flask], server: dict[str, Any], postbox: Postbox, to: str
) -> None:
    sending(**server)
    with pytest.raises(Unavailable, match="The mail could not be sent"):
        mail.send(to, "Subject", "Text\n")
    assert postbox.letters == []


def test_a_reset_arrives_after_the_answer(
    migrated: Settings, clean_database: None, server: dict[str, Any], postbox: Postbox
) -> None:
    release, answered = Event(), []
    postbox.hold = release
    with built(migrated.model_copy(update={**server, "auth_mode": "required"})) as app:
        with app.app_context(), acting(LOCAL_ADMINISTRATOR):
            transact(set_password, transact(create_person, "anna@mail.example.org", "Anna", "viewer"), PASSWORD)
        for email in ("anna@mail.example.org", "nobody@mail.example.org"):
            answer = app.test_client().post("/sign-in/forgotten", data={"email": email})
            answered.append((answer.status_code, re.sub(r'nonce="[^"]*"', "", answer.text)))
        assert postbox.letters == []  # the server hasn't taken it yet, and nobody waited for that
        release.set()
        forgotten._mailer.submit(lambda: None).result(timeout=10)  # after those that came before
    assert answered[0] == answered[1]
    assert answered[0][0] == 200
    [letter] = postbox.letters
    assert (letter["To"], letter["Subject"]) == ("anna@mail.example.org", "A new password for the insights tracker")


def test_a_flood_of_requests_is_cut_off(
    migrated: Settings, clean_database: None, server: dict[str, Any], postbox: Postbox
) -> None:
    """All come from the network, so nobody but the operators is told."""
    release, said = Event(), set()
    postbox.hold = release
    with built(migrated.model_copy(update={**server, "auth_mode": "required"})) as app:
        with app.app_context(), acting(LOCAL_ADMINISTRATOR):
            for number in range(forgotten.MOST_WAITING + 5):
                person = transact(create_person, f"p{number}@mail.example.org", "P", "viewer")
                transact(set_password, person, PASSWORD)
        before = active_count()
        with capture_logs() as logs:
            for number in range(forgotten.MOST_WAITING + 5):
                data = {"email": f"p{number}@mail.example.org"}
                said.add(re.sub(r'nonce="[^"]*"', "", app.test_client().post("/sign-in/forgotten", data=data).text))
        assert active_count() <= before + 1
        release.set()
        forgotten._mailer.submit(lambda: None).result(timeout=10)
    assert len(said) == 1
    assert len(postbox.letters) == forgotten.MOST_WAITING
    assert [entry["reason"] for entry in logs if entry["log_level"] == "warning"] == [
        "Too many are asked for just now."
    ] * 5


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
