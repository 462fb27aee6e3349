"""``insights verify`` finds whatever breaks a promise, and nothing in a database that is merely busy."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from app.config import REPOSITORY, Settings
from app.verification import findings
from tests.conftest import built, libpq, owner_libpq
from tests.filled import FILE, FILE_ID, RECEIPT, copy_of, filled_database, invoke

CHECKS = (
    "schema", "references", "tree", "names", "revisions", "texts", "publication", "trash", "mentions", "files",
    "search", "words", "receipts", "counts",
)  # fmt: skip
# The triggers of the session stay silent, those of foreign keys too.
SILENT = "SET session_replication_role = 'replica'; "
DAMAGE = "UPDATE insight_revisions SET changes = jsonb_set(changes, "
BEFORE = "insight {}: content before revision 4: "
COLUMNS = "id, version, public_id, title, description, author, priority, status, visibility, metadata, created_at"
TRASH = f"INSERT INTO insight_trash ({COLUMNS}, updated_at, tag_ids, trashed_by) SELECT {COLUMNS}, now(), '{{}}', 'x'"


@pytest.fixture(scope="module")
def sound(settings: Settings) -> Iterator[Settings]:
    with filled_database(settings) as filled:
        yield filled


@pytest.fixture
def copy(sound: Settings) -> Iterator[Settings]:
    with copy_of(sound) as copied:
        yield copied


@pytest.fixture
def superuser(copy: Settings) -> Iterator[psycopg.Connection]:
    """Who can switch triggers off."""
    if "DATABASE_URL" in os.environ:
        pytest.skip("DATABASE_URL is given, and of its server no superuser")
    url = make_url(owner_libpq(copy)).set(username="postgres").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def told(**violations: list[str]) -> str:
    """What is printed when nothing but this is wrong."""
    return "".join(f"{name}: {line}\n" for name in CHECKS for line in violations.get(name, ["ok"]))


def test_a_sound_database(monkeypatch: pytest.MonkeyPatch, copy: Settings) -> None:
    result = invoke(monkeypatch, copy, "verify")
    assert (result.exit_code, result.stdout, result.stderr) == (0, told(), "")


BROKEN = [
    (
        "UPDATE insight_counts SET n = 7 WHERE category_id = 1 AND status = 'draft'",
        {"counts": ["insights 1/draft/medium/INTERNAL: shown 7, actual 2"]},
    ),
    (
        "UPDATE categories SET parent_id = 3 WHERE id = 1",
        {
            "tree": [
                "category 1 (Technical) is in no tree: its ancestors go round in a circle, or one is missing",
                "category 3 (Databases) is in no tree: its ancestors go round in a circle, or one is missing",
            ]
        },
    ),
    (
        "UPDATE categories SET parent_id = 99 WHERE id = 2",
        {
            "references": ["categories (parent_id) names 99, which categories doesn't have"],
            "tree": ["category 2 (Process) is in no tree: its ancestors go round in a circle, or one is missing"],
        },
    ),
    (
        (
            "INSERT INTO tag_aliases (former_id, tag_id, name, slug) VALUES (92, 2, 'DOCS', 'docs');"
            "INSERT INTO category_aliases (former_id, category_id, name, slug) VALUES (92, 2, 'databasés', 'x')"
        ),
        {
            "names": [
                "the name of category 3 (Databases) is an alias of category 2",
                "the name of tag 3 (Docs) is an alias of tag 2",
            ]
        },
    ),
    (
        "DELETE FROM insight_revisions WHERE insight_id = 2 AND number = 1",
        {"revisions": ["insight 2 has 4 revisions, and the last is number 5"]},
    ),
    ("DELETE FROM insight_revisions WHERE insight_id = 8", {"revisions": ["insight 8 has no revisions"]}),
    (
        "UPDATE insight_revisions SET verb = 'update' WHERE insight_id = 8",
        {"revisions": ['insight 8: revision 1 is "update"']},
    ),
    (
        "UPDATE insight_revisions SET verb = 'create' WHERE insight_id = 5 AND number = 2",
        {"revisions": ['insight 5: revision 2 is "create"']},
    ),
    (
        "UPDATE insight_revisions SET version = 9 WHERE insight_id IN (8, 12)",
        {
            "revisions": [
                "insight 12 has version 1, its last revision 9",
                "insight 8 has version 1, its last revision 9",
            ]
        },
    ),
    (
        "UPDATE insight_revisions SET version = 9 WHERE insight_id = 5 AND number = 2",
        {"revisions": ["insight 5: revision 3 has an older version than the one before it"]},
    ),
    (
        (
            "UPDATE insight_revisions SET verb = 'update' WHERE insight_id = 12 AND number = 3;"
            "UPDATE insight_revisions SET verb = 'trash' WHERE insight_id = 5 AND number = 4"
        ),
        {
            "revisions": [
                'insight 12 is in the trash, and its last revision is "update"',
                'insight 5 is outside the trash, and its last revision is "trash"',
            ]
        },
    ),
    (
        DAMAGE + "'{content,md5}', '0') WHERE insight_id = 1 AND number = 4",
        {"texts": [BEFORE.format(1) + "a text's fingerprint is another than that of what its delta gives"]},
    ),
    (
        DAMAGE + "'{content,delta}', '7') WHERE insight_id = 3 AND number = 4",
        {"texts": [BEFORE.format(3) + "a text's delta is malformed"]},
    ),
    (
        (
            "UPDATE search_documents SET stems = 'x' WHERE insight_id = 7;"
            "DELETE FROM search_documents WHERE insight_id = 8;"
            "DELETE FROM search_words WHERE word = 'line'"
        ),
        {
            "search": [
                "insight 7: what search looks at is not that of its texts",
                "insight 8: what search looks at is not that of its texts",
            ],
            "words": ['the word "line" is not known to search'],
        },
    ),
    (
        (
            "UPDATE insight_trash SET status = 'published', published_at = NULL WHERE id = 12;"
            "ALTER TABLE insights DROP CONSTRAINT ck_insights_published_at;"
            "UPDATE insights SET published_at = NULL WHERE id = 7;"
        ),
        {
            "publication": [
                "insight 7 is published and has no published_at",
                "insight 12 is published and has no published_at",
            ],
        },
    ),
    (
        TRASH + " FROM insights WHERE id = 8",
        {
            "revisions": ['insight 8 is in the trash, and its last revision is "update"'],
            "trash": ["insight 8 is in the trash and outside it"],
        },
    ),
    (
        "UPDATE insight_revisions SET insight_id = 77 WHERE insight_id = 8",
        {"revisions": ["insight 8 has no revisions"], "trash": ["insight 77 is gone, its revisions are not"]},
    ),
    (
        f"DELETE FROM insight_attachments; INSERT INTO insight_attachments VALUES (77, '{FILE_ID}')",
        {
            "mentions": [
                f"attachment {FILE_ID} is said to be mentioned by insight 77, which is gone",
                f"insight 7 mentions attachment {FILE_ID}, which is not known",
            ]
        },
    ),
    (
        "UPDATE attachments SET size = 4",
        {"files": [f"attachment {FILE_ID}: its file has {len(FILE)} bytes in place of 4"]},
    ),
    (
        "UPDATE attachments SET sha256 = sha256('another')",
        {"files": [f"attachment {FILE_ID}: its file is missing in the object store"]},
    ),
    (
        "DELETE FROM receipts",
        {
            "receipts": [
                f"revision {number} of insight {insight_id} names receipt {RECEIPT}, which does not exist"
                for number, insight_id in ((5, 1), (5, 2), (5, 3))
            ]
        },
    ),
    (
        "UPDATE tag_aliases SET tag_id = 99; UPDATE sessions SET user_id = 99",
        {
            "references": [
                "sessions (user_id) names 99, which users doesn't have",
                "tag_aliases (tag_id) names 99, which tags doesn't have",
            ]
        },
    ),
    (
        "INSERT INTO insight_tags (insight_id, tag_id) VALUES (77, 2)",
        {
            "references": ["insight_tags (insight_id) names 77, which insights doesn't have"],
            "counts": ["tag Über: shown 4, actual 5"],
        },
    ),
    (
        "ALTER TABLE insights ADD CONSTRAINT mine CHECK (id > 5) NOT VALID",
        {"schema": ["constraint mine of insights is not valid: rows may break it"]},
    ),
    (
        "ALTER TABLE insights DISABLE TRIGGER counts_insert; ALTER TABLE insight_tags DISABLE TRIGGER revisions_delete",
        {
            "schema": [
                "trigger counts_insert of insights is disabled",
                "trigger revisions_delete of insight_tags is disabled",
            ]
        },
    ),
    (
        "DROP TRIGGER revisions_delete ON insight_trash",
        {"schema": ["function revise_purged_insights() is called by no trigger"]},
    ),
]


@pytest.mark.parametrize(("statement", "violations"), BROKEN, ids=[statement[:60] for statement, _ in BROKEN])
def test_what_is_broken_is_told(
    statement: str,
    violations: dict[str, list[str]],
    copy: Settings,
    superuser: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    superuser.execute((SILENT + statement).encode())
    result = invoke(monkeypatch, copy, "verify")
    assert (result.exit_code, result.stdout) == (1, told(**violations))


GUIDE = REPOSITORY / "docs" / "how-to" / "back-up.md"
REMEDY = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)


def remedies() -> dict[str, str]:
    """What the guide says to do about the findings of each check."""
    return dict(REMEDY.findall(GUIDE.read_text(encoding="utf-8").partition("### What to do about a finding")[2]))


def test_the_guide_says_what_to_do_about_every_finding() -> None:
    assert tuple(remedies()) == CHECKS


# What breaks a promise, the check that finds it, and the beginnings of the guide's statements, with their ids.
MENDED = [
    (
        "ALTER TABLE insights DISABLE TRIGGER counts_insert",
        "schema",
        {"ALTER TABLE insights ENABLE": "counts_insert"},
    ),
    (
        "INSERT INTO insight_tags (insight_id, tag_id) VALUES (77, 2)",
        "references",
        {"DELETE FROM insight_tags": "77"},
    ),
    ("UPDATE categories SET parent_id = 3 WHERE id = 1", "tree", {"UPDATE categories": "1"}),
    ("UPDATE categories SET parent_id = 99 WHERE id = 2", "tree", {"UPDATE categories": "2"}),
    (BROKEN[3][0], "names", {"DELETE FROM tag_aliases": "3", "DELETE FROM category_aliases": "3"}),
    (
        (
            "UPDATE insight_trash SET status = 'published', published_at = NULL WHERE id = 12;"
            "ALTER TABLE insights DISABLE TRIGGER USER; ALTER TABLE insights DROP CONSTRAINT ck_insights_published_at;"
            "UPDATE insights SET published_at = NULL WHERE id = 7; ALTER TABLE insights ENABLE TRIGGER USER"
        ),
        "publication",
        {"UPDATE insights": "7", "UPDATE insight_trash": "12"},
    ),
    (TRASH + " FROM insights WHERE id = 8", "trash", {"DELETE FROM insight_trash": "8"}),
    (
        (
            "DELETE FROM insight_tags WHERE insight_id = 8; DELETE FROM search_documents WHERE insight_id = 8;"
            "DELETE FROM insights WHERE id = 8;"
            "UPDATE insight_revisions SET insight_id = 77 WHERE insight_id = 8"
        ),
        "trash",
        {"DELETE FROM insight_revisions": "77"},
    ),
    (
        f"DELETE FROM insight_attachments; INSERT INTO insight_attachments VALUES (77, '{FILE_ID}')",
        "mentions",
        {"INSERT INTO insight_attachments": "7", "DELETE FROM insight_attachments": "77"},
    ),
    ("UPDATE attachments SET sha256 = sha256('another')", "files", {"DELETE FROM attachments": FILE_ID}),
    (
        "DELETE FROM receipts; UPDATE insight_revisions SET receipt_id = NULL WHERE insight_id <> 2",
        "receipts",
        {"UPDATE insight_revisions": "2"},
    ),
]


@pytest.mark.parametrize(("damage", "check", "mended"), MENDED, ids=[f"{m[1]}-{next(iter(m[2]))}" for m in MENDED])
def test_what_the_guide_says_mends_it(
    damage: str,
    check: str,
    mended: dict[str, str],
    copy: Settings,
    superuser: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    superuser.execute((SILENT + damage).encode())
    assert f"{check}: ok\n" not in invoke(monkeypatch, copy, "verify").stdout
    statements = re.findall(r"`([^`]+;)`", remedies()[check])
    with psycopg.connect(owner_libpq(copy), autocommit=True) as owner:
        for beginning, key in mended.items():
            [statement] = [one for one in statements if one.startswith(beginning)]
            owner.execute(re.sub(r"\b(ID|NAME)\b", key, statement).encode())
    found = invoke(monkeypatch, copy, "verify").stdout.splitlines()
    # Nobody counted while the triggers were silent.
    assert [line for line in found if not line.startswith("counts: ")] == told().splitlines()[:-1]


def test_an_index_that_could_not_be_built_is_told(monkeypatch: pytest.MonkeyPatch, copy: Settings) -> None:
    with psycopg.connect(owner_libpq(copy), autocommit=True) as owner, pytest.raises(psycopg.errors.UniqueViolation):
        owner.execute("CREATE UNIQUE INDEX CONCURRENTLY mine ON insights (author)")
    result = invoke(monkeypatch, copy, "verify")
    assert (result.exit_code, result.stdout) == (1, told(schema=["index mine of insights is not valid"]))


def test_every_check_is_broken_above() -> None:
    assert {name for _, violations in BROKEN for name in violations} == set(CHECKS)


WRITES = """
INSERT INTO insights (title, description, content, author, status)
  SELECT 'New', 'd', repeat('word ', 100) || n, 'Bob', 'published' FROM generate_series(1, 3) n;
