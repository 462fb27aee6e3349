"""A real OpenID Connect provider, and an application whose people sign in there."""

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings
from app.identity import denials
from app.identity.pages import oidc
from tests.identity.oidc.journey import ADA, OID, Query, application
from tests.identity.provider import World, running


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the provider: authlib's server side wants TLS even on the loopback."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[World, str]]:
    """One server for all tests of this file."""
    shared = World()
    with running(shared) as server:
        yield shared, f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def issuer(provider: tuple[World, str]) -> str:
    return provider[1]


@pytest.fixture
def world(provider: tuple[World, str]) -> World:
    """The server's, as new."""
    vars(provider[0]).update(vars(World(people={person.sub: person for person in (ADA, OID)})))
    return provider[0]


@pytest.fixture(scope="module")
def equipped(migrated: Settings, provider: tuple[World, str]) -> Iterator[Flask]:
    with application(migrated, oidc_issuer=provider[1]) as app:
        yield app


@pytest.fixture
def app(equipped: Flask, world: World, clean_database: None) -> Flask:
    """The application, which knows nothing of the provider yet, nor of refusals."""
    oidc.connect(equipped, equipped.extensions["oidc"][1])
    denials.connect(equipped)
    return equipped


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def rows(owner_url: str) -> Iterator[Query]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield (
            lambda statement: (
                connection.execute(statement).fetchall()
                if "SELECT" in statement
                else [(connection.execute(statement).rowcount,)]
            )
        )
