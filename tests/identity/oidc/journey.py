"""The way of a browser: from our page to the provider's form and back, and what it finds then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Settings
from app.identity.remote import trusted
from tests.conftest import built
from tests.identity.provider import CALLBACK, SECRET, Person

ADA = Person("ada-1", {"email": "ada@b.c", "email_verified": True, "name": "Ada", "groups": ["staff", "x"]})
OID = Person("oid-2", {"email": "oid@b.c", "name": "Oid", "groups": ["Domain Heads"]})
Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]


@contextmanager
def application(migrated: Settings, **changes: Any) -> Iterator[Flask]:
    known = {
        "auth_mode": "required",
        "oidc_client_id": "insights",
        "oidc_client_secret": SECRET,
        "oidc_group_roles": {"staff": "editor", "Domain Heads": "admin"},
    }
    with built(migrated.model_copy(update={**known, **changes})) as app:
        yield app


def begin(client: FlaskClient, query: str = "") -> str:
    """Our page's redirect: the provider's address."""
    response = client.get(f"/sign-in/oidc{query}")
    assert response.status_code == 303, response.text
    return response.location


def at_the_form(address: str, **typed: str) -> str:
    """The provider's form, filled in: the address on which the browser comes back."""
    form = httpx2.get(address, verify=trusted())
    assert (form.status_code, "<form" in form.text) == (200, True), form.text
    answer = httpx2.post(address, data=typed, verify=trusted())
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK + "?")
    return answer.headers["location"]


def come_back(client: FlaskClient, location: str) -> TestResponse:
    parts = urlsplit(location)
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(client: FlaskClient, person: Person, query: str = "") -> TestResponse:
    return come_back(client, at_the_form(begin(client, query), sub=person.sub))


def problem_of(response: TestResponse, rows: Query) -> str:
    """The problem that the sign-in page shows; nobody is signed in, and the attempt is over."""
    assert response.status_code == 303
    assert urlsplit(response.location).path == "/sign-in"
    assert not any("session" in cookie or cookie.startswith("__Host-insights=") for cookie in cookies_of(response))
    assert "insights_oidc=;" in "\n".join(cookies_of(response))
    assert rows("SELECT count(*) FROM sessions") == [(0,)]
    return parse_qs(urlsplit(response.location).query)["problem"][0]


def cookies_of(response: TestResponse) -> list[str]:
    return response.headers.getlist("Set-Cookie")


def people(rows: Query) -> Rows:
    return rows("SELECT email, name, role FROM users ORDER BY id")
