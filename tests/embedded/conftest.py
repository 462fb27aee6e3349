"""Instances of their own: these tests start and kill servers."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from app.config import REPOSITORY, Settings, load_settings

OWNER = """
import sys
from pathlib import Path
from app.cli_context import exit_on_sigterm
from app.config import load_settings
from app.embedded import running_servers

exit_on_sigterm()
with running_servers(load_settings({}, instance=Path(sys.argv[1]))) as settings:
    print(settings.database_url, flush=True)
    sys.stdin.read()
"""


def owner_command(instance: Path) -> list[str]:
    return [sys.executable, "-c", OWNER, str(instance)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a new instance in which nothing is configured."""
    return load_settings({}, instance=tmp_path / "i")


@pytest.fixture
def start_owner() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a process that runs an instance's servers until its standard input ends; returns when they are ready."""
    started: list[subprocess.Popen[str]] = []

    def start(instance: Path, prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
        owner = subprocess.Popen(
            [*prefix, *owner_command(instance)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        started.append(owner)
        assert owner.stdout is not None
        assert select.select([owner.stdout], [], [], 30)[0], "the servers were not ready within 30 s"
        assert owner.stdout.readline().startswith("postgresql+psycopg://insights@/insights?")
        return owner

    yield start
    for owner in started:
        owner.send_signal(signal.SIGTERM)
        with owner:
            owner.wait(15)
