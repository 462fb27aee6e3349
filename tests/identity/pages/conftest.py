"""A browser without scripts before the pages of identity, and what they hold."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import psycopg
import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Settings
from app.core.db import transact
from app.core.http.pages import DIST
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from app.identity.commands.links import create_link
from app.identity.commands.passwords import set_password
from app.identity.commands.people import create_person
from app.identity.models import Purpose
from app.identity.queries.credentials import forget_callers
from tests.conftest import built
from tests.identity.conftest import PASSWORD

BROWSER = {"Accept": "text/html"}
ADA, VIC = "ada@pages.example.org", "vic@pages.example.org"
ONE_OF_THE_ROLES = "must be one of viewer, contributor, editor, analyst, admin"
NEW_PASSWORD = "four grey herons over water"
TABLES = {
    "users": "id, kind, email, name, role, password_hash, totp_secret, disabled_at",
    "sessions": "id, user_id",
    "api_tokens": "id, user_id, name, role, scopes, revoked_at",
    "one_time_links": "id, purpose, user_id, used_at",
}


@pytest.fixture(scope="module")
def required(migrated: Settings) -> Iterator[Flask]:
    """The application where people sign in."""
    if not (DIST / "manifest.json").exists():
        pytest.skip("static/dist is not built")
    given = {"auth_mode": "required", "public_url": "https://insights.example.org"}
    with built(migrated.model_copy(update=given)) as app:
        yield app


@pytest.fixture
def site(required: Flask, clean_database: None) -> Iterator[Flask]:
    """With Ada, an administrator (1), and Vic, a viewer (2)."""
    forget_callers()
    with required.app_context(), acting(LOCAL_ADMINISTRATOR):
        for email, name, role in ((ADA, "Ada", "admin"), (VIC, "Vic", "viewer")):
            transact(set_password, transact(create_person, email, name, role), PASSWORD)
    yield required
    forget_callers()


@pytest.fixture
def accounts(owner_url: str) -> Callable[[], Any]:
    """What is stored of accounts, to show that a refusal changed nothing."""

    def rows() -> Any:
        with psycopg.connect(owner_url) as connection:
            return {
                table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY id").fetchall()
                for table, columns in TABLES.items()
            }

    return rows


class Visitor:
    """A browser without scripts: it keeps cookies and sends the forms that pages hold."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=BROWSER)

    def post(self, path: str, page: str | None = None, **fields: Any) -> TestResponse:
        """Send a form of ``page`` (the same address unless told)."""
        token = re.search(r'name="csrf_token" value="([^"]*)"', self.get(page or path).text)
        data = {"csrf_token": token[1] if token else "", **fields}
        return self.client.post(path, data=data, headers=BROWSER)

    def sign_in(self, email: str = ADA, password: str = PASSWORD, **more: Any) -> TestResponse:
        return self.post("/sign-in", email=email, password=password, **more)


@pytest.fixture
def visitor(site: Flask) -> Visitor:
    return Visitor(site)


@pytest.fixture
def ada(site: Flask) -> Visitor:
    visitor = Visitor(site)
    assert visitor.sign_in().status_code == 303
    return visitor


@pytest.fixture
def vic(site: Flask) -> Visitor:
    visitor = Visitor(site)
    assert visitor.sign_in(VIC).status_code == 303
    return visitor


@pytest.fixture
def link(site: Flask) -> Callable[..., str]:
    """Makes a one-time link; its path."""

    def make(purpose: Purpose, user_id: int | None = None) -> str:
        with site.app_context(), acting(LOCAL_ADMINISTRATOR):
            return f"/links/{transact(create_link, purpose, user_id)}"

    return make


def value(html: str, name: str) -> str | None:
    """What a field holds."""
    field = re.search(rf'<input[^>]* name="{name}"[^>]*>', html)
    assert field, f"no field {name}"
    found = re.search(r' value="([^"]*)"', field[0])
    return unescape(found[1]) if found else None


def error(html: str, name: str) -> str | None:
    """What is said beside a field."""
    found = re.search(rf'id="{name}-error">([^<]*)<', html)
    return unescape(found[1]) if found else None


def csrf(visitor: Visitor) -> str:
    return str(value(visitor.get("/profile").text, "csrf_token"))


@pytest.fixture
def two_step(ada: Visitor) -> tuple[Visitor, pyotp.TOTP, list[str]]:
    """Ada after she switched it on: her browser, her authenticator and her recovery codes."""
    secret = str(value(ada.get("/profile/second-factor").text, "secret"))
    totp = pyotp.TOTP(secret)
    answer = ada.post("/profile/second-factor", secret=secret, code=totp.now(), current_password=PASSWORD)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return ada, totp, re.findall(r"<li><code>([a-z0-9-]{14})</code></li>", answer.text)
