"""The port that an instance serves on, claimed for as long as it runs.

A free port alone says little: the web server binds it seconds later, and shares it (SO_REUSEPORT) with whoever binds
it likewise, as another instance's does. So two locked files of the temporary folder go with the check.
"""

import errno
import fcntl
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from app.errors import Unavailable

# A predecessor that was killed may hold the port for a moment.
PATIENCE = 1.0
POLL = 0.1
WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 (recognised here, not bound)


def claim_port(host: str, port: int) -> ExitStack:
    """Claim a port that is free; the claim ends when what is returned is closed, or with this process.

    Raises `Unavailable` when somebody has it, or when ``host`` is no address of this machine.
    """
    end = time.monotonic() + PATIENCE
    while True:
        claim = ExitStack()
        error = _claim(claim, host, port)
        if error is None:
            return claim
        claim.close()
        if error.errno != errno.EADDRINUSE:
            raise Unavailable(f"Port {port} on {host} can't be used: {error.strerror}.")
        if time.monotonic() > end:
            raise Unavailable(
                f"Port {port} on {host} is in use by another program: choose another with --port (make: PORT=)."
            )
        time.sleep(POLL)


def listening(host: str, port: int) -> tuple[socket.AddressFamily, str]:
    """The address that a name stands for, as granian takes addresses only; of several the IPv4 one."""
    found = [(family, str(address[0])) for family, _, _, _, address in socket.getaddrinfo(host, port)]
    return min(found, key=lambda each: each[0] != socket.AF_INET)


def _claim(claim: ExitStack, host: str, port: int) -> OSError | None:
    try:
        family, address = listening(host, port)
        for path, kind in _lock_files(address, port):
            _lock(claim, path, kind)
        _try_to_bind(family, address, port)
    except OSError as error:
        return error
    return None


def _lock_files(address: str, port: int) -> Iterator[tuple[Path, int]]:
    """Addresses share a port, unless one of them means all."""
    folder = Path(tempfile.gettempdir())
    if address in WILDCARDS:
        yield folder / f"insights-port-{port}.lock", fcntl.LOCK_EX
    else:
        yield folder / f"insights-port-{port}.lock", fcntl.LOCK_SH
        yield folder / f"insights-port-{port}-{address}.lock", fcntl.LOCK_EX


def _lock(claim: ExitStack, path: Path, kind: int) -> None:
    """Raises `OSError` EADDRINUSE when it is locked. A file that isn't ours is no claim: anybody could hold it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return
    claim.callback(os.close, descriptor)
    if os.fstat(descriptor).st_uid != os.geteuid():
        return
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OSError(errno.EADDRINUSE, "Claimed") from error


def _try_to_bind(family: socket.AddressFamily, address: str, port: int) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        attempt.bind((address, port))
