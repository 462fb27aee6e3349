import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import LazyGroup, cli
from app.config import REPOSITORY
from app.errors import Refused


def invoke(*arguments: str, **environment: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, arguments, env=environment)
    return result.exit_code, result.stdout, result.stderr


def test_help_lists_every_command_without_importing_it() -> None:
    answer = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from app.cli import cli\ntry: cli(['--help'])\nfinally: print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )
    help_text, modules = answer.stdout.rstrip("\n").rsplit("\n", 1)
    for name in ("config", "counts", "export", "import", "migrate", "seed", "up", "worker"):
        assert f"\n  {name} " in help_text
    assert not {
        "flask",
        "sqlalchemy",
        "alembic",
        "granian",
        "app.supervisor",
        "app.exchange.cli",
        "app.analytics.cli",
    } & set(modules.split())


def test_a_command_elsewhere_is_found() -> None:
    group = LazyGroup("example", elsewhere={"other": ("app.cli:check", "Another.")})
    assert group.list_commands(click.Context(group)) == ["other"]
    assert group.get_command(click.Context(group), "other") is cli.commands["config"].commands["check"]  # type: ignore[attr-defined]


def test_config_check(tmp_path: Path) -> None:
    assert invoke("config", "check", "--instance", str(tmp_path)) == (0, "ok\n", "")
    (tmp_path / "config.yaml").write_text("port: 0\nprot: 1\n")
    code, printed, _ = invoke("config", "check", "--instance", str(tmp_path), INSIGHTS_PROT="1")
    assert code == 1
    assert [line.split(":")[0] for line in printed.splitlines()] == ["INSIGHTS_PROT", f"{tmp_path}/config.yaml", "PORT"]


def test_wrong_settings_are_named_one_a_line(tmp_path: Path) -> None:
    code, printed, errors = invoke("up", "--instance", str(tmp_path), WEB_CONCURRENCY="many", SQL_ECHO="perhaps")
    assert (code, printed) == (2, "")
    assert sorted(line.split(":")[0] for line in errors.splitlines()) == ["SQL_ECHO", "WEB_CONCURRENCY"]


def test_what_a_domain_refuses_is_a_message() -> None:
    group = LazyGroup("example")

    @group.command()
    def refuse() -> None:
        raise Refused("Category Technical holds 2 insights.")

    result = CliRunner().invoke(group, ["refuse"])
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "Category Technical holds 2 insights.\n")


@pytest.mark.parametrize("command", ["migrate", "seed"])
def test_a_database_that_can_not_be_used_is_a_message(command: str, tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "PG_VERSION").write_text("12\n")
    nothing = {"DATABASE_URL": "", "DATABASE_OWNER_URL": "", "REDIS_URL": ""}
    code, printed, errors = invoke(command, "--instance", str(tmp_path), **nothing)
    assert (code, printed) == (1, "")
    assert errors.startswith(f"{tmp_path}/pg was made by PostgreSQL 12")
