"""What every command of ``insights`` shares: the ``--instance`` option and the application behind it."""

import os
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

import click

from app.config import load_settings
from app.errors import Refused

if TYPE_CHECKING:
    from flask import Flask

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
Command = TypeVar("Command", bound=Callable[..., object])


def instance_option(command: Command) -> Command:
    """Add ``--instance DIR``; the command gets it as ``instance``, None for the configured one."""
    return click.option(
        "--instance",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the instance: its data and its config.yaml.  [env: INSIGHTS_INSTANCE]",
    )(command)


@contextmanager
def application(
    instance: Path | None, migrated: bool = True, writes: bool = False, makes: bool = True
) -> Iterator["Flask"]:
    """The application of an instance, its servers running and its schema up to date, inside an application context.

    With ``migrated`` false the schema is left alone and the database isn't asked for anything. With ``writes`` true the
    insights that the command writes are counted by the /metrics of a running ``insights up``. With ``makes`` false a
    folder that is no instance is refused and left as it is; else it becomes one.

    Costs about as much as starting Python when ``insights up`` runs the servers; a second or two when they are started
    for this command. Raises `SettingsError`, `Unavailable`, `Refused`.
    """
    # Imported here, as `insights --help` needs none of it.
    from app.embedded import running_servers
    from app.embedded.layout import Layout

    exit_on_sigterm()
    if not makes:
        _refuse_no_instance(instance)
    given = load_settings(instance=instance, statement_timeout_seconds=0)
    if not given.database_url and not Layout(given.instance).cluster.exists():
        click.echo(f"There was no instance in {given.instance}: making a new one.", err=True)
    with running_servers(given) as settings, counted(settings.instance) if writes else nullcontext():
        from app import create_app
        from app.core.migrations import upgrade

        app = create_app(settings, serves=False)
        if migrated:
            upgrade(app)
        with app.app_context():
            yield app


def _refuse_no_instance(instance: Path | None) -> None:
    """Raises `Refused` where neither a database is kept nor one elsewhere is named."""
    from app.embedded.layout import Layout

    # A secret of its own, as one would be made in the folder otherwise.
    given = load_settings(instance=instance, secret_key=secrets.token_hex())
    if not given.database_url and not Layout(given.instance).cluster.exists():
        raise Refused(f"There is no instance in {given.instance}: look at --instance and INSIGHTS_INSTANCE.")


def exit_on_sigterm() -> None:
    """Let a command end like a finished one: what it started must be stopped."""

    def leave(signum: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGTERM, leave)


@contextmanager
def counted(instance: Path) -> Iterator[None]:
    """Share the metrics folder of a running ``insights up``, so that /metrics counts what a command writes.

    Must come before prometheus_client is imported, which looks at the variable once. The counters stay, for the sums;
    what else was measured (how long, how many at once) is of no use without its process.
    """
    from app.embedded.layout import Layout
    from app.embedded.lock import current_owner

    owner = current_owner(instance)
    if owner is None or owner.role != "up" or METRICS_VARIABLE in os.environ:
        yield
        return
    folder = Layout(instance).metrics
    os.environ[METRICS_VARIABLE] = str(folder)
    try:
        yield
    finally:
        for path in folder.glob(f"*_{os.getpid()}.db"):
            if not path.name.startswith("counter_"):
                path.unlink(missing_ok=True)
