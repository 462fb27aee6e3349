"""Which pg_dump and pg_restore to run, and what they print."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from app.embedded.binaries import postgres_folders
from app.errors import Unavailable


class Program(NamedTuple):
    """A program of PostgreSQL's, and the major version that it is of."""

    path: Path
    major: int


def dumper(server: int, chosen: Path | None) -> Path:
    """The pg_dump for a server of that major version: of the same one, else the next newer. Raises `Unavailable`."""
    found = _found("pg_dump", chosen)
    fitting = sorted((program for program in found if program.major >= server), key=lambda program: program.major)
    if not fitting:
        raise Unavailable(_none_fits("pg_dump", f"version {server}, the server's, or newer", found))
    return fitting[0].path


def restorer(needed: int, chosen: Path | None) -> Path:
    """The newest pg_restore, which reads what every older pg_dump wrote; ``needed`` is the version of the one that
    did. Raises `Unavailable`."""
    found = _found("pg_restore", chosen)
    newest = max(found, key=lambda program: program.major, default=None)
    if newest is None or newest.major < needed:
        raise Unavailable(_none_fits("pg_restore", f"version {needed}, that of the backup, or newer", found))
    return newest.path


def version(path: Path) -> int | None:
    """The major version of a program; None when it can't be run."""
    try:
        told = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    number = re.search(r"\(PostgreSQL\) (\d+)", told)
    return int(number[1]) if number else None


def _found(name: str, chosen: Path | None) -> list[Program]:
    """Those of `INSIGHTS_POSTGRES_BIN` alone when that is set."""
    return [
        Program(path, major)
        for path in ([chosen.resolve() / name] if chosen else _places(name))
        if (major := version(path)) is not None
    ]


def _places(name: str) -> Iterator[Path]:
    yield from (folder / name for folder in postgres_folders())
    if on_path := shutil.which(name):
        yield Path(on_path)


def _none_fits(name: str, wanted: str, found: Sequence[Program]) -> str:
    there = ", ".join(f"{program.path} of version {program.major}" for program in found) or "none at all"
    return (
        f"A {name} of PostgreSQL {wanted}, is needed, and there is {there}: install PostgreSQL's client programs, or"
        " name their folder in INSIGHTS_POSTGRES_BIN."
    )


@contextmanager
def output_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[IO[bytes]]:
    """What a program prints, while it runs. Raises `Unavailable` with what it complained about when it fails; it is
    ended when nobody reads on."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, env=environment)
        assert process.stdout is not None  # noqa: S101 (for the type: it is a pipe)
        try:
            with process.stdout as output:
                yield output
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
        if code:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip()
            raise Unavailable(f"{Path(command[0]).name} failed:\n{said}")
