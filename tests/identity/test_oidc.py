"""Signing in at a real OpenID Connect provider, from our page through its form and back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import OctKey, RSAKey
from werkzeug.test import TestResponse

from app.config import Settings, SettingsError, load_settings
from app.identity.guard import signed_in_caller
from app.identity.oidc import Provider
from app.identity.pages import oidc
from app.identity.redirects import local_path
from app.identity.remote import trusted
from tests.conftest import built
from tests.identity.issuer import EC, RSA
from tests.identity.provider import CALLBACK, SECRET, Client, Person, World, running

ADA = Person("ada-1", {"email": "ada@b.c", "email_verified": True, "name": "Ada", "groups": ["staff", "x"]})
OID = Person("oid-2", {"email": "oid@b.c", "name": "Oid", "groups": ["Domain Heads"]})
Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]


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


@contextmanager
def application(migrated: Settings, **changes: Any) -> Iterator[Flask]:
    known = {
        "auth_mode": "required",
        "oidc_client_id": "insights",
        "oidc_client_secret": SECRET,
        "oidc_group_roles": {"staff": "editor", "Domain Heads": "admin"},
    }
    with built(migrated.model_copy(update={**known, **changes})) as app:
        yield app


@pytest.fixture(scope="module")
def equipped(migrated: Settings, provider: tuple[World, str]) -> Iterator[Flask]:
    with application(migrated, oidc_issuer=provider[1]) as app:
        yield app


@pytest.fixture
def app(equipped: Flask, world: World, clean_database: None) -> Flask:
    """The application, which knows nothing of the provider yet."""
    oidc.connect(equipped, equipped.extensions["oidc"][1])
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


def begin(client: FlaskClient, query: str = "") -> str:
    """Our page's redirect: the provider's address."""
    response = client.get(f"/sign-in/oidc{query}")
    assert response.status_code == 303, response.text
    return response.location


def at_the_form(address: str, **typed: str) -> str:
    """The provider's form, filled in: the address on which the browser comes back."""
    form = httpx2.get(address, verify=trusted())
    assert (form.status_code, "<form" in form.text) == (200, True), form.text
    answer = httpx2.post(address, data=typed, verify=trusted())
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK + "?")
    return answer.headers["location"]


def come_back(client: FlaskClient, location: str) -> TestResponse:
    parts = urlsplit(location)
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(client: FlaskClient, person: Person, query: str = "") -> TestResponse:
    return come_back(client, at_the_form(begin(client, query), sub=person.sub))


def problem_of(response: TestResponse, rows: Query) -> str:
    """The problem that the sign-in page shows; nobody is signed in, and the attempt is over."""
    assert response.status_code == 303
    assert urlsplit(response.location).path == "/sign-in"
    assert not any("session" in cookie or cookie.startswith("__Host-insights=") for cookie in cookies_of(response))
    assert "insights_oidc=;" in "\n".join(cookies_of(response))
    assert rows("SELECT count(*) FROM sessions") == [(0,)]
    return parse_qs(urlsplit(response.location).query)["problem"][0]


def cookies_of(response: TestResponse) -> list[str]:
    return response.headers.getlist("Set-Cookie")


def people(rows: Query) -> Rows:
    return rows("SELECT email, name, role FROM users ORDER BY id")


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
    assert rows("SELECT count(*) FROM sessions") == [(2,)]


def test_an_account_that_is_here_already(client: FlaskClient, rows: Query) -> None:
    rows("INSERT INTO users (kind, email, name, role) VALUES ('person', 'ADA@b.c', 'Countess', 'viewer')")
    rows("INSERT INTO users (kind, email, name, role) VALUES ('person', 'oid@b.c', 'Real', 'viewer')")
    sign_in(client, ADA)
    sign_in(client, OID)  # the provider didn't make sure of the address
    assert people(rows) == [("ADA@b.c", "Countess", "editor"), ("oid@b.c", "Real", "viewer"), (None, "Oid", "admin")]


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


def test_the_public_address_is_the_one_to_come_back_to(migrated: Settings, issuer: str, world: World) -> None:
    with application(migrated, oidc_issuer=issuer, public_url="https://insights.example.org/") as app:
        address = begin(app.test_client())
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == ["https://insights.example.org/sign-in/oidc/callback"]


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


def test_the_person_says_no(client: FlaskClient, rows: Query) -> None:
    response = come_back(client, at_the_form(begin(client, "?next=/library"), deny="1"))
    assert response.location == "/sign-in?problem=oidc_denied&next=%2Flibrary"
    assert problem_of(response, rows) == "oidc_denied"


@pytest.mark.parametrize(
    ("error", "problem"),
    [("access_denied", "oidc_denied"), ("server_error", "oidc_unavailable"),
     ("temporarily_unavailable", "oidc_unavailable"), ("invalid_request", "oidc_failed"), ("<script>", "oidc_failed")],
)  # fmt: skip
def test_the_provider_says_no(client: FlaskClient, rows: Query, error: str, problem: str) -> None:
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    response = client.get("/sign-in/oidc/callback", query_string={"error": error, "state": state})
    assert problem_of(response, rows) == problem


def test_another_browsers_answer(client: FlaskClient, app: Flask, rows: Query) -> None:
    """Somebody who sends another person a link to the end of their own sign-in."""
    location = at_the_form(begin(client), sub="ada-1")
    stranger = app.test_client()
    assert problem_of(come_back(stranger, location), rows) == "oidc_failed"
    begin(stranger)
    assert problem_of(come_back(stranger, location), rows) == "oidc_failed"
    assert come_back(client, location).location == "/"  # and the first browser may still use it


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x&code=x", "?state=%FF", "?error=access_denied"])
def test_an_answer_to_nothing(client: FlaskClient, world: World, rows: Query, query: str) -> None:
    assert problem_of(client.get(f"/sign-in/oidc/callback{query}"), rows) == "oidc_failed"
    assert world.asked == []


