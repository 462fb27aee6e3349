"""Files that nothing mentions are forgotten here, and bytes that no file has are dropped."""

from datetime import timedelta

from sqlalchemy import text

from app.attachments.commands.attaching import LOCK
from app.attachments.store import Kept, objects
from app.audit.commands import Entry, record_all
from app.core.clock import now
from app.core.db import read_rows, transact
from app.extensions import db

DAYS_UNMENTIONED = 30
AT_ONCE = 1000
# Somebody may be writing the text that mentions a file, or begin texts with it.
DUE = text(f"""
    SELECT a.id FROM attachments a
    WHERE a.created_at < now() - interval '{DAYS_UNMENTIONED} days'
      AND NOT EXISTS (SELECT FROM insight_attachments m WHERE m.attachment_id = a.id)
      AND NOT EXISTS (SELECT FROM working_copies w WHERE w.fields ->> 'content' LIKE '%/attachments/' || a.id || '%')
      AND NOT EXISTS (SELECT FROM content_templates t WHERE t.fields ->> 'content' LIKE '%/attachments/' || a.id || '%')
    ORDER BY a.id LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED""")
# A statement of its own, which sees what was mentioned while the locks were waited for.
FORGET = text("""
    DELETE FROM attachments a
    WHERE a.id = ANY (CAST(:ids AS uuid[]))
      AND NOT EXISTS (SELECT FROM insight_attachments m WHERE m.attachment_id = a.id)
    RETURNING a.id, a.name""")

# An object that is younger may belong to a file that is being kept, or to a backup that is being restored.
YOUNG = timedelta(days=1)
KNOWN = "SELECT sha256 FROM attachments WHERE sha256 = ANY (:digests)"
# Held, shared, by a backup: it copies what was there when it began.
SWEEP_LOCK = 7203
BACKING_UP = text("SELECT NOT pg_try_advisory_xact_lock(:key)")
NAMED = text("SELECT EXISTS (SELECT FROM attachments WHERE sha256 = :digest)")


def forget_unmentioned() -> int:
    """Delete files that no insight ever mentioned, long after they came, and those whose insights were deleted for
    good; at most `AT_ONCE`. How many those were."""
    ids = db.session.scalars(DUE).all()
    gone = db.session.execute(FORGET, {"ids": list(ids)}).all() if ids else []
    record_all(Entry("attachment.purge", row.id, row.name) for row in gone)
    return len(gone)


def drop_unnamed() -> int:
    """Drop objects that no file has: of a file that was forgotten, or of one that never came to be. How many.

    Upkeep: it opens a transaction for each. Goes through the whole store.
    """
    return sum(transact(_drop, digest) for some in objects().kept() for digest in _unnamed(some))


def _unnamed(some: list[Kept]) -> set[bytes]:
    old = {each.digest for each in some if each.digest is not None and each.since < now() - YOUNG}
    return old - {bytes(row.sha256) for row in read_rows(KNOWN, digests=list(old))} if old else set()


def _drop(digest: bytes) -> bool:
    if db.session.execute(BACKING_UP, {"key": SWEEP_LOCK}).scalar_one():
        return False
    db.session.execute(LOCK, {"digest": digest.hex()})
    if db.session.execute(NAMED, {"digest": digest}).scalar_one():
        return False
    objects().drop(digest)
    return True
