"""A closed-loop HTTP load generator: some keep-alive connections, each sends its next request when it has its answer.

One thread, raw sockets, prepared bytes. It costs about 20 µs of processor time a request (more for long answers), which
the servers under test do not get; `Cell.own_microseconds` tells how much it was.
"""

import selectors
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

CHUNK = 2**18
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
PATIENCE = 30.0

Address = tuple[str, int]


class LoadError(Exception):
    """A server answered something other than 2xx, closed a connection, or did not answer."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one server did under one load; times in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p95: float
    own_microseconds: float


@dataclass
class Line:
    """One connection and the answer that it is waiting for."""

    socket: socket.socket
    sent: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    expected: int | None = None

    def send(self, request: bytes) -> None:
        self.received.clear()
        self.expected = None
        self.sent = time.perf_counter()
        self.socket.sendall(request)

    def complete(self) -> bool:
        """Read what has come; whether the answer is whole."""
        chunk = self.socket.recv(CHUNK)
        if not chunk:
            raise LoadError("The server closed a connection.")
        self.received += chunk
        if self.expected is None:
            self.expected = answer_length(self.received)
        return self.expected is not None and len(self.received) >= self.expected


def request_bytes(method: str, path: str, body: bytes | None = None, token: str | None = None) -> bytes:
    """A whole HTTP/1.1 request; a body is JSON."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
    if token is not None:
        head += f"Authorization: Bearer {token}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + (body or b"")


def drive(address: Address, requests: Sequence[bytes], seconds: float, connections: int) -> Cell:
    """Send the requests in turn, again and again, for some seconds. Raises `LoadError` at the first wrong answer."""
    lines = [Line(socket.create_connection(address, PATIENCE)) for _ in range(connections)]
    processor = time.process_time()
    try:
        latencies, elapsed = _exchange(lines, cycle(requests), seconds)
    finally:
        for line in lines:
            line.socket.close()
    own = (time.process_time() - processor) / len(latencies)
    return cell(latencies, elapsed, own)


def cell(latencies: Sequence[float], elapsed: float, own: float = 0.0) -> Cell:
    """From the seconds that each request took, all of them together, and the generator's own per request."""
    ordered = sorted(latencies)
    return Cell(
        requests=len(ordered),
        per_second=len(ordered) / elapsed,
        p50=percentile(ordered, 0.5) * 1000,
        p95=percentile(ordered, 0.95) * 1000,
        own_microseconds=own * 1e6,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def _exchange(lines: Iterable[Line], requests: Iterator[bytes], seconds: float) -> tuple[list[float], float]:
    """Latencies, and the time from the first request to the last answer."""
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        begun = time.perf_counter()
        for line in lines:
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.socket, selectors.EVENT_READ, line)
            line.send(next(requests))
        while selector.get_map():
            for key in _ready(selector):
                if key.data.complete():
                    now = time.perf_counter()
                    latencies.append(now - key.data.sent)
                    if now - begun < seconds:
                        key.data.send(next(requests))
                    else:
                        selector.unregister(key.fileobj)
    return latencies, now - begun


def _ready(selector: selectors.BaseSelector) -> list[selectors.SelectorKey]:
    ready = [key for key, _ in selector.select(PATIENCE)]
    if not ready:
        raise LoadError(f"No answer within {PATIENCE:g} s.")
    return ready


def answer_length(received: bytearray) -> int | None:
    """Bytes of the whole answer, None while its head is not complete."""
    end = received.find(HEAD_END)
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    if head[9:10] != b"2":
        raise LoadError(received.decode(errors="replace"))
    start = head.find(LENGTH)
    if start < 0:
        raise LoadError("An answer names no Content-Length.")
    return end + len(HEAD_END) + int(head[start + len(LENGTH) :].split(b"\r\n", 1)[0])
