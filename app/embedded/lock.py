"""Who owns an instance, and who uses it meanwhile: two files that are locked, not their contents trusted.

A lock goes with the process that holds it, however it ends: a held one is the proof that its owner runs, whether or not
its pid is to be seen from here. The contents only tell others who that is and where the servers are.
"""

import fcntl
import os
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import Unavailable

Role = Literal["up", "command"]

# Seconds after which a held lock is its owner's, and the contents the owner's words. Before, it may be one that merely
# looks who the owner is, and the contents those of a predecessor that was killed.
GRACE = 0.4


class Owner(BaseModel):
    """The process that runs an instance's servers. The URLs are those of the servers it started, once it is ready;
    ``address`` is where it serves the product, if it does."""

    model_config = ConfigDict(frozen=True)

    pid: int
    role: Role
    ready: bool = False
    database_url: str | None = None
    database_owner_url: str | None = None
    redis_url: str | None = None
    address: str | None = None


class LockedFile:
    """A file to lock; the lock ends with `release` or with this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unavailable(
                f"{path} can't be opened ({error.strerror}): run this as the account that owns it."
            ) from error

    def try_lock(self, kind: int) -> bool:
        try:
            fcntl.flock(self.descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self) -> None:
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class InstanceLock(LockedFile):
    """``.lock``: held by the one process that runs the instance."""

    def __init__(self, instance: Path) -> None:
        super().__init__(instance / ".lock")

    def acquire(self, role: Role) -> bool:
        if not self.try_lock(fcntl.LOCK_EX):
            return False
        self.announce(Owner(pid=os.getpid(), role=role))
        return True

    def announce(self, owner: Owner) -> None:
        """Tell those who wait; only the owner calls this."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, owner.model_dump_json().encode(), 0)

    def release(self) -> None:
        os.ftruncate(self.descriptor, 0)
        self.unlock()

    def owner(self) -> Owner | None:
        return _read(self.path)


class Users(LockedFile):
    """``.users``: shared by the commands that connected to servers which another process owns."""

    def __init__(self, instance: Path) -> None:
        super().__init__(instance / ".users")

    def join(self) -> bool:
        """False while the owner is stopping."""
        return self.try_lock(fcntl.LOCK_SH)

    def leave(self) -> None:
        self.unlock()

    def shut_out(self) -> bool:
        """Keep new ones out; False while there are any."""
        return self.try_lock(fcntl.LOCK_EX)


def current_owner(instance: Path) -> Owner | None:
    """Who holds an instance's lock now, without making the file; None also for one who isn't to be told."""
    path = instance / ".lock"
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    finally:
        os.close(descriptor)
    return None


def _read(path: Path) -> Owner | None:
    """None when there is nobody, or just being written."""
    try:
        return Owner.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
