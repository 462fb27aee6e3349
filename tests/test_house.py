"""What the house promises of itself."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient

from app.config import REPOSITORY
from app.core.migrations import DIRECTORY, head
from app.core.telemetry import endpoint_of

MOST_LINES = 300
PROBLEM, GRAPHQL = "application/problem+json", ["application/json", "application/graphql-response+json"]
# Besides the pages, which are what lives in a room of that name.
NOT_DESCRIBED = {"/docs", "/redoc", "/keys", "/openapi.json", "/static/{filename}"}
DOMAIN_ROOMS = {"models", "schemas", "policy", "queries", "commands"}
DRAWERS = {"utils", "util", "helpers", "helper", "services", "service", "manager", "misc", "common"}


def python_files(folder: str) -> list[Path]:
    return sorted((REPOSITORY / folder).rglob("*.py"))


def test_the_graphql_folder_holds_no_python() -> None:
    assert python_files("graphql") == []


def test_the_graphql_folder_shadows_no_package() -> None:
    spec = importlib.util.find_spec("graphql")
    if spec is not None and spec.origin is not None:
        assert REPOSITORY / "graphql" not in Path(spec.origin).parents
    else:  # a namespace without code: nothing is shadowed when graphql-core isn't installed
        assert importlib.util.find_spec("graphql.language") is None


def test_there_is_one_migration_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(DIRECTORY))
    assert ScriptDirectory.from_config(config).get_heads() == [head()]


@pytest.mark.parametrize("path", python_files("app"), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_no_file_swallows_a_layer(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") < MOST_LINES
    assert path.stem not in DRAWERS


@pytest.mark.parametrize(
    "path",
    [path for path in python_files("app") if DOMAIN_ROOMS & set(path.with_suffix("").parts)],
    ids=lambda path: str(path.relative_to(REPOSITORY)),
)
def test_domain_files_know_no_http(path: Path) -> None:
    imports = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(("import ", "from "))]
    assert not [line for line in imports if line.split()[1].split(".")[0] in ("flask", "werkzeug")]


def operations(app: Flask) -> Iterator[tuple[str, str]]:
    """(method, path template) of every route that a program calls."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if endpoint_of(rule.rule) not in NOT_DESCRIBED and not is_page(app, rule.endpoint):
                yield method.lower(), endpoint_of(rule.rule)


def is_page(app: Flask, name: str) -> bool:
    return "pages" in app.view_functions[name].__module__.split(".")


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(client.get("/openapi.json").text)
    return described


def test_every_route_is_described_and_no_other(application: Flask, document: dict[str, Any]) -> None:
    described = {
        (method, path) for path, item in document["paths"].items() for method in item if method != "parameters"
    }
    assert described == set(operations(application))


def test_every_description_says_what_and_how_it_fails(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            place = f"{method} {path}"
            assert operation["summary"], place
            answers = operation["responses"]
            assert ("503" in answers) == (path not in ("/livez", "/metrics")), place
            assert ("404" in answers) == ("{" in path), place
            reads = "requestBody" in operation or method == "delete"  # whose body has to be empty
            assert ("413" in answers) == ("415" in answers) == reads, place
            conditional = "If-Match" in {parameter["name"] for parameter in operation.get("parameters", ())}
            assert ("412" in answers) == conditional, place
            assert conditional or method != "put", place
            assert "default" not in answers, place
            for status, answer in answers.items():
                assert answer["description"], place
                if status.startswith("4"):
                    assert list(answer["content"]) == (GRAPHQL if "graphql" in path else [PROBLEM]), place


def test_a_body_is_required_where_an_empty_one_would_miss_something(document: dict[str, Any]) -> None:
    optional = {
        (method, path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and not operation.get("requestBody", {}).get("required", True)
    }
    assert optional == {
        ("post", "/insights/search"),
        ("post", "/insights/{insight_id}/restore"),
        ("post", "/insights/{insight_id}/revisions/{number}/restore"),
        ("post", "/receipts/{receipt_id}/undo"),
        ("post", "/search/saved/{saved_id}/feed-key"),
        ("put", "/search/saved/{saved_id}"),
        ("put", "/insights/{insight_id}"),
        ("put", "/tags/{tag_id}"),
        ("put", "/categories/{category_id}"),
    }


def test_what_a_deletion_takes_is_described(document: dict[str, Any]) -> None:
    taken = document["paths"]["/insights/{insight_id}"]["delete"]["parameters"]
    assert {(parameter["in"], parameter["name"]) for parameter in taken} == {
        ("query", "message"),
        ("header", "If-Match"),
    }


def test_the_document_names_this_service(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert (document["info"]["title"], document["info"]["version"]) == ("Insights", "1.0.0")