INSERT INTO insight_tags SELECT id, 1 FROM insights WHERE author = 'Bob' AND status = 'published'
  ON CONFLICT DO NOTHING;
UPDATE insights SET content = 'First. ' || content, status = 'archived' WHERE author = 'Bob' AND status = 'published';
DELETE FROM insights WHERE author = 'Bob' AND id % 5 = 0;
SELECT counts_fold();
"""


def test_a_busy_database_is_sound(copy: Settings) -> None:
    stop = threading.Event()
    failures: list[Exception] = []
    rounds = []

    def write() -> None:
        with psycopg.connect(libpq(copy), autocommit=True) as session:
            while not stop.is_set():
                try:
                    for statement in WRITES.strip().split(";\n"):
                        session.execute(statement.encode())
                except (psycopg.errors.DeadlockDetected, psycopg.errors.ForeignKeyViolation):
                    continue  # what writers do to each other
                except Exception as error:
                    failures.append(error)
                    raise
                rounds.append(1)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        with built(copy, serves=False) as app, app.app_context():
            found = [violations for _ in range(10) for violations in findings().values()]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert failures == []
    assert len(rounds) > 10
    assert found == [[]] * 10 * len(CHECKS)


def test_the_exit_status_is_for_cron(copy: Settings, settings: Settings, tmp_path: object) -> None:
    environment = {
        **os.environ, "DATABASE_URL": libpq(copy), "DATABASE_OWNER_URL": owner_libpq(copy),
        "REDIS_URL": settings.redis_url or "", "INSIGHTS_INSTANCE": str(tmp_path),
        "OBJECT_STORE_URL": (settings.instance / "objects").as_uri(),
    }  # fmt: skip
    command = [sys.executable, "-m", "app.cli", "verify"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, told(), "")
    with psycopg.connect(owner_libpq(copy), autocommit=True) as owner:
        owner.execute("UPDATE insight_revisions SET version = 9 WHERE insight_id = 8")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, told(revisions=["insight 8 has version 1, its last revision 9"]))
