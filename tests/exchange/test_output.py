"""An export replaces a file when it is complete, and nothing acts on a terminal."""

import os
import stat
import threading
from pathlib import Path

import pytest

from app.exchange.output import printable, replacing


def test_a_failure_leaves_the_older_file_and_nothing_else(tmp_path: Path):
    (tmp_path / "out.csv").write_text("older")

    def fail() -> None:
        with replacing(tmp_path / "out.csv") as file:
            file.write("newer")
            raise KeyError("a")

    with pytest.raises(KeyError):
        fail()

    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "older"


def test_a_complete_file_takes_the_place_and_keeps_link_and_mode(tmp_path: Path):
    (tmp_path / "real.csv").write_text("older")
    (tmp_path / "real.csv").chmod(0o640)
    (tmp_path / "link.csv").symlink_to("real.csv")

    with replacing(tmp_path / "link.csv") as file:
        file.write("a\r\n")
        assert (tmp_path / "real.csv").read_text() == "older"

    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"a\r\n"
    assert stat.S_IMODE((tmp_path / "real.csv").stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.csv", "real.csv"]


def test_a_pipe_is_written_to(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()

    with replacing(tmp_path / "pipe") as file:
        file.write("a")
    reader.join()

    assert read == ["a"]
    assert (tmp_path / "pipe").is_fifo()


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path):
    def write() -> None:
        with replacing(tmp_path / "missing" / "out.csv"):
            pass

    with pytest.raises(FileNotFoundError) as raised:
        write()

    assert raised.value.filename == str(tmp_path / "missing" / "out.csv")
    assert raised.value.strerror == "No such file or directory"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Plain é 🚑 text", "Plain é 🚑 text"),
        ("a\x1b[2Jb\r\n\x00\x9b\x7f", r"a\x1b[2Jb\r\n\x00\x9b\x7f"),
        ("\udcff\ud800", r"\udcff\ud800"),
        ("a\u202eb\u2028", r"a\u202eb\u2028"),
    ],
)
def test_what_would_act_on_a_terminal_is_spelt_out(text: str, shown: str):
    assert printable(text) == shown
