"""Start the servers that are missing, or connect to those that another process started."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from app.config import Settings
from app.embedded.layout import Layout
from app.embedded.lock import GRACE, InstanceLock, Owner, Role, Users
from app.embedded.postgres import Postgres, postgres
from app.embedded.process import Child, alive
from app.embedded.valkey import Valkey
from app.errors import Unavailable

POLL = 0.05
PATIENCE = 2.0


@dataclass
class Servers:
    """The servers that this process runs; ``settings`` name these and the ones that were configured."""

    settings: Settings
    children: list[Child] = field(default_factory=list)

    def start(self, layout: Layout, role: Role) -> Owner:
        """Start what the settings don't name, all at once; what came of it, to be announced."""
        database = postgres(layout, self.settings.postgres_bin) if not self.settings.database_url else None
        cache = Valkey(layout) if not self.settings.redis_url else None
        started: list[Postgres | Valkey] = [server for server in (database, cache) if server is not None]
        for server in started:
            self.children.append(server.child)
            server.child.start()
        for server in started:
            server.prepare()
        owner = Owner(
            pid=os.getpid(),
            role=role,
            ready=True,
            database_url=database.url if database else None,
            database_owner_url=database.owner_url if database else None,
            redis_url=cache.url if cache else None,
            address=self.settings.address if role == "up" else None,
        )
        self.settings = connected(self.settings, owner)
        return owner

    def stop(self, timeout: float) -> None:
        """Stop the last started first; one that takes longer than ``timeout`` seconds is made to."""
        for child in reversed(self.children):
            child.stop(timeout)


@contextmanager
def running_servers(settings: Settings) -> Iterator[Settings]:
    """Settings that name a database and a cache which answer, for as long as the block runs.

    With both configured nothing is started. Else the instance's own servers are used: those of the process that owns
    it (waiting until they are ready), or, when nobody does, ones started here and stopped at the end, after the
    commands that have connected to them meanwhile.
    """
    if settings.database_url and settings.redis_url:
        yield settings
        return
    layout = Layout(settings.instance)
    layout.make()
    with InstanceLock(layout.instance) as lock, Users(layout.instance) as users:
        owner = _own_or_join(lock, users)
        if owner is not None:
            yield connected(settings, owner)
            return
        with own_servers(settings, lock, "command", stop_timeout=30) as servers:
            try:
                yield servers.settings
            finally:
                _wait_for(users)


@contextmanager
def own_servers(settings: Settings, lock: InstanceLock, role: Role, stop_timeout: float) -> Iterator[Servers]:
    """The servers that ``settings`` don't name, run by this process, which holds ``lock`` and releases it."""
    servers = Servers(settings)
    try:
        lock.announce(servers.start(Layout(settings.instance), role))
        yield servers
    finally:
        servers.stop(stop_timeout)
        lock.release()


def connected(settings: Settings, owner: Owner) -> Settings:
    configured = settings.database_url is not None  # then the owner of our own server is nobody there
    database_url = settings.database_url if configured else owner.database_url
    database_owner_url = settings.database_owner_url if configured else owner.database_owner_url
    redis_url = settings.redis_url or owner.redis_url
    if database_url is None or redis_url is None:
        missing = "REDIS_URL" if database_url else "DATABASE_URL"
        raise Unavailable(
            f"Process {owner.pid} runs this instance with a {missing} of its own: set {missing} here too."
        )
    named = settings.with_servers(database_url, redis_url, database_owner_url)
    return named.model_copy(update={"public_url": settings.public_url or owner.address})


def _own_or_join(lock: InstanceLock, users: Users) -> Owner | None:
    """None when this process owns the instance now, else its owner, whose servers are ready."""
    since = time.monotonic()
    told = False
    while not lock.acquire("command"):
        if users.join():
            owner = lock.owner()
            # Of a pid that isn't to be seen: a predecessor's, unless it stays.
            if owner is not None and owner.ready and (alive(owner.pid) or time.monotonic() - since > GRACE):
                return owner
            users.leave()
        if not told and time.monotonic() - since > PATIENCE:
            click.echo(
                f"Waiting for the servers of {lock.path.parent}, which another process is starting or stopping.",
                err=True,
            )
            told = True
        time.sleep(POLL)
    return None


def _wait_for(users: Users) -> None:
    if users.shut_out():
        return
    click.echo("Waiting for other commands that use the servers which this one started.", err=True)
    while not users.shut_out():
        time.sleep(POLL)
