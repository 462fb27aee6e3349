"""Accounts of people whom another issuer knows: found again, linked, or made once."""

from collections.abc import Callable, Iterator
from threading import Barrier, Thread
from typing import Any

import psycopg
import pytest
from flask import Flask

from app.core.db import transact
from app.errors import Forbidden, Unauthenticated
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.identity.commands.external import Outsider, admit, person_of
from app.identity.permissions import Role

ISSUER = "https://id.example.org"
Rows = list[tuple[Any, ...]]


@pytest.fixture
def rows(owner_url: str) -> Iterator[Callable[[str], Rows]]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield lambda statement: connection.execute(statement).fetchall()


@pytest.fixture(autouse=True)
def somebody(app: Flask, owner_url: str) -> Iterator[None]:
    """Person 1, and whoever acts."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("INSERT INTO users (kind, email, name, role) VALUES ('person', 'Ada@b.c', 'Ada', 'editor')")
    with acting(UPKEEP):
        yield


def outsider(
    subject: str = "s1", email: str | None = None, *, verified: bool = False, issuer: str = ISSUER
) -> Outsider:
    return Outsider(issuer, subject, email, "Grace", verified)


def people(rows: Callable[[str], Rows]) -> Rows:
    return rows("SELECT id, email, name, role FROM users ORDER BY id")


def identities(rows: Callable[[str], Rows]) -> Rows:
    return rows("SELECT user_id, issuer, subject FROM external_identities ORDER BY id")


def audited(rows: Callable[[str], Rows], verb: str, user_id: int) -> Rows:
    """Of this test: the log only grows, and ids begin again."""
    return rows(
        f"SELECT subject_name, diff FROM audit_log WHERE verb = '{verb}' AND subject_id = '{user_id}'"
        f" AND at >= (SELECT created_at FROM users WHERE id = {user_id}) - interval '1 second' ORDER BY at DESC LIMIT 1"
    )


def test_somebody_new_gets_an_account_once(rows: Callable[[str], Rows]) -> None:
    new = outsider(email="grace@b.c", verified=True)
    assert transact(person_of, new, Role.ANALYST) == 2
    assert transact(person_of, new, Role.ADMIN) == 2  # the role was only the first one
    assert people(rows)[1:] == [(2, "grace@b.c", "Grace", "analyst")]
    assert identities(rows) == [(2, ISSUER, "s1")]
    diff = {"role": [None, "analyst"], "identity": [None, f"s1 at {ISSUER}"]}
    assert audited(rows, "user.create", 2) == [("grace@b.c", diff)]


def test_nobody_gets_one_without_a_role(rows: Callable[[str], Rows]) -> None:
    with pytest.raises(Forbidden, match=r"Nobody gave you a role here yet. Ask an administrator of this site."):
        transact(person_of, outsider(), None)
    assert (len(people(rows)), identities(rows)) == (1, [])


def test_issuers_and_subjects_are_kept_apart(rows: Callable[[str], Rows]) -> None:
    known = [("i", "s"), ("i", "S"), ("j", "s"), ("is", ""), ("i ", "s")]
    found = [transact(person_of, outsider(subject, issuer=issuer), Role.VIEWER) for issuer, subject in known]
    assert found == [2, 3, 4, 5, 6]


def test_a_verified_address_leads_to_its_account(rows: Callable[[str], Rows]) -> None:
    assert transact(person_of, outsider(email="ADA@B.C", verified=True), None) == 1
    assert people(rows) == [(1, "Ada@b.c", "Ada", "editor")]
    assert identities(rows) == [(1, ISSUER, "s1")]
    assert audited(rows, "user.update", 1) == [("ADA@B.C", {"identity": [None, f"s1 at {ISSUER}"]})]
    assert transact(person_of, outsider(email="ada@b.c", verified=True, issuer="another"), None) == 1


def test_an_address_that_anybody_could_claim_leads_nowhere(rows: Callable[[str], Rows]) -> None:
    """Neither to the account that has it, nor, once stored, from somebody who really has it."""
    assert transact(person_of, outsider("s1", "ada@b.c"), Role.VIEWER) == 2
    assert transact(person_of, outsider("s2", "free@b.c"), Role.VIEWER) == 3
    assert transact(person_of, outsider("s3", "free@b.c", verified=True), Role.VIEWER) == 4
    assert [row[:2] for row in people(rows)[1:]] == [(2, None), (3, None), (4, "free@b.c")]


def test_one_person_is_not_two_subjects_of_an_issuer(rows: Callable[[str], Rows]) -> None:
    """An address that was given to somebody else does not hand over the account."""
    assert transact(person_of, outsider("s1", "ada@b.c", verified=True), Role.VIEWER) == 1
    other = transact(person_of, outsider("s2", "ada@b.c", verified=True), Role.VIEWER)
    assert people(rows)[1:] == [(other, None, "Grace", "viewer")]
    assert identities(rows) == [(1, ISSUER, "s1"), (other, ISSUER, "s2")]


@pytest.mark.parametrize("subject", ["s1", "s2"])
def test_a_disabled_person_stays_out(rows: Callable[[str], Rows], owner_url: str, subject: str) -> None:
    transact(person_of, outsider("s1", "ada@b.c", verified=True), None)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE users SET disabled_at = now() WHERE id = 1")
    for role in (None, Role.ADMIN):
        with pytest.raises(Unauthenticated, match=r"This account is disabled."):
            transact(person_of, outsider(subject, "ada@b.c", verified=True), role)
    assert (len(people(rows)), identities(rows)) == (1, [(1, ISSUER, "s1")])


@pytest.mark.parametrize(
    ("name", "email", "stored"),
    [(None, "x@b.c", "x@b.c"), (None, None, "s1"), ("n" * 300, None, "n" * 255)],
)
def test_the_name(rows: Callable[[str], Rows], name: str | None, email: str | None, stored: str) -> None:
    transact(person_of, Outsider(ISSUER, "s1", email, name), Role.VIEWER)
    assert people(rows)[1][2] == stored


def at_once(app: Flask, outsiders: list[Outsider]) -> list[int]:
    """What so many first requests at the same moment are answered."""
    start, found = Barrier(len(outsiders)), []

    def come(given: Outsider) -> None:
        with app.app_context(), acting(UPKEEP):
            start.wait()
            found.append(transact(person_of, given, Role.VIEWER))

    threads = [Thread(target=come, args=(given,)) for given in outsiders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


@pytest.mark.parametrize("attempt", range(3))
def test_first_requests_at_once_make_one_person(app: Flask, rows: Callable[[str], Rows], attempt: int) -> None:
    same = outsider(email="grace@b.c", verified=True)
    assert at_once(app, [same] * 5) == [2] * 5
    assert (len(people(rows)), identities(rows)) == (2, [(2, ISSUER, "s1")])


@pytest.mark.parametrize("attempt", range(3))
def test_one_address_at_once_is_one_persons(app: Flask, rows: Callable[[str], Rows], attempt: int) -> None:
    found = at_once(app, [outsider(f"s{number}", "grace@b.c", verified=True) for number in range(5)])
    assert len(set(found)) == 5
    assert [row[1] for row in people(rows)].count("grace@b.c") == 1


@pytest.mark.parametrize("attempt", range(3))
def test_one_account_at_once_is_linked_once(app: Flask, rows: Callable[[str], Rows], attempt: int) -> None:
    found = at_once(app, [outsider(f"s{number}", "ada@b.c", verified=True) for number in range(5)])
    assert (found.count(1), len(set(found))) == (1, 5)
    assert len([row for row in identities(rows) if row[0] == 1]) == 1


def test_the_role_follows_the_groups(rows: Callable[[str], Rows]) -> None:
    known = outsider(email="grace@b.c", verified=True)
    assert transact(admit, known, Role.VIEWER, follow=True) == 2
    assert transact(admit, known, Role.ADMIN, follow=True) == 2
    assert people(rows)[1][3] == "admin"
    assert audited(rows, "user.update", 2) == [("grace@b.c", {"role": ["viewer", "admin"]})]
    assert transact(admit, known, Role.VIEWER, follow=False) == 2
    assert people(rows)[1][3] == "admin"


def test_without_a_group_a_known_person_stays_out(rows: Callable[[str], Rows]) -> None:
    transact(person_of, outsider(), Role.EDITOR)
    before = people(rows)
    with pytest.raises(Forbidden, match=r"Nobody gave you a role here yet."):
        transact(admit, outsider(), None, follow=True)
    assert transact(admit, outsider(), None, follow=False) == 2
    assert people(rows) == before


def test_the_last_administrator_stays_one(rows: Callable[[str], Rows]) -> None:
    transact(person_of, outsider("s1"), Role.ADMIN)
    transact(person_of, outsider("s2"), Role.ADMIN)
    assert transact(admit, outsider("s1"), Role.VIEWER, follow=True) == 2
    assert transact(admit, outsider("s2"), Role.VIEWER, follow=True) == 3
    assert [row[3] for row in people(rows)] == ["editor", "viewer", "admin"]
