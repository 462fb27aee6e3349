"""What lies past the application: its rows, and its store of files."""

import psycopg
import pytest
from flask import Flask

from app.attachments.store import Objects


@pytest.fixture
def owner(owner_connection: psycopg.Connection) -> psycopg.Connection:
    """Past the application."""
    return owner_connection


@pytest.fixture
def objects(application: Flask) -> Objects:
    """The application's store, with nothing in it."""
    store: Objects = application.extensions["objects"]
    for some in store.kept():
        for each in some:
            store.drop(each.digest or b"")
    return store
