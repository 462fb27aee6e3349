"""The reference says what the code does: settings, commands, metrics, errors; and every link leads somewhere.

``python -m tests.docs.test_reference`` writes `docs/reference/cli.md` anew.
"""

import json
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import click
import psycopg
import pytest
from annotated_types import Ge, Le
from flask import Flask
from flask.testing import FlaskClient
from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.parser import text_string_to_metric_families
from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from app.cli import cli
from app.config import REPOSITORY, Settings
from app.insights.rest import insights as insights_rest
from tests.answers import make_insight, problem
from tests.conftest import built

REFERENCE = REPOSITORY / "docs" / "reference"
CLI_DOCUMENT = REFERENCE / "cli.md"
MARKDOWN = MarkdownIt().enable("table")
# What is nobody's document: tools' folders, data of installations, built files.
PRUNED = {"node_modules", "dist", "data", "instance"}
FOLDER_OF_A_MACHINE = re.compile(r"(?<![\w.~-])/(?:work|tmp)/\w")
TERMINAL_WIDTH = 78
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%(caller)s || chr(31) || %(key)s, 0))"
CLI_INTRODUCTION = """# The `insights` command

It is installed as `.venv/bin/insights`. Every command takes `--help`. Those that need the servers use the ones of a
running `insights up`, and start and stop their own when there is none. The exit status is 0 when all is well, 1 when
something was refused or found wrong, 2 for a wrong option or setting.

This page is generated from the help texts: `.venv/bin/python -m tests.docs.test_reference`.
"""


def tokens_of(path: Path) -> list[Token]:
    return MARKDOWN.parse(path.read_text(encoding="utf-8"))


def table(path: Path) -> list[list[str]]:
    """The cells of a document's first table, without its header; code spans without their marks."""
    rows: list[list[str]] = []
    for before, token in pairwise(tokens_of(path)):
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif before.type == "td_open":
            rows[-1].append(token.content.replace("`", ""))
    return rows[1:]


def test_settings_are_all_there_with_their_defaults() -> None:
    documented = table(REFERENCE / "settings.md")
    assert [row[:4] for row in documented] == [_setting(name, field) for name, field in Settings.model_fields.items()]
    assert all(row[4] for row in documented)


def _setting(name: str, field: FieldInfo) -> list[str]:
    assert isinstance(field.validation_alias, AliasChoices)
    return [str(field.validation_alias.choices[0]), name, _type(field), _default(field.default)]


