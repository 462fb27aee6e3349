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

from app.config import REPOSITORY
from app.embedded.process import Child
from app.errors import Unavailable
from app.supervisor import Watch, _listening, _require_free_port
from tests.embedded.pids import postmaster_pid, running, valkey_pid, wait_until

INSIGHTS = [sys.executable, "-m", "app.cli"]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
    "WEB_CONCURRENCY": "2",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Up:
    """A started ``insights up --no-demo``."""

    def __init__(self, instance: Path, port: int) -> None:
        self.instance, self.port = instance, port
        self.process = subprocess.Popen(
            [*INSIGHTS, "up", "--no-demo", "--port", str(port), "--instance", str(instance)],
            stdout=subprocess.PIPE,
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
def started(instance: Path) -> Iterator[Up]:
    up = Up(instance, free_port())
    with up.process:
        try:
            yield up
        finally:
            up.process.terminate()


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


def test_it_serves(up: Up) -> None:
    assert up.healthy()
    assert len(children(up.child("app.web"))) == 2


def test_a_second_one_is_refused(up: Up) -> None:
    answer = insights("up", "--port", str(free_port()), "--instance", str(up.instance))
    expected = f"{up.instance} is already running: process {up.process.pid} owns it.\n"
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", expected)


def test_a_busy_port_is_named_and_nothing_is_started(up: Up, tmp_path: Path) -> None:
    answer = insights("up", "--port", str(up.port), "--instance", str(tmp_path))
    expected = f"Port {up.port} on 127.0.0.1 is in use by another program: choose another with --port.\n"
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", expected)
    assert not (tmp_path / "pg").exists()


def test_a_command_beside_it_uses_its_servers(up: Up) -> None:
    pid = postmaster_pid(up.instance)
    counted_by = {path.name for path in (up.instance / "run" / "metrics").iterdir()}
    assert insights("migrate", "--instance", str(up.instance)).returncode == 0
    assert postmaster_pid(up.instance) == pid
    # What a command counts is shown by the web server's /metrics.
    assert {path.name for path in (up.instance / "run" / "metrics").iterdir()} > counted_by
    assert up.healthy()


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
        assert second.stop(signal.SIGINT)[0] == 0


def test_stopped_while_starting(tmp_path: Path) -> None:
    with started(tmp_path) as up:
        wait_until(lambda: bool(children(up.process.pid, "valkey-server")), 30)
        everything = up.everything()
        assert up.stop(signal.SIGTERM)[0] == 0
    assert not any(running(pid) for pid in everything)


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


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_name_becomes_an_address(host: str) -> None:
    assert _listening(host, 8000) == (socket.AF_INET, "127.0.0.1")


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(Unavailable, match=r"Port 8000 on nowhere\.invalid can't be used"):
        _require_free_port("nowhere.invalid", 8000)
