"""People for the tests of identity."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from flask import Flask

from app.cli import cli
from app.core.db import read_rows, transact
from app.errors import DomainError
from app.extensions import db
from app.identity import passwords
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR, Actor, Kind, known_actor
from app.identity.cli import tokens as tokens_cli
from app.identity.cli import users as users_cli
from app.identity.commands.passwords import set_password
from app.identity.commands.people import create_person
from app.identity.permissions import Role

PASSWORD = "seven dwarfs sing at dawn"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take no time; of the real ones there is a test."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._decoy.cache_clear()


@pytest.fixture
def person(app: Flask) -> Callable[..., int]:
    """Make a person of a role, with an e-mail address that no other test has; the id."""

    def make(role: str = "viewer", *, email: str = "", password: str | None = None) -> int:
        user_id = transact(create_person, email or f"{role}-{uuid4().hex}@example.org", "Anna Example", role)
        if password is not None:
            transact(set_password, user_id, password)
        return user_id

    return make


@pytest.fixture
def entries(app: Flask) -> Callable[..., list[Any]]:
    """The audit entries (verb, outcome, subject_id, subject_name, diff, actor_id) since the fixture began."""
    [before] = read_rows("SELECT coalesce(max(id), 0) AS id FROM audit_log")

    def since() -> list[Any]:
        columns = "verb, outcome, subject_id, subject_name, diff, actor_id"
        return list(read_rows(f"SELECT {columns} FROM audit_log WHERE id > :id ORDER BY id", id=before.id))

    return since


@pytest.fixture
def at_once(app: Flask) -> Callable[..., list[Any]]:
    """Start calls together, each in a thread of its own; their answers, or the errors of ours that they raised."""

    def run(calls: list[Callable[[], Any]], actor: Actor = LOCAL_ADMINISTRATOR, ip: str | None = None) -> list[Any]:
        barrier = Barrier(len(calls))

        def start(call: Callable[[], Any]) -> Any:
            with app.app_context(), acting(actor, ip):
                barrier.wait(timeout=10)
                try:
                    return call()
                except DomainError as error:
                    return error
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(start, calls))

    return run


@pytest.fixture
def acting_as() -> Callable[..., Any]:
    """Act as a person of a role."""
    return lambda user_id, role, **rest: acting(known_actor(Kind.PERSON, "anna", user_id, [Role(role)], **rest))


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Call a command of ``insights tokens`` or ``insights users`` with the test's database for its instance."""

    @contextmanager
    def application(instance: Path | None) -> Iterator[Flask]:
        yield app

    for module in (tokens_cli, users_cli):
        monkeypatch.setattr(module, "application", application)
    return lambda *arguments, **rest: CliRunner().invoke(cli, [str(argument) for argument in arguments], **rest)
