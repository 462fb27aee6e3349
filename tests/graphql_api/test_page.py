"""The page for browsers at the address of GraphQL: who gets it, what it may do, what it lists."""

from collections.abc import Callable
from html import unescape
from re import findall, search

import pytest
from flask import Flask
from flask.testing import FlaskClient
from graphql import parse, validate

from app.core.http.pages import DIST
from app.graphql_api.pages import examples
from app.graphql_api.persisted import kept_files
from app.graphql_api.schema.served import served_schema
from tests.graphql_api.asking import JSON, error

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PATHS = ("/graphql", "/v1/graphql")

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("arguments", ["", "?query={insights{id}}"])
def test_browsers_get_the_page(client: FlaskClient, path: str, arguments: str) -> None:
    response = client.get(path + arguments, headers=BROWSER)
    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert "Accept" in response.vary
    assert response.headers["Cache-Control"] == "no-store"
    nonce = search(r'<script nonce="([^"]+)" src="/static/graphql-', response.text)
    assert nonce
    policy = response.headers["Content-Security-Policy"]
    assert f"script-src 'nonce-{nonce[1]}'; style-src 'self' 'nonce-{nonce[1]}';" in policy
    assert "worker-src" not in policy


def test_programs_don_t(client: FlaskClient) -> None:
    for headers in ({}, {"Accept": "*/*"}, {"Accept": JSON}):
        assert error(client.get("/graphql", headers=headers))[:2] == ("validation-failed", "$.query")


def test_browsers_see_answers_of_kept_operations(client: FlaskClient) -> None:
    response = client.get("/graphql?documentId=overview", headers=BROWSER)
    assert response.mimetype == JSON
    assert response.get_json()["data"]["newest"] == []


def test_strangers_sign_in_first(application_with: Callable[..., Flask]) -> None:
    client = application_with(auth_mode="required").test_client()
    response = client.get("/graphql", headers=BROWSER)
    assert response.status_code == 303
    assert response.headers["Location"] == "/sign-in?next=%2Fgraphql"


def test_the_kept_operations_are_examples(client: FlaskClient) -> None:
    response = client.get("/graphql", headers=BROWSER)
    assert findall(r"<b>(\w+)</b>", response.text) == sorted(kept_files())
    texts = [unescape(text) for text in findall(r'data-example="([^"]*)"', response.text)]
    assert texts == [example.text for example in examples()]
    assert "What was learned from critical incidents." in response.text
    for example in examples():
        assert example.about
        assert "#" not in example.about + example.text
        assert validate(served_schema(), parse(example.text)) == []


def test_what_stands_in_the_editor_at_first(client: FlaskClient) -> None:
    found = search(
        r"<textarea[^>]*data-query[^>]*>(.*?)</textarea>",
        client.get("/graphql", headers=BROWSER).text.replace("\n", " "),
    )
    assert found
    response = client.post("/graphql", json={"query": unescape(found[1])})
    assert response.get_json()["data"] == {"insights": []}
