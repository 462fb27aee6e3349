"""Knowledge that stands for all tests of a module, which only read; and the engine, asked without HTTP."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import orjson
import psycopg
import pytest
from flask import Flask

from app.graphql_api.errors import Rejected
from app.graphql_api.execution import Engine, Request
from app.graphql_api.language.limits import Limits
from app.identity.audience import EVERYTHING, Audience
from tests.conftest import EMPTY
from tests.graphql_api.knowledge import FEW, Knowledge, many, store

ENGINE = Engine(Limits())


class Ask(Protocol):
    """Asks the engine; the answer is ``data``."""

    def __call__(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        audience: Audience = EVERYTHING,
        name: str | None = None,
    ) -> Any: ...


@pytest.fixture
def ask(application: Flask) -> Iterator[Ask]:
    def asked(
        query: str, variables: Mapping[str, Any] | None = None, audience: Audience = EVERYTHING, name: str | None = None
    ) -> Any:
        return orjson.loads(ENGINE.answer(Request(query, variables or {}, name), audience).data)

    with application.app_context():
        yield asked


@pytest.fixture
def refused(ask: Ask, statements: Callable[[], list[str]]) -> Callable[..., tuple[str, str]]:
    """Asks what is refused before anything is read: the code and the place of the first error."""

    def asked(query: str, variables: Mapping[str, Any] | None = None, name: str | None = None) -> tuple[str, str]:
        before = statements()
        with pytest.raises(Rejected) as caught:
            ask(query, variables, name=name)
        assert statements() == before
        return str(caught.value.errors[0].code), caught.value.errors[0].place

    return asked


def _standing(connection: psycopg.Connection, knowledge: Knowledge) -> Knowledge:
    connection.execute(EMPTY)
    store(connection, knowledge)
    return knowledge


@pytest.fixture(scope="module")
def few(lasting_owner: Callable[[], psycopg.Connection]) -> Knowledge:
    return _standing(lasting_owner(), FEW)


@pytest.fixture(scope="module")
def plenty(lasting_owner: Callable[[], psycopg.Connection]) -> Knowledge:
    return _standing(lasting_owner(), many())
