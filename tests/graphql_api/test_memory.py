"""What is kept of operations is bounded: memory does not grow with how many different ones were asked.

`benchmarks.graphql_soak` looks at a whole worker and 100,000 texts.
"""

import gc
from collections.abc import Iterator

import orjson
import pytest
from flask import Flask

from app.graphql_api import answering, execution
from app.graphql_api.answering import GraphQL
from app.graphql_api.execution import Engine
from app.graphql_api.language.limits import Limits
from app.graphql_api.persisted import Documents
from app.identity.audience import EVERYTHING

KEPT, BEFORE, AFTER = 8, 110, 60  # more than psycopg remembers statements of a connection (100)
# Objects. A parsed text and its plan are some hundred.
MOST_FOR_EACH = 3


@pytest.fixture
def graphql(application: Flask, clean_database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphQL]:
    """With little room."""
    for name in ("DOCUMENTS", "PLANS"):
        monkeypatch.setattr(execution, name, KEPT)
    monkeypatch.setattr(answering, "BODIES", KEPT)
    with application.app_context():
        yield GraphQL(Engine(Limits()), Documents({}, None))


def ask(graphql: GraphQL, numbers: range) -> None:
    """Operations of which each is another one, and needs another statement; half of them are asked twice."""
    for number in numbers:
        name = f"n{number}"
        query = f"query(${name}: Int!) {{ {name}: tags(where: {{id: {{_eq: ${name}}}}}, limit: 2) {{ id name }} }}"
        body = orjson.dumps({"query": query, "variables": {name: number}})
        for _ in range(1 + number % 2):
            graphql.answer_body(body, EVERYTHING)


def test_nothing_stays_of_operations_that_are_forgotten(graphql: GraphQL) -> None:
    ask(graphql, range(BEFORE))
    gc.collect()
    before = len(gc.get_objects())
    ask(graphql, range(BEFORE, BEFORE + AFTER))
    gc.collect()
    assert len(gc.get_objects()) - before < MOST_FOR_EACH * AFTER


def test_no_more_is_kept_than_there_is_room_for(graphql: GraphQL) -> None:
    ask(graphql, range(3 * KEPT))
    caches = (graphql.engine._documents, graphql.engine._prepared, graphql._bodies)
    assert [len(cache._found) for cache in caches] == [KEPT, KEPT, KEPT]


def test_what_is_long_takes_the_place_of_several(graphql: GraphQL) -> None:
    columns = " ".join(f"a{number}: title" for number in range(150))
    many = {"query": f"{{ tags(limit: 0) {{ id {columns.replace('title', 'name')} }} }}"}
    ask(graphql, range(KEPT))
    graphql.answer_body(orjson.dumps(many), EVERYTHING)
    caches = (graphql.engine._documents, graphql.engine._prepared, graphql._bodies)
    assert all(1 < len(cache._found) < KEPT for cache in caches)
    assert all(cache._found.currsize <= KEPT for cache in caches)


def test_a_long_text_is_not_kept(graphql: GraphQL) -> None:
    long = "{ __typename " + "# " + "x" * execution.LONGEST_KEPT + "\n}"
    graphql.answer_body(orjson.dumps({"query": long}), EVERYTHING)
    caches = (graphql.engine._documents, graphql.engine._prepared, graphql._bodies)
    assert [len(cache._found) for cache in caches] == [0, 0, 0]
