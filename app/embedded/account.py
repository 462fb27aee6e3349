"""As whom Postgres runs. It refuses uid 0, and root is who runs most containers."""

import functools
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from app.errors import Unavailable

NAMESPACE = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")


class PopenAccount(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """Ourselves by default; else what is put before a command, or the ids that it is started with."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def popen_arguments(self) -> PopenAccount:
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Hand a folder, with all in it, to this account."""
        if self.uid is None or self.gid is None or folder.stat().st_uid == self.uid:
            return
        for path, _, files in os.walk(folder, topdown=False):
            for name in files:
                os.chown(Path(path) / name, self.uid, self.gid, follow_symlinks=False)
            os.chown(path, self.uid, self.gid)


def postgres_account(cluster: Path) -> Account:
    """The account for the data in ``cluster``: who made it goes on with it.

    As root there are two ways: a user namespace, in which root's files belong to somebody who isn't uid 0, or, where
    namespaces are closed (many containers), the account `nobody`. Files of the one can't be read in the other.
    """
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise Unavailable(
                f"{cluster} belongs to another account ({_name(cluster.stat().st_uid)}): run this as that one."
            )
        return Account()
    if owner:
        return Account(uid=owner, gid=cluster.stat().st_gid)
    if user_namespaces_work():
        return Account(prefix=NAMESPACE)
    nobody = pwd.getpwnam("nobody")
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid)


@functools.cache
def user_namespaces_work() -> bool:
    if shutil.which(NAMESPACE[0]) is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
