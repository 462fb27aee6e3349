"""The embedded Valkey: a cache, so it is bounded, but one that keeps its data over a restart."""

import signal
import socket
import time
from urllib.parse import quote

from app.embedded.binaries import valkey_binary
from app.embedded.layout import Layout
from app.embedded.process import Child, end_predecessor
from app.errors import Unavailable


class Valkey:
    """The server of one instance."""

    def __init__(self, layout: Layout) -> None:
        self.socket = layout.valkey_socket
        self.child = Child(
            name="valkey",
            command=_command(layout),
            environment={"PATH": "/usr/bin:/bin"},
            death_signal=signal.SIGTERM,
            log=layout.log / "valkey.log",
            # Two servers on one append-only file would ruin it.
            before_start=lambda: _end_predecessor(layout),
        )

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def prepare(self) -> None:
        """Wait until it answers: it first loads what it kept."""
        while not _answers(str(self.socket)):
            if (code := self.child.exit_code()) is not None:
                raise Unavailable(self.child.why_stopped(code))
            time.sleep(0.01)


def _command(layout: Layout) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(layout.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(layout.cache),
        "pidfile": str(layout.run / "valkey.pid"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "volatile-lru",
        # Its command line stays as it is here, so that a later owner recognises it.
        "set-proc-title": "no",
    }
    command = [valkey_binary()]
    for name, value in options.items():
        command += [f"--{name}", value]
    return command


def _end_predecessor(layout: Layout) -> None:
    end_predecessor(layout.run / "valkey.pid", ("--unixsocket", str(layout.valkey_socket)))


def _answers(path: str) -> bool:
    """Whether a PING is answered; spoken by hand, which spares a start the client library."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(path)
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
