"""What the tests ask about the servers of an instance."""

import time
from collections.abc import Callable
from pathlib import Path


def postmaster_pid(instance: Path) -> int:
    return int((instance / "pg" / "postmaster.pid").read_text().splitlines()[0])


def valkey_pid(instance: Path) -> int:
    return int((instance / "run" / "valkey.pid").read_text())


def running(pid: int) -> bool:
    """Whether it is there and no zombie that waits for its new parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
