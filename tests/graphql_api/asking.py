"""How tests ask GraphQL, and what every answer and every refusal looks like."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

JSON, RESPONSE = "application/json", "application/graphql-response+json"


def asked(client: FlaskClient, query: str, variables: object = None, **members: Any) -> TestResponse:
    body = {"query": query, "variables": variables, **members}
    return client.post("/graphql", json=body)


def data(response: TestResponse) -> Any:
    """Of an answer: what it holds. There is a cost, and no word of errors."""
    assert response.status_code == 200, response.text
    document = response.get_json()
    assert set(document) == {"data", "extensions"}, response.text
    assert list(document["extensions"]) == ["cost"]
    assert isinstance(document["extensions"]["cost"], int)
    return document["data"]


def errors(response: TestResponse, status: int = 200) -> list[dict[str, Any]]:
    """Of a refusal: its errors. There is no data, and no cache keeps it."""
    assert response.status_code == status, response.text
    assert response.headers["Cache-Control"] == "no-store"
    return errors_of(response.get_json())


def errors_of(document: Any) -> list[dict[str, Any]]:
    assert list(document) == ["errors"], document
    for error in document["errors"]:
        assert set(error) == {"message", "extensions"}
        assert {"path", "code"} <= set(error["extensions"]) <= {"path", "code", "limit"}
    return list(document["errors"])


def error(response: TestResponse, status: int = 200) -> tuple[str, str, str]:
    """The code, the place and the sentence of the only one."""
    [found] = errors(response, status)
    return found["extensions"]["code"], found["extensions"]["path"], found["message"]


def limit(response: TestResponse) -> dict[str, Any]:
    """The limit that is passed: its name, what is allowed, what was asked."""
    [found] = errors(response)
    assert found["extensions"]["code"] == "validation-failed"
    told: dict[str, Any] = found["extensions"]["limit"]
    return told
