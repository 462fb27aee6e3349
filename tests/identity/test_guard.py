"""Who is let in by what they show, and what is written down of those who are not."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.config import Settings
from app.errors import Forbidden
from app.identity import guard
from app.identity.permissions import Permission, asked, is_open, known_scopes
from app.identity.queries import credentials
from app.identity.queries.credentials import REMEMBERED_SECONDS, forget_callers
from app.identity.secrets import hashed
from tests.conftest import built
from tests.identity.world import build, headers, token

DRAFT = {"title": "T", "description": "d", "author": "a"}
SECRET = "a-session-of-the-editor"


@pytest.fixture(scope="session")
def required(application_with: Callable[..., Flask]) -> Flask:
    """The application where people sign in, and strangers read nothing."""
    return application_with(auth_mode="required")


@pytest.fixture
def rows(
    owner_url: str, owner_connection: psycopg.Connection, clean_database: None
) -> Iterator[Callable[..., list[tuple[object, ...]]]]:
    """Ask the database directly, in front of the world of `tests.identity.world`."""
    build(owner_connection)
    forget_callers()
    with psycopg.connect(owner_url, autocommit=True) as connection:

        def run(statement: str, *values: object) -> list[tuple[object, ...]]:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        yield run
    forget_callers()


@pytest.fixture
def caller(required: Flask, rows: object) -> FlaskClient:
    required.extensions["denials"].clear()
    return required.test_client()


@pytest.fixture
def closed(application_with: Callable[..., Flask], rows: object) -> FlaskClient:
    """Where people sign in, and strangers read what is public."""
    return application_with(auth_mode="required", anonymous_reading=True).test_client()


@pytest.fixture
def signed_in(caller: FlaskClient, rows: Callable[..., object]) -> FlaskClient:
    """The editor's browser."""
    rows(
        "INSERT INTO sessions (id, user_id, token_hash, expires_at, signed_in_with) VALUES (%s, 3, %s, %s, 'password')",
        uuid4(), hashed(SECRET), datetime.now(UTC) + timedelta(days=1),
    )  # fmt: skip
    caller.set_cookie("insights_session", SECRET, domain="localhost")
    return caller


def test_without_credentials_a_program_is_told_what_is_needed(caller: FlaskClient) -> None:
    answer = caller.get("/insights")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="insights"'
    assert answer.json["detail"] == "Credentials are needed: a token, or a session of a signed-in person."


def test_without_a_session_a_person_is_sent_to_sign_in(caller: FlaskClient) -> None:
    answer = caller.get("/library?status=draft", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=%2Flibrary%3Fstatus%3Ddraft")


@pytest.mark.parametrize(
    "shown",
    [{"Authorization": f"Bearer {token('viewer')}"}, {"X-API-Key": token("viewer")}],
    ids=["bearer", "key"],
)
def test_a_token_is_taken_from_either_header(caller: FlaskClient, shown: dict[str, str]) -> None:
    assert caller.get("/me", headers=shown).json["name"] == "viewer@example.org"


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "X-API-Key"])
def test_a_token_in_an_address_is_no_credential(caller: FlaskClient, name: str) -> None:
    assert caller.get(f"/insights?{name}={token('viewer')}").status_code == 401


@pytest.mark.parametrize("shown", ["Bearer ins_unknown", "Bearer nonsense", "Bearer ", "Basic dTpw", "ins_unknown"])
def test_a_wrong_credential_is_refused_even_from_a_browser(caller: FlaskClient, shown: str) -> None:
    answer = caller.get("/insights", headers={"Authorization": shown})
    assert answer.status_code == 401
    assert answer.json["detail"] == "The token is unknown, expired or revoked."


def test_what_is_open_is_so_whatever_is_shown(caller: FlaskClient) -> None:
    assert caller.get("/health", headers={"Authorization": "Bearer ins_unknown"}).status_code == 200


@pytest.mark.parametrize(
    "ended",
    [
        "UPDATE api_tokens SET revoked_at = now() WHERE id = 1",
        "UPDATE api_tokens SET expires_at = now() - interval '1 second' WHERE id = 1",
        "UPDATE users SET disabled_at = now() WHERE id = 1",
    ],
)
def test_what_another_process_ended_is_refused_within_five_seconds(
    caller: FlaskClient, rows: Callable[..., object], ended: str
) -> None:
    assert REMEMBERED_SECONDS < 5
    assert caller.get("/insights", headers=headers("viewer")).status_code == 200
    rows(ended)
    remembered = credentials._remembered
    remembered.expire(time=remembered.timer() + REMEMBERED_SECONDS + 0.01)
    assert caller.get("/insights", headers=headers("viewer")).status_code == 401


