"""The API keeps what its own document says, whatever is sent."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig

from app import create_app
from app.config import Settings
from app.core.http.endpoint import MOST_KEY_CHARACTERS
from app.identity.queries.credentials import forget_callers
from app.identity.secrets import hashed
from tests.answers import make_category, make_insight, make_tag
from tests.conftest import built

EXAMPLES = {GenerationMode.POSITIVE: 15, GenerationMode.NEGATIVE: 15}
KEY = "Idempotency-Key"
TOKEN = "ins_of-the-administrator"
CONFIG = {
    "checks": {
        # Well formed isn't enough where the answer depends on what is stored.
        "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "412"]},
        "negative_data_rejection": {"expected-statuses": ["4xx"]},
    },
    "generation": {"allow-x00": False, "with-security-parameters": False},
    # Whose errors of operations come with 200.
    "operations": [
        {"include-path-regex": "graphql$", "checks": {"negative_data_rejection": {"expected-statuses": ["200", "4xx"]}}}
    ],
}


def document(app: Flask) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig.from_dict(CONFIG))


def operations() -> list[Any]:
    """``positive-GET /insights`` and so on; the document needs no server."""
    described = [found.ok() for found in document(create_app(Settings())).get_all_operations()]
    return [
        pytest.param(operation.label, mode, id=f"{mode.value}-{operation.label}")
        for operation in described
        for mode in EXAMPLES
        # What takes nothing can't be given anything wrong.
        if mode is GenerationMode.POSITIVE or operation.body or operation.query or operation.path_parameters
    ]


def with_a_new_key(case: Case) -> Case:
    """A good key that another example had would be refused, and rightly."""
    if 1 <= len(case.headers.get(KEY, "")) <= MOST_KEY_CHARACTERS:
        case.headers[KEY] = f"{case.headers[KEY][:200]}{uuid4()}"
    return case


@pytest.fixture(scope="module")
def closed(migrated: Settings) -> Iterator[Flask]:
    """The application where credentials are needed: what is asked without them must be refused."""
    with built(migrated.model_copy(update={"auth_mode": "required"})) as app:
        yield app


@pytest.fixture
def knowledge(closed: Flask, application: Flask, clean_database: None, owner_url: str) -> Flask:
    """One thing of each kind, and an administrator's token."""
    client = application.test_client()
    make_category(client, "Technical")
    make_tag(client, "Testing")
    make_insight(client, category_id=1, tag_ids=[1], status="published")
    with psycopg.connect(owner_url) as connection:
        connection.execute("INSERT INTO users (kind, name, role) VALUES ('person', 'Admin', 'admin')")
        connection.execute(
            "INSERT INTO api_tokens (user_id, name, token_hash, last4) VALUES (1, 't', %s, '----')", [hashed(TOKEN)]
        )
    forget_callers()
    return closed


@pytest.mark.parametrize(("label", "mode"), operations())
def test_every_answer_is_a_documented_one(knowledge: Flask, label: str, mode: GenerationMode) -> None:
    method, path = label.split()
    operation = document(knowledge)[path][method]

    @given(case=operation.as_strategy(generation_mode=mode).map(with_a_new_key))
    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def call(case: Case) -> None:
        if mode is GenerationMode.POSITIVE and "cursor" in case.query:
            # Cursors are ours to make, and stand in place of the number of a page.
            case.query = {name: case.query[name] for name in case.query if name not in ("page", "offset")}
            case.query["cursor"] = ""
        case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"})

    call()


def test_the_document_is_valid(application: Flask) -> None:
    described = document(application)
    described.validate()
    assert described.raw_schema["openapi"] == "3.1.0"
