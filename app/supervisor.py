"""``insights up``: one process that starts everything, keeps it running and stops it in order.

It stays small: the application is loaded by the web server only, so that a start pays for that once.
"""

import http.client
import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import click

from app.config import REPOSITORY, Settings
from app.embedded.layout import Layout
from app.embedded.lock import GRACE, InstanceLock, Owner, current_owner
from app.embedded.port import claim_port, listening
from app.embedded.process import Child, describe_exit, rotate
from app.embedded.servers import own_servers
from app.errors import Unavailable

TICK = 0.1
FIRST_DELAY, LONGEST_DELAY, STEADY = 0.2, 10.0, 5.0
START_TIMEOUT = 120.0
# The order and the seconds in which things stop; together below five.
STOP = {"web": 1.5, "worker": 0.5, "valkey": 0.5, "postgres": 1.6}
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class Watch:
    """Restarts a child that stopped by itself: after 0.2 s, then twice as long each time, until it runs for a while."""

    child: Child
    delay: float = FIRST_DELAY
    due: float | None = None
    started: float = 0.0

    def check(self, now: float) -> None:
        if self.due is not None:
            if now >= self.due:
                self._restart(now)
        elif (code := self.child.exit_code()) is not None:
            self._again(now, f"{self.child.name} stopped ({describe_exit(code)})")
        elif now - self.started > STEADY:
            self.delay = FIRST_DELAY

    def _again(self, now: float, reason: str) -> None:
        say(f"{reason}; starting it again in {self.delay:g} s.")
        self.due = now + self.delay
        self.delay = min(self.delay * 2, LONGEST_DELAY)

    def _restart(self, now: float) -> None:
        try:
            self.child.start()
        except Unavailable as error:
            self._again(now, error.detail)
        else:
            self.due, self.started = None, now


def run_up(settings: Settings, demo: bool) -> None:
    """Run the whole product until SIGTERM, SIGINT or SIGHUP, which raise SystemExit(0) once everything has stopped.

    Raises `Unavailable`, with nothing left running, when the instance or the port is taken or something can't start.
    """
    _exit_when_signalled()
    layout = Layout(settings.instance)
    owner = current_owner(layout.instance)
    if owner is not None and owner.role == "up":
        raise _already_running(layout.instance, owner)
    with claim_port(settings.host, settings.port):
        layout.make()
        with InstanceLock(layout.instance) as lock:
            _own(lock)
            _empty_metrics(layout)
            with own_servers(settings, lock, "up", STOP["postgres"]) as servers:
                _run(*_ours(servers.settings, layout, demo), servers.children, servers.settings)


def _ours(settings: Settings, layout: Layout, demo: bool) -> tuple[Child, Child]:
    """The web server and the worker."""
    environment = child_environment(settings, layout)
    web = _python("web", ["-m", "app.web", *(["--demo"] if demo else [])], environment)
    return web, _python("worker", ["-m", "app.cli", "worker"], environment)


def child_environment(settings: Settings, layout: Layout) -> dict[str, str]:
    """What the web server and the worker are told; each of them reads it like any other setting."""
    told = {
        "INSIGHTS_INSTANCE": str(settings.instance),
        "HOST": listening(settings.host, settings.port)[1],
        "PORT": str(settings.port),
        "DATABASE_URL": settings.database_url or "",
        "DATABASE_OWNER_URL": settings.database_owner_url or "",
        "REDIS_URL": settings.redis_url or "",
        "PROMETHEUS_MULTIPROC_DIR": str(layout.metrics),
    }
    from_files = {f"{name}_FILE" for name in told}
    return {**{name: value for name, value in os.environ.items() if name not in from_files}, **told}


def _python(name: str, arguments: list[str], environment: dict[str, str]) -> Child:
    return Child(name, [sys.executable, *arguments], environment, folder=REPOSITORY)


def _run(web: Child, worker: Child, servers: list[Child], settings: Settings) -> None:
    watches = [Watch(child) for child in servers]
    try:
        web.start()
        _wait_until_healthy(web, watches, settings)
        worker.start()
        click.echo(f"Insights is ready at {settings.own_address}  (Ctrl-C stops it)")
        _keep_running([*watches, Watch(web), Watch(worker)])
    finally:
        for child in (web, worker, *reversed(servers)):
            child.stop(STOP[child.name])


def _wait_until_healthy(web: Child, watches: Iterable[Watch], settings: Settings) -> None:
    end = time.monotonic() + START_TIMEOUT
    while not _healthy(settings):
        if (code := web.exit_code()) is not None:
            raise Unavailable(f"The web server stopped while starting ({describe_exit(code)}).")
        if time.monotonic() > end:
            raise Unavailable(f"{settings.own_address}/health did not answer 200 within {START_TIMEOUT:g} s.")
        for watch in watches:
            watch.check(time.monotonic())
        time.sleep(TICK / 2)


def _keep_running(watches: list[Watch]) -> None:
    while True:
        for watch in watches:
            watch.check(time.monotonic())
            if watch.child.log is not None:
                rotate(watch.child.log)
        time.sleep(TICK)


def _own(lock: InstanceLock) -> None:
    """Wait for a command that runs the servers; refuse when anybody else has the lock for longer than a look at it."""
    since, told = time.monotonic(), False
    while not lock.acquire("up"):
        owner = lock.owner()
        if owner is not None and owner.role == "command":
            since = time.monotonic()
            if not told:
                say(f"Waiting for process {owner.pid}, a command that runs the servers of {lock.path.parent}.")
            told = True
        elif time.monotonic() - since > GRACE:
            raise _already_running(lock.path.parent, owner)
        time.sleep(TICK / 2)


def _already_running(instance: Path, owner: Owner | None) -> Unavailable:
    who = f"process {owner.pid}" if owner else "another process"
    return Unavailable(f"{instance} is already running: {who} owns it.")


def _healthy(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(urlsplit(settings.own_address).netloc, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _empty_metrics(layout: Layout) -> None:
    """The files of processes that are gone would be counted for ever, and gather."""
    for path in layout.metrics.glob("*.db"):
        path.unlink()


def _exit_when_signalled() -> None:
    def leave(signum: int, frame: FrameType | None) -> None:
        for each in SIGNALS:  # stopping is bounded: it isn't cut short by a second Ctrl-C
            signal.signal(each, signal.SIG_IGN)
        with suppress(OSError):  # the terminal may be gone; not `say`, which may be what this interrupts
            os.write(sys.stderr.fileno(), f"insights: stopping ({signal.Signals(signum).name})\n".encode())
        raise SystemExit(0)

    for each in SIGNALS:
        signal.signal(each, leave)


def say(message: str) -> None:
    click.echo(f"insights: {message}", err=True)
