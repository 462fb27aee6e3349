"""A client that others wrote (gql) before the application on a real port: it gets what it expects."""

import threading
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError, TransportServerError
from gql.transport.requests import RequestsHTTPTransport
from graphql import GraphQLError, GraphQLSchema, build_schema, lexicographic_sort_schema, print_ast, print_schema
from werkzeug.serving import make_server

from app.graphql_api.http import RESPONSE
from app.graphql_api.persisted import kept_files
from app.graphql_api.schema.served import printed_schema
from tests.answers import make_category, make_insight, make_tag

WHERE = """where: {status: {_eq: "published"}, category: {name: {_eq: $category}}}"""
PUBLISHED = GraphQLRequest(
    f"""query published($category: String!, $limit: Int = 20) {{
      insights({WHERE}, order_by: {{id: desc}}, limit: $limit) {{ id title category {{ name color }} tags {{ name }} }}
      insights_aggregate({WHERE}) {{ aggregate {{ count }} }}
    }}""",
    variable_values={"category": "Technical"},
)  # fmt: skip
TECHNICAL = {"name": "Technical", "color": None}
ANSWER = {
    "insights": [
        {"id": 2, "title": "Two", "category": TECHNICAL, "tags": [{"name": "Incident"}]},
        {"id": 1, "title": "One", "category": TECHNICAL, "tags": [{"name": "Incident"}]},
    ],
    "insights_aggregate": {"aggregate": {"count": 2}},
}
Connect = Callable[..., Client]


@pytest.fixture
def address(application: Flask, client: FlaskClient) -> Iterator[str]:
    """Of the application, over two published insights and a draft."""
    make_category(client, "Technical")
    make_tag(client, "Incident")
    for title in ("One", "Two"):
        make_insight(client, title=title, status="published", category_id=1, tag_ids=[1])
    make_insight(client, title="Three")
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/v1/graphql"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def connect(address: str) -> Connect:
    """A client whose requests are made with these options."""

    def connected(schema: bool = False, **options: Any) -> Client:
        return Client(transport=RequestsHTTPTransport(address, **options), fetch_schema_from_transport=schema)

    return connected


def hashed(request: GraphQLRequest) -> dict[str, Any]:
    """What automatic persisted queries send beside the text, or in its place."""
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(print_ast(request.document).encode()).hexdigest()}}


def in_order(schema: GraphQLSchema) -> str:
    return print_schema(lexicographic_sort_schema(schema))


def refusal(connect: Client, request: GraphQLRequest, **options: Any) -> Mapping[str, Any]:
    """The only error of what the server refuses."""
    with pytest.raises(TransportQueryError) as caught:
        connect.execute(request, **options)
    assert caught.value.errors is not None
    [error] = caught.value.errors
    assert isinstance(error, Mapping)
    return error


def test_a_dashboard_s_query_with_variables(connect: Connect) -> None:
    with connect() as session:
        assert session.execute(PUBLISHED) == ANSWER
        fewer = GraphQLRequest(PUBLISHED, variable_values={"category": "Technical", "limit": 1})
        assert session.execute(fewer) == {**ANSWER, "insights": ANSWER["insights"][:1]}
        none = GraphQLRequest(PUBLISHED, variable_values={"category": "nobody's"})
        assert session.execute(none) == {"insights": [], "insights_aggregate": {"aggregate": {"count": 0}}}


def test_the_cost_comes_with_the_answer(connect: Connect) -> None:
    result = connect().execute(
        GraphQLRequest("{ insights(order_by: {id: asc}, limit: 7) { id } }"), get_execution_result=True
    )
    assert (result.data, result.errors) == ({"insights": [{"id": number} for number in (1, 2, 3)]}, None)
    assert result.extensions == {"cost": 7}


