"""What comes back from the provider: only the answer to this browser's attempt lets anybody in, and once."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.identity.pages import oidc
from tests.identity.oidc.journey import ADA, Query, at_the_form, begin, come_back, problem_of, sign_in
from tests.identity.provider import World


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


REFUSALS = """
    SELECT outcome, actor_kind, subject_type, subject_id, subject_name, host(ip) FROM audit_log
    WHERE verb = 'session.refused' ORDER BY at, id"""


@pytest.mark.parametrize(
    ("error", "problem"),
    [(None, "oidc_failed"), ("access_denied", "oidc_denied"), ("server_error", "oidc_unavailable"),
     ("invalid_request", "oidc_failed")],
)  # fmt: skip
def test_a_refused_answer_is_written_down(client: FlaskClient, rows: Query, error: str | None, problem: str) -> None:
    begun = parse_qs(urlsplit(begin(client)).query)["state"][0]
    attempt = client.get_cookie("insights_oidc")
    assert attempt is not None
    for _ in range(3):  # anybody can send as many as they like: one in ten seconds is enough
        client.set_cookie("insights_oidc", attempt.value, path="/")
        query = {"state": begun, "error": error} if error else {"state": "forged", "code": "x"}
        assert problem_of(client.get("/sign-in/oidc/callback", query_string=query), rows) == problem
    assert rows(REFUSALS) == [("denied", "anonymous", "session", problem, None, "127.0.0.1")]


def test_a_bad_id_token_is_written_down(client: FlaskClient, world: World, rows: Query) -> None:
    world.id_token_changes = {"aud": "other"}
    assert problem_of(sign_in(client, ADA), rows) == "oidc_failed"
    assert rows(REFUSALS) == [("denied", "anonymous", "session", "oidc_failed", None, "127.0.0.1")]


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
