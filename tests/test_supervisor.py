"""``insights up`` as people meet it: a process with children, on a port. Two instances serve all tests here."""

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.config import REPOSITORY, load_settings
from app.embedded.layout import Layout
from app.embedded.lock import InstanceLock, Owner
from app.embedded.process import Child
from app.supervisor import Watch, child_environment
from tests.embedded.pids import postmaster_pid, running, valkey_pid, wait_until

INSIGHTS = [sys.executable, "-m", "app.cli"]
ENVIRONMENT = {
    **{
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
    },
    "WEB_CONCURRENCY": "2",
}


NOBODY = 2**22 + 1  # above every pid that Linux gives


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Up:
    """A started ``insights up --no-demo``."""

    def __init__(self, instance: Path, port: int) -> None:
        self.instance, self.port = instance, port
        self.errors = instance.with_name(f"{instance.name}.errors")
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*INSIGHTS, "up", "--no-demo", "--port", str(port), "--instance", str(instance)],
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=REPOSITORY,
                env=ENVIRONMENT,
            )

    def wait_until_ready(self) -> str:
        """The line that says so; logs come the same way."""
        assert self.process.stdout is not None
        end, seen = time.monotonic() + 60, b""
        while b"Insights is ready" not in seen or not seen.endswith(b"\n"):
            assert select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0], seen
            more = os.read(self.process.stdout.fileno(), 65536)
            assert more, seen
            seen += more
        return next(line for line in seen.decode().splitlines() if line.startswith("Insights is ready"))

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health", headers={"Connection": "close"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def child(self, part: str) -> int:
        """The one that runs now and has ``part`` in its command line."""
        wait_until(lambda: bool(children(self.process.pid, part)), 15)
        return children(self.process.pid, part)[0]

    def everything(self) -> list[int]:
        offspring = children(self.process.pid)
        return offspring + [grandchild for pid in offspring for grandchild in children(pid)]

    def stop(self, signal_number: signal.Signals) -> tuple[int, float]:
        started = time.monotonic()
        self.process.send_signal(signal_number)
        return self.process.wait(15), time.monotonic() - started


def children(parent: int, part: str = "") -> list[int]:
    return [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if parent_of(process) == parent and part in command_line(process) and running(int(process.name))
    ]


def parent_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


@contextmanager
def started(instance: Path, port: int | None = None) -> Iterator[Up]:
    up = Up(instance, port or free_port())
    with up.process:
        try:
            yield up
        finally:
            up.process.terminate()


@pytest.fixture(scope="module", autouse=True)
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """That of the processes started here, which leave the lock files of their ports in it."""
    ENVIRONMENT["TMPDIR"] = str(tmp_path_factory.mktemp("temporary"))


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with started(tmp_path_factory.mktemp("up")) as up:
        assert up.wait_until_ready() == f"Insights is ready at http://127.0.0.1:{up.port}  (Ctrl-C stops it)"
        yield up


def insights(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*INSIGHTS, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        timeout=60,
    )


def writing_command(instance: Path) -> int:
    """Run one that creates an insight, as far as its counters go, and measures something; its pid."""
    script = """
import os, sys
from pathlib import Path
from app.cli_context import application
with application(Path(sys.argv[1]), writes=True):
    from prometheus_client import Gauge, Histogram
    from app.core.metrics import insights_created
    insights_created.inc()
    Histogram("example_seconds", "An example").observe(1)
    Gauge("example", "An example").set(1)
assert "alembic" not in sys.modules  # nothing was to migrate
print(os.getpid())
"""
    command = [sys.executable, "-c", script, str(instance)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY, env=ENVIRONMENT)
    return int(answer.stdout)


def metrics_files(instance: Path) -> set[str]:
    return {path.name for path in (instance / "run" / "metrics").iterdir()}


def test_it_serves(up: Up) -> None:
    assert up.healthy()
    assert len(children(up.child("app.web"))) == 2


def test_a_second_one_is_refused(up: Up) -> None:
    answer = insights("up", "--port", str(free_port()), "--instance", str(up.instance))
    expected = f"{up.instance} is already running: process {up.process.pid} owns it.\n"
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", expected)


def test_a_busy_port_is_named_and_nothing_is_started(up: Up, tmp_path: Path) -> None:
    answer = insights("up", "--port", str(up.port), "--instance", str(tmp_path))
    expected = f"Port {up.port} on 127.0.0.1 is in use by another program: choose another with --port (make: PORT=).\n"
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", expected)
    # Reading the settings made that one.
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_of_two_started_at_once_on_a_port_one_serves(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path / "a", port) as first, started(tmp_path / "b", port) as second:
        wait_until(lambda: first.process.poll() is not None or second.process.poll() is not None, 30)
        refused, serving = (first, second) if first.process.poll() is not None else (second, first)
        serving.wait_until_ready()
        assert refused.process.wait() == 1
        expected = f"Port {port} on 127.0.0.1 is in use by another program: choose another with --port (make: PORT=).\n"
        assert refused.errors.read_text() == expected
        assert not (refused.instance / "pg").exists()


