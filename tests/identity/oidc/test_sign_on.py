"""Signing in at a real OpenID Connect provider, from our page through its form and back: who gets in, and as what."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings
from app.identity.guard import signed_in_caller
from tests.conftest import built
from tests.identity.oidc.journey import (
    ADA,
    OID,
    Query,
    application,
    at_the_form,
    begin,
    come_back,
    cookies_of,
    people,
    problem_of,
    sign_in,
)
from tests.identity.provider import CALLBACK, Person, World


def test_there_and_back(client: FlaskClient, world: World, rows: Query) -> None:
    address = begin(client, "?next=/library%3Fpage%3D2")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked.keys() == {
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
        "code_challenge_method",
    }  # fmt: skip
    assert (asked["client_id"], asked["redirect_uri"]) == ("insights", CALLBACK)
    assert (asked["scope"], asked["code_challenge_method"]) == ("openid email profile", "S256")

    response = come_back(client, at_the_form(address, sub="ada-1"))
    assert (response.status_code, response.location) == (303, "/library?page=2")
    assert people(rows) == [("ada@b.c", "Ada", "editor")]
    assert rows("SELECT user_id, signed_in_with, host(ip) FROM sessions") == [(1, "oidc", "127.0.0.1")]
    assert rows("SELECT subject FROM external_identities") == [("ada-1",)]
    with client:
        client.get("/livez")
        caller = signed_in_caller()
    assert caller is not None
    assert (caller.actor.name, caller.actor.role, caller.actor.user_id) == ("ada@b.c", "editor", 1)
    assert world.asked.count("/userinfo") == 0  # the ID token said it all


def test_what_the_log_tells(client: FlaskClient, rows: Query, issuer: str) -> None:
    sign_in(client, ADA)
    recent = rows("SELECT verb, actor_kind, actor_name, host(ip) FROM audit_log ORDER BY at DESC, id DESC LIMIT 2")
    assert recent == [
        ("session.begin", "person", "ada@b.c", "127.0.0.1"),
        ("user.create", "system", f"sign-in at {issuer}", "127.0.0.1"),
    ]


def test_the_cookies(client: FlaskClient) -> None:
    response = client.get("/sign-in/oidc")
    assert len(cookies_of(response)) == 1
    name, *attributes = cookies_of(response)[0].split("; ")
    assert name.startswith("insights_oidc=")
    assert {"HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax"} == {
        attribute for attribute in attributes if not attribute.startswith("Expires=")
    }
    over_tls = cookies_of(client.get("/sign-in/oidc", base_url="https://localhost"))[0]
    assert over_tls.startswith("__Host-insights-oidc=")
    assert "; Secure; HttpOnly; Path=/; SameSite=Lax" in over_tls


def test_the_second_time(client: FlaskClient, world: World, rows: Query) -> None:
    sign_in(client, ADA)
    promoted = Person("ada-1", {**ADA.claims, "email": "ada@new.org", "groups": ["Domain Heads", "staff"]})
    world.people["ada-1"] = promoted
    assert sign_in(client, promoted).location == "/"
    assert people(rows) == [("ada@b.c", "Ada", "admin")]


def test_the_former_session_of_the_browser_ends(client: FlaskClient, app: Flask, rows: Query) -> None:
    sign_in(client, ADA)
    [former] = rows("SELECT id::text FROM sessions")
    sign_in(app.test_client(), ADA)
    sign_in(client, OID)
    assert rows("SELECT user_id FROM sessions ORDER BY id") == [(1,), (2,)]
    ended = "SELECT subject_id FROM audit_log WHERE verb = 'session.end' ORDER BY at DESC, id DESC LIMIT 1"
    assert rows(ended) == [former]


def test_an_account_that_is_here_already(client: FlaskClient, rows: Query) -> None:
    rows("INSERT INTO users (kind, email, name, role) VALUES ('person', 'ADA@b.c', 'Countess', 'viewer')")
    rows("INSERT INTO users (kind, email, name, role) VALUES ('person', 'oid@b.c', 'Real', 'viewer')")
    sign_in(client, ADA)
    sign_in(client, OID)  # the provider didn't make sure of the address
    assert people(rows) == [("ADA@b.c", "Countess", "editor"), ("oid@b.c", "Real", "viewer"), (None, "Oid", "admin")]


@pytest.mark.parametrize("groups", [["others"], [], None, {"staff": 1}, [7], "staff,x"])
def test_nobody_gave_a_role(client: FlaskClient, world: World, rows: Query, groups: Any) -> None:
    world.people["ada-1"] = Person("ada-1", {**ADA.claims, "groups": groups})
    assert problem_of(sign_in(client, ADA), rows) == "no_role"
    assert people(rows) == []
    denied = rows("SELECT verb, outcome, subject_id, subject_name FROM audit_log ORDER BY at DESC, id DESC LIMIT 1")
    assert denied == [("session.refused", "denied", "ada@b.c", "Ada")]


def test_a_known_person_without_a_group_stays_out(client: FlaskClient, world: World, rows: Query) -> None:
    sign_in(client, ADA)
    rows("DELETE FROM sessions")
    world.people["ada-1"] = Person("ada-1", {**ADA.claims, "groups": []})
    assert problem_of(sign_in(client, ADA), rows) == "no_role"
    assert people(rows) == [("ada@b.c", "Ada", "editor")]


def test_one_group_as_a_text(client: FlaskClient, world: World, rows: Query) -> None:
    world.people["oid-2"] = Person("oid-2", {"groups": "Domain Heads"})
    assert sign_in(client, OID).location == "/"
    assert people(rows) == [(None, "oid-2", "admin")]


def test_the_default_role(migrated: Settings, issuer: str, world: World, rows: Query, clean_database: None) -> None:
    """Without groups it is for newcomers; those who are here keep what they were given."""
    with application(migrated, oidc_issuer=issuer, oidc_group_roles={}, oidc_default_role="viewer") as app:
        client = app.test_client()
        assert sign_in(client, ADA).location == "/"
        rows("UPDATE users SET role = 'admin'")
        assert sign_in(client, ADA).location == "/"
    assert people(rows) == [("ada@b.c", "Ada", "admin")]


def test_only_those_who_are_here(
    migrated: Settings, issuer: str, world: World, rows: Query, clean_database: None
) -> None:
    rows("INSERT INTO users (kind, email, name, role) VALUES ('person', 'ada@b.c', 'Ada', 'analyst')")
    with application(migrated, oidc_issuer=issuer, oidc_group_roles={}) as app:
        assert problem_of(sign_in(app.test_client(), OID), rows) == "no_role"
        assert sign_in(app.test_client(), ADA).location == "/"
    assert people(rows) == [("ada@b.c", "Ada", "analyst")]


def test_a_disabled_person(client: FlaskClient, rows: Query) -> None:
    sign_in(client, ADA)
    rows("UPDATE users SET disabled_at = now()")
    rows("DELETE FROM sessions")
    assert problem_of(sign_in(client, ADA), rows) == "oidc_failed"


def test_the_public_address_is_the_one_to_come_back_to(migrated: Settings, issuer: str, world: World) -> None:
    with application(migrated, oidc_issuer=issuer, public_url="https://insights.example.org/") as app:
        address = begin(app.test_client())
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == ["https://insights.example.org/sign-in/oidc/callback"]


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "/\\evil.example", "/%09/evil.example"]
)
def test_nobody_is_led_elsewhere(client: FlaskClient, next_page: str) -> None:
    assert sign_in(client, ADA, f"?next={next_page}").location == "/"


def test_without_a_provider(migrated: Settings) -> None:
    with built(migrated) as app:
        for path in ("/sign-in/oidc", "/sign-in/oidc/callback?code=x&state=x"):
            assert app.test_client().get(path).status_code == 404
