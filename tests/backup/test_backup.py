"""``insights backup``: one file, one moment, complete or not there."""

import hashlib
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import pytest

from app.backup import dumping
from app.backup.database import NOT_THE_OWNER
from app.config import Settings
from app.core.migrations import head
from app.errors import Unavailable
from tests.backup.conftest import CONFIGURATION, KEY, Run
from tests.filled import FILE, everything


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What a disk does that is full soon."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_in_it(taken: Path, filled: Settings) -> None:
    with ZipFile(taken) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        members = {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}
    attached = f"objects/{hashlib.sha256(FILE).hexdigest()}"
    assert members.keys() == {"database.dump", "secret_key", "config.yaml", attached}
    assert (members[attached], manifest["missing"]) == (FILE, [])
    assert (members["secret_key"].decode(), members["config.yaml"].decode()) == (KEY, CONFIGURATION)
    assert manifest["members"] == {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    assert {name: manifest[name] for name in ("format", "product", "release", "schema_revision")} == {
        "format": 1, "product": "insights-tracker", "release": "1.0.0", "schema_revision": head(),
    }  # fmt: skip
    wanted = {"insights": 10, "insight_trash": 2, "tags": 3, "categories": 3, "users": 2, "audit_log": 2}
    assert {name: manifest["rows"][name] for name in wanted} == wanted
    assert KEY not in json.dumps(manifest)


def test_a_file_whose_bytes_are_lost_is_told(copy: Settings, run: Run, tmp_path: Path) -> None:
    """Missing, then damaged: the rest is backed up all the same."""
    [file] = [path for path in (copy.instance / "objects").rglob("*") if path.is_file()]
    for harm in (file.unlink, lambda: file.write_bytes(FILE.upper())):
        harm()
        result = run(copy, "backup", tmp_path / "b.backup", "--force")
        assert (result.exit_code, result.stderr) == (0, "")
        assert " 2 users, 1 attached files (1 of them missing or damaged); " in result.stdout
        with ZipFile(tmp_path / "b.backup") as archive:
            manifest = json.loads(archive.read("manifest.json"))
            assert sorted(archive.namelist()) == ["database.dump", "manifest.json", "secret_key"]
        assert manifest["missing"] == [hashlib.sha256(FILE).hexdigest()]


def test_it_is_for_its_owner_and_says_what_it_holds(copy: Settings, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "b.backup"
    result = run(copy, "backup", path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert path.stat().st_mode & 0o777 == 0o600
    [line] = result.stdout.splitlines()
    assert line.startswith(f"{path}: ")
    assert " kB; 10 insights, 2 in the trash, 3 categories, 3 tags, 2 users, 1 attached files; " in line
    assert line.endswith(" UTC")


def test_a_file_that_is_there_stays_unless_forced(copy: Settings, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "b.backup"
    path.write_text("kept")
    result = run(copy, "backup", path)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{path} exists already; --force replaces it.\n")
    assert path.read_text() == "kept"
    assert run(copy, "backup", path, "--force").exit_code == 0
    assert ZipFile(path).testzip() is None
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir() if found.is_file()] == [path.name]


def test_a_full_disk_leaves_nothing(copy: Settings, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "b.backup"
    with files_of_at_most(20_000):
        result = run(copy, "backup", path)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{path}: File too large\n")
    assert [found for found in tmp_path.iterdir() if found.is_file()] == []


def test_a_folder_that_is_not_there_is_named(copy: Settings, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "b.backup"
    result = run(copy, "backup", path)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{path}: No such file or directory\n")


def test_an_empty_database_is_none_to_keep(empty: Settings, run: Run, tmp_path: Path) -> None:
    result = run(empty, "backup", tmp_path / "b.backup")
    assert (result.exit_code, result.stderr) == (1, "The database is empty: there is nothing to back up.\n")
    assert not (tmp_path / "b.backup").exists()


def test_the_owner_must_be_known(copy: Settings, taken: Path, run: Run, tmp_path: Path) -> None:
    if copy.database_owner_url is None:
        pytest.skip("DATABASE_URL is given without DATABASE_OWNER_URL: one role does everything")
    before = everything(copy)
    application_only = copy.with_servers(str(copy.database_url), copy.redis_url)
    for command in (("backup", tmp_path / "b.backup"), ("restore", taken, "--yes")):
        result = run(application_only, *command)
        assert (result.exit_code, result.stderr) == (1, f"{NOT_THE_OWNER}\n")
    assert not (tmp_path / "b.backup").exists()
    assert everything(copy) == before


def test_an_interruption_leaves_nothing(
    copy: Settings, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dumping, "_add_files", interrupted)
    result = run(copy, "backup", tmp_path / "b.backup")
    assert (result.exit_code, result.stdout) == (1, "")
    assert [found for found in tmp_path.iterdir() if found.is_file()] == []


def test_without_a_program_nothing_is_written(
    copy: Settings, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(server: int, chosen: Path | None) -> Path:
        raise Unavailable("A pg_dump is needed.")

    monkeypatch.setattr(dumping, "dumper", none)
    result = run(copy, "backup", tmp_path / "b.backup")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "A pg_dump is needed.\n")
    assert [found for found in tmp_path.iterdir() if found.is_file()] == []
