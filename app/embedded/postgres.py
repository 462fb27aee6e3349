"""The embedded PostgreSQL: real binaries, one private Unix socket, our own life cycle.

The wheel's own ``get_server()`` isn't used: after SIGTERM its server stays behind, it takes any process that inherited
an old pid for a running server, and as root it opens every parent folder to others.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import URL

from app.embedded.account import Account, postgres_account
from app.embedded.binaries import PostgresBinaries, postgres_binaries
from app.embedded.layout import Layout
from app.embedded.process import Child, die_with_parent, end_predecessor
from app.embedded.tuning import machine_memory, postgres_options
from app.errors import Unavailable

PORT = "5432"  # only a part of the socket's name: TCP is off
SUPERUSER = "postgres"
ROLE = DATABASE = "insights"
OWNER_ROLE = "insights_owner"  # the application's role can't change what this one owns
EXTENSIONS = ("unaccent", "pg_trgm")


class Postgres:
    """The server of one instance. `child` can be started again at any time; `prepare` follows the first start."""

    def __init__(self, layout: Layout, binaries: PostgresBinaries, account: Account) -> None:
        self.layout = layout
        self.child = Child(
            name="postgres",
            command=_command(layout, binaries),
            environment=server_environment(),
            stop_signal=signal.SIGINT,  # "fast": end the sessions, write a checkpoint
            kill_signal=signal.SIGQUIT,  # "immediate": the next start replays the log, nothing is lost
            death_signal=signal.SIGINT,
            log=layout.log / "postgres.log",
            account=account,
            before_start=self._clear_lock_files,
        )

    @property
    def _pid_file(self) -> Path:
        return self.layout.cluster / "postmaster.pid"

    @property
    def url(self) -> str:
        return self._url(ROLE)

    @property
    def owner_url(self) -> str:
        return self._url(OWNER_ROLE)

    def _url(self, role: str) -> str:
        query = {"host": str(self.layout.postgres_sockets), "port": PORT}
        url = URL.create("postgresql+psycopg", username=role, database=DATABASE, query=query)
        return url.render_as_string(hide_password=False)

    def prepare(self) -> None:
        """Wait until it answers, however long a recovery takes, and see to our roles, database and extensions."""
        self._wait()
        try:
            self._create_ours()
        except psycopg.Error as error:
            raise Unavailable(f"PostgreSQL runs but can't be used: {error}") from error

    def _create_ours(self) -> None:
        with self._connect("postgres") as connection:
            for role in (OWNER_ROLE, ROLE):
                _create_missing(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", "CREATE ROLE {} LOGIN", role)
            _create_missing(
                connection,
                "SELECT 1 FROM pg_database WHERE datname = %s",
                "CREATE DATABASE {} OWNER {}",
                DATABASE,
                OWNER_ROLE,
            )
        with self._connect(DATABASE) as connection:
            for extension in EXTENSIONS:
                connection.execute(_statement("CREATE EXTENSION IF NOT EXISTS {}", extension))
            # One role owned everything once: the database and what is in it. It owns nothing now, which is soon seen.
            connection.execute(_statement("REASSIGN OWNED BY {} TO {}", ROLE, OWNER_ROLE))

    def _wait(self) -> None:
        while not self._says_ready():
            if (code := self.child.exit_code()) is not None:
                raise Unavailable(self.child.why_stopped(code))
            time.sleep(0.01)

    def _says_ready(self) -> bool:
        """The eighth line of the pid file is where Postgres tells pg_ctl how far it is."""
        try:
            lines = self._pid_file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.layout.postgres_sockets), port=PORT, user=SUPERUSER, dbname=database, autocommit=True
        )

    def _clear_lock_files(self) -> None:
        """Postgres refuses to start when the pid in one of its files belongs to any other process, ours included."""
        end_predecessor(self._pid_file, ("postgres", str(self.layout.cluster)))
        socket = self.layout.postgres_sockets / f".s.PGSQL.{PORT}"
        for path in (self._pid_file, socket, socket.with_name(f"{socket.name}.lock")):
            path.unlink(missing_ok=True)


def postgres(layout: Layout, chosen: Path | None) -> Postgres:
    """The server of an instance; its cluster is made the first time. Only the owner of the instance may call this."""
    account = postgres_account(layout.cluster)
    binaries = postgres_binaries(chosen, layout.cluster)
    layout.postgres_sockets.mkdir(mode=0o700, exist_ok=True)
    account.own(layout.postgres_sockets)
    if not layout.cluster.exists():
        _create_cluster(layout, binaries, account)
    account.own(layout.cluster)
    return Postgres(layout, binaries, account)


def server_environment() -> dict[str, str]:
    """Ours without the variables that change what Postgres' programs do."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}


def _command(layout: Layout, binaries: PostgresBinaries) -> list[str]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(layout.postgres_sockets),
        "unix_socket_permissions": "0700",
        **postgres_options(machine_memory()),
    }
    command = [binaries.postgres, "-D", str(layout.cluster), "-p", PORT]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    return command


def _create_cluster(layout: Layout, binaries: PostgresBinaries, account: Account) -> None:
    """Made beside its place and renamed: what an interrupted initdb leaves is never taken for a cluster.

    Each time in a new folder: a killed initdb's own child goes on for a moment in the old one.
    """
    for left in layout.instance.glob("pg.new*"):
        shutil.rmtree(left, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix="pg.new-", dir=layout.instance))
    account.own(unfinished)
    parent = os.getpid()
    command = [*account.prefix, binaries.initdb, "-D", str(unfinished), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]
    done = subprocess.run(
        [*command, *_locale(binaries.major)],
        env=server_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: die_with_parent(parent, signal.SIGKILL),
        **account.popen_arguments(),
    )
    if done.returncode:
        raise Unavailable(f"PostgreSQL could not make its data folder in {layout.instance}:\n{done.stderr.strip()}")
    unfinished.rename(layout.cluster)


def _locale(major: int) -> list[str]:
    """Case and order by code point in UTF-8, the same on every machine whatever its LANG."""
    if major < 17:
        return ["--locale=C.UTF-8"]
    return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


def _create_missing(
    connection: psycopg.Connection, question: LiteralString, statement: LiteralString, *names: str
) -> None:
    """The question is about the first of the names that the statement takes."""
    if connection.execute(question, names[:1]).fetchone() is None:
        connection.execute(_statement(statement, *names))


def _statement(statement: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))
