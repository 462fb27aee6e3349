"""Whatever is sent as a body: read, or refused in words; never an error of ours."""

import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings
from tests.answers import make_insight, problem, wrong_fields
from tests.conftest import built

LEAST = b'"title": "T", "description": "d", "author": "A"'
WITH_BODY = [
    "POST /insights",
    "POST /insights/search",
    "PUT /insights/1",
    "POST /tags",
    "PUT /tags/1",
    "POST /categories",
    "PUT /categories/1",
]


MALFORMED = [
    (b"{", "Expecting property name enclosed in double quotes (line 1, column 2)"),
    (b"{'a': 1}", "Expecting property name enclosed in double quotes (line 1, column 2)"),
    (b'{\n"a": [1, 2}', "Expecting ',' delimiter (line 2, column 11)"),
    (b'{\n"a": NaN}', "NaN is not a number"),
    (b'{"a": -Infinity}', "-Infinity is not a number"),
    (b'{"a": "\xff"}', "it is not UTF-8"),
    (b'{"a": "\\ud800"}', "it holds half of a surrogate pair"),
    (b'{"\\uDFFF": 1}', "it holds half of a surrogate pair"),
    (b'{"a": "\x01"}', "Invalid control character at (line 1, column 8)"),
    (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "it is nested too deep"),
]
OTHER_TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "",
]


@pytest.mark.parametrize("route", WITH_BODY)
def test_malformed_json(client: FlaskClient, stored: Any, route: str) -> None:
    method, path = route.split()
    before = stored()
    for body, problem_said in MALFORMED:
        document = problem(client.open(path, method=method, data=body, content_type="application/json"), 422)
        [field] = document["errors"]
        assert (field["loc"], field["pointer"], field["code"]) == (["body"], "#", "malformed_json")
        assert field["message"] == f"is not valid JSON: {problem_said}"
        assert document["detail"] == f"body: {field['message']}"
    assert stored() == before


@pytest.mark.parametrize("route", WITH_BODY)
def test_json_that_is_no_object(client: FlaskClient, stored: Any, route: str) -> None:
    method, path = route.split()
    before = stored()
    for body in (b"[]", b"null", b'"text"', b"1", b"true"):
        response = client.open(path, method=method, data=body, content_type="application/json")
        assert problem(response, 422, "body: must be a JSON object")["errors"][0]["code"] == "type"
    assert stored() == before


@pytest.mark.parametrize("route", WITH_BODY)
def test_another_content_type(client: FlaskClient, stored: Any, route: str) -> None:
    method, path = route.split()
    before = stored()
    for content_type in OTHER_TYPES:
        response = client.open(path, method=method, data=b"title=T&description=d&author=A", content_type=content_type)
        problem(response, 415, "Send the body as application/json.")
    assert stored() == before


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/vnd.client+json", "APPLICATION/JSON"]
)
def test_kinds_of_json(client: FlaskClient, content_type: str) -> None:
    assert client.post("/insights", data=b"{" + LEAST + b"}", content_type=content_type).status_code == 201


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_body_is_an_empty_object(client: FlaskClient, body: bytes) -> None:
    assert set(wrong_fields(client.post("/tags", data=body))) == {"body.name", "body.slug"}
    insight = make_insight(client)
    assert client.put("/insights/1", data=body).get_json() == insight


def test_a_byte_order_mark_is_no_part_of_the_document(client: FlaskClient) -> None:
    body = b"\xef\xbb\xbf{" + LEAST + b"}"
    assert client.post("/insights", data=body, content_type="application/json").get_json()["title"] == "T"


def test_of_a_repeated_member_the_last_counts(client: FlaskClient) -> None:
    response = client.post("/insights", data=b"{" + LEAST + b', "title": "Last"}', content_type="application/json")
    assert response.get_json()["title"] == "Last"


@pytest.mark.parametrize(
    ("metadata", "stored_as"),
    [
        (b'{"n": 9007199254740993, "m": -1}', {"n": 9007199254740993, "m": -1}),
        (b'{"n": 1e308, "m": 0.1}', {"n": 10**308, "m": 0.1}),
        (b'{"n": 123456789012345678901234567890}', {"n": 123456789012345678901234567890}),
        (b'{"n": [-' + b"9" * 4000 + b"]}", {"n": [-int("9" * 4000)]}),
        (b'{"\\u00e9": "\\ud83d\\ude80"}', {"é": "🚀"}),
        (b'{"": null}', {"": None}),
        (b'{"a": ' + b"[" * 30 + b"]" * 30 + b"}", None),
    ],
)
def test_metadata_that_can_be_stored(client: FlaskClient, metadata: bytes, stored_as: Any) -> None:
    body = b"{" + LEAST + b', "metadata": ' + metadata + b"}"
    response = client.post("/insights", data=body, content_type="application/json")
    assert response.status_code == 201
    if stored_as is not None:
        assert json.loads(response.text)["metadata"] == stored_as


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        (b'{"n": 1e999}', {"malformed_json", "too_large"}),
        (b'{"n": "\\u0000"}', {"nul_character"}),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", {"too_deep"}),
    ],
)
def test_metadata_that_can_not_be_stored(client: FlaskClient, metadata: bytes, code: set[str]) -> None:
    body = b"{" + LEAST + b', "metadata": ' + metadata + b"}"
    response = client.post("/insights", data=body, content_type="application/json")
    assert set(wrong_fields(response).values()) <= code
    assert client.get("/insights").get_json()["total"] == 0


@pytest.fixture
def narrow(settings: Settings, database_url: str, clean_database: None) -> Any:
    """The application with a limit of 2 KiB for a body."""
    small = settings.with_servers(database_url, None).model_copy(update={"max_body_bytes": 2048})
    with built(small) as app:
        yield app


def test_a_body_over_the_limit(narrow: Flask, stored: Any) -> None:
    client = narrow.test_client()
    before = stored()
    for path in ("/insights", "/insights/search", "/tags"):
        problem(client.post(path, json={"title": "x" * 2048}), 413)
    assert stored() == before
    assert make_insight(client, content="x" * 1900)["id"] == 1


def test_a_chunked_body_over_the_limit(narrow: Flask) -> None:
    stream = io.BytesIO(b'{"title": "' + b"x" * 4096 + b'"}')
    response = narrow.test_client().post(
        "/insights",
        input_stream=stream,
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    problem(response, 413)


def test_nothing_connects_when_an_application_is_built() -> None:
    nowhere = Settings(database_url="postgresql://nobody@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1")
    assert create_app(nowhere).config["MAX_CONTENT_LENGTH"] == 4 * 2**20
