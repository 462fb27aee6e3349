"""The bytes of attached files: from the object store into a backup, and back."""

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO

import psycopg

from app.attachments.commands.forgetting import SWEEP_LOCK
from app.attachments.store import ObjectMissing, objects
from app.backup.archive import Backup, Told, Writing
from app.backup.manifest import OBJECTS

HOLD = "SELECT pg_advisory_lock_shared(%s)"
NAMED = "SELECT encode(sha256, 'hex'), max(size) FROM public.attachments GROUP BY 1 ORDER BY 1"


def hold_objects(driver: psycopg.Connection) -> None:
    """Let no upkeep drop any while this session lasts: a backup copies what was named when it began."""
    driver.execute(HOLD, [SWEEP_LOCK])


def add_objects(writing: Writing, driver: psycopg.Connection, told: Told) -> Iterator[str]:
    """Copy those that the database names, one at a time in memory; the names of those that are missing or damaged."""
    for name, size in driver.execute(NAMED).fetchall():
        content = _content(bytes.fromhex(name), size)
        if content is None:
            yield name
        else:
            writing.add(f"{OBJECTS}{name}", BytesIO(content), told)


def restore_objects(backup: Backup) -> None:
    """Bring those of a backup back beside those that are there; nothing is replaced, as a name says what it holds."""
    for name in backup.manifest.members:
        path = backup.member(name) if name.startswith(OBJECTS) else None
        if path is not None:
            objects().keep(path.read_bytes())


def _content(digest: bytes, size: int) -> bytes | None:
    try:
        content = b"".join(objects().part(digest, 0, size))
    except ObjectMissing:
        return None
    return content if sha256(content).digest() == digest else None
