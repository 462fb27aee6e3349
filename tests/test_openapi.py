"""The API keeps what its own document says, whatever is sent."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig

from app import create_app
from app.config import Settings
from tests.answers import make_category, make_insight, make_tag

EXAMPLES = {GenerationMode.POSITIVE: 15, GenerationMode.NEGATIVE: 15}
CONFIG = {
    "checks": {
        # Well formed isn't enough where the answer depends on what is stored.
        "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "412"]},
        "negative_data_rejection": {"expected-statuses": ["4xx"]},
    },
    "generation": {"allow-x00": False},
}


def document(app: Flask) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig.from_dict(CONFIG))


def labels() -> list[str]:
    """``GET /insights`` and so on; the document needs no server."""
    return [operation.ok().label for operation in document(create_app(Settings())).get_all_operations()]


@pytest.fixture
def knowledge(application: Flask, clean_database: None) -> Flask:
    """The application with one thing of each kind."""
    client = application.test_client()
    make_category(client, "Technical")
    make_tag(client, "Testing")
    make_insight(client, category_id=1, tag_ids=[1], status="published")
    return application


@pytest.mark.parametrize("mode", EXAMPLES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", labels())
def test_every_answer_is_a_documented_one(knowledge: Flask, label: str, mode: GenerationMode) -> None:
    method, path = label.split()
    operation = document(knowledge)[path][method]
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
        pytest.skip("takes nothing that could be wrong")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def call(case: Case) -> None:
        case.call_and_validate()

    call()


def test_the_document_is_valid(application: Flask) -> None:
    described = document(application)
    described.validate()
    assert described.raw_schema["openapi"] == "3.1.0"
