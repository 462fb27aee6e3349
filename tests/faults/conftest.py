"""A small world, a way to break each call to its database, and a look past the application at what is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url

from app import cli
from app.config import Settings
from app.exchange import cli as exchange_cli
from app.extensions import db
from app.identity.cli import tokens as tokens_cli
from app.identity.cli import users as users_cli
from tests.conftest import libpq, owner_libpq
from tests.faults.breaking import Breaker, listening
from tests.faults.states import Store


@pytest.fixture
def breaker(application: Flask, settings: Settings, database_url: str) -> Iterator[Breaker]:
    """Breaks the calls of the application."""
    with (
        psycopg.connect(libpq(settings), autocommit=True) as sessions,
        psycopg.connect(owner_libpq(settings), autocommit=True) as owner,
        application.app_context(),
    ):
        owner.execute("SET synchronous_commit = off")
        breaker = Breaker(make_url(database_url).database or "", sessions, owner)
        with listening(db.engine, breaker):
            yield breaker


@pytest.fixture
def store(owner_url: str) -> Iterator[Store]:
    """The database of the application, for the role that owns it."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield Store(connection)


@pytest.fixture
def commands(application: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands have the test's database for their instance."""

    @contextmanager
    def of_the_test(instance: Path | None, **_: object) -> Iterator[Flask]:
        with application.app_context():
            yield application

    for module in (cli, exchange_cli, tokens_cli, users_cli):
        monkeypatch.setattr(module, "application", of_the_test)
