"""What belongs to an installation outside its database: the secret and the configuration in the instance folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from flask import current_app

from app.backup.archive import Backup
from app.backup.manifest import CONFIGURATION, SECRET_KEY
from app.embedded.lock import current_owner
from app.identity.encryption import derived_key

ANOTHER_KEY = (
    "The backup was made under another SECRET_KEY than this instance's. Set that one, or give people who have a second"
    " factor a new link: insights users link --without-code."
)


def fingerprint() -> str:
    """Tells whether two installations have the same SECRET_KEY, and nothing else about it."""
    return derived_key("backup").hex()


def key_file() -> Path | None:
    """The file in the instance folder that SECRET_KEY was read from; None when a setting names it."""
    path = _instance() / SECRET_KEY
    used = path.is_file() and path.read_text(encoding="utf-8").strip() == current_app.config["SECRET_KEY"]
    return path if used else None


def configuration() -> Path:
    return _instance() / CONFIGURATION


def replaces_key(backup: Backup) -> bool:
    """Whether the backup brings another secret_key than the one that the instance uses."""
    other = backup.manifest.key != fingerprint()
    return other and backup.member(SECRET_KEY) is not None and key_file() is not None


def restore_files(backup: Backup) -> Iterator[str]:
    """Put them where they belong, and tell what somebody has to look at."""
    key, path = backup.member(SECRET_KEY), key_file()
    if replaces_key(backup) and key and path:
        _replace(path, key)
        yield "secret_key: restored."
        owner = current_owner(_instance())
        if owner is not None and owner.role == "up":
            yield "Restart `insights up`, which still uses the old one."
    elif backup.manifest.key != fingerprint():
        yield ANOTHER_KEY
    yield from _restore_configuration(backup)


def _restore_configuration(backup: Backup) -> Iterator[str]:
    """Beside its place: it may name the very servers that the backup was made of, which a drill must not touch."""
    theirs, ours = backup.member(CONFIGURATION), configuration()
    if theirs is None or (ours.is_file() and ours.read_bytes() == theirs.read_bytes()):
        return
    beside = ours.with_name(f"{CONFIGURATION}.restored")
    _replace(beside, theirs)
    yield f"{beside}: what the backup has as {CONFIGURATION}. Look at the addresses in it, then rename it."


def _replace(path: Path, content: Path) -> None:
    """In one step, readable by the owner alone."""
    part = path.with_name(f".{path.name}.part")
    part.touch(mode=0o600)
    shutil.copyfile(content, part)
    part.replace(path)


def _instance() -> Path:
    return Path(current_app.instance_path)
