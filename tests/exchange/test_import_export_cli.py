"""``insights import`` and ``insights export`` as people call them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from app.cli import cli
from app.config import Settings
from app.core.db import transact
from app.exchange import cli as exchange_cli
from app.insights.commands.trashing import delete_insight
from app.insights.commands.writing import create_insights
from tests.exchange.stored import as_json, numbers

CSV = "external_key,title,description,team,created_at\na,Alpha,First,Ops,2024-01-01\nb,Beta,Second,,2024-01-02\n"
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command with the test's database for its instance."""

    @contextmanager
    def application(instance: Path | None, **_: object) -> Iterator[Flask]:
        yield app

    monkeypatch.setattr(exchange_cli, "application", application)
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text(CSV)
    return tmp_path / "rows.csv"


def test_an_import_ends_with_its_sum(run: Run, table: Path):
    result = run("import", "csv", table)

    assert result.exit_code == 0
    assert result.stdout.startswith("2 rows: 2 created, 0 updated, 0 unchanged, 0 failed; 0 warnings; ")
    assert result.stdout.rstrip().endswith(" rows/s")
    assert len(result.stdout.splitlines()) == 1
    assert numbers() == (2, 0, 0)


def test_a_dry_run_tells_every_row(run: Run, table: Path):
    result = run("import", "csv", table, "--dry-run")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:2] == ["rows.csv:2: created  a", "rows.csv:3: created  b"]
    assert lines[2].startswith("Dry run, nothing was written. 2 rows: 2 created, 0 updated, 0 unchanged, 0 failed; ")
    assert numbers() == (0, 0, 0)


def test_a_wrong_row_is_told_and_the_status_is_1(run: Run, table: Path):
    table.write_text(CSV + "c,,Third,,\n")

    result = run("import", "csv", table, "--batch-size", "1")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == ["rows.csv:4: failed  c", "error: rows.csv:4: title: is required"]
    assert "3 rows: 2 created, 0 updated, 0 unchanged, 1 failed; " in result.stdout
    assert numbers() == (2, 0, 0)


def test_what_lies_in_the_trash_is_told_and_nothing_has_failed(run: Run, table: Path):
    run("import", "csv", table)
    transact(delete_insight, 1)

    result = run("import", "csv", table, "-v")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == ["rows.csv:2: left out, in the trash  a", "rows.csv:3: unchanged  b"]
    assert "2 rows: 0 created, 0 updated, 1 unchanged, 0 failed, 1 left out, in the trash; 0 warn" in result.stdout


def test_options_reach_the_import(run: Run, table: Path, tmp_path: Path):
    (tmp_path / "map.yaml").write_text("fields: {author: team}\n")

    result = run("import", "csv", table, "--map", tmp_path / "map.yaml", "--status", "draft", "-v")

    assert result.stdout.splitlines()[:2] == ["rows.csv:2: created  a", "rows.csv:3: created  b"]
    output = as_json()
    assert '"author" : "Ops"' in output
    assert '"author" : "Unknown"' in output
    assert output.count('"status" : "draft"') == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["csv", "missing.csv"], "File 'missing.csv' does not exist."),
        (["markdown", "missing"], "Path 'missing' does not exist."),
        (["csv", "{table}", "--batch-size", "0"], "0 is not in the range 1<=x<=10000."),
        (["csv", "{table}", "--status", "done"], "'done' is not one of 'draft', 'published', 'archived'."),
        (["csv", "{table}", "--map", "{table}"], "rows.csv:1: must be a mapping of fields"),
    ],
)
def test_wrong_arguments_have_status_2(run: Run, table: Path, arguments: list[str], message: str):
    result = run("import", *[argument.format(table=table) for argument in arguments])

    assert result.exit_code == 2
    assert message in result.stderr


def test_an_export_goes_to_a_file_or_to_standard_output(run: Run, table: Path, tmp_path: Path):
    run("import", "csv", table)

    to_file = run("export", "json", tmp_path / "out.json", "--author", "unkn")
    folder = run("export", "markdown", tmp_path / "out")

    assert (to_file.exit_code, to_file.stderr) == (0, "2 insights exported\n")
    assert (tmp_path / "out.json").read_text() == as_json()
    assert folder.stderr == "2 insights exported\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.md", "b.md"]


def test_an_export_by_tags(run: Run, tmp_path: Path):
    common = {"description": "", "author": "A"}
    tagged = [{**common, "title": "Both", "tags": ["a", "b"]}, {**common, "title": "One", "tags": ["b"]}]
    transact(create_insights, tagged)

    both = run("export", "json", tmp_path / "both.json", "--tag", "B", "--tag", "a")
    unknown = run("export", "json", tmp_path / "unknown.json", "--tag", "b", "--tag", "unknown")

    assert (both.exit_code, both.stderr) == (0, "1 insight exported\n")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert unknown.stderr == "Tag 'unknown' does not exist.\n"


