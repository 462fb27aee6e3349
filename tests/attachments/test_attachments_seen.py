"""Who sees a file: its owner, and whoever sees an insight that mentions it."""

from collections.abc import Callable

import psycopg
import pytest
from flask.testing import FlaskClient

from tests.answers import problem
from tests.attachments.files import PNG, attached, upload
from tests.identity.world import KINDS, ROLES, Kind, headers

CALLERS = ("anonymous", *ROLES)
EDITORS = {"editor", "admin"}
Stored = Callable[[], dict[str, list[tuple[object, ...]]]]


def seers(caller: FlaskClient, address: str) -> set[str]:
    """Those who get it; of the others each is told that there is none."""
    seen = set()
    for role in CALLERS:
        answer = caller.get(address, headers=headers(role))
        if answer.status_code == 200:
            assert answer.data == PNG
            seen.add(role)
        else:
            problem(answer, 404, f"Attachment {address.split('/')[2]} does not exist.")
            assert not {"ETag", "Content-Disposition"} & set(answer.headers.keys())
    return seen


def mention(owner: psycopg.Connection, kind: Kind, address: str) -> None:
    owner.execute("UPDATE insights SET content = %s WHERE id = %s", (f"See ![it]({address}).", kind.id))


@pytest.mark.parametrize("role", ["contributor", "editor", "admin"])
def test_until_it_is_mentioned_it_is_its_owners_and_the_editors(caller: FlaskClient, role: str) -> None:
    address = attached(caller, **headers(role))["url"]
    assert seers(caller, address) == EDITORS | {role}


@pytest.mark.parametrize("role", ["anonymous", "viewer", "analyst"])
def test_who_may_not_write_may_not_attach(caller: FlaskClient, stored: Stored, role: str) -> None:
    before = stored()
    problem(upload(caller, **headers(role)), 401 if role == "anonymous" else 403)
    assert stored() == before


def test_whoever_sees_an_insight_sees_its_files(caller: FlaskClient, owner: psycopg.Connection) -> None:
    """Of every owner, status and visibility."""
    for kind in KINDS:
        address = attached(caller, **headers("admin"))["url"]
        mention(owner, kind, address)
        assert seers(caller, address) == EDITORS | {role for role in CALLERS if kind.seen_by(role)}, kind


def test_one_that_is_seen_is_enough(caller: FlaskClient, owner: psycopg.Connection) -> None:
    address = attached(caller, **headers("admin"))["url"]
    hidden, public = [kind for kind in KINDS if kind.owner == "stranger" and kind.visibility in ("RESTRICTED", "PUBLIC")
                      and kind.status == "published"][::-1]  # fmt: skip
    mention(owner, hidden, address)
    assert seers(caller, address) == EDITORS
    mention(owner, public, address)
    assert seers(caller, address) == set(CALLERS)


def test_what_a_revision_mentions_stays_seen(caller: FlaskClient, owner: psycopg.Connection) -> None:
    kind = next(kind for kind in KINDS if kind.seen_by("anonymous"))
    address = attached(caller, **headers("admin"))["url"]
    mention(owner, kind, address)
    changed = caller.put(f"/insights/{kind.id}", json={"content": "Without."}, headers=headers("admin"))
    assert changed.status_code == 200
    assert seers(caller, address) == set(CALLERS)


def test_in_the_trash_it_is_hidden_with_its_insight(caller: FlaskClient, owner: psycopg.Connection) -> None:
    kind = next(kind for kind in KINDS if kind.seen_by("anonymous"))
    address = attached(caller, **headers("admin"))["url"]
    mention(owner, kind, address)
    assert caller.delete(f"/insights/{kind.id}", headers=headers("admin")).status_code == 204
    assert seers(caller, address) == EDITORS
    assert caller.post(f"/insights/{kind.id}/restore", headers=headers("admin")).status_code == 200
    assert seers(caller, address) == set(CALLERS)


def test_of_a_person_who_is_gone_it_stays(caller: FlaskClient, owner: psycopg.Connection) -> None:
    address = attached(caller, **headers("contributor"))["url"]
    owner.execute("DELETE FROM users WHERE name = 'Contributor'")
    assert caller.get(address, headers=headers("editor")).data == PNG
    assert caller.get(address, headers=headers("viewer")).status_code == 404
