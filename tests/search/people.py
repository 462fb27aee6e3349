"""Somebody of every role before saved searches and feeds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Settings
from app.identity.queries.credentials import forget_callers
from tests.conftest import built
from tests.identity.world import build, headers

Call = Callable[..., TestResponse]


@contextmanager
def people(settings: Settings, owner_url: str, **given: Any) -> Iterator[Call]:
    """The world of `tests.identity.world` where people sign in; calls it as somebody of a role."""
    build(owner_url)
    forget_callers()
    with built(settings.model_copy(update={"auth_mode": "required", **given})) as app:
        client: FlaskClient = app.test_client()

        def call(role: str, method: str, path: str, json: object = None, **more: str) -> TestResponse:
            return client.open(path, method=method, json=json, headers={**headers(role), **more}, buffered=True)

        yield call
    forget_callers()
