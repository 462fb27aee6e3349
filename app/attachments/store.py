"""The object store: bytes under the SHA-256 sum of what they are, in a folder of the instance or in a bucket.

The same bytes are kept once, however many attachments have them. What is kept never changes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app

from app.config import Settings
from app.errors import Unavailable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

FOLDER = "objects"
AWAY = "The store of attached files can't be reached just now."
CHUNK = 2**18
# A request waits for the bucket no longer than for the database.
PATIENCE = timedelta(seconds=10)
_EXTENSION = "objects"


class ObjectMissing(LookupError):
    """The store doesn't hold what the database says it does."""


class Kept(NamedTuple):
    """An object in the store. ``digest`` is None when it is none of ours."""

    digest: bytes | None
    size: int
    since: datetime


def connect(app: Flask, settings: Settings) -> None:
    """Give the application its store; nothing is opened before the first use."""
    app.extensions[_EXTENSION] = Objects(settings)


def objects() -> "Objects":
    """The application's store."""
    found: Objects = current_app.extensions[_EXTENSION]
    return found


class Objects:
    """The store. Each method raises `Unavailable` when it can't be reached."""

    def __init__(self, settings: Settings) -> None:
        url = settings.object_store_url or (settings.instance / FOLDER).as_uri()
        self._url = url
        self._folder = Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None

    def keep(self, content: bytes) -> bytes:
        """Have it, on the disk; its digest. Costs a look when it is there already."""
        digest = sha256(content).digest()
        if self.size(digest) != len(content):
            with _reached():
                self._store.put(_path(digest), content, use_multipart=False)
                self._settle(digest)
        return digest

    def size(self, digest: bytes) -> int | None:
        """How many bytes it has there; None when it isn't."""
        with _reached():
            try:
                return self._store.head(_path(digest))["size"]
            except FileNotFoundError:
                return None

    def part(self, digest: bytes, start: int, stop: int) -> Iterator[bytes]:
        """Its bytes from ``start`` to before ``stop``, piece by piece. Raises `ObjectMissing` at once."""
        with _reached():
            try:
                found = self._store.get(_path(digest), options={"range": (start, stop)})
            except FileNotFoundError:
                raise ObjectMissing(digest.hex()) from None
        return (bytes(piece) for piece in found.stream(min_chunk_size=CHUNK))

    def drop(self, digest: bytes) -> None:
        """Have it no more; nothing happens when it isn't there."""
        with _reached():
            try:
                self._store.delete(_path(digest))
            except FileNotFoundError:
                return

    def kept(self) -> Iterator[list[Kept]]:
        """Everything that is there, some at a time."""
        with _reached():
            for found in self._store.list(chunk_size=1000):
                yield [Kept(_digest(each["path"]), each["size"], each["last_modified"]) for each in found]

    @cached_property
    def _store(self) -> "ObjectStore":
        from obstore.store import LocalStore, from_url

        if self._folder is not None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return LocalStore(self._folder)
        retries = {"max_retries": 3, "retry_timeout": PATIENCE}
        return from_url(self._url, retry_config=retries)  # type: ignore[call-overload,no-any-return]

    def _settle(self, digest: bytes) -> None:
        """In a folder: on the disk, and its name too. A bucket answers when it has it."""
        if self._folder is None:
            return
        path = self._folder / _path(digest)
        for settled in (path, path.parent, self._folder):
            descriptor = os.open(settled, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _path(digest: bytes) -> str:
    name = digest.hex()
    return f"{name[:2]}/{name}"


def _digest(path: str) -> bytes | None:
    folder, _, name = path.partition("/")
    try:
        return bytes.fromhex(name) if len(name) == 64 and name[:2] == folder else None
    except ValueError:
        return None


@contextmanager
def _reached() -> Iterator[None]:
    """What the store can't do just now leaves as our error; what it says is for the log."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable(AWAY) from error
