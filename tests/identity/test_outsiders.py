"""Callers with another issuer's token: who they are here, and what they may do."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from joserfc.jwk import OctKey

from app.config import Settings
from app.core.db import transact
from app.errors import Unauthenticated
from app.identity.actor import ALL_SERVICES, Actor, Kind
from app.identity.bearer import Verifier
from app.identity.commands.links import first_administrator_link
from app.identity.outsiders import jwt_actor
from app.identity.permissions import OF_THE_SYSTEM, ROLES, Permission, Role
from app.identity.queries.credentials import forget_callers
from tests.answers import problem
from tests.conftest import built
from tests.identity.issuer import RSA, token

SECRET = "s" * 32
KEY = OctKey.import_key(SECRET)
VERIFIER = Verifier(Settings(jwt_secret=SECRET))


@pytest.fixture(autouse=True)
def nobody_remembered(app: Flask) -> Iterator[None]:
    forget_callers()
    yield
    forget_callers()


@pytest.fixture
def database(owner_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


def caller(**claims: Any) -> Actor:
    return jwt_actor(VERIFIER, token(KEY, "HS256", **claims))


def test_somebody_new(database: psycopg.Connection) -> None:
    actor = caller(roles=["viewer", "Editor"], email="grace@b.c", email_verified=True, name="Grace")
    assert (actor.kind, actor.name, actor.user_id, actor.credential) == (Kind.PERSON, "grace@b.c", 1, "jwt:1")
    assert (actor.role, actor.permissions) == (Role.EDITOR, ROLES[Role.EDITOR].may)
    assert actor.scopes == frozenset()
    assert actor.audience.reader == 1
    assert database.execute("SELECT id, email, name, role FROM users").fetchall() == [
        (1, "grace@b.c", "Grace", "viewer")
    ]
    assert database.execute(
        "SELECT actor_kind, actor_name, subject_id FROM audit_log WHERE verb = 'user.create' ORDER BY at DESC LIMIT 1"
    ).fetchone() == ("system", "tokens of jwt", "1")


@pytest.mark.parametrize("org_ids", [None, ["o1"]])
def test_a_tokens_role_is_lent_not_given(database: psycopg.Connection, org_ids: list[str] | None) -> None:
    """Whoever gets a password for the account later, or signs in elsewhere, is no administrator by it."""
    assert caller(roles=["admin"], org_ids=org_ids).role is Role.ADMIN
    assert database.execute("SELECT role FROM users").fetchall() == [("viewer",)]
    assert transact(first_administrator_link) is not None


def test_a_stranger_is_not_called_like_somebody_else(database: psycopg.Connection) -> None:
    assert caller(roles="viewer", email="ada@b.c", name="ada@b.c").name == "ada@b.c (user 1)"
    told = "SELECT subject_name FROM audit_log WHERE verb = 'user.create' ORDER BY at DESC LIMIT 1"
    assert database.execute(told).fetchone() == ("ada@b.c (user 1)",)


def test_an_issuer_that_is_not_checked_knows_nobody_of_another(database: psycopg.Connection) -> None:
    """Whoever shares the secret can write any ``iss``, that of the OpenID Connect provider as well."""
    database.execute("INSERT INTO users (kind, email, name, role) VALUES ('person', 'alice@b.c', 'Alice', 'admin')")
    database.execute(
        "INSERT INTO external_identities (user_id, issuer, subject) VALUES (1, 'https://id.example.org', 'alice')"
    )
    told = token(KEY, "HS256", sub="alice", roles="viewer")
    assert jwt_actor(VERIFIER, told).user_id == 2
    forget_callers()
    checking = Verifier(Settings(jwt_secret=SECRET, jwt_issuer="https://id.example.org"))
    assert (jwt_actor(checking, told).user_id, jwt_actor(checking, told).name) == (1, "alice@b.c")


def test_the_tokens_roles_count_not_the_persons() -> None:
    assert caller(roles="editor").role is Role.EDITOR
    assert caller(roles="viewer").role is Role.VIEWER
    assert caller(roles="admin").user_id == 1


def test_a_known_caller_costs_one_statement_and_then_none(statements: Callable[[], list[str]]) -> None:
    caller(roles="editor", jti="1")
    told = token(KEY, "HS256", roles="editor", jti="2")
    before = len(statements())
    for _ in range(3):
        assert jwt_actor(VERIFIER, told).user_id == 1
    assert len(statements()) == before + 1


@pytest.mark.parametrize("roles", [None, [], ["boss"], "insights:write", ["anonymous"]])
def test_nobody_in_particular_may_do_nothing_and_leaves_no_trace(database: psycopg.Connection, roles: Any) -> None:
    actor = caller(roles=roles, email="x@b.c")
    assert (actor.kind, actor.name, actor.user_id, actor.role) == (Kind.PERSON, "u-1 at jwt", None, Role.ANONYMOUS)
    assert (actor.permissions, actor.audience.visibilities, actor.scopes) == (frozenset(), frozenset(), frozenset())
    assert database.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_scopes_alone_are_no_role() -> None:
    actor = caller(roles=["analytics:read"])
    assert (actor.user_id, actor.role, actor.permissions) == (1, Role.ANONYMOUS, frozenset())
    assert (actor.holds("analytics:read"), actor.holds("analytics:write")) == (True, False)
    assert (actor.credential, actor.audience.visibilities) == ("jwt:1", frozenset())


def test_scopes_beside_a_role() -> None:
    actor = caller(roles=["viewer", "analytics:read"])
    assert (actor.permissions, actor.scopes) == (ROLES[Role.VIEWER].may, frozenset({"analytics:read"}))


@pytest.mark.parametrize(
    ("org_ids", "may"),
    [(None, True), (["*"], True), (["o1", "*"], True), (["o1"], False), ([], False), ("o1", False), ({}, False)],
)
def test_an_organisations_administrator_has_no_say_over_users(org_ids: Any, may: bool) -> None:
    actor = caller(roles=["admin"], org_ids=org_ids)
    assert [actor.may(permission) for permission in sorted(OF_THE_SYSTEM)] == [may, may]
    assert actor.may(Permission.EDIT)
    assert actor.scopes == ALL_SERVICES


def test_a_disabled_person_stays_out(database: psycopg.Connection) -> None:
    caller(roles="admin", jti="1")
    database.execute("UPDATE users SET disabled_at = now()")
    with pytest.raises(Unauthenticated, match=r"This account is disabled."):
        caller(roles="admin", jti="2")


def test_what_is_remembered_expires_with_the_token() -> None:
    told = token(KEY, "HS256", roles="viewer", exp=time.time() + 0.4)
    assert jwt_actor(VERIFIER, told).role is Role.VIEWER
    time.sleep(0.5)
    with pytest.raises(Unauthenticated, match=r"The token has expired."):
        jwt_actor(VERIFIER, told)


def test_a_bad_token_asks_the_database_nothing(statements: Callable[[], list[str]]) -> None:
    for bad in ("rubbish", token(OctKey.import_key("t" * 32), "HS256", roles="admin")):
        with pytest.raises(Unauthenticated, match=r"The token is not one that was signed for this application."):
            jwt_actor(VERIFIER, bad)
    assert statements() == []


def test_over_http(migrated: Settings, app: Flask) -> None:
    with built(migrated.model_copy(update={"auth_mode": "required", "jwt_secret": SECRET})) as application:
        client = application.test_client()

        def bearer(**claims: Any) -> dict[str, str]:
            return {"Authorization": f"Bearer {token(KEY, 'HS256', **claims)}"}

        assert client.get("/insights", headers=bearer(roles="viewer")).status_code == 200
        assert (
            client.post("/tags", json={"name": "New", "slug": "new"}, headers=bearer(roles="editor")).status_code == 201
        )
        problem(client.post("/tags", json={"name": "Other", "slug": "other"}, headers=bearer(roles="viewer")), 403)
        problem(client.get("/insights", headers=bearer(roles="boss")), 403)
        problem(client.get("/insights", headers=bearer(roles="analytics:read")), 403)
        nobody = client.get("/insights", headers=bearer(roles="viewer", sub=" "))
        problem(nobody, 401, "The token's subject is not a text of 1 to 255 characters.")
        refused = client.get("/insights", headers=bearer(roles="viewer", exp=1))
        problem(refused, 401, "The token has expired.")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert [tag["name"] for tag in client.get("/tags", headers=bearer(roles="viewer")).get_json()] == ["New"]


def test_over_http_while_the_issuer_is_away(migrated: Settings, app: Flask) -> None:
    changes = {"auth_mode": "required", "jwt_jwks_url": "http://127.0.0.1:9/keys", "jwt_audience": "insights"}
    with built(migrated.model_copy(update=changes)) as application:
        headers = {"Authorization": f"Bearer {token(RSA, 'RS256', roles='viewer')}"}
        refused = application.test_client().get("/insights", headers=headers)
        problem(refused, 503, "The identity provider can't be reached just now.")
