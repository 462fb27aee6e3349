"""Real servers, started, stopped and killed."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import make_url

from app.config import REPOSITORY, Settings, load_settings
from app.core.migrations import upgrade
from app.embedded import account, running_servers
from app.embedded.layout import Layout
from tests.conftest import built
from tests.embedded.conftest import owner_command
from tests.embedded.pids import postmaster_pid, running, valkey_pid, wait_until

StartOwner = Callable[..., subprocess.Popen[str]]
# Of the database, and of what in it came with no extension.
OWNERS = """
SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()
UNION SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION SELECT pg_get_userbyid(proowner)::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""


def connect(settings: Settings, role: str = "insights_owner") -> psycopg.Connection:
    url = settings.database_owner_url if role == "insights_owner" else settings.database_url
    assert url is not None
    return psycopg.connect(
        make_url(url).set(drivername="postgresql", username=role).render_as_string(), autocommit=True
    )


def one_role(settings: Settings) -> None:
    """Make the running instance what it was before there were two: all is the application's."""
    with connect(settings, "postgres") as superuser:
        superuser.execute("REASSIGN OWNED BY insights_owner TO insights")
        superuser.execute("DROP ROLE insights_owner")
    with built(settings.with_servers(str(settings.database_url), settings.redis_url)) as app:
        upgrade(app)


def count_start(settings: Settings) -> tuple[int, int]:
    """How often this was called for the instance, according to its database and its cache."""
    with connect(settings) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS starts (number int)")
        connection.execute("INSERT INTO starts SELECT count(*) + 1 FROM starts")
        (rows,) = connection.execute("SELECT count(*) FROM starts").fetchone() or (0,)
    assert settings.redis_url is not None
    with redis.Redis.from_url(settings.redis_url) as cache:
        return rows, int(cache.incr("starts"))


def test_data_survive_and_the_database_is_as_promised(settings: Settings) -> None:
    with running_servers(settings) as running_settings:
        assert count_start(running_settings) == (1, 1)
        with connect(running_settings, "insights") as connection:
            assert connection.execute(
                "SELECT lower('ÉÑ'), current_user::text, current_setting('is_superuser'), current_setting('TimeZone'),"
                " current_setting('fsync'), current_setting('listen_addresses'),"
                " array(SELECT extname::text FROM pg_extension ORDER BY extname)"
            ).fetchone() == ("éñ", "insights", "off", "UTC", "on", "", ["pg_trgm", "plpgsql", "unaccent"])
        pids = postmaster_pid(settings.instance), valkey_pid(settings.instance)
    assert not any(running(pid) for pid in pids)
    with running_servers(settings) as running_settings:
        assert count_start(running_settings) == (2, 2)


def test_an_instance_of_one_role_is_carried_over(settings: Settings) -> None:
    with running_servers(settings) as before:
        one_role(before)
        with connect(before, "insights") as connection:
            connection.execute("INSERT INTO insights (title, description, author) VALUES ('T', 'd', 'A')")
            assert connection.execute(OWNERS).fetchall() == [("insights",)]
    for version in (2, 3):
        with running_servers(settings) as after, built(after) as app:
            upgrade(app)
            with connect(after, "insights") as connection:
                assert connection.execute(OWNERS).fetchall() == [("insights_owner",)]
                changed = connection.execute("UPDATE insights SET title = title || '!' RETURNING version").fetchall()
                assert changed == [(version,)]
                with pytest.raises(InsufficientPrivilege):
                    connection.execute("DROP TABLE insights CASCADE")


def test_configured_servers_start_nothing(settings: Settings) -> None:
    configured = settings.with_servers("postgresql://elsewhere/x", "redis://elsewhere")
    with running_servers(configured) as running_settings:
        assert running_settings is configured
    assert [path.name for path in settings.instance.iterdir()] == ["secret_key"]


def test_what_an_interrupted_start_left_is_no_obstacle(settings: Settings) -> None:
    for name in ("pg.new", "pg.new-1"):
        (settings.instance / name).mkdir()
        (settings.instance / name / "PG_VERSION").write_text("18\n")
    with running_servers(settings) as running_settings:
        assert count_start(running_settings) == (1, 1)
    assert not list(settings.instance.glob("pg.new*"))
    stale = f"{os.getpid()}\n{settings.instance}/pg\n0\n5432\n\n\n\nready\n"
    (settings.instance / "pg" / "postmaster.pid").write_text(stale)
    (settings.instance / "run" / "valkey.pid").write_text(f"{os.getpid()}\n")
    # A pid that lives and is no parent of Postgres', which would let that pass.
    socket = f"{os.getppid()}\n{settings.instance}/pg\n0\n5432\n{settings.instance}/run/postgres\n"
    (settings.instance / "run" / "postgres" / ".s.PGSQL.5432.lock").write_text(socket)
    (settings.instance / "run" / "postgres" / ".s.PGSQL.5432").write_text("")
    with running_servers(settings) as running_settings:
        assert count_start(running_settings) == (2, 2)


