"""Browsers in front of the capture pages: of whoever sits at an open installation, and of people who signed in."""

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.db import transact
from app.core.http.pages import DIST
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.identity.commands.people import create_person
from app.identity.commands.sessions import begin_session
from app.identity.cookies import SESSION
from app.identity.queries.credentials import forget_callers

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class Browser:
    """Sends forms as a browser does: with every field of the page that it was on."""

    def __init__(self, client: FlaskClient, user_id: int | None = None) -> None:
        self.client = client
        self.user_id = user_id

    def get(self, path: str, status: int = 200) -> str:
        response = self.client.get(path, headers=HTML, buffered=True)
        assert (response.status_code, response.mimetype) == (status, "text/html"), response.text
        return response.text

    def send(self, page: str, action: str, **changed: Any) -> TestResponse:
        """The form of a page, with some of its fields changed; None leaves one out."""
        given = fields(page, action) | changed
        sent = {name: value for name, value in given.items() if value is not None}
        return self.client.post(action, data=sent, headers=HTML, buffered=True, content_type="multipart/form-data")

    def word(self, page: str) -> dict[str, str]:
        """The header by which a script shows that it is ours."""
        found = re.search(r'name="csrf_token" value="([^"]*)"', page)
        return {"X-CSRF-Token": found[1]} if found else {}


def fields(page: str, action: str) -> dict[str, str]:
    """What a browser sends of a form whose fields nobody touched."""
    form = re.search(rf'<form[^>]* action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form, (action, page)
    found: dict[str, str] = {}
    for tag in re.finditer(r"<input\b[^>]*>", form[0]):
        name, value = re.search(r' name="([^"]*)"', tag[0]), re.search(r' value="([^"]*)"', tag[0])
        marked = 'type="radio"' not in tag[0] and 'type="checkbox"' not in tag[0]
        if name and (marked or " checked" in tag[0]):
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, body in re.findall(r'<select\b[^>]* name="([^"]*)".*?>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(r'<option value="([^"]*)"', body)
        found[name] = html.unescape(chosen[1]) if chosen else ""
    for name, body in re.findall(r'<textarea\b[^>]* name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form[0], re.DOTALL):
        found[name] = html.unescape(body).replace("\r\n", "\n").replace("\n", "\r\n")
    return found


@pytest.fixture
def browser_of_nobody(client: FlaskClient) -> Browser:
    """Where nobody has to sign in."""
    if not (DIST / "manifest.json").exists():
        pytest.skip("static/dist is not built")
    return Browser(client)


@pytest.fixture(scope="session")
def closed_app(application_with: Callable[..., Flask]) -> Flask:
    return application_with(auth_mode="required")


@pytest.fixture
def sign_in(closed_app: Flask, clean_database: None) -> Iterator[Callable[..., Browser]]:
    """Makes the browser of somebody who just signed in, as a person of the role; the same person for the same name."""
    if not (DIST / "manifest.json").exists():
        pytest.skip("static/dist is not built")
    forget_callers()
    known: dict[str, int] = {}

    def begin(name: str, role: str = "contributor") -> Browser:
        with closed_app.app_context(), acting(UPKEEP):
            if name not in known:
                known[name] = transact(create_person, f"{name.lower()}@example.org", name, role)
            begun = transact(begin_session, known[name], "password", "127.0.0.1", "tests", 30)
        client = closed_app.test_client()
        client.set_cookie(SESSION.plain_name, begun.secret)
        return Browser(client, known[name])

    yield begin
    forget_callers()