def test_the_client_learns_the_schema_and_checks_by_it(connect: Connect) -> None:
    with connect(schema=True) as session:
        assert session.client.schema is not None
        assert in_order(session.client.schema) == in_order(build_schema(printed_schema()))
        with pytest.raises(GraphQLError, match="Cannot query field 'titel' on type 'insights'"):
            session.execute(GraphQLRequest("{ insights { titel } }"))
        assert session.execute(PUBLISHED) == ANSWER


def test_every_kept_operation_is_valid_for_the_client(connect: Connect) -> None:
    with connect(schema=True) as session:
        for text in kept_files().values():
            session.client.validate(GraphQLRequest(text))


def test_a_refused_operation_says_where_and_why(connect: Connect) -> None:
    error = refusal(connect(), GraphQLRequest("{ insights(where: {title: {_eq: null}}) { id } }"))
    place = "$.selectionSet.insights.args.where.title._eq"
    assert error["extensions"] == {"path": place, "code": "validation-failed"}
    assert error["message"] == "expected a value for type 'String', but found null"


def test_a_wrong_variable_is_told_by_its_name(connect: Connect) -> None:
    request = GraphQLRequest(PUBLISHED, variable_values={"category": "Technical", "limit": "many"})
    assert refusal(connect(), request)["extensions"] == {"path": "$.variableValues.limit", "code": "validation-failed"}


def test_the_same_in_graphql_s_own_media_type(connect: Connect) -> None:
    strict = connect(headers={"Accept": RESPONSE})
    assert strict.execute(PUBLISHED) == ANSWER
    error = refusal(strict, GraphQLRequest("{ nothing }"))
    assert error["message"] == "field 'nothing' not found in type: 'query_root'"


def test_what_is_wrong_with_the_request_itself_is_told_alike(connect: Connect) -> None:
    plain = {"json": None, "data": b"{}", "headers": {"Content-Type": "text/plain"}}
    assert refusal(connect(), PUBLISHED, extra_args=plain) == {
        "message": "Send the operation as application/json.",
        "extensions": {"path": "$", "code": "unsupported-media-type"},
    }


def test_a_server_that_is_none_of_ours_is_an_error_of_the_transport(address: str) -> None:
    elsewhere = Client(transport=RequestsHTTPTransport(address.replace("/v1/graphql", "/nothing")))
    with pytest.raises(TransportServerError) as caught:
        elsewhere.execute(PUBLISHED)
    assert caught.value.code == 404


def test_several_operations_in_one_request(connect: Connect) -> None:
    count = GraphQLRequest("{ tags_aggregate { aggregate { count } } }")
    answers = connect().execute_batch([PUBLISHED, count])
    assert answers == [ANSWER, {"tags_aggregate": {"aggregate": {"count": 1}}}]


def test_a_hash_is_known_once_the_text_came_with_it(connect: Connect) -> None:
    text = "query titles($n: Int!) { insights(limit: $n, order_by: {id: asc}) { title } }"
    request = GraphQLRequest(text, variable_values={"n": 2})
    only_hash = {"json": {"extensions": hashed(request), "variables": {"n": 2}}}
    with connect() as session:
        assert refusal(session, request, extra_args=only_hash)["message"] == "PersistedQueryNotFound"
        with_text = GraphQLRequest(text, variable_values={"n": 2}, extensions=hashed(request))
        assert session.execute(with_text) == {"insights": [{"title": "One"}, {"title": "Two"}]}
        assert session.execute(request, extra_args=only_hash) == {"insights": [{"title": "One"}, {"title": "Two"}]}


def test_a_kept_operation_by_its_name_and_by_get(connect: Connect) -> None:
    request = GraphQLRequest(kept_files()["insights_of_category"])
    by_name = {"json": {"documentId": "insights_of_category", "variables": {"priority": "medium"}}}
    by_address = {"json": None, "params": {"documentId": "insights_of_category", "variables": '{"priority": "medium"}'}}
    found = connect().execute(request, extra_args=by_name)
    assert [insight["title"] for insight in found["insights"]] == ["Two", "One"]
    assert connect(method="GET").execute(request, extra_args=by_address) == found