def test_a_folder_with_a_long_path_works(tmp_path: Path) -> None:
    settings = load_settings({}, instance=tmp_path / ("long, and with 'quotes' é" + "x" * 90))
    sockets = Layout(settings.instance).sockets
    try:
        with running_servers(settings) as running_settings:
            assert count_start(running_settings) == (1, 1)
        assert sockets.parent == Path(tempfile.gettempdir())
    finally:
        shutil.rmtree(sockets)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts Postgres as somebody else")
def test_root_without_user_namespaces(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in settings.instance.parents:  # the account nobody has to reach the data
        if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
            folder.chmod(0o711)
    with monkeypatch.context() as patch:
        patch.setattr(account, "user_namespaces_work", lambda: False)
        with running_servers(settings) as running_settings:
            assert count_start(running_settings) == (1, 1)
    assert (settings.instance / "pg").stat().st_uid == 65534
    with running_servers(settings) as running_settings:  # who made the data goes on with them
        assert count_start(running_settings) == (2, 2)


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test already runs as an ordinary user")
def test_an_ordinary_user(start_owner: StartOwner) -> None:
    home = Path(tempfile.mkdtemp(prefix="insights-test-"))
    os.chown(home, 65534, 65534)
    # The checkout and the interpreter may be root's alone: the one thing that this user may is to read them.
    reading = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *reading)
    try:
        for _ in range(2):
            owner = start_owner(home / "i", prefix)
            pid = postmaster_pid(home / "i")
            assert Path(f"/proc/{pid}").stat().st_uid == 65534
            assert owner.stdin is not None
            owner.stdin.close()
            assert (owner.wait(10), running(pid)) == (0, False)
    finally:
        shutil.rmtree(home)


def test_a_second_process_connects_and_the_owner_waits_for_it(settings: Settings, start_owner: StartOwner) -> None:
    owner = start_owner(settings.instance)
    pid = postmaster_pid(settings.instance)
    with running_servers(settings) as running_settings:
        assert count_start(running_settings) == (1, 1)
        assert owner.stdin is not None
        owner.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            owner.wait(0.5)
        assert count_start(running_settings) == (2, 2)
        assert postmaster_pid(settings.instance) == pid
    assert owner.wait(10) == 0
    assert not running(pid)


def test_the_servers_die_with_a_killed_owner(settings: Settings, start_owner: StartOwner) -> None:
    owner = start_owner(settings.instance)
    with running_servers(settings) as running_settings:
        assert count_start(running_settings) == (1, 1)
    pids = postmaster_pid(settings.instance), valkey_pid(settings.instance)
    owner.kill()
    owner.wait()
    with running_servers(settings) as running_settings:  # at once: it waits until the old ones are gone
        assert not any(running(pid) for pid in pids)
        assert count_start(running_settings) == (2, 2)


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.3])
def test_killed_while_the_data_folder_is_made(seconds: float, settings: Settings, start_owner: StartOwner) -> None:
    with subprocess.Popen(owner_command(settings.instance), cwd=REPOSITORY, stdin=subprocess.PIPE) as killed:
        wait_until(lambda: bool(list(settings.instance.glob("pg.new*"))), 10)
        time.sleep(seconds)
        killed.kill()
    assert start_owner(settings.instance).poll() is None
    assert [path.name for path in settings.instance.glob("pg*")] == ["pg"]
    assert (settings.instance / "pg" / "PG_VERSION").read_text() == "18\n"


def test_killed_servers_lose_nothing(settings: Settings) -> None:
    with running_servers(settings) as running_settings:
        assert count_start(running_settings)[0] == 1
        pids = postmaster_pid(settings.instance), valkey_pid(settings.instance)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(running(pid) for pid in pids), 5)
    with running_servers(settings) as running_settings:
        assert count_start(running_settings)[0] == 2


def test_a_terminated_owner_stops_its_servers(settings: Settings, start_owner: StartOwner) -> None:
    owner = start_owner(settings.instance)
    pids = postmaster_pid(settings.instance), valkey_pid(settings.instance)
    owner.send_signal(signal.SIGTERM)
    assert owner.wait(5) == 128 + signal.SIGTERM
    assert not any(running(pid) for pid in pids)
