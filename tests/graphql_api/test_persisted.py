"""Operations by name and by hash: the repository's and those that clients left, by POST and by GET."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from graphql import OperationDefinitionNode, parse
from redis import Redis
from werkzeug.test import TestResponse

from app.cli import cli
from app.config import REPOSITORY, Settings
from app.graphql_api.errors import Rejected
from app.graphql_api.persisted import OPERATIONS, PREFIX, REMEMBERED, SECONDS, Documents, kept_files
from app.graphql_api.requests import Asked
from app.graphql_api.schema.served import printed_schema
from tests.answers import make_category, make_insight, make_tag
from tests.conftest import built
from tests.graphql_api.asking import JSON, RESPONSE, asked, data, error

UNKNOWN, VALIDATION = "PERSISTED_QUERY_NOT_FOUND", "validation-failed"
KEPT = "$.extensions.persistedQuery"
NOT_FOUND = (UNKNOWN, f"{KEPT}.sha256Hash", "PersistedQueryNotFound")
NOTHING = "no operation is given: send a query by POST, or the documentId of one that is kept"
BOTH = "documentId and extensions.persistedQuery can't both say which operation is meant"
VARIABLES: dict[str, dict[str, Any]] = {
    "insight": {"id": 1},
    "insights_with_words": {"pattern": "%word%"},
    "search": {"query": "word"},
    "published_per_month": {"from": "2026-01-01", "to": "2027-01-01", "time_zone": "Europe/Berlin"},
}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def persisted(text: str, version: object = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": digest(text)}}


def by_hash(client: FlaskClient, text: str, **members: Any) -> TestResponse:
    """Without the text."""
    return client.post("/graphql", json={"extensions": persisted(text), **members})


def get(client: FlaskClient, headers: dict[str, str] | None = None, **arguments: object) -> TestResponse:
    encoded = {name: value if isinstance(value, str) else json.dumps(value) for name, value in arguments.items()}
    return client.get(f"/graphql?{urlencode(encoded)}", headers=headers)


@pytest.fixture
def shared(settings: Settings) -> Iterator[Redis]:
    """The cache server, without operations of clients."""
    with Redis.from_url(settings.redis_url or "") as redis:
        for key in redis.scan_iter(f"{PREFIX}*"):
            redis.delete(key)
        yield redis


@pytest.fixture
def knowledge(client: FlaskClient) -> FlaskClient:
    make_category(client, "Technical", color="#112233", icon="cpu")
    make_tag(client, "Incident", color="#445566")
    make_tag(client, "Lesson Learned")
    more = {"category_id": 1, "tag_ids": [1], "status": "published", "priority": "high"}
    make_insight(client, title="A word", **more)
    make_insight(client, title="Another", content="the last Word", priority="critical", tag_ids=[1, 2])
    return client


def test_the_schema_is_the_one_that_is_exported() -> None:
    written = (REPOSITORY / "graphql" / "schema.graphql").read_text(encoding="utf-8")
    assert written == printed_schema(), "run: insights graphql-schema > graphql/schema.graphql"
    printed = CliRunner().invoke(cli, ["graphql-schema"])
    assert (printed.exit_code, printed.output) == (0, written)


@pytest.mark.parametrize("name", kept_files())
def test_a_file_holds_one_operation_of_its_name(name: str) -> None:
    [only] = parse(kept_files()[name]).definitions
    assert isinstance(only, OperationDefinitionNode)
    assert only.name is not None
    assert only.name.value == name


@pytest.mark.parametrize("name", kept_files())
def test_every_kept_operation_answers(knowledge: FlaskClient, statements: Callable[[], list[str]], name: str) -> None:
    by_get = get(knowledge, documentId=name, variables=VARIABLES.get(name, {}))
    by_post = knowledge.post("/graphql", json={"documentId": name, "variables": VARIABLES.get(name)})
    assert data(by_get) == data(by_post)
    text = (OPERATIONS / f"{name}.graphql").read_text(encoding="utf-8")
    assert data(by_hash(knowledge, text, variables=VARIABLES.get(name))) == data(by_post)
    named = {"documentId": f"sha256:{digest(text)}", "variables": VARIABLES.get(name)}
    prefixed = knowledge.post("/graphql", json=named)
    assert prefixed.data == by_post.data


def test_the_contracts_queries(knowledge: FlaskClient) -> None:
    [found] = data(get(knowledge, documentId="insights_of_category"))["insights"]
    assert {name: found[name] for name in ("id", "title", "status", "priority")} == {
        "id": 1, "title": "A word", "status": "published", "priority": "high",
    }  # fmt: skip
    assert found["category"] == {"name": "Technical", "color": "#112233", "icon": "cpu"}
    assert found["tags"] == [{"name": "Incident", "color": "#445566"}]
    variables = {"where": {"status": {"_eq": "published"}}}
    assert data(get(knowledge, documentId="insight_counts", variables=variables)) == {
        "insights_aggregate": {"aggregate": {"count": 2}},
        "selected": {"aggregate": {"count": 1}, "nodes": [{"status": "published"}]},
    }
    words = data(get(knowledge, documentId="insights_with_words", variables={"pattern": "%word%"}))["insights"]
    assert [row["title"] for row in words] == ["Another", "A word"]


def test_an_answer_to_get_has_a_fingerprint(knowledge: FlaskClient) -> None:
    first = get(knowledge, documentId="tags_most_used")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.vary.as_set() == {"accept"}
    assert first.content_type == JSON
    tag = first.headers["ETag"]
    again = get(knowledge, {"If-None-Match": tag}, documentId="tags_most_used")
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "private, no-cache"
    other = get(knowledge, {"If-None-Match": tag, "Accept": RESPONSE}, documentId="tags_most_used")
    assert (other.status_code, other.content_type) == (200, RESPONSE)
    make_tag(knowledge, "Fresh")
    changed = get(knowledge, {"If-None-Match": tag}, documentId="tags_most_used")
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_head(knowledge: FlaskClient) -> None:
    response = knowledge.head("/v1/graphql?documentId=overview")
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["ETag"] == get(knowledge, documentId="overview").headers["ETag"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("members", "code", "place", "message"),
    [
        ({"documentId": "nope"}, UNKNOWN, "$.documentId", "no operation is kept under the name 'nope'"),
        ({"documentId": ""}, UNKNOWN, "$.documentId", "no operation is kept under the name ''"),
        ({"documentId": "../schema"}, UNKNOWN, "$.documentId", "no operation is kept under the name '../schema'"),
        ({"documentId": f"sha256:{'0' * 64}"}, UNKNOWN, "$.documentId", "PersistedQueryNotFound"),
        ({"extensions": persisted("{ nobody knows }")}, *NOT_FOUND),
        (
            {"extensions": persisted("{ a }", 2)},
            VALIDATION, f"{KEPT}.version", "only version 1 of persisted queries is known",
        ),
        (
            {"extensions": {"persistedQuery": {"version": 1}}},
            VALIDATION, f"{KEPT}.sha256Hash", "sha256Hash has to be a string",
        ),
        (
            {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 5}}},
            VALIDATION, f"{KEPT}.sha256Hash", "sha256Hash has to be a string",
        ),
        ({"extensions": {"persistedQuery": 5}}, VALIDATION, KEPT, "persistedQuery has to be an object"),
        ({"extensions": {"persistedQuery": None}}, VALIDATION, "$.query", NOTHING),
        ({"documentId": "overview", "extensions": persisted("{ a }")}, VALIDATION, "$.documentId", BOTH),
        (
            {"documentId": "overview", "variables": {"newest": "x"}}, VALIDATION, "$.variableValues.newest",
            "Variable '$newest' has invalid value: Int cannot represent non-integer value: 'x'",
        ),
        ({"documentId": "overview", "variables": [1]}, VALIDATION, "$.variables", "variables has to be an object"),
        (
            {"documentId": "overview", "operationName": "B"},
            VALIDATION, "$", "no such operation found in the document: 'B'",
        ),
    ],
)  # fmt: skip
def test_what_is_not_kept(
    client: FlaskClient, method: str, members: dict[str, Any], code: str, place: str, message: str
) -> None:
    response = get(client, **members) if method == "GET" else client.post("/graphql", json=members)
    assert error(response) == (code, place, message)
    assert "ETag" not in response.headers


@pytest.mark.parametrize(("name", "value"), [("variables", "{"), ("variables", "{'a': 1}"), ("extensions", "nonsense")])
def test_an_argument_that_is_no_json(client: FlaskClient, name: str, value: str) -> None:
    code, place, message = error(get(client, documentId="overview", **{name: value}), 400)
    assert (code, place) == ("invalid-json", f"$.{name}")
    assert message.startswith("it is not valid JSON: ")


def test_what_no_operation_can_be_is_decoded_before(client: FlaskClient) -> None:
    """Bytes that are no UTF-8, and a half of a surrogate pair."""
    assert error(client.get("/graphql?documentId=%ff%fe"))[0] == "PERSISTED_QUERY_NOT_FOUND"
    assert error(client.get("/graphql?documentId=%ed%a0%80"))[0] == "PERSISTED_QUERY_NOT_FOUND"
    assert error(client.get('/graphql?documentId=overview&variables={"a":"\\ud800"}'), 400)[0] == "invalid-json"


def test_a_text_with_another_hash(client: FlaskClient, shared: Redis) -> None:
    text, other = "{ __typename }", "{ a: __typename }"
    response = asked(client, text, extensions=persisted(other))
    place = "$.extensions.persistedQuery.sha256Hash"
    assert error(response) == ("validation-failed", place, "the hash is not that of the query")
    assert list(shared.scan_iter(f"{PREFIX}*")) == []
    assert error(by_hash(client, other)) == NOT_FOUND


def test_a_text_beside_a_name(client: FlaskClient) -> None:
    response = asked(client, "{ __typename }", documentId="overview")
    said = "query and documentId can't both say which operation is meant"
    assert error(response) == ("validation-failed", "$.documentId", said)


def test_what_one_process_learns_the_others_know(migrated: Settings, clean_database: None, shared: Redis) -> None:
    """Through the cache server; without the text first, then with it, then by hash alone, by POST and by GET."""
    text = "query Learned { learned: __typename }"
    with built(migrated) as one, built(migrated) as other:
        assert error(by_hash(one.test_client(), text)) == NOT_FOUND
        assert data(asked(one.test_client(), text, extensions=persisted(text))) == {"learned": "query_root"}
        assert shared.get(PREFIX + digest(text)) == text.encode()
        assert SECONDS - 60 < int(shared.ttl(PREFIX + digest(text))) <= SECONDS
        for app in (one, other):
            assert data(by_hash(app.test_client(), text)) == {"learned": "query_root"}
            found = get(app.test_client(), extensions=persisted(text))
            assert data(found) == {"learned": "query_root"}
            assert "ETag" in found.headers
            upper = app.test_client().post("/graphql", json={"documentId": f"sha256:{digest(text).upper()}"})
            assert data(upper) == {"learned": "query_root"}


@pytest.mark.parametrize("redis_url", [None, "redis://127.0.0.1:1/0"])
def test_without_a_cache_server_each_process_has_its_own(
    migrated: Settings, clean_database: None, redis_url: str | None
) -> None:
    text = "{ alone: __typename }"
    changed = migrated.model_copy(update={"redis_url": redis_url})
    with built(changed) as one, built(changed) as other:
        assert data(asked(one.test_client(), text, extensions=persisted(text))) == {"alone": "query_root"}
        assert data(by_hash(one.test_client(), text)) == {"alone": "query_root"}
        assert error(by_hash(other.test_client(), text)) == NOT_FOUND


def test_what_cannot_be_answered_is_not_kept(client: FlaskClient, shared: Redis) -> None:
    text = "{ nope }"
    assert error(asked(client, text, extensions=persisted(text)))[1] == "$.selectionSet.nope"
    assert error(by_hash(client, text)) == NOT_FOUND
    assert list(shared.scan_iter(f"{PREFIX}*")) == []


def test_what_is_very_long_is_answered_but_not_kept(client: FlaskClient, shared: Redis) -> None:
    text = "{ long: __typename } #" + "x" * 20_000
    assert data(asked(client, text, extensions=persisted(text))) == {"long": "query_root"}
    assert error(by_hash(client, text)) == NOT_FOUND
    assert list(shared.scan_iter(f"{PREFIX}*")) == []


def test_a_process_forgets_what_is_asked_for_least() -> None:
    documents = Documents({}, None)
    for number in range(REMEMBERED + 1):
        documents.keep(digest(str(number)), str(number))
    last = Asked(None, None, digest(str(REMEMBERED)), {}, None)
    assert documents.find(last) == str(REMEMBERED)
    with pytest.raises(Rejected, match="PersistedQueryNotFound"):
        documents.find(last._replace(digest=digest("0")))


def test_a_kept_operation_in_a_batch(knowledge: FlaskClient) -> None:
    batch = [{"documentId": "tags_most_used"}, {"extensions": persisted("{ unknown }")}]
    first, second = knowledge.post("/graphql", json=batch).get_json()
    assert [tag["name"] for tag in first["data"]["tags"]] == ["Incident", "Lesson Learned"]
    assert second["errors"][0]["message"] == "PersistedQueryNotFound"
