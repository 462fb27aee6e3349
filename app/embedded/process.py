"""Child processes that never outlive us: how they are started, watched and stopped."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.embedded.account import Account
from app.errors import Unavailable

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 8 * 2**20
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(parent: int, death_signal: signal.Signals) -> None:
    """Ask the kernel (Linux) to signal this process when the thread that started it ends, however it ends."""
    if LIBC is None:
        return
    LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal))
    if os.getppid() != parent:  # it died before the kernel knew
        os._exit(1)


@dataclass
class Child:
    """A program that we run. `start` again after it died gives it a new process; start it from the main thread."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    death_signal: signal.Signals = signal.SIGKILL
    # None: its output is ours, as a container's log wants it.
    log: Path | None = None
    # Not our own folder, which another account may be unable to enter.
    folder: Path = Path("/")
    account: Account = field(default_factory=Account)
    before_start: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.before_start()
        parent, death_signal = os.getpid(), self.death_signal
        output = _open_log(self.log) if self.log else None
        try:
            self.process = subprocess.Popen(
                [*self.account.prefix, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(self.environment),
                cwd=self.folder,
                # A session of its own: Ctrl-C in the terminal reaches only us, and we stop things in order.
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent, death_signal),  # noqa: PLW1509 (we start no threads)
                **self.account.popen_arguments(),
            )
        except OSError as error:
            raise Unavailable(f"{self.name} can't be started: {error}") from error
        finally:
            if output is not None:
                os.close(output)

    def exit_code(self) -> int | None:
        """None while it runs; negative: the number of the signal that killed it."""
        return self.process.poll() if self.process else None

    def stop(self, timeout: float) -> None:
        """Ask it to stop, then make it, within ``timeout`` seconds; a fifth is for a kill signal that it may handle."""
        if self.process is None:
            return
        patience = timeout if self.kill_signal is signal.SIGKILL else timeout * 0.8
        for signal_number, seconds in ((self.stop_signal, patience), (self.kill_signal, timeout - patience)):
            if _ended_by(self.process, signal_number, seconds):
                return
        self.process.kill()
        self.process.wait()

    def why_stopped(self, code: int) -> str:
        reason = f"{self.name} did not start ({describe_exit(code)})."
        if self.log is None or not self.log.is_file():
            return reason
        tail = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        return "\n".join([f"{reason} The end of {self.log}:", *tail])


def _ended_by(process: subprocess.Popen[bytes], signal_number: signal.Signals, seconds: float) -> bool:
    process.send_signal(signal_number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def rotate(log: Path) -> None:
    """Keep a log and its predecessor below `LOG_LIMIT` each.

    The writer keeps its descriptor: it appends, so that it goes on at the start of the emptied file.
    """
    if not log.is_file() or log.stat().st_size < LOG_LIMIT:
        return
    previous = log.with_name(f"{log.name}.1")
    previous.write_bytes(log.read_bytes())
    os.truncate(log, 0)


def end_predecessor(pid_file: Path, needles: Sequence[str]) -> bool:
    """Stop the process that ``pid_file`` names if its command line holds all ``needles``; whether there was one.

    A pid alone proves nothing: after a restart of the machine or container it belongs to somebody else.
    """
    pid = _read_pid(pid_file)
    if pid is None or not _is_running(pid, needles):
        return False
    os.kill(pid, signal.SIGINT)
    while _is_running(pid, needles):
        time.sleep(0.02)
    return True


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def describe_exit(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _open_log(log: Path) -> int:
    rotate(log)
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _read_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _is_running(pid: int, needles: Sequence[str]) -> bool:
    command = _command_line(pid)
    return bool(command) and all(needle in command for needle in needles)


def _command_line(pid: int) -> str:
    """Empty for a process that is gone, and for a zombie."""
    process = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return process.read_bytes().replace(b"\0", b" ").decode(errors="surrogateescape")
        except OSError:
            return ""
    answer: Any = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(answer.stdout).strip()
