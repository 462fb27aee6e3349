"""The commands that the documents show are run as they stand, and must print what the documents show."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from markdown_it import MarkdownIt

from app.config import REPOSITORY, VARIABLES

PROMPT = "$ "
ANYTHING = "..."
ADDRESS = "127.0.0.1:8000"
# These go on with the instance that the README starts.
GUIDES = (
    "how-to/import-your-own-files.md",
    "how-to/manage-people-and-tokens.md",
    "how-to/query-with-graphql.md",
    "how-to/back-up.md",
)
SERVER = ".venv/bin/insights up"
START_TIMEOUT = 60.0
# Of an instance of its own, not of the databases that the other tests may have been given.
CLEAN = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in VARIABLES}

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the documents call curl")


@dataclass(frozen=True)
class Step:
    """A command and the lines that its document shows for it."""

    place: str
    command: str
    shown: str

    def check(self, printed: str) -> None:
        told = f"{self.place}: {self.command}\n--- shown\n{self.shown}\n--- printed\n{printed}"
        assert fits(self.shown, printed), told


def steps_of(document: Path) -> list[Step]:
    fences = [token for token in MarkdownIt().parse(document.read_text(encoding="utf-8")) if token.info == "console"]
    return [step for fence in fences for step in _steps(document.name, (fence.map or [0])[0] + 2, fence.content)]


def _steps(name: str, first_line: int, content: str) -> Iterator[Step]:
    lines = content.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(PROMPT)]
    assert starts[:1] == [0], f"{name}:{first_line}: a console block begins with a command"
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        shown = "".join(f"{line}\n" for line in lines[start + 1 : end])
        yield Step(f"{name}:{first_line + start}", lines[start].removeprefix(PROMPT), shown)


def fits(shown: str, printed: str) -> bool:
    """Whether it is what is shown; ``...`` stands for any lines where it is a line, else for any part of one."""
    first, *others = _runs(shown.splitlines())
    lines = printed.splitlines()
    if not others:
        return len(first) == len(lines) and _begins(lines, first)
    last = others.pop()
    end = len(lines) - len(last)
    if end < len(first) or not _begins(lines, first) or not _begins(lines[end:], last):
        return False
    place = len(first)
    for run in others:
        found = (at for at in range(place, end - len(run) + 1) if _begins(lines[at:], run))
        if (at := next(found, None)) is None:
            return False
        place = at + len(run)
    return True


def _runs(shown: list[str]) -> list[list[str]]:
    """The lines between those that stand for any."""
    runs: list[list[str]] = [[]]
    for line in shown:
        if line.strip() == ANYTHING:
            runs.append([])
        else:
            runs[-1].append(line)
    return runs


def _begins(lines: list[str], run: list[str]) -> bool:
    patterns = (".*".join(re.escape(part) for part in shown.split(ANYTHING)) for shown in run)
    return len(lines) >= len(run) and all(
        re.fullmatch(pattern, line) for pattern, line in zip(patterns, lines, strict=False)
    )


@dataclass
class Machine:
    """Where commands run: in a folder that looks like the repository, with a port of its own in place of 8000."""

    folder: Path
    port: int
    server: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {**CLEAN, "PORT": str(self.port), "INSIGHTS_INSTANCE": str(self.folder / "instance")}

    def run(self, step: Step) -> None:
        if step.command.startswith((SERVER, "make run")):
            self.start(step)
        else:
            command = ["sh", "-c", step.command.replace(ADDRESS, f"127.0.0.1:{self.port}")]
            done = subprocess.run(
                command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=START_TIMEOUT, check=False,
            )  # fmt: skip
            step.check(self.told(done.stdout))

    def start(self, step: Step) -> None:
        """Until it prints what is shown; ``make run`` is what its recipe runs."""
        log = self.folder / "server.log"
        with log.open("wb") as output:
            self.server = subprocess.Popen(
                step.command.replace("make run", SERVER).split(),
                cwd=self.folder, env=self.environment, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        end = time.monotonic() + START_TIMEOUT
        while not fits(step.shown, printed := self.told(log.read_bytes())):
            assert self.server.poll() is None, printed
            assert time.monotonic() < end, printed
            time.sleep(0.1)

    def told(self, printed: bytes) -> str:
        return printed.decode().replace(f"127.0.0.1:{self.port}", ADDRESS)


@pytest.fixture
def machine() -> Iterator[Machine]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Not tmp_path: a socket has to be addressable below it.
    with TemporaryDirectory(prefix="docs-") as folder:
        made = Machine(Path(folder), port)
        for name in (".venv", "docs"):
            (made.folder / name).symlink_to(REPOSITORY / name)
        try:
            yield made
        finally:
            if made.server is not None:
                made.server.send_signal(signal.SIGTERM)
                made.server.wait(30)


@pytest.mark.parametrize("names", [("tutorial.md",), ("../README.md", *GUIDES)], ids=["tutorial", "guides"])
def test_every_command_prints_what_its_document_shows(names: tuple[str, ...], machine: Machine) -> None:
    for name in names:
        steps = steps_of(REPOSITORY / "docs" / name)
        assert steps, name
        for step in steps:
            machine.run(step)


def test_every_guide_with_commands_is_run() -> None:
    guides = (REPOSITORY / "docs" / "how-to").glob("*.md")
    assert {f"how-to/{guide.name}" for guide in guides if steps_of(guide)} == set(GUIDES)


def test_a_difference_is_found() -> None:
    step = Step("here:1", "cat", "one\n...\nthe ... end\n")
    step.check("one\ntwo\nthree\nthe very end\n")
    step.check("one\nthe  end\n")
    for printed in ("one\n", "two\nthe very end\n", "one\nthe very end\nand more\n"):
        with pytest.raises(AssertionError, match="here:1: cat"):
            step.check(printed)
