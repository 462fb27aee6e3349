"""People who sign in, in front of an insight of every kind (`tests.identity.world`)."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.identity.queries.credentials import forget_callers
from tests.identity.world import build, headers

# Role, method, path, JSON and headers.
Ask = Callable[..., TestResponse]


@pytest.fixture(scope="session")
def signed(application_with: Callable[..., Flask]) -> Flask:
    """The application where people sign in, and strangers read what is public."""
    return application_with(auth_mode="required", anonymous_reading=True)


@pytest.fixture
def world(signed: Flask, clean_database: None, owner_connection: psycopg.Connection) -> Iterator[FlaskClient]:
    """A client in front of the world."""
    build(owner_connection)
    forget_callers()
    yield signed.test_client()
    forget_callers()


@pytest.fixture
def ask(world: FlaskClient) -> Ask:
    """Ask as somebody of a role."""

    def asking(role: str, method: str, path: str, json: object = None, **more: str) -> TestResponse:
        return world.open(path, method=method, json=json, headers={**headers(role), **more})

    return asking
