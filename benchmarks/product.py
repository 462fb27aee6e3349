"""The whole product of a benchmark's own: `insights up` in a new folder, and the processes that it is made of."""

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.config import REPOSITORY
from app.embedded.lock import current_owner

START_SECONDS = 60
OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


class Product:
    """A running ``insights up``, and what it may be hit by (Linux: it reads /proc)."""

    def __init__(self, instance: Path, port: int, **settings: str) -> None:
        self.instance, self.port = instance, port
        environment = {name: value for name, value in os.environ.items() if name not in OURS} | settings
        self.command = [sys.executable, "-m", "app.cli"]
        self.environment = environment | {"TMPDIR": str(instance)}
        instance.mkdir(exist_ok=True)
        with (instance / "errors").open("w") as errors:
            self.process = subprocess.Popen(
                [*self.command, "up", "--no-demo", "--port", str(port), "--instance", str(instance)],
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=REPOSITORY,
                env=self.environment,
            )

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        end, seen = time.monotonic() + START_SECONDS, b""
        while b"Insights is ready" not in seen:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError(f"not ready within {START_SECONDS} s: {seen!r}")
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                raise ChildProcessError((self.instance / "errors").read_text())
            seen += more

    def drain(self) -> None:
        """Read its log, which would fill the pipe."""
        assert self.process.stdout is not None
        with suppress(ValueError):  # closed meanwhile: the product was stopped
            while self.process.stdout.read1(65536):  # type: ignore[attr-defined]
                pass

    @property
    def database_url(self) -> str:
        """For the application's role (libpq)."""
        owner = current_owner(self.instance)
        assert owner is not None
        return str(owner.database_url).replace("+psycopg", "", 1)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command beside it."""
        return subprocess.run(
            [*self.command, *arguments, "--instance", str(self.instance)],
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
            env=self.environment,
            timeout=120,
        )

    def web_workers(self) -> list[int]:
        return [worker for web in self._children("app.web") for worker in children(web)]

    def postmaster(self) -> list[int]:
        return self._children("bin/postgres")

    def postgres(self) -> list[int]:
        """The postmaster and all its processes."""
        return [pid for postmaster in self.postmaster() for pid in (postmaster, *children(postmaster))]

    def backends(self) -> list[int]:
        """Sessions of the application."""
        return [pid for pid in self.postgres() if "postgres: insights insights" in _read(pid, "cmdline")]

    def valkey(self) -> list[int]:
        return self._children("valkey-server")

    def _children(self, part: str) -> list[int]:
        return [pid for pid in children(self.process.pid) if part in _read(pid, "cmdline")]

    @contextmanager
    def frozen(self, pids: Callable[[], list[int]]) -> Iterator[None]:
        """Stop processes, as a machine that hangs does, for as long as the block runs."""
        stopped = pids()
        signal_all(stopped, signal.SIGSTOP)
        try:
            yield
        finally:
            signal_all(stopped, signal.SIGCONT)

    def answer(self, path: str, timeout: float, **headers: str) -> http.client.HTTPResponse:
        """To a GET, its body read. Raises `OSError` or `HTTPException`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path, headers={"Connection": "close", **headers})
            response = connection.getresponse()
            response.body = response.read().decode()  # type: ignore[attr-defined]
            return response
        finally:
            connection.close()

    def serves(self) -> bool:
        try:
            return self.answer("/insights?page_size=1", timeout=10).status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def seconds_to_serve(self, most: float = 60) -> float:
        """Wait until it has answered ten questions in a row; the time until the first of these."""
        began = first = time.monotonic()
        in_a_row = 0
        while in_a_row < 10:
            asked = time.monotonic()
            in_a_row = in_a_row + 1 if self.serves() else 0
            first = asked if in_a_row == 1 else first
            if asked - began > most:
                raise TimeoutError(f"it did not serve again within {most:g} s")
            time.sleep(0.02)
        return first - began


@contextmanager
def product(instance: Path | None = None, **settings: str) -> Iterator[Product]:
    """One that is ready, stopped in the end."""
    with tempfile.TemporaryDirectory(prefix="insights-bench-") as folder:
        running = Product(instance or Path(folder) / "i", free_port(), **settings)
        with running.process:
            try:
                running.wait_until_ready()
                yield running
            finally:
                running.process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def signal_all(pids: list[int], which: signal.Signals) -> int:
    """How many were there to be hit."""
    hit = 0
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, which)
            hit += 1
    return hit


def children(parent: int) -> list[int]:
    found = [int(process.name) for process in Path("/proc").glob("[0-9]*")]
    return [pid for pid in found if _read(pid, "stat").rpartition(")")[2].split()[1:2] == [str(parent)]]


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text().replace("\0", " ")
    except OSError:
        return ""
