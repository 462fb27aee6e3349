"""Backup and restore as processes: on a terminal, killed, and with servers of their own."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from app import cli_context
from app.cli import cli
from app.config import Settings
from tests.backup.conftest import KEY
from tests.conftest import libpq, owner_libpq
from tests.test_verify import told

INSIGHTS = [sys.executable, "-m", "app.cli"]
SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
CLEAN = {name: value for name, value in os.environ.items() if name not in SERVERS}


@pytest.fixture
def environment(copy: Settings) -> dict[str, str]:
    return {
        **CLEAN,
        "DATABASE_URL": libpq(copy),
        "DATABASE_OWNER_URL": owner_libpq(copy),
        "REDIS_URL": copy.redis_url or "",
        "INSIGHTS_INSTANCE": str(copy.instance),
    }


def test_a_terminal_sees_how_far_it_is(environment: dict[str, str], tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [*INSIGHTS, "backup", str(tmp_path / "b.backup")]
    with subprocess.Popen(
        command, env={**environment, "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=theirs
    ) as backup:
        os.close(theirs)
        seen = b""
        try:
            while more := os.read(ours, 4096):
                seen += more
        except OSError:  # what a terminal says whose other end is closed
            os.close(ours)
        assert backup.stdout is not None
        printed = backup.stdout.read().decode()
    assert backup.returncode == 0
    assert b"Backing up" in seen
    assert printed.startswith(f"{tmp_path}/b.backup: ")
    assert len(printed.splitlines()) == 1


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.2])
def test_a_kill_leaves_no_half_file(delay: float, environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "b.backup"
    with subprocess.Popen([*INSIGHTS, "backup", str(path)], env=environment, stdout=subprocess.DEVNULL) as backup:
        while backup.poll() is None and not list(tmp_path.glob(".b.backup.*.part")):
            time.sleep(0.005)
        time.sleep(delay)
        backup.send_signal(signal.SIGKILL)
    assert not path.exists() or ZipFile(path).testzip() is None


@pytest.mark.parametrize("command", ["backup", "verify"])
def test_a_folder_that_is_no_instance_stays_as_it_is(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_context, "exit_on_sigterm", lambda: None)  # that of this process
    (tmp_path / "other").mkdir()
    file = tmp_path / "b.backup"
    arguments = [command, *([str(file)] if command == "backup" else [])]
    for folder in (tmp_path / "nope", tmp_path / "other"):
        done = CliRunner().invoke(cli, [*arguments, "--instance", str(folder)], env=dict.fromkeys(SERVERS))
        refusal = f"There is no instance in {folder}: look at --instance and INSIGHTS_INSTANCE.\n"
        assert (done.exit_code, done.stdout, done.stderr) == (1, "", refusal)
    assert [path.name for path in tmp_path.rglob("*")] == ["other"]


def test_an_instance_from_nothing(taken: Path) -> None:
    # Not tmp_path: a socket has to be addressable below it.
    with TemporaryDirectory(prefix="backup-") as folder:
        instance = Path(folder) / "i"
        command = [*INSIGHTS, "restore", str(taken), "--instance", str(instance)]
        done = subprocess.run(command, env=CLEAN, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == f"There was no instance in {instance}: making a new one.\n"
        assert "Restored.\nsecret_key: restored.\n" in done.stdout
        assert done.stdout.endswith(told())
        assert (instance / "secret_key").read_text() == KEY
        again = [*INSIGHTS, "backup", f"{folder}/again.backup", "--instance", str(instance)]
        done = subprocess.run(again, env=CLEAN, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert " 10 insights, 2 in the trash, 3 categories, 3 tags, 2 users, 1 attached files; " in done.stdout