def test_an_answer_counts_once(client: FlaskClient, rows: Query) -> None:
    location = at_the_form(begin(client), sub="ada-1")
    assert come_back(client, location).location == "/"
    assert "problem=oidc_failed" in come_back(client, location).location
    assert rows("SELECT count(*) FROM sessions") == [(1,)]


def test_an_answer_that_took_too_long(client: FlaskClient, rows: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    location = at_the_form(begin(client), sub="ada-1")
    monkeypatch.setattr(oidc, "ATTEMPT_SECONDS", -1)
    assert problem_of(come_back(client, location), rows) == "oidc_failed"


def test_a_cookie_that_somebody_made(client: FlaskClient, rows: Query) -> None:
    location = at_the_form(begin(client), sub="ada-1")
    kept = client.get_cookie("insights_oidc")
    assert kept is not None
    client.set_cookie("insights_oidc", kept.value[:-3] + "abc")
    assert problem_of(come_back(client, location), rows) == "oidc_failed"


def test_a_verifier_that_does_not_fit(client: FlaskClient, world: World, rows: Query) -> None:
    """The provider holds us to PKCE: a stolen code is worth nothing without the browser that asked."""
    location = at_the_form(begin(client), sub="ada-1")
    for code in world.codes.values():
        code.code_challenge = "x" * 43
    assert problem_of(come_back(client, location), rows) == "oidc_failed"


def test_a_wrong_client_secret(
    migrated: Settings, issuer: str, world: World, rows: Query, clean_database: None
) -> None:
    with application(migrated, oidc_issuer=issuer, oidc_client_secret="wrong") as app:
        assert problem_of(sign_in(app.test_client(), ADA), rows) == "oidc_failed"


@pytest.mark.parametrize("groups", [["others"], [], None, {"staff": 1}, [7], "staff,x"])
def test_nobody_gave_a_role(client: FlaskClient, world: World, rows: Query, groups: Any) -> None:
    world.people["ada-1"] = Person("ada-1", {**ADA.claims, "groups": groups})
    assert problem_of(sign_in(client, ADA), rows) == "no_role"
    assert people(rows) == []
    denied = rows("SELECT verb, outcome, subject_id FROM audit_log ORDER BY at DESC, id DESC LIMIT 1")
    assert denied == [("session.denied", "denied", "ada@b.c")]


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


def test_without_a_provider(migrated: Settings) -> None:
    with built(migrated) as app:
        for path in ("/sign-in/oidc", "/sign-in/oidc/callback?code=x&state=x"):
            assert app.test_client().get(path).status_code == 404


def test_an_issuer_with_a_slash_at_its_end(world: World, issuer: str) -> None:
    for written in (issuer, f"{issuer}/"):
        provider = Provider(Settings(oidc_issuer=written, oidc_client_id="insights"))
        assert provider._metadata().issuer == issuer


@pytest.mark.parametrize(
    "text",
    ["/", "/library", "/library?page=2&q=a%20b#x", "/a/b", "/ä", "/?next=//x", "/x:y"],
)
def test_paths_of_ours(text: str) -> None:
    assert local_path(text) == text


@pytest.mark.parametrize(
    "text",
    [
        None, "", "library", " /library", "?x", "#x", "https://evil.example", "javascript:alert(1)",
        "//evil.example", "/\\evil.example", "\\\\evil", "/a\\b", "/\u2028",
        "/\t/evil.example", "/\n/evil.example", "/\x00",
        "/" + "x" * 2000,
    ],
)  # fmt: skip
def test_paths_that_could_lead_elsewhere(text: str | None) -> None:
    assert local_path(text) == "/"


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "/\\evil.example", "/%09/evil.example"]
)
def test_nobody_is_led_elsewhere(client: FlaskClient, next_page: str) -> None:
    assert sign_in(client, ADA, f"?next={next_page}").location == "/"


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"OIDC_ISSUER": "https://id.example.org"}, "OIDC_CLIENT_ID: OIDC_ISSUER needs it"),
        ({"OIDC_CLIENT_ID": "insights"}, "OIDC_ISSUER: OIDC_CLIENT_ID needs it"),
        (
            {"OIDC_ISSUER": "http://id.example.org", "OIDC_CLIENT_ID": "insights"},
            "OIDC_ISSUER: must start with https:// (http:// is for a server on this machine only)",
        ),
        ({"OIDC_GROUP_ROLES": "staff"}, "OIDC_GROUP_ROLES: staff is not a pair such as staff=editor"),
        (
            {"OIDC_GROUP_ROLES": "staff=boss"},
            "OIDC_GROUP_ROLES: Input should be 'viewer', 'contributor', 'editor', 'analyst' or 'admin'",
        ),
        (
            {"OIDC_DEFAULT_ROLE": "boss"},
            "OIDC_DEFAULT_ROLE: Input should be 'viewer', 'contributor', 'editor', 'analyst' or 'admin'",
        ),
    ],
)
def test_wrong_settings(environ: dict[str, str], problem: str, tmp_path: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, instance=tmp_path)
    assert caught.value.problems == [problem]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", {}),
        ("staff=editor", {"staff": "editor"}),
        (" Domain Heads = admin , a=b=viewer ,", {"Domain Heads": "admin", "a=b": "viewer"}),
        ('{"cn=heads,dc=x": "admin"}', {"cn=heads,dc=x": "admin"}),
    ],
)
def test_groups_and_roles_as_a_setting(written: str, read: dict[str, str], tmp_path: Any) -> None:
    assert load_settings({"OIDC_GROUP_ROLES": written}, instance=tmp_path).oidc_group_roles == read
