"""The provider: its documents, its keys, how our secret is shown to it, and what it says of people."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import OctKey, RSAKey

from app.config import Settings
from app.identity.oidc import Provider
from tests.identity.issuer import EC, RSA
from tests.identity.oidc.journey import (
    ADA,
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
from tests.identity.provider import SECRET, Client, World, running


def test_userinfo_fills_what_the_id_token_lacks(client: FlaskClient, world: World, rows: Query) -> None:
    world.in_id_token = ()
    assert sign_in(client, ADA).location == "/"
    assert people(rows) == [("ada@b.c", "Ada", "editor")]
    assert world.asked.count("/userinfo") == 1


def test_userinfo_of_somebody_else(client: FlaskClient, world: World, rows: Query) -> None:
    world.in_id_token, world.userinfo_changes = (), {"sub": "other"}
    assert problem_of(sign_in(client, ADA), rows) == "oidc_failed"
    assert people(rows) == []


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_how_the_secret_is_shown(client: FlaskClient, world: World, method: str) -> None:
    world.client = Client(SECRET, method)
    assert sign_in(client, ADA).location == "/"


def test_a_public_client(migrated: Settings, issuer: str, world: World, clean_database: None) -> None:
    world.client = Client(None, "none")
    with application(migrated, oidc_issuer=issuer, oidc_client_secret=None) as app:
        assert sign_in(app.test_client(), ADA).location == "/"


def test_a_wrong_client_secret(
    migrated: Settings, issuer: str, world: World, rows: Query, clean_database: None
) -> None:
    with application(migrated, oidc_issuer=issuer, oidc_client_secret="wrong") as app:
        assert problem_of(sign_in(app.test_client(), ADA), rows) == "oidc_failed"


def test_other_keys(client: FlaskClient, world: World) -> None:
    world.signing_key = EC
    assert sign_in(client, ADA).location == "/"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example.org"},
        {"aud": "other"},
        {"aud": ["insights", "other"]},
        {"azp": "other"},
        {"exp": 1},
        {"exp": None},
        {"iat": 2**40},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 7},
        {"sub": None},
    ],
)
def test_id_tokens_that_are_not_for_this(
    client: FlaskClient, world: World, rows: Query, changes: dict[str, Any]
) -> None:
    world.id_token_changes = changes
    assert problem_of(sign_in(client, ADA), rows) == "oidc_failed"
    assert people(rows) == []


def test_an_id_token_for_several(client: FlaskClient, world: World) -> None:
    world.id_token_changes = {"aud": ["other", "insights"], "azp": "insights"}
    assert sign_in(client, ADA).location == "/"


@pytest.mark.parametrize(
    "key", [RSAKey.generate_key(2048, {"kid": "rsa"}), OctKey.import_key(RSA.as_der(private=True)[:64])]
)
def test_id_tokens_that_another_signed(client: FlaskClient, world: World, rows: Query, key: Any) -> None:
    world.signing_key = key
    assert problem_of(sign_in(client, ADA), rows) == "oidc_failed"


@pytest.mark.parametrize(
    "answer",
    ["rubbish", "[]", "{}", '{"keys": []}', '{"issuer": "https://other"}', "[" * 99_999, '{"error": []}',
     '{"access_token": "x", "expires_in": [], "id_token": 7}', '{"id_token": "a.b.c"}'],
)  # fmt: skip
@pytest.mark.parametrize(
    ("path", "problem"),
    [("/.well-known/openid-configuration", "oidc_unavailable"), ("/token", None), ("/keys", "oidc_unavailable"),
     ("/userinfo", None)],
)  # fmt: skip
def test_a_provider_that_answers_rubbish(
    client: FlaskClient, world: World, rows: Query, path: str, problem: str | None, answer: str
) -> None:
    world.in_id_token, world.rubbish = (), {path: answer}
    if path.startswith("/.well-known"):
        response = client.get("/sign-in/oidc")
        assert response.location == "/sign-in?problem=oidc_unavailable"
        assert cookies_of(response) == []
    else:
        found = problem_of(sign_in(client, ADA), rows)
        assert found == problem or (problem is None and found in ("oidc_failed", "oidc_unavailable"))
    assert people(rows) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://other.example.org"},
        {"issuer": None},
        {"token_endpoint": None},
        {"authorization_endpoint": "http://id.example.org/authorize"},
        {"jwks_uri": "file:///keys"},
        {"userinfo_endpoint": 7},
        {"token_endpoint": "https://"},
        {"token_endpoint": "https://[::1"},
    ],
)
def test_a_discovery_document_that_leads_astray(client: FlaskClient, world: World, changes: dict[str, Any]) -> None:
    world.discovery_changes = changes
    assert client.get("/sign-in/oidc?next=/library").location == "/sign-in?problem=oidc_unavailable&next=%2Flibrary"


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint": "https://127.0.0.1:99999999/"},
        {"token_endpoint": "http://127.0.0.1:9/"},
        {"token_endpoint_auth_methods_supported": 7, "jwks_uri": "http://127.0.0.1:9/"},
        {"jwks_uri": "https://127.0.0.1:99999999/"},
    ],
)
def test_endpoints_that_are_not_there(client: FlaskClient, world: World, rows: Query, changes: dict[str, Any]) -> None:
    world.discovery_changes = changes
    assert problem_of(sign_in(client, ADA), rows) == "oidc_unavailable"


def test_a_provider_that_goes_away(migrated: Settings, world: World, rows: Query, clean_database: None) -> None:
    with running(world) as server:
        issuer = f"http://127.0.0.1:{server.server_port}"
        with application(migrated, oidc_issuer=issuer) as app:
            client = app.test_client()
            location = at_the_form(begin(client), sub="ada-1")
            server.shutdown()
            server.server_close()
            assert problem_of(come_back(client, location), rows) == "oidc_unavailable"
    with application(migrated, oidc_issuer=issuer) as app:
        assert app.test_client().get("/sign-in/oidc").location == "/sign-in?problem=oidc_unavailable"


def test_the_discovery_is_remembered(client: FlaskClient, world: World) -> None:
    for _ in range(3):
        sign_in(client, ADA)
    assert world.asked.count("/.well-known/openid-configuration") == 1
    assert world.asked.count("/keys") == 1


def test_an_issuer_with_a_slash_at_its_end(world: World, issuer: str) -> None:
    for written in (issuer, f"{issuer}/"):
        provider = Provider(Settings(oidc_issuer=written, oidc_client_id="insights"))
        assert provider._metadata().issuer == issuer
