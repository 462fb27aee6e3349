"""GraphQL over HTTP: statuses, media types, batches, and errors that come before any operation."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from app.config import Settings
from app.core.reading import ended_after, read_bytes
from app.extensions import db
from app.graphql_api.http import media_type
from app.identity import guard
from app.identity.queries.credentials import forget_callers
from app.identity.secrets import hashed
from tests.answers import make_category, make_insight, make_tag, problem
from tests.graphql_api.asking import JSON, RESPONSE, asked, data, error, errors_of
from tests.identity.world import KINDS, ROLES, build, headers

PATHS = ("/graphql", "/v1/graphql")
TYPENAME = {"query": "{ __typename }"}
NOTHING = "no operation is given: send a query by POST, or the documentId of one that is kept"
SECRET = "a-session-of-the-editor"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def knowledge(client: FlaskClient) -> FlaskClient:
    """Three insights: two published in a category with a tag, one draft without."""
    make_category(client, "Technical")
    make_tag(client, "Incident")
    for title in ("One", "Two"):
        make_insight(client, title=title, status="published", category_id=1, tag_ids=[1])
    make_insight(client, title="Three")
    return client


@pytest.fixture
def closed(
    application_with: Callable[..., Flask], owner_connection: psycopg.Connection, clean_database: None
) -> Iterator[FlaskClient]:
    """Where people sign in, in front of the world of `tests.identity.world`."""
    build(owner_connection)
    forget_callers()
    yield application_with(auth_mode="required").test_client()
    forget_callers()


@pytest.mark.parametrize("path", PATHS)
def test_an_answer(knowledge: FlaskClient, path: str) -> None:
    query = """{ insights(order_by: {id: asc}) { id category { name } tags { slug } }
      n: tags_aggregate { aggregate { count } } }"""
    response = knowledge.post(path, json={"query": query})
    found = {"category": {"name": "Technical"}, "tags": [{"slug": "incident"}]}
    assert response.content_type == JSON
    assert response.vary.as_set() == {"accept"}
    assert "ETag" not in response.headers
    assert data(response) == {
        "insights": [{"id": 1, **found}, {"id": 2, **found}, {"id": 3, "category": None, "tags": []}],
        "n": {"aggregate": {"count": 1}},
    }


def test_the_very_bytes(knowledge: FlaskClient) -> None:
    """Postgres' own, between ours."""
    response = asked(knowledge, "{ insights_by_pk(id: 1) { id title } }")
    assert response.data == b'{"data":{"insights_by_pk" : {"id" : 1, "title" : "One"}},"extensions":{"cost":1}}'


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("text/plain", JSON),
        ("application/graphql-response+json", RESPONSE),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", RESPONSE),
        ("APPLICATION/GRAPHQL-RESPONSE+JSON", RESPONSE),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0.9, application/graphql-response+json", RESPONSE),
        ("application/graphql-response+json;q=0.5, application/json", JSON),
        ("application/graphql-response+json, */*", RESPONSE),
        ("*/*, application/graphql-response+json", RESPONSE),
        ("application/graphql-response+json;q=0.5, */*", JSON),
        ("application/graphql-response+json;q=0", JSON),
        ("application/graphql-response+json;q=nonsense", JSON),
    ],
)
def test_which_media_type_ranks_highest(client: FlaskClient, accept: str, expected: str) -> None:
    assert media_type(accept) == expected
    response = client.post("/graphql", json=TYPENAME, headers={"Accept": accept})
    assert (response.status_code, response.content_type) == (200, expected)


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), ("*/*", 200), (RESPONSE, 400)])
@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ nope }"},
        {"query": "{ insights("},
        {"query": "query A { __typename } query B { __typename }"},
        {"query": "{ insights(limit: -1) { id } }"},
        {"query": '{ insights(where: {title: {_regex: "("}}) { id } }'},
        {"query": "query($x: Int!) { insights(limit: $x) { id } }"},
        {"query": 7},
        {"documentId": "unknown"},
        [],
    ],
)
def test_an_error_of_the_operation(client: FlaskClient, body: object, accept: str, status: int) -> None:
    response = client.post("/graphql", json=body, headers={"Accept": accept})
    error(response, status)
    assert response.content_type == (RESPONSE if accept == RESPONSE else JSON)


