"""What tests ask of every answer: its schema to the letter, and of a refusal the one shape of a problem."""

from http import HTTPStatus
from typing import Any

from flask.testing import FlaskClient
from marshmallow import RAISE, Schema
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import TestResponse

PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance", "request_id"}
FIELD_MEMBERS = {"loc", "pointer", "message", "code"}
PART_MEMBERS = {"position", "length", "suggestion"}  # of a text that is wrong in one place


def answered(response: TestResponse, schema: Schema | type[Schema], status: int = 200) -> Any:
    """The JSON of an answer that its schema knows to the last member."""
    assert (response.status_code, response.content_type) == (status, "application/json"), response.text
    known = schema() if isinstance(schema, type) else schema
    document = response.get_json()
    known.load(document, unknown=RAISE)
    return document


def problem(response: TestResponse, status: int, detail: str | None = None) -> dict[str, Any]:
    """The document of a refusal, in the shape that all of them have."""
    assert (response.status_code, response.content_type) == (status, "application/problem+json"), response.text
    document: dict[str, Any] = response.get_json()
    assert set(document) - {"errors", "current_version", "differs"} == PROBLEM_MEMBERS
    assert (document["type"], document["status"]) == ("about:blank", status)
    assert document["title"] == HTTP_STATUS_CODES[status]
    assert document["instance"] == response.request.path
    assert document["request_id"] == response.headers["X-Request-ID"] != ""
    assert isinstance(document["detail"], str)
    assert document["detail"] == (document["detail"] if detail is None else detail) != ""
    for field in document.get("errors", ()):
        assert set(field) in (FIELD_MEMBERS, FIELD_MEMBERS | PART_MEMBERS)
        assert field["loc"][0] in ("body", "query", "path", "header")
    return document


def wrong_fields(response: TestResponse) -> dict[str, str]:
    """Of a 422: the code of each wrong field, by its dotted place."""
    document = problem(response, 422)
    return {".".join(str(part) for part in field["loc"]): field["code"] for field in document["errors"]}


def refused_because(response: TestResponse, detail: str, field: str, code: str) -> None:
    """A 400 that names the field of the body."""
    assert problem(response, 400, detail)["errors"] == [
        {"loc": ["body", field], "pointer": f"#/{field}", "message": detail, "code": code}
    ]


def make(client: FlaskClient, path: str, **body: Any) -> Any:
    """Create something, and answer what is stored."""
    response = client.post(path, json=body)
    assert response.status_code == HTTPStatus.CREATED, response.text
    return response.get_json()


def make_insight(client: FlaskClient, **fields: Any) -> Any:
    """An insight of which only the fields that matter are given."""
    return make(client, "/insights", **{"title": "Title", "description": "Text", "author": "Ada", **fields})


def make_category(client: FlaskClient, name: str, **fields: Any) -> Any:
    return make(client, "/categories", **{"name": name, "slug": name.lower().replace(" ", "-"), **fields})


def make_tag(client: FlaskClient, name: str, **fields: Any) -> Any:
    return make(client, "/tags", **{"name": name, "slug": name.lower().replace(" ", "-"), **fields})


def ids(response: TestResponse) -> list[int]:
    """Of a page of insights: their ids in order."""
    assert response.status_code == HTTPStatus.OK, response.text
    return [insight["id"] for insight in response.get_json()["insights"]]