def test_a_remembered_caller_costs_one_statement(caller: FlaskClient, statements: object, required: Flask) -> None:
    from app.core.reading import statement_read

    sent: list[str] = []

    def note(engine: object, statement: str, parameters: object) -> None:
        sent.append(statement)

    with statement_read.connected_to(note):
        caller.get("/insights/25", headers=headers("editor"))
        first = len(sent)
        caller.get("/insights/25", headers=headers("editor"))
    assert (first, len(sent)) == (2, 3)


def test_a_token_tells_when_it_was_last_used(
    caller: FlaskClient, rows: Callable[..., list[tuple[object, ...]]]
) -> None:
    caller.get("/insights", headers=headers("viewer"))
    assert rows(
        "SELECT id, last_used_at > now() - interval '1 minute' FROM api_tokens WHERE last_used_at IS NOT NULL"
    ) == [(1, True)]
    assert rows("SELECT id FROM users WHERE last_seen_at > now() - interval '1 minute'") == [(1,)]


def test_scopes_narrow_a_token(caller: FlaskClient, rows: Callable[..., object]) -> None:
    rows("UPDATE api_tokens SET scopes = '{insights:read,analytics:read}' WHERE id = 5")
    me = caller.get("/me", headers=headers("admin")).json
    assert (me["permissions"], me["scopes"]) == (["insights:read", "known"], ["analytics:read"])
    assert caller.get("/insights", headers=headers("admin")).status_code == 200
    assert caller.post("/insights", json=DRAFT, headers=headers("admin")).status_code == 403
    assert caller.get("/audit", headers=headers("admin")).status_code == 403


def test_a_token_may_do_less_than_its_person(caller: FlaskClient, rows: Callable[..., object]) -> None:
    rows("UPDATE api_tokens SET role = 'analyst' WHERE id = 3")
    me = caller.get("/me", headers=headers("editor")).json
    assert me["visibilities"] == ["ANONYMISED", "INTERNAL", "PUBLIC"]
    assert me["every_draft"] is False
    assert me["permissions"] == ["account:manage", "insights:read", "known"]


def test_a_scope_is_a_permission_or_a_service_s(caller: FlaskClient) -> None:
    assert known_scopes(["insights:read", "analytics:*"]) == ({Permission.READ}, {"analytics:*"})
    for wrong in ("known", "insights:*", "analytics:", "root"):
        with pytest.raises(ValueError, match=wrong.replace("*", r"\*")):
            known_scopes([wrong])


def test_a_form_of_ours_repeats_a_word(signed_in: FlaskClient, required: Flask, stored: Callable[[], object]) -> None:
    before = stored()
    refused = signed_in.post("/tags", json={"name": "n", "slug": "s"})
    assert refused.status_code == 403
    assert stored() == before
    with required.test_request_context("/", headers={"Cookie": f"insights_session={SECRET}"}):
        required.preprocess_request()
        word = guard.csrf_token()
        required.do_teardown_request()
    assert len(word) == 64
    made = signed_in.post("/tags", json={"name": "n", "slug": "s"}, headers={"X-CSRF-Token": word})
    assert made.status_code == 201


def test_a_session_ends_with_its_time_and_with_its_person(signed_in: FlaskClient, rows: Callable[..., object]) -> None:
    assert signed_in.get("/insights").status_code == 200
    for ended in (
        "UPDATE sessions SET last_seen_at = now() - interval '8 days'",
        "UPDATE sessions SET last_seen_at = now(), expires_at = now()",
        "UPDATE sessions SET expires_at = now() + interval '1 day'; UPDATE users SET disabled_at = now() WHERE id = 3",
    ):
        rows(ended)
        forget_callers()
        answer = signed_in.get("/library", headers={"Accept": "text/html"})
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/sign-in?problem=session_ended&next=%2Flibrary"
        assert "insights_session=;" in answer.headers["Set-Cookie"]
        signed_in.set_cookie("insights_session", SECRET, domain="localhost")