def test_a_tag_or_category_given_in_two_spellings_is_one_and_an_unknown_one_an_error(run: Run, tmp_path: Path):
    draft = {"title": "T", "description": "", "author": "A", "tags": ["Incident"], "category_name": "Ops"}
    transact(create_insights, [draft])

    both = run("export", "json", tmp_path / "a.json", "--tag", "incident", "--tag", "Incident", "--category", "OPS")
    unknown = run("export", "json", tmp_path / "a.json", "--category", "Opps")
    empty = run("export", "markdown", tmp_path / "out", "--category", "")

    assert (both.exit_code, both.stderr) == (0, "1 insight exported\n")
    assert (unknown.exit_code, unknown.stderr) == (1, "Category 'Opps' does not exist.\n")
    assert (empty.exit_code, empty.stderr) == (1, "Category '' does not exist.\n")
    assert not (tmp_path / "out").exists()


def test_an_export_of_what_a_search_finds(run: Run, tmp_path: Path):
    rows = [
        {"external_key": key, "title": title, "description": "", "author": "A", "status": status, "tags": ["One"]}
        for key, title, status in (("a", "Retries", "draft"), ("b", "Retry", "published"), ("c", "Storm", "draft"))
    ]
    transact(create_insights, rows)

    for query, keys in [("retry", ["a", "b"]), ("retires status:draft", ["a"]), ("tag:one -retry", ["c"]), ("x", [])]:
        assert run("export", "json", tmp_path / "found", "--query", query).exit_code == 0
        found = json.loads((tmp_path / "found").read_text())
        assert [row["external_key"] for row in found] == keys, query
    both = run("export", "csv", tmp_path / "out", "--query", "retry", "--status", "draft")
    assert (both.exit_code, both.stderr) == (0, "1 insight exported\n")
    wrong = run("export", "csv", tmp_path / "other", "--query", "retry status:publishd")
    assert (wrong.exit_code, wrong.stderr.partition(":")[0]) == (1, "query")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("name", ["csv", "json"])
def test_an_export_that_fails_leaves_the_file_as_it_was(run: Run, tmp_path: Path, name: str):
    (tmp_path / "out").write_text("older")

    unknown = run("export", name, tmp_path / "out", "--tag", "unknown")
    folder = run("export", name, tmp_path / "missing" / "out")

    assert (unknown.exit_code, unknown.stderr) == (1, "Tag 'unknown' does not exist.\n")
    assert (folder.exit_code, folder.stderr) == (1, f"{tmp_path}/missing/out: No such file or directory\n")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_text() == "older"


def test_a_markdown_export_that_fails_leaves_each_file_whole(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rows = [{"external_key": key, "title": "T", "description": "", "author": "A"} for key in ("a", "b")]
    transact(create_insights, rows)
    run("export", "markdown", tmp_path / "out")
    before = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    (tmp_path / "out" / "b.md").unlink()
    (tmp_path / "out" / "b.md").mkdir()

    result = run("export", "markdown", tmp_path / "out")

    assert (result.exit_code, result.stderr) == (1, f"{tmp_path}/out/b.md: Is a directory\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.md", "b.md"]
    assert (tmp_path / "out" / "a.md").read_text() == before["a.md"]


def test_hostile_text_is_told_harmlessly(run: Run, tmp_path: Path):
    (tmp_path / "a.json").write_text(
        '{"external_key": "\\ud800", "title": "T", "description": "D"}\n'
        '{"external_key": "k\\u001b[2J", "title": "", "description": "D"}\n'
        '{"external_key": "k3", "title": "T", "description": "D", "keywords": ["\\u009b%s"]}\n' % ("x" * 50)
    )

    result = run("import", "json", tmp_path / "a.json", "-v")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[:6] == [
        r"a.json:1: failed  \ud800",
        "error: a.json:1: external_key: must not contain half of a surrogate pair",
        r"a.json:2: failed  k\x1b[2J",
        "error: a.json:2: title: is required",
        "a.json:3: left out  k3",
        rf"warning: a.json:3: keywords: the tag '\x9b{'x' * 50}' has more than 50 characters and is left out",
    ]


def test_a_folder_without_markdown_is_an_error(run: Run, tmp_path: Path):
    result = run("import", "markdown", tmp_path)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{tmp_path}: holds no .md file\n"


def test_rows_without_a_date_are_summed_before_the_last_line(run: Run, table: Path):
    table.write_text("title,description\na,A\nb,B\n")

    lines = run("import", "csv", table).stdout.splitlines()

    assert lines[0] == "2 rows without a date: dated now"
    assert lines[1].startswith("2 rows: 2 created, 0 updated, ")
    assert len(lines) == 2


def test_a_real_process_imports_and_exports(settings: Settings, database_url: str, app: Flask, table: Path):
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": settings.redis_url or "",
                   "INSIGHTS_INSTANCE": str(settings.instance)}  # fmt: skip

    def process(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "app.cli", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)

    imported = process("import", "csv", str(table))
    exported = process("export", "csv", "-", "--status", "published")

    assert (imported.returncode, imported.stderr) == (0, b"")
    assert imported.stdout.startswith(b"2 rows: 2 created, ")
    assert (exported.returncode, exported.stderr) == (0, b"2 insights exported\n")
    assert exported.stdout.startswith(b"external_key,public_id,title,")
    assert exported.stdout.count(b"\r\n") == 3
