"""A held lock is what counts, not the pid that it names."""

import os
import threading
import time
from pathlib import Path

import pytest

from app.cli_context import counted
from app.config import Settings
from app.embedded import running_servers, servers
from app.embedded.lock import InstanceLock, Owner, current_owner

NOBODY = 2**22 + 1  # above every pid that Linux gives
READY = Owner(
    pid=NOBODY,
    role="up",
    ready=True,
    database_url="postgresql+psycopg://x/y",
    database_owner_url="postgresql+psycopg://owner@x/y",
    redis_url="redis://z",
)
MINE, ITS_OWNER = "postgresql+psycopg://mine/y", "postgresql+psycopg://owner@mine/y"


def test_a_held_lock_has_an_owner_whose_pid_nobody_sees(tmp_path: Path) -> None:
    with InstanceLock(tmp_path) as lock:
        assert lock.acquire("up")
        lock.announce(READY)
        assert current_owner(tmp_path) == READY


def test_a_file_without_its_lock_names_nobody(tmp_path: Path) -> None:
    assert current_owner(tmp_path) is None
    assert not list(tmp_path.iterdir())
    (tmp_path / ".lock").write_text(Owner(pid=os.getpid(), role="up", ready=True).model_dump_json())
    assert current_owner(tmp_path) is None


def test_a_command_uses_the_servers_of_an_owner_that_it_cannot_see(settings: Settings) -> None:
    with InstanceLock(settings.instance) as lock:
        assert lock.acquire("up")
        lock.announce(READY)
        with running_servers(settings) as connected:
            assert (connected.database_url, connected.redis_url) == (READY.database_url, READY.redis_url)
            assert connected.database_owner_url == READY.database_owner_url


@pytest.mark.parametrize("owner_url", [None, ITS_OWNER])
def test_a_database_of_ones_own_never_meets_the_owner_of_ours(settings: Settings, owner_url: str | None) -> None:
    with InstanceLock(settings.instance) as lock:
        assert lock.acquire("up")
        lock.announce(READY)
        with running_servers(settings.with_servers(MINE, None, owner_url)) as connected:
            assert (connected.database_url, connected.redis_url) == (MINE, READY.redis_url)
            assert connected.database_owner_url == owner_url


def test_a_command_says_that_it_waits_for_an_unknown_owner(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(servers, "PATIENCE", 0.1)
    with InstanceLock(settings.instance) as lock:
        assert lock.acquire("up")
        os.truncate(lock.path, 0)
        owner = threading.Thread(target=lambda: (time.sleep(0.5), lock.announce(READY)))
        owner.start()
        with running_servers(settings):
            owner.join()
    expected = f"Waiting for the servers of {settings.instance}, which another process is starting or stopping.\n"
    assert capsys.readouterr().err == expected


def test_only_a_running_up_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    with InstanceLock(tmp_path) as lock:
        assert lock.acquire("command")
        with counted(tmp_path):
            assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
        lock.announce(READY)
        with counted(tmp_path):
            assert os.environ.pop("PROMETHEUS_MULTIPROC_DIR") == f"{tmp_path}/run/metrics"
    with counted(tmp_path):
        assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