@pytest.mark.parametrize("accept", [JSON, RESPONSE])
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "Input is a zero-length, empty document"),
        (b"{", "unexpected end of data"),
        (b'{"query": NaN}', "unexpected character"),
        (b"\xff", "str is not valid UTF-8"),
        (b'{"query": "\\ud800"}', "no low surrogate in string"),
        (b'{"query": "{__typename}", "variables": {"a": "\\udfff"}}', "invalid high surrogate in string"),
        (b"[" * 100_000, "depth limit exceeded"),
        (b'{"a":' * 100_000, "depth limit exceeded"),
    ],
)
def test_a_body_that_is_no_json(client: FlaskClient, body: bytes, problem: str, accept: str) -> None:
    response = client.post("/graphql", data=body, content_type=JSON, headers={"Accept": accept})
    code, place, message = error(response, 400)
    assert (code, place) == ("invalid-json", "$")
    assert message.startswith(f"it is not valid JSON: {problem}")


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        (7, "$", "an operation has to be a JSON object, with query or documentId"),
        ("{__typename}", "$", "an operation has to be a JSON object, with query or documentId"),
        ("null", "$", "an operation has to be a JSON object, with query or documentId"),
        ({}, "$.query", NOTHING),
        ({"query": None}, "$.query", NOTHING),
        ({"query": ["{__typename}"]}, "$.query", "query has to be a string"),
        ({**TYPENAME, "variables": []}, "$.variables", "variables has to be an object"),
        ({**TYPENAME, "variables": "{}"}, "$.variables", "variables has to be an object"),
        ({**TYPENAME, "operationName": 1}, "$.operationName", "operationName has to be a string"),
        ({**TYPENAME, "extensions": 1}, "$.extensions", "extensions has to be an object"),
        ({**TYPENAME, "documentId": {}}, "$.documentId", "documentId has to be a string"),
    ],
)
def test_a_member_of_the_wrong_type(client: FlaskClient, body: object, place: str, message: str) -> None:
    sent = json.dumps(None if body == "null" else body)
    response = client.post("/graphql", data=sent, content_type=JSON)
    assert error(response) == ("validation-failed", place, message)


@pytest.mark.parametrize(
    "more",
    [
        {"variables": None, "operationName": None, "extensions": None, "documentId": None},
        {"variables": {}, "extensions": {"tracing": {"version": 1}}},
        {"id": 7, "unknown": [1]},
        {"operationName": "A"},
    ],
)
def test_members_that_may_be_null_or_unknown(client: FlaskClient, more: dict[str, Any]) -> None:
    response = client.post("/graphql", json={"query": "query A { __typename }", **more})
    assert data(response) == {"__typename": "query_root"}


@pytest.mark.parametrize("kind", [JSON, "application/json; charset=utf-8", "application/graphql+json"])
def test_json_by_any_of_its_names(client: FlaskClient, kind: str) -> None:
    response = client.post("/graphql", data=json.dumps(TYPENAME), content_type=kind)
    assert data(response) == {"__typename": "query_root"}


