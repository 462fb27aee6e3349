"""Somebody of every role before saved searches and feeds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.identity.queries.credentials import forget_callers
from tests.identity.world import build, headers

Call = Callable[..., TestResponse]


@contextmanager
def people(application_with: Callable[..., Flask], owner: psycopg.Connection, **given: Any) -> Iterator[Call]:
    """The world of `tests.identity.world` where people sign in; calls it as somebody of a role."""
    build(owner)
    forget_callers()
    app = application_with(auth_mode="required", **given)
    client: FlaskClient = app.test_client()

    def call(role: str, method: str, path: str, json: object = None, data: object = None, **more: str) -> TestResponse:
        given = {**headers(role), **more}
        return client.open(path, method=method, json=json, data=data, headers=given, buffered=True)

    yield call
    forget_callers()
