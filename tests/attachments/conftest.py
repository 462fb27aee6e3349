"""The application where people sign in, and one attachment in front of the world of `tests.identity.world`."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.attachments.store import Objects
from app.identity.queries.credentials import forget_callers
from tests.identity.world import build


@pytest.fixture(scope="session")
def closed(application_with: Callable[..., Flask]) -> Flask:
    return application_with(auth_mode="required", anonymous_reading=True)


@pytest.fixture
def caller(closed: Flask, clean_database: None, owner_connection: psycopg.Connection) -> Iterator[FlaskClient]:
    build(owner_connection)
    forget_callers()
    yield closed.test_client()
    forget_callers()


@pytest.fixture
def owner(owner_url: str) -> Iterator[psycopg.Connection]:
    """Past the application."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def objects(application: Flask) -> Objects:
    """The application's store, with nothing in it."""
    store: Objects = application.extensions["objects"]
    for some in store.kept():
        for each in some:
            store.drop(each.digest or b"")
    return store
