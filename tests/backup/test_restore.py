"""The drill: back up, wipe, restore, and nothing is missing; whatever is wrong with a backup changes nothing."""

import json
import re
import threading
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import flask_migrate
import psycopg
import pytest

from app.attachments.store import Objects
from app.backup import progress, restoring
from app.config import Settings
from app.core.migrations import DIRECTORY, bind, head
from app.errors import Unavailable
from tests.backup.conftest import CONFIGURATION, KEY, OTHER_KEY, Run
from tests.conftest import built, libpq, owner_libpq
from tests.filled import FILE, everything
from tests.test_verify import told

WIPE = restoring.CLEAR.read_text()
HOLDING = (
    "insights", "insight_tags", "insight_revisions", "insight_trash", "insight_counts", "insight_count_delta", "tags",
    "tag_counts", "tag_aliases", "categories", "category_aliases", "users", "sessions", "api_tokens", "receipts",
    "idempotency_keys", "audit_log", "audit.log_later",
)  # fmt: skip
HELD = "10 insights, 2 in the trash, 3 categories, 3 tags, 2 users, 1 attached files"


def key_of(settings: Settings) -> str:
    return (settings.instance / "secret_key").read_text()


def taken_at(backup: Path) -> datetime:
    with ZipFile(backup) as archive:
        return datetime.fromisoformat(json.loads(archive.read("manifest.json"))["taken_at"])


