"""``insights backup`` and ``insights restore``."""

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from app.cli_context import application, instance_option
from app.config import load_settings
from app.errors import Refused

if TYPE_CHECKING:
    from app.backup.archive import Backup

GO_ON = "replace"
MINUTE = "%Y-%m-%d %H:%M UTC"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it exists.")
@instance_option
def backup(file: Path, force: bool, instance: Path | None) -> None:
    """Write everything into FILE: the database, as of one moment, and secret_key and config.yaml.

    Others may write meanwhile. FILE is complete or not there, and for its owner's eyes alone.
    """
    from app.backup.dumping import write_backup
    from app.backup.progress import progress, size

    with application(instance, migrated=False, makes=False), progress("Backing up", None, size) as told:
        manifest = write_backup(file, force, _programs(instance), told)
    click.echo(f"{file}: {size(file.stat().st_size)}; {manifest}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace what is there, the instance's secret_key too, without asking.")
@instance_option
def restore(file: Path, yes: bool, instance: Path | None) -> None:
    """Make an instance what the backup in FILE holds: everything, or nothing is changed.

    An older backup is brought to the newest schema. In the end everything is checked as "verify" does; the exit status
    is 1 when that finds something. What is there is replaced after a question, or with --yes: that goes for secret_key,
    too, with which second factors are sealed. config.yaml is laid beside its place, as config.yaml.restored.
    """
    from app.backup.archive import opened
    from app.backup.progress import progress, size
    from app.backup.restoring import refuse_unfit

    had_key = _has_key(instance)
    with TemporaryDirectory(prefix="insights-restore-") as folder:
        with progress("Checking", file.stat().st_size, size) as told:
            taken = opened(file, Path(folder), told)
        refuse_unfit(taken.manifest)
        click.echo(f"{file}: {taken.manifest}")
        with application(instance, migrated=False):
            sound = _restored(taken, _programs(instance), asked=not yes, had_key=had_key)
    if not sound:
        raise click.exceptions.Exit(1)


def _restored(taken: "Backup", programs: Path | None, asked: bool, had_key: bool) -> bool:
    """Whether all is well with it now."""
    from app.backup.files import replaces_key, restore_files
    from app.backup.objects import restore_objects
    from app.backup.progress import progress, rows
    from app.backup.restoring import restore_database
    from app.verification import tell_findings

    if asked:
        _ask(_loss(taken, loses_key=had_key and replaces_key(taken)))
    restore_objects(taken)
    with progress("Restoring", sum(taken.manifest.rows.values()), rows) as told:
        restore_database(taken, programs, told)
    click.echo("Restored.")
    for note in restore_files(taken):
        click.echo(note)
    return tell_findings()


def _loss(taken: "Backup", loses_key: bool) -> list[str]:
    """What would go, in sentences; none when nothing would."""
    from app.backup.replaced import replaced

    held, changed = replaced()
    gone = [*held, *(["its secret_key"] if loses_key else [])]
    told = [f"This replaces what the instance holds: {', '.join(gone)}."] if gone else []
    if changed is not None:
        backup_of = f"{taken.manifest.taken_at:{MINUTE}}"
        told.append(f"Its newest change of an insight is of {changed:{MINUTE}}, the backup of {backup_of}.")
    return told


def _ask(loss: list[str]) -> None:
    """Have it typed that what is there may go. Raises `Refused`."""
    if not loss:
        return
    click.echo("\n".join(loss), err=True)
    try:
        answer = click.prompt(f'Type "{GO_ON}" to go on', err=True)
    except click.Abort:
        answer = None
    if answer != GO_ON:
        raise Refused("Nothing was changed; --yes goes on without a question.")


def _programs(instance: Path | None) -> Path | None:
    return load_settings(instance=instance).postgres_bin


def _has_key(instance: Path | None) -> bool:
    """Asked before the settings are read for good, which makes one."""
    return (load_settings(instance=instance, secret_key=secrets.token_hex()).instance / "secret_key").exists()
