"""What slows down those who try secrets goes by what nobody can choose."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from app.audit.commands import record_denial
from app.core.db import transact
from app.errors import TooMany, Unauthenticated
from app.identity.acting import acting
from app.identity.actor import anonymous
from app.identity.commands.sessions import SignedIn, begin_session, sign_in
from tests.identity.conftest import PASSWORD


@pytest.fixture
def namesake(app: Flask, owner_url: str) -> Callable[[str], int]:
    """Makes somebody without an e-mail address, whose name is like one; the id."""

    def make(name: str) -> int:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            insert = "INSERT INTO users (kind, name, role) VALUES ('person', %s, 'viewer') RETURNING id"
            row = connection.execute(insert, [name]).fetchone()
            assert row is not None
            return int(row[0])

    return make


@pytest.fixture(autouse=True)
def stranger(app: Flask) -> Iterator[None]:
    with acting(anonymous(may_read=False), "198.51.100.77"):
        yield


def test_a_namesakes_session_clears_nothing(
    person: Callable[..., int], namesake: Callable[[str], int], entries: Callable[[], list[Any]]
) -> None:
    person(email="victim-1@example.org", password=PASSWORD)
    other = namesake("victim-1@example.org")
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            sign_in("victim-1@example.org", "wrong password")
    transact(begin_session, other, "oidc", None, None, 30)
    begun = entries()[-1]
    assert (begun.verb, begun.subject_name, begun.actor_id) == (
        "session.begin",
        f"victim-1@example.org (user {other})",
        other,
    )
    with pytest.raises(TooMany):
        sign_in("victim-1@example.org", PASSWORD)


def test_refused_sign_ins_elsewhere_lock_nobody_out(person: Callable[..., int]) -> None:
    """Under the victim's address as the name, as many as would do."""
    user_id = person(email="victim-2@example.org", password=PASSWORD)
    for _ in range(100):
        record_denial("session.refused", "stranger", "victim-2@example.org")
    assert sign_in("victim-2@example.org", PASSWORD) == SignedIn(user_id)
