"""Mail to people, by an SMTP server when one is configured; and the addresses that it names."""

import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from flask import Flask, current_app

from app.config import Settings
from app.errors import Unavailable
from app.identity.models import Purpose

TIMEOUT_SECONDS = 10.0
# What the parser of addresses raises, by what is wrong with one.
UNREADABLE = (MessageError, ValueError, IndexError, AttributeError)
_EXTENSION = "mail"


def connect(app: Flask, settings: Settings) -> None:
    """Tell the application where its mail goes out; nothing is sent before the first letter."""
    app.extensions[_EXTENSION] = settings


def configured() -> bool:
    """Whether there is a server to send mail by."""
    return _settings().smtp_host is not None


def link_address(secret: str) -> str:
    """Where a one-time link leads. Never taken from a request: who asks for a link must not say where it leads."""
    return f"{_settings().address}/links/{secret}"


def invitation(name: str, address: str) -> tuple[str, str]:
    """Subject and text for somebody who has an account now."""
    return "Your account on the insights tracker", (
        f"Hello {name},\n\nyou have an account on the insights tracker now. Choose your password here:\n\n{address}\n\n"
        "The address works once, for 7 days. After that, ask an administrator for another one.\n"
    )


def reset(name: str, address: str) -> tuple[str, str]:
    """Subject and text for somebody who forgot the password."""
    return "A new password for the insights tracker", (
        f"Hello {name},\n\nsomebody, probably you, asked for a new password. Choose it here:\n\n{address}\n\n"
        "The address works once, for an hour. If it wasn't you, do nothing: your password stays as it is.\n"
    )


def send_link(purpose: Purpose, to: str, name: str, secret: str) -> bool:
    """Mail somebody the link to choose a password; False where no mail is sent. Raises `Unavailable`."""
    if not configured():
        return False
    letter = invitation if purpose == Purpose.INVITE else reset
    send(to, *letter(name, link_address(secret)))
    return True


def send(to: str, subject: str, text: str) -> None:
    """Send one letter; waits for the server, 10 seconds at most for each step. Raises `Unavailable`."""
    settings = _settings()
    if settings.smtp_host is None:
        raise Unavailable("No mail server is configured (SMTP_HOST).")
    try:
        letter = _letter(_sender(settings), to, subject, text)
        with _server(settings, settings.smtp_host) as server:
            if settings.smtp_security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_username:
                server.login(settings.smtp_username, settings.smtp_password or "")
            server.send_message(letter)
    except (OSError, smtplib.SMTPException, *UNREADABLE) as error:
        raise Unavailable("The mail could not be sent.") from error


def _server(settings: Settings, host: str) -> smtplib.SMTP:
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, settings.smtp_port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(host, settings.smtp_port, timeout=TIMEOUT_SECONDS)


def _letter(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = sender
    letter["To"] = Address(addr_spec=to)
    letter["Subject"] = subject
    letter["Date"] = formatdate()
    letter["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    return letter


def _sender(settings: Settings) -> str:
    return settings.smtp_sender or f"insights@{settings.smtp_host}"


def _settings() -> Settings:
    found: Settings = current_app.extensions[_EXTENSION]
    return found
