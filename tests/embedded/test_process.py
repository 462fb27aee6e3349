import os
import signal
import sys
import time
from pathlib import Path

import pytest

from app.embedded.process import LOG_LIMIT, Child, end_predecessor, rotate
from app.errors import Unavailable
from tests.embedded.pids import wait_until


def child(script: str, log: Path | None = None) -> Child:
    return Child("example", ["/bin/sh", "-c", script], {"PATH": os.environ["PATH"]}, log=log)


def test_it_can_be_started_again(tmp_path: Path) -> None:
    example = child("echo once more; exit 3", tmp_path / "log")
    for _ in range(2):
        example.start()
        assert example.process is not None
        assert example.process.wait(5) == 3
    assert (tmp_path / "log").read_text() == "once more\nonce more\n"
    assert example.why_stopped(3).splitlines()[1:] == ["once more", "once more"]


def test_one_that_ignores_the_request_is_made_to_stop(tmp_path: Path) -> None:
    log = tmp_path / "log"
    example = child("trap '' TERM; echo deaf; while :; do sleep 0.1; done", log)
    example.start()
    wait_until(lambda: log.read_text() == "deaf\n", 5)
    example.stop(timeout=0.2)
    assert example.exit_code() == -signal.SIGKILL


def test_one_that_ignores_everything_has_no_more_than_its_time(tmp_path: Path) -> None:
    log = tmp_path / "log"
    example = child("trap '' TERM QUIT; echo deaf; while :; do sleep 0.1; done", log)
    example.kill_signal = signal.SIGQUIT
    example.start()
    wait_until(lambda: log.read_text() == "deaf\n", 5)
    began = time.monotonic()
    example.stop(timeout=0.5)
    assert 0.5 <= time.monotonic() - began < 0.8
    assert example.exit_code() == -signal.SIGKILL


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(Unavailable, match=r"example can't be started: .*/nonexistent"):
        Child("example", ["/nonexistent"], {}).start()


def test_a_pid_file_that_names_somebody_else_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(str(os.getpid()))
    assert not end_predecessor(tmp_path / "pid", (sys.executable, "not on our command line"))


def test_a_predecessor_is_ended(tmp_path: Path) -> None:
    example = Child("example", [sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)], {})
    example.start()
    assert example.process is not None
    (tmp_path / "pid").write_text(f"{example.process.pid}\nmore")
    assert end_predecessor(tmp_path / "pid", ("time.sleep(60)", str(tmp_path)))
    assert example.process.wait(5) in (1, -signal.SIGINT)


def test_a_log_is_bounded_while_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab") as writer:
        writer.write(b"x" * LOG_LIMIT)
        writer.flush()
        rotate(log)
        writer.write(b"next")
    assert log.read_bytes() == b"next"
    assert (tmp_path / "log.1").stat().st_size == LOG_LIMIT
