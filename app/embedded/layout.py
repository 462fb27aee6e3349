"""Where an instance keeps its things. Outside these folders only the empty lock files of `port` are written."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.errors import Unavailable

# sun_path holds 108 bytes, the last one is NUL.
SOCKET_PATH_LIMIT = 107
LONGEST_SOCKET = "postgres/.s.PGSQL.5432"


@dataclass(frozen=True)
class Layout:
    """The folders of one instance."""

    instance: Path

    @property
    def cluster(self) -> Path:
        return self.instance / "pg"

    @property
    def cache(self) -> Path:
        return self.instance / "valkey"

    @property
    def log(self) -> Path:
        return self.instance / "log"

    @property
    def run(self) -> Path:
        return self.instance / "run"

    @property
    def metrics(self) -> Path:
        return self.run / "metrics"

    @property
    def sockets(self) -> Path:
        """``run``, or a folder of its own below the temporary one when a socket there could not be addressed."""
        path = str(self.run)
        # libpq splits a host at commas, Postgres its socket folders at commas and quotes.
        addressable = not set(path) & set(',"') and path == path.strip()
        if addressable and len(os.fsencode(self.run / LONGEST_SOCKET)) <= SOCKET_PATH_LIMIT:
            return self.run
        name = hashlib.sha256(os.fsencode(self.instance)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"insights-{name}"

    @property
    def postgres_sockets(self) -> Path:
        return self.sockets / "postgres"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def make(self) -> None:
        """Create the folders; what is private is opened to nobody but its owner."""
        try:
            self.instance.mkdir(parents=True, exist_ok=True)
            for folder in (self.cache, self.log):
                folder.mkdir(mode=0o700, exist_ok=True)
            # Postgres may run as another account than root: it passes through `run` to its own socket folder.
            for folder in (self.run, self.sockets):
                _make_own(folder, 0o711)
            _make_own(self.metrics, 0o700)
        except OSError as error:
            raise Unavailable(f"The instance folder {self.instance} can't be used: {error.strerror}.") from error


def _make_own(folder: Path, mode: int) -> None:
    folder.mkdir(mode=mode, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise PermissionError(0, f"{folder} belongs to somebody else")
    folder.chmod(mode)
