"""What is known of a body that came before, and what is not."""

from collections.abc import Callable
from contextlib import suppress

import orjson
import pytest
from flask import Flask

from app.graphql_api.answering import BODIES, LONGEST_BODY, GraphQL
from app.graphql_api.errors import Rejected
from app.graphql_api.execution import Engine, Ready, Request
from app.graphql_api.language.limits import Limits
from app.graphql_api.persisted import Documents, digest_of
from app.identity.audience import EVERYTHING, Audience, Sources
from app.identity.permissions import ROLES, Role

VIEWER = Audience.of([ROLES[Role.VIEWER]], 1)


class Counting(Engine):
    """Counts what it works out."""

    worked_out = 0

    def ready(self, request: Request, sources: Sources) -> Ready:
        self.worked_out += 1
        return super().ready(request, sources)


@pytest.fixture
def engine() -> Counting:
    return Counting(Limits())


@pytest.fixture
def times(app: Flask, engine: Counting) -> Callable[..., int]:
    """How often something is worked out when bodies come in this order."""
    graphql = GraphQL(engine, Documents({"kept": "{ kept: __typename }"}, None))

    def count(*bodies: bytes, audience: Audience = EVERYTHING) -> int:
        before = engine.worked_out
        for body in bodies:
            with suppress(Rejected):
                graphql.answer_body(body, audience)
        return engine.worked_out - before

    return count


def body(query: str, **members: object) -> bytes:
    return orjson.dumps({"query": query, **members})


def test_the_same_body_is_known(times: Callable[..., int]) -> None:
    query = body("query($n: Int) { insights(limit: $n) { id } }", variables={"n": 1})
    assert times(query, query, query) == 1
    assert times(query.replace(b"1", b"2")) == 1
    kept = b'{"documentId": "kept"}'
    assert times(kept, kept) == 1


def test_not_what_it_is_for_others(times: Callable[..., int]) -> None:
    query = body("{ insights { id } }")
    assert times(query) == 1
    assert times(query, query, audience=VIEWER) == 1
    assert times(query) == 0


@pytest.mark.parametrize(
    "other",
    [
        body("{ nope }"),
        body('{ insights(where: {title: {_regex: "("}}) { id } }'),
        body('{ __type(name: "tags") { name } }'),
        body('{ insights { id } __type(name: "tags") { name } }'),
        body("{ insights { id } }") + b" " * LONGEST_BODY,
        b'[{"query": "{ __typename }"}]',
    ],
)
def test_nothing_else_is_kept(times: Callable[..., int], other: bytes) -> None:
    assert times(other, other) == 2


def test_a_text_with_its_hash_is_kept_each_time_that_it_comes(times: Callable[..., int]) -> None:
    """It may have been forgotten meanwhile: that is why it is sent again."""
    text = "{ tags { id } }"
    sent = body(text, extensions={"persistedQuery": {"version": 1, "sha256Hash": digest_of(text)}})
    assert times(sent, sent) == 2


def test_what_is_asked_for_least_is_forgotten(times: Callable[..., int]) -> None:
    first = body("{ __typename }", variables={}, id=0)
    assert times(first, first) == 1
    assert times(*(body("{ __typename }", id=number) for number in range(1, BODIES + 1))) == BODIES
    assert times(first) == 1