def test_a_session_s_secret_changes_and_a_stolen_one_ends_it(
    signed_in: FlaskClient, rows: Callable[..., list[tuple[object, ...]]]
) -> None:
    rows("UPDATE sessions SET rotated_at = now() - interval '2 hours'")
    answer = signed_in.get("/library", headers={"Accept": "text/html"})
    new = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    assert answer.status_code == 200
    assert rows("SELECT token_hash, previous_hash FROM sessions") == [(hashed(new), hashed(SECRET))]
    # Requests that were under way with the former secret still pass.
    signed_in.set_cookie("insights_session", SECRET, domain="localhost")
    assert signed_in.get("/insights").status_code == 200
    # The answer with the new one may be lost: until somebody shows it the former one is as good, and is replaced.
    rows("UPDATE sessions SET rotated_at = now() - interval '2 hours'")
    forget_callers()
    again = signed_in.get("/library", headers={"Accept": "text/html"}).headers["Set-Cookie"]
    newest = again.partition("=")[2].partition(";")[0]
    assert rows("SELECT token_hash, previous_hash, confirmed_at FROM sessions") == [
        (hashed(newest), hashed(SECRET), None)
    ]
    signed_in.get("/insights")
    assert rows("SELECT confirmed_at > now() - interval '1 minute' FROM sessions") == [(True,)]
    # Once it was, the former one is good for another minute; whoever shows it later stole it, or was stolen from.
    signed_in.set_cookie("insights_session", SECRET, domain="localhost")
    assert signed_in.get("/insights").status_code == 200
    rows("UPDATE sessions SET confirmed_at = now() - interval '61 seconds'")
    forget_callers()
    assert signed_in.get("/insights").status_code == 401
    assert rows("SELECT count(*) FROM sessions") == [(0,)]
    assert rows("SELECT verb, actor_name FROM audit_log ORDER BY id DESC LIMIT 2")[-1] == (
        "session.stolen",
        "editor@example.org",
    )


def test_a_refusal_is_written_down(caller: FlaskClient, rows: Callable[..., list[tuple[object, ...]]]) -> None:
    since = rows("SELECT coalesce(max(id), 0) FROM audit_log")[0][0]
    for _ in range(3):
        caller.post("/insights", json=DRAFT)
        caller.delete("/tags/1", headers={**headers("viewer"), "X-Request-ID": "mine"})
    caller.delete("/insights/61", headers=headers("viewer"))
    told = rows(
        "SELECT actor_kind, actor_name, actor_id, verb, outcome, subject_id, subject_name, host(ip) FROM audit_log"
        " WHERE id > %s ORDER BY id",
        since,
    )
    refused = ("person", "viewer@example.org", 1, "access.denied", "denied", "DELETE /tags/1", "403", "127.0.0.1")
    assert told == [
        ("anonymous", "anonymous", None, "access.denied", "denied", "POST /insights", "401", "127.0.0.1"),
        refused,
        refused,
        refused,
    ]
    assert rows("SELECT count(*) FROM audit_log WHERE id > %s AND request_id = 'mine'", since) == [(3,)]


def test_open_access_is_for_whoever_sits_here(client: FlaskClient, rows: object) -> None:
    assert client.get("/me").json["name"] == "local administrator"
    assert client.get("/me", headers={"Authorization": "Bearer whatever"}).json["role"] == "admin"
    assert client.get("/me", headers={"Origin": "http://localhost:5173"}).json["role"] == "admin"
    assert client.get("/me", headers=headers("viewer")).json["role"] == "viewer"
    for elsewhere in (
        {"headers": {"X-Forwarded-For": "203.0.113.5"}},
        {"headers": {"Forwarded": "for=203.0.113.5"}},
        {"environ_base": {"REMOTE_ADDR": "203.0.113.5"}},
        {"headers": {"Authorization": "Bearer ins_revoked"}},
    ):
        assert client.get("/insights", **elsewhere).status_code == 401


def test_a_page_of_a_listed_site_is_no_administrator(migrated: Settings, rows: object) -> None:
    page = {"Origin": "https://app.example.org", "Sec-Fetch-Site": "cross-site"}
    with built(migrated.model_copy(update={"cors_allowed_origins": ("*",)})) as app:
        client = app.test_client()
        assert client.get("/insights", headers=page).status_code == 200
        assert client.post("/insights", json=DRAFT, headers=page).status_code == 201
        for path in ("/audit", "/admin/users", "/admin/tokens", "/profile"):
            assert client.get(path, headers=page).status_code == 403
        assert client.post("/admin/tokens", data={"name": "n", "role": "admin"}, headers=page).status_code == 403


