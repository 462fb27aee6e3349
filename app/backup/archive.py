"""The file of a backup: a ZIP archive whose members are stored as they are (the dump is compressed by itself)."""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from pydantic import ValidationError

from app.backup.manifest import Manifest
from app.errors import Invalid, Refused

MANIFEST = "manifest.json"
CHUNK = 2**20

# Told how many more bytes or rows are done.
Told = Callable[[int], object]


class Writing:
    """A backup that is being written; ``members`` maps what it holds so far to checksums."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self.members: dict[str, str] = {}

    def add(self, name: str, content: IO[bytes], told: Told = lambda size: None) -> None:
        """Copy a member to its end."""
        with self._archive.open(name, "w", force_zip64=True) as member:
            self.members[name] = _copied(content, member, told)

    def end(self, manifest: Manifest) -> None:
        self._archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))


@contextmanager
def new_archive(path: Path, replace: bool) -> Iterator[Writing]:
    """A file that takes its place when it is complete and on the disk; a failure leaves no trace.

    Readable by its owner alone: it holds password hashes and secrets. Raises `Refused` for a file that is there, unless
    it is to be replaced, and `OSError`, naming the path.
    """
    path = path.resolve()
    _refuse_existing(path, replace)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.touch(mode=0o600, exist_ok=False)
        with part.open("wb") as file:
            with ZipFile(file, "w") as archive:
                yield Writing(archive)
            file.flush()
            os.fsync(file.fileno())
        _refuse_existing(path, replace)
        part.replace(path)
        _keep_name(path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        part.unlink(missing_ok=True)


class Backup:
    """A backup whose every byte is as it was written; ``folder`` holds its members until the block ends."""

    def __init__(self, manifest: Manifest, folder: Path) -> None:
        self.manifest = manifest
        self._folder = folder

    def member(self, name: str) -> Path | None:
        return self._folder / name if name in self.manifest.members else None


def opened(path: Path, folder: Path, told: Told = lambda size: None) -> Backup:
    """Read a backup, member by member into an empty folder, and compare the checksums. Raises `Invalid`."""
    try:
        with ZipFile(path) as archive:
            manifest = _manifest(path, archive)
            for name, digest in manifest.members.items():
                (folder / name).parent.mkdir(exist_ok=True)
                with archive.open(name) as member, (folder / name).open("xb") as copy:
                    if _copied(member, copy, told) != digest:
                        raise Invalid(f"{path}: {name} is damaged: its checksum is another one.")
    except (BadZipFile, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise Invalid(f"{path} is damaged, or no backup of this product.") from error
    return Backup(manifest, folder)


def _manifest(path: Path, archive: ZipFile) -> Manifest:
    text = archive.read(MANIFEST)
    try:
        given = json.loads(text)
        return Manifest.model_validate(given)
    except (ValueError, TypeError, KeyError) as error:
        wrong = error.errors()[0] if isinstance(error, ValidationError) else None
        about = f" ({'.'.join(map(str, wrong['loc']))}: {wrong['msg']})" if wrong else ""
        raise Invalid(f"{path}: its manifest can't be used{about}.") from error


def _copied(source: IO[bytes], target: IO[bytes], told: Told) -> str:
    """The SHA-256 sum of what was copied."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        target.write(chunk)
        told(len(chunk))
    return digest.hexdigest()


def _refuse_existing(path: Path, replace: bool) -> None:
    if path.exists() and not replace:
        raise Refused(f"{path} exists already; --force replaces it.")


def _keep_name(folder: Path) -> None:
    """A name is on the disk when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
