"""Error pages say what helps: to whoever asks, and by what was tried."""

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings
from app.core.http.pages import DIST
from app.errors import Unavailable
from app.identity.queries.credentials import forget_callers
from tests.conftest import built
from tests.identity.world import build, headers

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def closed(migrated: Settings) -> Iterator[Flask]:
    """Where people sign in, with a page that the database fails."""
    with built(migrated.model_copy(update={"auth_mode": "required", "anonymous_reading": True})) as app:

        def fail() -> str:
            raise Unavailable("The database can't be reached just now.")

        app.view_functions["reference.keys"] = fail
        yield app


@pytest.fixture
def world(closed: Flask, clean_database: None, owner_connection: psycopg.Connection) -> Iterator[FlaskClient]:
    build(owner_connection)
    forget_callers()
    yield closed.test_client()
    forget_callers()


def told(client: FlaskClient, path: str, status: int, who: str = "anonymous", method: str = "GET") -> str:
    response = client.open(path, method=method, headers=BROWSER | headers(who))
    assert (response.status_code, response.mimetype) == (status, "text/html"), response.text
    assert 'action="/library" method="get" role="search"' in response.text
    return response.text


def test_who_may_not_is_told_as_whom_they_asked(world: FlaskClient) -> None:
    html = told(world, "/searches/gaps", 403, "viewer")
    assert "You are signed in as viewer@example.org (viewer)." in html
    assert 'href="/library/trash"' not in html.partition("<main")[2]


def test_what_is_not_there_may_be_in_the_trash(world: FlaskClient) -> None:
    assert 'href="/library/trash"' in told(world, "/nowhere", 404, "contributor").partition("<main")[2]
    stranger = told(world, "/nowhere", 404).partition("<main")[2]
    assert "It may have been deleted or moved, or it is not for you to see." in stranger
    assert "/library/trash" not in stranger


def test_what_fails_can_be_tried_again(world: FlaskClient) -> None:
    html = told(world, "/keys", 503)
    assert '<a href="">Try it again</a>' in html
    assert "Go back in your browser" not in html