def _type(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if NoneType in get_args(kind):
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if get_origin(kind) is dict:
        return "mapping"
    if kind is not int:
        return {str: "text", Path: "path", bool: "true or false", tuple[str, ...]: "list of text"}[kind]
    least = next(limit.ge for limit in field.metadata if isinstance(limit, Ge))
    most = next((limit.le for limit in field.metadata if isinstance(limit, Le)), None)
    return f"whole number, {least} or more" if most is None else f"whole number, {least} to {most}"


def _default(value: object) -> str:
    if value is None:
        return "none"
    if value in ("", (), {}):
        return "empty"
    if isinstance(value, Path):
        return f"{value.relative_to(REPOSITORY)} in the repository"
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_help_texts_are_current() -> None:
    written = CLI_DOCUMENT.read_text(encoding="utf-8")
    assert written == cli_reference(), "run: .venv/bin/python -m tests.docs.test_reference"


def cli_reference() -> str:
    """The page of the command line."""
    pages = (f"\n## `{name}`\n\n```text\n{text}\n```\n" for name, text in _help_texts("insights", cli, None))
    return CLI_INTRODUCTION + "".join(pages)


def _help_texts(name: str, command: click.Command, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    context = click.Context(command, parent, info_name=name, terminal_width=TERMINAL_WIDTH, **command.context_settings)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _help_texts(child, found, context)


def test_metrics_are_all_there(client: FlaskClient) -> None:
    make_insight(client, status="published", category_name="Technical", tags=["Incident"])
    # A process by itself also tells when each counter began; a server, which adds up its processes, does not.
    served = {
        f"{family.name}_total" if family.type == "counter" else family.name: family
        for family in text_string_to_metric_families(client.get("/metrics").text)
        if (family.type, family.name[-8:]) != ("gauge", "_created")
    }
    documented = {name: (kind, labels) for name, kind, labels, _ in table(REFERENCE / "metrics.md")}
    kinds = {name: family.type for name, family in served.items()}
    assert {name: kind for name, (kind, _) in documented.items()} == kinds
    # Requests are measured for the first application of a process only: the tutorial shows the labels of these.
    for name, family in served.items():
        for sample in family.samples:
            assert sample.labels.keys() - {"le"} == set(re.findall(r"\w+", documented[name][1])), name


def test_every_address_is_named(client: FlaskClient) -> None:
    served = client.get("/openapi.json").get_json()["paths"]
    documented = [path for paths, *_ in table(REFERENCE / "api.md") for path in paths.split(", ")]
    assert sorted(documented) == sorted(served)


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Of the page on errors: each request, with the document that answers it."""
    fences = [token for token in tokens_of(REFERENCE / "errors.md") if token.type == "fence"]
    assert [fence.info for fence in fences] == ["http", "json"] * (len(fences) // 2)
    return [(asked.content, json.loads(told.content)) for asked, told in zip(fences[::2], fences[1::2], strict=True)]


@pytest.fixture
def troubled(
    client: FlaskClient, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The client for an example by its status: a database that is away for 503, a mistake for 500, else none.

    A request with the key ``import-16`` was answered, one with ``import-17`` is running.
    """
    for name in ("Technical", "Process"):
        assert client.post("/categories", json={"name": name, "slug": name.lower()}).status_code == 201
    tag = {"name": "Incident", "slug": "incident"}
    assert client.post("/tags", json=tag, headers={"Idempotency-Key": "import-16"}).status_code == 201
    make_insight(client, category_id=1)
    assert client.put("/insights/1", json={"priority": "high"}).get_json()["version"] == 2
    unreachable = settings.with_servers("postgresql://insights@127.0.0.1:1/insights", None)

    def fail(insight_id: int) -> None:
        raise ZeroDivisionError

    def choose(status: int, away: Flask) -> FlaskClient:
        if status == 500:
            monkeypatch.setattr(insights_rest, "insight_json", fail)
        return away.test_client() if status == 503 else client

    with built(unreachable) as away, psycopg.connect(database_url) as running:
        running.execute(LOCK, {"caller": "local:local administrator", "key": "import-17"})
        yield lambda status: choose(status, away)


@pytest.mark.parametrize(("asked", "told"), examples())
def test_error_is_answered_as_shown(asked: str, told: dict[str, Any], troubled: Any) -> None:
    head, _, body = asked.partition("\n\n")
    line, *header_lines = head.splitlines()
    method, path = line.split(" ")
    headers = dict(header.split(": ", 1) for header in header_lines)
    length = {"CONTENT_LENGTH": headers.pop("Content-Length")} if "Content-Length" in headers else {}
    response = troubled(told["status"]).open(
        path, method=method, headers=headers, data=body.removesuffix("\n"), environ_overrides=length
    )
    assert problem(response, told["status"]) == {**told, "request_id": response.headers["X-Request-ID"]}
    assert ("Allow" in response.headers) == (told["status"] == 405)
    assert ("Retry-After" in response.headers) == (told["status"] in (409, 503))


def test_every_status_has_an_example() -> None:
    headings = [token.content for token in tokens_of(REFERENCE / "errors.md") if re.match(r"\d{3} ", token.content)]
    shown = dict.fromkeys(f"{told['status']} {told['title']}" for _, told in examples())
    assert headings == list(shown)


def documents() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(REPOSITORY):
        folders[:] = [name for name in folders if name not in PRUNED and not name.startswith(".")]
        found += [Path(folder) / name for name in files if name.endswith(".md")]
    return sorted(found)


def test_links_lead_somewhere() -> None:
    links = [(document, target) for document in documents() for target in _targets(tokens_of(document))]
    assert [f"{document}: {target}" for document, target in links if not _leads_somewhere(document, target)] == []


def _leads_somewhere(document: Path, target: str) -> bool:
    if re.match(r"[a-z]+:|/", target):
        return True
    path, _, anchor = target.partition("#")
    there = document.parent / path if path else document
    return there.exists() and (not anchor or anchor in _anchors(there))


def _targets(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        target = token.attrGet("href") or token.attrGet("src")
        if target is not None:
            yield str(target)
        yield from _targets(token.children or [])


def _anchors(document: Path) -> set[str]:
    """The names that GitHub gives to headings."""
    tokens = tokens_of(document)
    headings = (after.content for token, after in pairwise(tokens) if token.type == "heading_open")
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_no_document_knows_this_machine() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in documents()}
    assert [str(path) for path, text in texts.items() if FOLDER_OF_A_MACHINE.search(text)] == []


if __name__ == "__main__":
    CLI_DOCUMENT.write_text(cli_reference(), encoding="utf-8")
