from pathlib import Path

import pytest

from app.backup import programs
from app.backup.programs import dumper, output_of, restorer, version
from app.errors import Unavailable


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with programs of the versions 15, 17 and 18, the only ones there are."""

    def install(number: int) -> Path:
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in ("pg_dump", "pg_restore"):
            (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {number}.2 (Debian {number}.2-1)'\n")
            (folder / name).chmod(0o755)
        return folder

    folders = [tmp_path / "nothing", install(17), install(15), install(18)]
    monkeypatch.setattr(programs, "postgres_folders", lambda: iter(folders))
    monkeypatch.setattr(programs.shutil, "which", lambda name: None)
    return tmp_path


@pytest.mark.parametrize(("server", "taken"), [(14, 15), (15, 15), (16, 17), (17, 17), (18, 18)])
def test_the_oldest_pg_dump_that_fits_the_server(server: int, taken: int, installed: Path) -> None:
    assert dumper(server, None) == installed / str(taken) / "pg_dump"


def test_a_pg_dump_older_than_the_server_is_refused(installed: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        dumper(19, None)
    assert raised.value.detail.startswith("A pg_dump of PostgreSQL version 19, the server's, or newer, is needed, and")
    assert f"{installed}/18/pg_dump of version 18" in raised.value.detail


def test_the_chosen_folder_alone_counts(installed: Path) -> None:
    assert dumper(15, installed / "17") == installed / "17" / "pg_dump"
    with pytest.raises(Unavailable, match="there is none at all"):
        dumper(15, installed)


def test_the_newest_pg_restore(installed: Path) -> None:
    assert restorer(15, None) == installed / "18" / "pg_restore"
    with pytest.raises(Unavailable, match="A pg_restore of PostgreSQL version 18, that of the backup, or newer"):
        restorer(18, installed / "17")


def test_what_is_no_program_of_postgres_has_no_version(tmp_path: Path) -> None:
    assert version(tmp_path / "missing") is None
    assert version(Path("/bin/true")) is None


def test_a_failing_program_says_why() -> None:
    with (
        pytest.raises(Unavailable) as raised,
        output_of(["sh", "-c", "echo half; echo 'no space' >&2; exit 3"]) as output,
    ):
        assert output.read() == b"half\n"
    assert raised.value.detail == "sh failed:\nno space"


def test_a_program_that_nobody_listens_to_is_ended() -> None:
    def stop_reading() -> None:
        with output_of(["sh", "-c", "echo one; exec sleep 60"]) as output:
            assert output.readline() == b"one\n"
            raise KeyError

    with pytest.raises(KeyError):
        stop_reading()
