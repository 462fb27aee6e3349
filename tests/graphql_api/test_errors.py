"""What is wrong with an operation, by code and place; sentences are compared where they are our own."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.answers import make_insight
from tests.graphql_api.asking import RESPONSE, asked, data, error, errors

VALIDATION, DATA = "validation-failed", "data-exception"
WHERE = "$.selectionSet.insights.args.where"


@pytest.mark.parametrize(
    ("query", "place"),
    [
        # syntax, empty selections
        ("", "$.query"),
        ("{ insights(", "$.query"),
        ("{ }", "$.query"),
        ("{ insights { } }", "$.query"),
        ('{ insights(where: {title: {_eq: "\\ud800"}}) { id } }', "$.query"),
        ("fragment f on insights { id }", "$"),
        # names that are not there
        ("{ insights { nope } }", "$.selectionSet.insights.selectionSet.nope"),
        ("{ x: insights { y: tags { nope } } }", "$.selectionSet.x.selectionSet.y.selectionSet.nope"),
        ("{ ...f } fragment f on query_root { insights { nope } }", "$.selectionSet.insights.selectionSet.nope"),
        ("{ ... on query_root { insights { nope } } }", "$.selectionSet.insights.selectionSet.nope"),
        ("{ insights(wher: {}) { id } }", "$.selectionSet.insights.args.wher"),
        ("{ insights { category(where: {}) { id } } }", "$.selectionSet.insights.selectionSet.category.args.where"),
        ("{ insights(where: {titel: {}}) { id } }", f"{WHERE}.titel"),
        ('{ insights(where: {title: {_ne: "x"}}) { id } }', f"{WHERE}.title._ne"),
        ('{ insights(where: {id: {_like: "x"}}) { id } }', f"{WHERE}.id._like"),
        ('{ insights(where: {created_at: {_ilike: "x"}}) { id } }', f"{WHERE}.created_at._ilike"),
        ("{ insights(order_by: {id: up}) { id } }", "$.selectionSet.insights.args.order_by.id"),
        ("{ insights(order_by: {tags: {slug: asc}}) { id } }", "$.selectionSet.insights.args.order_by.tags"),
        ("{ insights(distinct_on: [nope]) { id } }", "$.selectionSet.insights.args.distinct_on[0]"),
        ("{ insights { id @nope } }", "$.selectionSet.insights.selectionSet.id"),
        ("query($a: nope) { insights(limit: $a) { id } }", "$.variableValues.a"),
        # types
        ('{ insights(limit: "1") { id } }', "$.selectionSet.insights.args.limit"),
        ("{ insights(limit: 1.5) { id } }", "$.selectionSet.insights.args.limit"),
        ("{ insights(limit: 2147483648) { id } }", "$.selectionSet.insights.args.limit"),
        ("{ insights(where: {title: {_eq: 1}}) { id } }", f"{WHERE}.title._eq"),
        ("{ insights(where: {status: {_eq: draft}}) { id } }", f"{WHERE}.status._eq"),
        ("{ insights(where: {id: {_in: [1, null]}}) { id } }", f"{WHERE}.id._in[1]"),
        ("{ insights }", "$.selectionSet.insights"),
        # required
        ("{ insights_by_pk { id } }", "$.selectionSet.insights_by_pk"),
        ("{ insights_by_pk(id: null) { id } }", "$.selectionSet.insights_by_pk.args.id"),
        ("{ insights(limit: $l) { id } }", "$.selectionSet.insights.args.limit"),
        # fragments and aliases
        ("{ ...f }", "$"),
        ("{ insights { ...f } }", "$.selectionSet.insights"),
        ("{ x: insights { tags { ...f @nope } } } fragment f on tags { id }", "$.selectionSet.x.selectionSet.tags"),
        ("{ insights { ...f @include } } fragment f on insights { id }", "$.selectionSet.insights"),
        ("{ insights { ... @skip(if: 1) { id } } }", "$.selectionSet.insights"),
        ("{ insights { ...f @skip(if: $x) } } fragment f on insights { id }", "$.selectionSet.insights"),
        ("{ insights { ... on nope { id } } }", "$.selectionSet.insights"),
        ("{ insights { ... on Int { id } } }", "$.selectionSet.insights"),
        ("{ insights { ...f } } fragment f on nope { id }", "$.selectionSet.insights"),
        ("{ insights { ...f } } fragment f on tags { id }", "$.selectionSet.insights"),
        ("{ insights { ...f } } fragment f on insights @nope { id }", "$.selectionSet.insights"),
        (
            "{ insights { ...f } } fragment f on insights { id } fragment f on insights { title }",
            "$.selectionSet.insights",
        ),
        (
            "{ tags { ...t } } fragment t on tags { insights { ...i } } fragment i on insights { tags(limit: x) {id} }",
            "$.selectionSet.tags.selectionSet.insights.selectionSet.tags.args.limit",
        ),
        ("{ __typename } fragment f on insights { id }", "$"),
        ("{ insights { ...a } } fragment a on insights { ...a }", "$.selectionSet.insights"),
        (
            "{ insights { ...a } } fragment a on insights { ...b } fragment b on insights { ...a }",
            "$.selectionSet.insights",
        ),
        ("{ insights { a: id a: title } }", "$.selectionSet.insights.selectionSet.a"),
        # what variables are declared to be
        ("query($a: Int) { insights { id } }", "$.variableValues.a"),
        ("query($a: Int, $a: Int) { insights(limit: $a) { id } }", "$.variableValues.a"),
        ("query($a: Int = 1 @nope) { insights(limit: $a) { id } }", "$.variableValues.a"),
        ("query($a: String) { insights(limit: $a) { id } }", "$.selectionSet.insights.args.limit"),
        ('query($a: Int = "x") { insights(limit: $a) { id } }', "$.variableValues.a"),
        ("query($a: Int! = null) { insights(limit: $a) { id } }", "$.variableValues.a"),
        ("query($a: [insights_order_by!] = [{}, {id: up}]) { insights(order_by: $a) { id } }",
         "$.variableValues.a[1].id"),
        ("query($w: insights_bool_exp = {nope: {}}) { insights(where: $w) { id } }", "$.variableValues.w.nope"),
        ('query($w: insights_bool_exp = {title: {_ne: "x"}}) { insights(where: $w) { id } }',
         "$.variableValues.w.title._ne"),
        ("query($w: insights_bool_exp = {_and: [{}, {id: {_in: [1, null]}}]}) { insights(where: $w) { id } }",
         "$.variableValues.w._and[1].id._in[1]"),
        # what is not served
        ("mutation { delete_insights(where: {}) { affected_rows } }", "$"),
        ("subscription { insights { id } }", "$"),
    ],
)  # fmt: skip
def test_a_document_that_is_no_good(
    client: FlaskClient, statements: Callable[[], list[str]], query: str, place: str
) -> None:
    code, found, message = error(asked(client, query))
    assert (code, found) == (VALIDATION, place), message
    assert message != ""
    assert statements() == []


@pytest.mark.parametrize(
    ("query", "variables", "place", "message"),
    [
        (
            "query($l: Int) { insights(limit: $l) { id } }", {"l": -1}, "$.selectionSet.insights.args.limit",
            'expected a non-negative 32-bit integer for type "Int", but found -1',
        ),
        (
            "{ c: categories { i: insights(limit: -2) { id } } }", None,
            "$.selectionSet.c.selectionSet.i.args.limit",
            'expected a non-negative 32-bit integer for type "Int", but found -2',
        ),
        (
            "{ insights(distinct_on: status, order_by: {id: asc}) { id } }", None, "$.selectionSet.insights.args",
            '"distinct_on" columns must match initial "order_by" columns',
        ),
        (
            "{ insights(where: {source: {_eq: null}}) { id } }", None, f"{WHERE}.source._eq",
            "expected a value for type 'String', but found null",
        ),
        (
            "query($v: String) { insights(where: {source: {_eq: $v}}) { id } }", None, f"{WHERE}.source._eq",
            "expected a value for type 'String', but found null",
        ),
        (
            "query($v: String) { insights(where: {source: {_eq: $v}}) { id } }", {"v": None}, f"{WHERE}.source._eq",
            "expected a value for type 'String', but found null",
        ),
        (
            "query($w: insights_bool_exp) { insights(where: $w) { id } }", {"w": {"tags": {"slug": {"_eq": None}}}},
            f"{WHERE}.tags.slug._eq", "expected a value for type 'String', but found null",
        ),
        (
            "{ insights(where: {tags_aggregate: {}}) { id } }", None, f"{WHERE}.tags_aggregate",
            "exactly one predicate should be specified",
        ),
        (
            "{ insights_by_pk(id: 1) { id } }", {"j": 1, "k": 2}, "$.variableValues",
            "unexpected variables in variableValues: j, k",
        ),
    ],
)  # fmt: skip
def test_what_the_dialect_refuses(
    client: FlaskClient, statements: Callable[[], list[str]], query: str, variables: object, place: str, message: str
) -> None:
    assert error(asked(client, query, variables)) == (VALIDATION, place, message)
    assert statements() == []


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("Int", "1"), ("Int", 1.5), ("Int", 2147483648), ("Int", True), ("Int!", None),
        ("String", 1), ("order_by", "up"), ("timestamptz", 5), ("[Int!]", [1, None]),
        ("insights_bool_exp", {"nope": {}}), ("insights_bool_exp", {"id": {"_eq": "1"}}), ("insights_bool_exp", 5),
    ],
)  # fmt: skip
def test_a_variable_of_another_type(client: FlaskClient, declared: str, value: object) -> None:
    used = {
        "Int": "limit: $v",
        "Int!": "limit: $v",
        "String": "where: {title: {_eq: $v}}",
        "order_by": "order_by: {id: $v}",
        "timestamptz": "where: {created_at: {_eq: $v}}",
        "[Int!]": "where: {id: {_in: $v}}",
        "insights_bool_exp": "where: $v",
    }[declared]
    response = asked(client, f"query($v: {declared}) {{ insights({used}) {{ id }} }}", {"v": value})
    assert error(response)[:2] == (VALIDATION, "$.variableValues.v")


def test_a_variable_that_is_missing(client: FlaskClient) -> None:
    query = "query($i: Int!) { insights_by_pk(id: $i) { id } }"
    for variables in (None, {}):
        assert error(asked(client, query, variables))[:2] == (VALIDATION, "$.variableValues.i")


def test_what_is_wrong_in_a_fragment_that_is_nowhere(client: FlaskClient) -> None:
    found = errors(asked(client, "{ __typename } fragment f on insights { tags(where: {nope: {}}) { id } }"))
    assert [each["extensions"]["path"] for each in found] == ["$", "$"]


@pytest.mark.parametrize(
    ("query", "name", "message"),
    [
        ("query A { a: __typename } query B { b: __typename }", None, "exactly one operation has to be present, or"),
        ("query A { a: __typename } query B { b: __typename }", "C", "no such operation found in the document: 'C'"),
        ("{ __typename }", "A", "no such operation found in the document: 'A'"),
    ],
)
def test_which_operation_is_meant(client: FlaskClient, query: str, name: str | None, message: str) -> None:
    code, place, said = error(asked(client, query, operationName=name))
    assert (code, place) == (VALIDATION, "$")
    assert said.startswith(message)


def test_all_that_is_wrong_up_to_ten(client: FlaskClient) -> None:
    found = errors(asked(client, "{ insights { one two } nothing }"))
    inside = "$.selectionSet.insights.selectionSet"
    assert {each["extensions"]["path"] for each in found} == {
        f"{inside}.one",
        f"{inside}.two",
        "$.selectionSet.nothing",
    }
    many = " ".join(f"no{number}" for number in range(50))
    assert len(errors(asked(client, f"{{ insights {{ {many} }} }}"))) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('where: {title: {_regex: "("}}', "invalid regular expression: parentheses () not balanced"),
        ('where: {title: {_similar: "("}}', "invalid regular expression: parentheses () not balanced"),
        ('where: {created_at: {_gt: "soon"}}', 'invalid input syntax for type timestamp with time zone: "soon"'),
        ('where: {created_at: {_gt: "294277-01-01"}}', 'timestamp out of range: "294277-01-01"'),
        ('where: {public_id: {_eq: "x"}}', 'invalid input syntax for type uuid: "x"'),
        ("offset: -1", "OFFSET must not be negative"),
        ('where: {title: {_like: "%\\\\"}}', "LIKE pattern must not end with escape character"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", RESPONSE])
def test_a_value_that_postgres_cannot_use(client: FlaskClient, arguments: str, message: str, accept: str) -> None:
    make_insight(client)
    body = {"query": f"{{ insights({arguments}) {{ id }} }}"}
    response = client.post("/graphql", json=body, headers={"Accept": accept})
    assert error(response, 400 if accept == RESPONSE else 200) == (DATA, "$", message)


@pytest.mark.parametrize("given", ['_eq: "a\\u0000b"', "_eq: $v", "_in: $l"])
def test_a_text_with_nul(client: FlaskClient, given: str) -> None:
    declared = {"v": ("String", "a\0b"), "l": ("[String!]", ["a", "\0"])}
    used = {name: kind for name, kind in declared.items() if f"${name}" in given}
    head = f"query({', '.join(f'${name}: {kind[0]}' for name, kind in used.items())})" if used else ""
    query = f"{head} {{ insights(where: {{title: {{{given}}}}}) {{ id }} }}"
    response = asked(client, query, {name: kind[1] for name, kind in used.items()})
    place = f"{WHERE}.title.{given.partition(':')[0]}"
    assert error(response) == (DATA, place, "a text can't hold the character NUL")


@pytest.mark.parametrize("value", ["😀 \U0010ffff", "quote ' \" \\ $1 %s {x} ; --", "line\nline\ttab\u2028", "é\u0301"])
def test_any_other_text_is_taken_as_it_is(client: FlaskClient, value: str) -> None:
    make_insight(client, title=f"A {value} B")
    query = "query($v: String!) { insights(where: {title: {_eq: $v}}) { title } }"
    assert data(asked(client, query, {"v": f"A {value} B"})) == {"insights": [{"title": f"A {value} B"}]}
    literal = f"{{ insights(where: {{title: {{_eq: {json.dumps(f'A {value} B')}}}}}) {{ title }} }}"
    assert data(asked(client, literal)) == {"insights": [{"title": f"A {value} B"}]}


def test_introspection_of_what_is_not_there(client: FlaskClient) -> None:
    assert data(asked(client, '{ __type(name: "nope") { name } }')) == {"__type": None}


def test_introspection_switched_off(application_with: Callable[..., Flask], clean_database: None) -> None:
    client = application_with(graphql_introspection=False).test_client()
    for query in ("{ __schema { queryType { name } } }", '{ __type(name: "tags") { name } }'):
        first = errors(asked(client, query))[0]
        place = "$.selectionSet." + ("__schema" if "__schema" in query else "__type")
        assert first["extensions"] == {"path": place, "code": VALIDATION}
        assert "introspection" in first["message"]
    assert data(asked(client, "{ insights { __typename } __typename }")) == {"insights": [], "__typename": "query_root"}


@pytest.fixture
def hurried(application_with: Callable[..., Flask], clean_database: None, owner_url: str) -> Any:
    """An application that gives up after a second, while somebody locks the table."""
    client = application_with(graphql_timeout_seconds=1).test_client()
    with psycopg.connect(owner_url) as connection:
        connection.execute("LOCK TABLE tags")
        yield client
        connection.rollback()


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), (RESPONSE, 504)])
def test_an_operation_that_takes_too_long(hurried: FlaskClient, accept: str, status: int) -> None:
    response = hurried.post("/graphql", json={"query": "{ tags { id } }"}, headers={"Accept": accept})
    said = ("time-limit-exceeded", "$", "The operation takes too long: ask for less.")
    assert error(response, status) == said
    assert data(hurried.post("/graphql", json={"query": "{ categories { id } }"})) == {"categories": []}