@pytest.mark.parametrize("kind", [None, "text/plain", "application/graphql", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", PATHS)
def test_another_content_type(client: FlaskClient, path: str, kind: str | None) -> None:
    response = client.post(path, data=json.dumps(TYPENAME), content_type=kind)
    assert error(response, 415) == ("unsupported-media-type", "$", "Send the operation as application/json.")


def test_a_batch(knowledge: FlaskClient, statements: Callable[[], list[str]]) -> None:
    """Each has its own data or errors, in order."""
    batch = [
        {"query": "query($i: Int!) { insights_by_pk(id: $i) { title } }", "variables": {"i": 2}},
        {"query": "{ nope }"},
        7,
        {"query": "query A { one: __typename } query B { two: __typename }", "operationName": "B"},
        {"documentId": "insight", "variables": {"id": "x"}},
    ]
    response = knowledge.post("/graphql", json=batch)
    assert (response.status_code, response.content_type) == (200, JSON)
    first, second, third, fourth, fifth = response.get_json()
    assert first == {"data": {"insights_by_pk": {"title": "Two"}}, "extensions": {"cost": 1}}
    assert [found["extensions"]["path"] for found in errors_of(second)] == ["$.selectionSet.nope"]
    assert [found["extensions"]["path"] for found in errors_of(third)] == ["$"]
    assert fourth == {"data": {"two": "query_root"}, "extensions": {"cost": 0}}
    assert [found["extensions"]["path"] for found in errors_of(fifth)] == ["$.variableValues.id"]


def test_a_batch_of_none_and_of_too_many(client: FlaskClient, statements: Callable[[], list[str]]) -> None:
    assert error(client.post("/graphql", json=[])) == ("validation-failed", "$", "the batch holds no operation")
    assert len(client.post("/graphql", json=[TYPENAME] * 10).get_json()) == 10
    before = len(statements())
    [found] = errors_of(client.post("/graphql", json=[TYPENAME] * 11).get_json())
    assert found["extensions"]["limit"] == {"name": "batch", "allowed": 10, "asked": 11}
    assert len(statements()) == before


def test_a_body_that_is_too_large(application_with: Callable[..., Flask], clean_database: None) -> None:
    client = application_with(max_body_bytes=2_000).test_client()
    body = json.dumps({"query": "{ __typename }", "padding": "x" * 2_000})
    said = ("body-too-large", "$", "The body must have 1.9 KiB at most.")
    assert error(client.post("/graphql", data=body, content_type=JSON), 413) == said


@pytest.mark.parametrize(("method", "path"), [(method, path) for method in ("GET", "POST") for path in PATHS])
def test_without_credentials(closed: FlaskClient, method: str, path: str, stored: Callable[[], object]) -> None:
    before = stored()
    response = closed.open(f"{path}?documentId=overview", method=method, json=TYPENAME)
    said = "Credentials are needed: a token, or a session of a signed-in person."
    assert error(response, 401) == ("access-denied", "$", said)
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="insights"'
    assert response.content_type == JSON
    assert stored() == before


def test_bad_credentials_in_the_callers_media_type(closed: FlaskClient) -> None:
    shown = {"Authorization": "Bearer ins_unknown", "Accept": RESPONSE}
    response = closed.post("/graphql", json=TYPENAME, headers=shown)
    assert error(response, 401)[0] == "access-denied"
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="insights", error="invalid_token"'
    assert response.content_type == RESPONSE


def test_a_browser_gets_a_page(closed: FlaskClient) -> None:
    refused = closed.post("/graphql", json=TYPENAME, headers=BROWSER)
    assert (refused.status_code, refused.mimetype) == (401, "text/html")
    sent_on = closed.get("/graphql", headers=BROWSER)
    assert (sent_on.status_code, sent_on.headers["Location"]) == (303, "/sign-in?next=%2Fgraphql")


def test_other_routes_say_it_as_before(closed: FlaskClient) -> None:
    problem(closed.get("/insights"), 401)
    problem(closed.put("/graphql"), 405)


def test_a_token_without_the_right_to_read(closed: FlaskClient, owner_connection: psycopg.Connection) -> None:
    owner_connection.execute(
        "INSERT INTO api_tokens (user_id, name, token_hash, last4, scopes) VALUES (5, 't', %s, '----', '{audit:read}')",
        [hashed("ins_narrow")],
    )
    response = closed.post("/graphql", json=TYPENAME, headers={"Authorization": "Bearer ins_narrow"})
    said = "This needs the permission insights:read, which your credentials (role admin) don't give."
    assert error(response, 403) == ("access-denied", "$", said)


def test_a_session_needs_the_word_of_our_forms(closed: FlaskClient, owner_connection: psycopg.Connection) -> None:
    owner_connection.execute(
        "INSERT INTO sessions (id, user_id, token_hash, expires_at, signed_in_with) VALUES (%s, 3, %s, %s, 'password')",
        [uuid4(), hashed(SECRET), datetime.now(UTC) + timedelta(days=1)],
    )
    closed.set_cookie("insights_session", SECRET, domain="localhost")
    refused = closed.post("/graphql", json=TYPENAME)
    assert error(refused, 403)[0] == "access-denied"
    with closed.application.test_request_context("/", headers={"Cookie": f"insights_session={SECRET}"}):
        closed.application.preprocess_request()
        word = guard.csrf_token()
        closed.application.do_teardown_request()
    assert data(closed.post("/graphql", json=TYPENAME, headers={"X-CSRF-Token": word})) == {"__typename": "query_root"}
    assert data(closed.get("/graphql?documentId=overview"))["statistics"]["total_insights"] > 0


def test_another_sites_page(closed: FlaskClient) -> None:
    response = closed.post("/graphql", json=TYPENAME, headers={"Sec-Fetch-Site": "cross-site"})
    said = "This request came from another site's page; nothing was changed."
    assert error(response, 403) == ("access-denied", "$", said)


def test_everybody_gets_what_they_see(closed: FlaskClient) -> None:
    """The same body, one after the other: what was worked out for one is no answer for the next."""
    query = "{ insights_aggregate { aggregate { count } } }"
    for _ in range(2):
        for role in ROLES:
            response = closed.post("/graphql", json={"query": query}, headers=headers(role))
            count = data(response)["insights_aggregate"]["aggregate"]["count"]
            assert count == sum(kind.seen_by(role) for kind in KINDS), role


def test_beyond_the_rate(application_with: Callable[..., Flask], settings: Settings, clean_database: None) -> None:
    with Redis.from_url(settings.redis_url or "") as redis:
        for key in redis.scan_iter("insights:limits:*"):
            redis.delete(key)
    client = application_with(rate_limit_per_ip="1/hour").test_client()
    assert client.post("/graphql", json=TYPENAME).status_code == 200
    response = client.post("/graphql", json=TYPENAME)
    assert error(response, 429) == ("rate-limit-exceeded", "$", "At most 1 requests per hour are answered.")
    assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert response.headers["RateLimit-Remaining"] == "0"


def test_without_a_database(settings: Settings, application_with: Callable[..., Flask]) -> None:
    away = application_with(database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing").test_client()
    for body in (TYPENAME, [TYPENAME]):
        response = away.post("/graphql", json=body)
        assert error(response, 503) == ("unavailable", "$", "The database can't be reached just now.")
        assert response.headers["Retry-After"] == "2"


def test_a_fault_of_ours(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("SELECT secret FROM inside")

    monkeypatch.setattr("app.graphql_api.answering.GraphQL.answer_body", fail)
    response = client.post("/graphql", json=TYPENAME)
    said = "Something went wrong on our side. The request id helps the operators to find out what."
    assert error(response, 500) == ("unexpected", "$", said)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["query={__typename}", "query={__typename}&documentId=overview", "query="])
def test_a_query_by_get(client: FlaskClient, path: str, query: str, statements: Callable[[], list[str]]) -> None:
    response = client.get(f"{path}?{query}")
    said = "GET answers operations that are kept, by documentId or by hash: send a query by POST"
    assert error(response, 405) == ("method-not-allowed", "$.query", said)
    assert response.headers["Allow"] == "POST"
    assert statements() == []


@pytest.mark.parametrize("path", ["/graphql", "/v1/graphql?variables={}", "/graphql?x=1"])
def test_nothing_by_get(client: FlaskClient, path: str) -> None:
    assert error(client.get(path)) == ("validation-failed", "$.query", NOTHING)
    assert error(client.get(path, headers={"Accept": RESPONSE}), 400)[2] == NOTHING


def test_one_statement_for_all_roots(knowledge: FlaskClient, statements: Callable[[], list[str]]) -> None:
    query = """query($w: insights_bool_exp!) {
      page: insights(where: $w, order_by: {id: desc}, limit: 20) { id category { name parent { name } } tags { name } }
      total: insights_aggregate(where: $w) { aggregate { count max { created_at } } nodes { status } }
      categories { name insights(limit: 3) { title } insights_aggregate { aggregate { count } } subtree { name } }
      tags(order_by: {insights_aggregate: {count: desc}}) { name usage_count }
      insights_by_pk(id: 2) { title }
    }"""
    for _ in range(3):
        before = len(statements())
        found = data(asked(knowledge, query, {"w": {"status": {"_eq": "published"}}}))
        assert len(statements()) == before + 1
        assert [row["id"] for row in found["page"]] == [2, 1]
        assert found["total"]["aggregate"]["count"] == 2


@pytest.mark.parametrize(
    "query",
    [
        '{ __type(name: "tags") { name } }',
        "{ __schema { queryType { name } } }",
        "{ nope }",
        "{",
        "{ insights(limit: -1) { id } }",
    ],
)
def test_no_statement(client: FlaskClient, statements: Callable[[], list[str]], query: str) -> None:
    asked(client, query)
    assert statements() == []


def test_what_is_stored_is_read_anew(knowledge: FlaskClient) -> None:
    """A body that came before is known; its answer is not."""
    counts = "{ insights_aggregate { aggregate { count } } }"
    for expected in (3, 4, 5):
        assert data(asked(knowledge, counts)) == {"insights_aggregate": {"aggregate": {"count": expected}}}
        make_insight(knowledge)


def test_values_of_introspection_are_no_other_requests(client: FlaskClient) -> None:
    query = "query($name: String!) { __type(name: $name) { name } }"
    for name in ("tags", "insights", "nothing"):
        assert data(asked(client, query, {"name": name})) == {"__type": None if name == "nothing" else {"name": name}}


def test_it_is_given_up_sooner_than_other_statements(application: Flask) -> None:
    """In sessions of their own: the others keep their time."""
    with application.app_context():
        for timeout, setting in ((5, b"5s"), (None, b"15s"), (5, b"5s")):
            with ended_after(timeout):
                assert read_bytes(db.engine, "SELECT current_setting('statement_timeout')", []) == setting
        shown = "current_setting('timezone'), current_setting('jit'), current_setting('random_page_cost')"
        for timeout in (5, None):
            with ended_after(timeout):
                assert read_bytes(db.engine, f"SELECT concat_ws(' ', {shown})", []) == b"UTC off 1.1"