@pytest.mark.parametrize("owner", [None, Owner(pid=NOBODY, role="up")])
def test_an_owner_that_is_not_to_be_seen_is_one(owner: Owner | None, tmp_path: Path) -> None:
    with InstanceLock(tmp_path) as lock:
        assert lock.acquire("up")
        os.truncate(lock.path, 0)
        if owner is not None:
            lock.announce(owner)
        answer = insights("up", "--port", str(free_port()), "--instance", str(tmp_path))
    who = f"process {owner.pid}" if owner else "another process"
    assert (answer.returncode, answer.stderr) == (1, f"{tmp_path} is already running: {who} owns it.\n")


def test_a_command_beside_it_uses_its_servers(up: Up) -> None:
    pid = postmaster_pid(up.instance)
    assert insights("migrate", "--instance", str(up.instance)).returncode == 0
    assert postmaster_pid(up.instance) == pid
    assert up.healthy()


def test_only_the_counters_of_a_command_that_writes_stay(up: Up) -> None:
    counted_by = metrics_files(up.instance)
    assert insights("counts", "verify", "--instance", str(up.instance)).returncode == 0
    assert metrics_files(up.instance) == counted_by
    pid = writing_command(up.instance)
    assert metrics_files(up.instance) - counted_by == {f"counter_{pid}.db"}


@pytest.mark.parametrize("part", ["bin/postgres", "valkey-server", "app.cli worker", "app.web"])
def test_a_killed_child_comes_back(up: Up, part: str) -> None:
    killed = up.child(part)
    workers = children(killed)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not any(running(pid) for pid in [killed, *workers]), 5)
    assert up.child(part) != killed
    wait_until(up.healthy, 30)


def test_a_killed_web_worker_comes_back(up: Up) -> None:
    web = up.child("app.web")
    wait_until(lambda: len(children(web)) == 2, 30)
    killed = children(web)[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in children(web) and len(children(web)) == 2, 15)
    wait_until(up.healthy, 10)


def test_sigterm_stops_everything(up: Up) -> None:
    everything = up.everything()
    with socket.create_connection(("127.0.0.1", up.port)):  # an idle visitor doesn't hold it up
        code, seconds = up.stop(signal.SIGTERM)
    assert code == 0
    assert seconds < 5
    assert up.errors.read_text().splitlines()[-1] == "insights: stopping (SIGTERM)"
    assert not any(running(pid) for pid in everything)


def test_kill_and_start_again(tmp_path: Path) -> None:
    with started(tmp_path) as first:
        first.wait_until_ready()
        everything = first.everything()
        assert {postmaster_pid(tmp_path), valkey_pid(tmp_path)} < set(everything)
        first.process.kill()
        first.process.wait()
    with started(tmp_path) as second:
        second.wait_until_ready()
        assert not any(running(pid) for pid in everything)
        everything = second.everything()
        for pid in children(second.process.pid):
            os.kill(pid, signal.SIGSTOP)  # none of them hears the request
        code, seconds = second.stop(signal.SIGINT)
        assert (code, seconds < 5) == (0, True)
        wait_until(lambda: not any(running(pid) for pid in everything), 2)


def test_stopped_while_starting(tmp_path: Path) -> None:
    with started(tmp_path) as up:
        wait_until(lambda: bool(children(up.process.pid, "valkey-server")), 30)
        everything = up.everything()
        assert up.stop(signal.SIGTERM)[0] == 0
    assert not any(running(pid) for pid in everything)


@pytest.mark.parametrize(
    ("owner_url", "told"), [(None, ""), ("postgresql+psycopg://o@h/d", "postgresql+psycopg://o@h/d")]
)
def test_children_are_told_of_these_servers_alone(
    owner_url: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://o@elsewhere/d")
    monkeypatch.setenv("DATABASE_OWNER_URL_FILE", "/elsewhere")
    settings = load_settings({}, instance=tmp_path).with_servers("postgresql://h/d", "redis://h", owner_url)
    environment = child_environment(settings, Layout(tmp_path))
    assert {name: value for name, value in environment.items() if name.startswith("DATABASE_")} == {
        "DATABASE_URL": "postgresql+psycopg://h/d",
        "DATABASE_OWNER_URL": told,
    }


def test_a_child_that_stops_is_started_ever_later(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch(Child("example", ["/bin/sh", "-c", "exit 3"], {}))
    watch.child.start()
    now = 0.0
    for _ in range(3):
        assert watch.child.process is not None
        watch.child.process.wait(5)
        watch.check(now)
        assert watch.due is not None
        now = watch.due
        watch.check(now)
    lines = [f"insights: example stopped (exit code 3); starting it again in {wait} s." for wait in (0.2, 0.4, 0.8)]
    assert capsys.readouterr().err.splitlines() == lines
    watch.child.stop(5)