def altered(taken: Path, path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A backup with other members."""
    with ZipFile(taken) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def with_manifest(**values: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **values}).encode()

    return change


def test_the_drill(copy: Settings, run: Run, tmp_path: Path) -> None:
    before = everything(copy)
    backup = tmp_path / "b.backup"
    assert run(copy, "backup", backup).exit_code == 0
    with psycopg.connect(owner_libpq(copy), autocommit=True) as owner:
        owner.execute(WIPE.encode())
    assert "insights" not in everything(copy)

    result = run(copy, "restore", backup)

    assert (result.exit_code, result.stderr) == (0, "")
    first, *rest = result.stdout.splitlines(keepends=True)
    assert first.startswith(f"{backup}: {HELD}; ")
    assert "".join(rest) == "Restored.\n" + told()
    assert everything(copy) == before
    assert [name for name in HOLDING if not before[name]] == []


def test_into_a_new_instance(taken: Path, filled: Settings, empty: Settings, run: Run) -> None:
    (empty.instance / "secret_key").unlink()  # it has none yet when the command begins

    result = run(empty, "restore", taken, makes_key=True)

    assert result.exit_code == 0
    assert "secret_key: restored.\n" in result.stdout
    beside = empty.instance / "config.yaml.restored"
    assert (
        f"{beside}: what the backup has as config.yaml. Look at the addresses in it, then rename it.\n" in result.stdout
    )
    assert result.stdout.endswith(told())
    assert key_of(empty) == KEY
    assert (empty.instance / "secret_key").stat().st_mode & 0o777 == 0o600
    assert not (empty.instance / "config.yaml").exists()
    assert beside.read_text() == CONFIGURATION
    assert everything(empty) == everything(filled)


def test_attached_files_come_back_beside_others(taken: Path, empty: Settings, run: Run) -> None:
    other = Objects(empty).keep(b"another")
    assert run(empty, "restore", taken, "--yes").exit_code == 0
    assert b"".join(Objects(empty).part(sha256(FILE).digest(), 0, len(FILE))) == FILE
    assert Objects(empty).size(other) == len(b"another")


def test_damaged_files_are_mended(taken: Path, copy: Settings, run: Run) -> None:
    [file] = [path for path in (copy.instance / "objects").rglob("*") if path.is_file()]
    file.write_bytes(b"cut off")
    result = run(copy, "restore", taken, "--yes")
    assert (result.exit_code, file.read_bytes()) == (0, FILE)


def test_a_store_that_is_away_changes_nothing(
    taken: Path, copy: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(store: Objects, content: bytes) -> bytes:
        raise Unavailable("The store of attached files can't be reached just now.")

    with psycopg.connect(owner_libpq(copy), autocommit=True) as owner:
        owner.execute("DELETE FROM insights WHERE id < 9")
    before = everything(copy)
    monkeypatch.setattr(Objects, "keep", away)
    result = run(copy, "restore", taken, "--yes")
    assert (result.exit_code, result.stderr) == (1, "The store of attached files can't be reached just now.\n")
    assert everything(copy) == before


def test_over_another_one(taken: Path, filled: Settings, copy: Settings, run: Run) -> None:
    with psycopg.connect(owner_libpq(copy), autocommit=True) as owner:
        owner.execute("DELETE FROM insights WHERE id < 9; UPDATE tags SET name = 'X' WHERE id = 1")
        owner.execute("CREATE TABLE of_a_newer_release (n int); CREATE TABLE audit.log_2999_01 (n int)")
        owner.execute("SELECT setval('insights_id_seq', 1000)")
    result = run(copy, "restore", taken, "--yes")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "secret_key" not in result.stdout  # the same one
    assert everything(copy) == everything(filled)


@pytest.mark.parametrize("typed", [None, "yes\n"])
def test_what_is_there_is_asked_about(typed: str | None, taken: Path, copy: Settings, run: Run) -> None:
    with psycopg.connect(owner_libpq(copy), autocommit=True) as owner:
        owner.execute("DELETE FROM insights WHERE id = 8; ALTER TABLE insights DISABLE TRIGGER USER")
        owner.execute("UPDATE insights SET updated_at = '2026-03-04T07:06:07+02:00' WHERE id = 5")
        owner.execute("UPDATE insights SET updated_at = '2026-03-01Z' WHERE id <> 5")
        owner.execute("ALTER TABLE insights ENABLE TRIGGER USER")
    (copy.instance / "secret_key").write_text(OTHER_KEY)
    other = copy.model_copy(update={"secret_key": OTHER_KEY})
    before = everything(copy)
    result = run(other, "restore", taken, typed=typed)
    assert result.exit_code == 1
    held = "9 insights, 2 insights in the trash, 2 people and services, 1 API token, 1 signed-in device, its secret_key"
    assert (
        f"This replaces what the instance holds: {held}.\nIts newest change of an insight is of 2026-03-04 05:06 UTC,"
        f" the backup of {taken_at(taken):%Y-%m-%d %H:%M} UTC.\n"
    ) in result.stderr
    assert result.stderr.endswith("Nothing was changed; --yes goes on without a question.\n")
    assert (everything(copy), key_of(copy)) == (before, OTHER_KEY)

    result = run(other, "restore", taken, typed="replace\n")
    assert result.exit_code == 0
    assert key_of(copy) == KEY
    assert len(everything(copy)["insights"]) == 10


def test_off_a_terminal_lines_tell_how_far_it_is(
    taken: Path, empty: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.05)
    result = run(empty, "restore", taken, "--yes")
    assert result.exit_code == 0
    lines = [line for line in result.stderr.splitlines() if line.startswith("Restoring: ")]
    assert re.fullmatch(r"Restoring: \d+ %, \d+ rows", lines[0])
    with ZipFile(taken) as archive:
        rows = sum(json.loads(archive.read("manifest.json"))["rows"].values())
    assert lines[-1] == f"Restoring: 100 %, {rows} rows"


def test_another_secret_that_a_setting_names_stays(taken: Path, empty: Settings, run: Run) -> None:
    (empty.instance / "secret_key").unlink()
    result = run(empty, "restore", taken)
    assert result.exit_code == 0
    assert "The backup was made under another SECRET_KEY than this instance's. Set that one, or give" in result.stdout
    assert not (empty.instance / "secret_key").exists()


WRONG = {
    "is damaged, or no backup of this product.": [
        lambda members: members.pop("manifest.json"),
        lambda members: members.pop("database.dump"),
    ],
    "database.dump is damaged: its checksum is another one.": [
        lambda members: members.update({"database.dump": members["database.dump"][:-1]}),
    ],
    "secret_key is damaged: its checksum is another one.": [lambda members: members.update(secret_key=b"x")],
    "its manifest can't be used": [
        lambda members: members.update({"manifest.json": b"{"}),
        lambda members: members.update({"manifest.json": b"[]"}),
        with_manifest(format=2),
        with_manifest(product="another"),
        with_manifest(members={"../x": "0"}),
        with_manifest(schema_revision="*"),
    ],
    "The backup is of release 1.0.0, whose schema 9999 this one doesn't know": [with_manifest(schema_revision="9999")],
    "The dump doesn't hold what the manifest says: insights: 10 rows in place of 11.": [
        with_manifest(rows={"insights": 11, "tags": 3})
    ],
    "The backup is of PostgreSQL 99, and this server is": [with_manifest(server=99)],
    "A pg_restore of PostgreSQL version 99, that of the backup, or newer, is needed": [with_manifest(pg_dump=99)],
}


@pytest.mark.parametrize(
    ("message", "change"), [(message, change) for message, changes in WRONG.items() for change in changes]
)
def test_a_wrong_backup_changes_nothing(
    message: str, change: Callable[[dict[str, bytes]], None], taken: Path, copy: Settings, run: Run, tmp_path: Path
) -> None:
    wrong = altered(taken, tmp_path / "wrong.backup", change)
    before = everything(copy)
    result = run(copy, "restore", wrong, "--yes")
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert (everything(copy), key_of(copy)) == (before, KEY)


@pytest.mark.parametrize("content", [b"", b"just text", b"PK\x03\x04" + bytes(100)])
def test_a_foreign_file_is_no_backup(content: bytes, copy: Settings, run: Run, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_bytes(content)
    before = everything(copy)
    result = run(copy, "restore", foreign, "--yes")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{foreign} is damaged, or no backup of this product.")
    assert everything(copy) == before


def test_half_a_file_is_no_backup(taken: Path, copy: Settings, run: Run, tmp_path: Path) -> None:
    half = tmp_path / "half"
    half.write_bytes(taken.read_bytes()[:-4000])
    result = run(copy, "restore", half, "--yes")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{half} is damaged, or no backup of this product.")


def test_a_failure_at_the_end_changes_nothing(
    taken: Path, copy: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: object) -> None:
        raise Unavailable("The migration failed.")

    monkeypatch.setattr(restoring, "upgrade_within", fail)
    before = everything(copy)
    result = run(copy, "restore", taken, "--yes")
    assert (result.exit_code, result.stderr) == (1, "The migration failed.\n")
    assert everything(copy) == before


def test_an_older_backup_is_brought_up_to_date(settings: Settings, empty: Settings, run: Run, tmp_path: Path) -> None:
    with built(empty) as app, app.app_context():
        bind(app)
        flask_migrate.upgrade(directory=str(DIRECTORY), revision="0003")
    with psycopg.connect(owner_libpq(empty), autocommit=True) as owner:
        owner.execute("INSERT INTO insights (title, description, author) VALUES ('Old', 'd', 'A')")
    old = tmp_path / "old.backup"
    assert run(empty, "backup", old).exit_code == 0
    with ZipFile(old) as archive:
        assert json.loads(archive.read("manifest.json"))["schema_revision"] == "0003"

    result = run(empty, "restore", old, "--yes")

    assert (result.exit_code, result.stderr) == (0, "")
    with psycopg.connect(libpq(empty)) as session:  # with the rights that the newest release grants
        assert session.execute("SELECT version_num FROM alembic_version").fetchall() == [(head(),)]
        assert session.execute("SELECT insight_id, number, verb FROM insight_revisions").fetchall() == [
            (1, 1, "create")
        ]


def test_findings_are_told_and_nothing_is_lost(copy: Settings, run: Run, tmp_path: Path) -> None:
    with psycopg.connect(owner_libpq(copy), autocommit=True) as owner:
        owner.execute("UPDATE insight_revisions SET version = 9 WHERE insight_id = 8")
    before = everything(copy)
    assert run(copy, "backup", tmp_path / "b.backup").exit_code == 0
    result = run(copy, "restore", tmp_path / "b.backup", "--yes")
    assert result.exit_code == 1
    assert result.stdout.endswith("Restored.\n" + told(revisions=["insight 8 has version 1, its last revision 9"]))
    assert everything(copy) == before


WRITES = """
INSERT INTO insights (title, description, author, status) VALUES ('New', 'd', 'Bob', 'published');
INSERT INTO insight_tags SELECT max(id), 1 FROM insights ON CONFLICT DO NOTHING;
UPDATE insights SET title = title || '.' WHERE id = (SELECT max(id) FROM insights);
DELETE FROM insights WHERE author = 'Bob' AND id % 7 = 0;
SELECT counts_fold();
"""


def test_while_others_write(copy: Settings, empty: Settings, run: Run, tmp_path: Path) -> None:
    """A backup is one moment, and a restore beside those who go on writing waits for them."""
    stop = threading.Event()
    rounds: list[int] = []

    def write() -> None:
        with psycopg.connect(libpq(copy), autocommit=True) as session:
            while not stop.is_set():
                for statement in WRITES.strip().removesuffix(";").split(";\n"):
                    try:
                        session.execute(statement.encode())
                    except (psycopg.errors.DeadlockDetected, psycopg.errors.ForeignKeyViolation):
                        continue
                rounds.append(1)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        backed_up = run(copy, "backup", tmp_path / "b.backup")
        written = len(rounds)
        restored_beside = run(copy, "restore", tmp_path / "b.backup", "--yes")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert written > 5
    assert (backed_up.exit_code, backed_up.stderr) == (0, "")
    assert (restored_beside.exit_code, restored_beside.stderr) == (0, "")
    assert restored_beside.stdout.endswith(told())
    elsewhere = run(empty, "restore", tmp_path / "b.backup", "--yes")
    assert elsewhere.exit_code == 0
    assert elsewhere.stdout.endswith(told())