def test_a_route_that_was_forgotten_is_nobody_s(required: Flask) -> None:
    with required.test_request_context("/insights", method="PATCH"):
        request.url_rule = Rule("/insights")
        with pytest.raises(Forbidden, match="Nobody was given this"):
            guard._asked_of_this_route()
    assert asked("HEAD", "/insights") is Permission.READ
    assert (is_open("HEAD", "/health"), is_open("GET", "/insights"), is_open("PATCH", "/insights")) == (
        True, False, False,
    )  # fmt: skip


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_case_of_a_scheme_does_not_count(caller: FlaskClient, scheme: str) -> None:
    answer = caller.get("/insights", headers={"Authorization": f"{scheme} {token('viewer')}"})
    assert answer.status_code == 200


def test_a_credential_is_good_for_its_own_place_only(signed_in: FlaskClient) -> None:
    assert signed_in.get("/insights").status_code == 200
    assert signed_in.get("/insights", headers=headers("viewer")).status_code == 200
    shown = {"Authorization": f"Bearer {SECRET}"}
    assert signed_in.get("/insights", headers=shown).status_code == 401
    signed_in.set_cookie("insights_session", token("viewer"), domain="localhost")
    assert signed_in.get("/insights").status_code == 401


def test_an_unknown_credential_is_told_where_it_would_not_be_needed(closed: FlaskClient) -> None:
    wrong = {"Authorization": "Bearer ins_unknown"}
    assert closed.get("/insights").status_code == 200
    assert closed.get("/insights", headers=wrong).status_code == 401
    assert closed.get("/me").json["kind"] == "anonymous"
    assert closed.get("/me", headers=wrong).status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_a_browser_s_refusal_is_written_down_too(
    caller: FlaskClient, rows: Callable[..., list[tuple[object, ...]]], method: str
) -> None:
    since = rows("SELECT coalesce(max(id), 0) FROM audit_log")[0][0]
    path = "/insights/25" if method == "DELETE" else "/insights"
    answer = caller.open(path, method=method, headers={"Accept": "text/html"})
    looks = method in ("GET", "HEAD")
    assert answer.status_code == (303 if looks else 401)
    assert ("WWW-Authenticate" in answer.headers) is not looks
    assert rows("SELECT subject_id, subject_name FROM audit_log WHERE id > %s", since) == [
        (f"{method} {path}", str(answer.status_code))
    ]


def test_a_refusal_where_everybody_may_knock_is_written_down(
    caller: FlaskClient, rows: Callable[..., list[tuple[object, ...]]]
) -> None:
    since = rows("SELECT coalesce(max(id), 0) FROM audit_log")[0][0]
    caller.post("/sign-in", headers={"Origin": "https://evil.example"})
    caller.post("/links/a-secret-of-a-link-that-nobody-may-read", headers={"Origin": "https://evil.example"})
    assert rows("SELECT subject_id FROM audit_log WHERE id > %s ORDER BY id", since) == [
        ("POST /sign-in",),
        ("POST /links/[redacted]",),
    ]


def test_one_caller_can_not_fill_the_log(caller: FlaskClient, rows: Callable[..., list[tuple[object, ...]]]) -> None:
    since = rows("SELECT coalesce(max(id), 0) FROM audit_log")[0][0]
    for _ in range(15):
        assert caller.get("/audit", headers=headers("viewer")).status_code == 403
    assert rows("SELECT count(*) FROM audit_log WHERE id > %s", since) == [(10,)]


def test_a_new_session_is_not_undone_by_an_old_cookie(caller: FlaskClient, required: Flask) -> None:
    with required.test_request_context("/sign-in", headers={"Cookie": "insights_session=ended"}):
        required.preprocess_request()
        begun = Response()
        begun.set_cookie("insights_session", "new")
        kept = required.process_response(begun)
        gone = required.process_response(Response())
        required.do_teardown_request()
    assert kept.headers.getlist("Set-Cookie") == ["insights_session=new; Path=/"]
    assert gone.headers["Set-Cookie"].startswith("insights_session=; Expires=Thu, 01 Jan 1970")
