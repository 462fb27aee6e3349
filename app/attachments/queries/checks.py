"""What is promised about files: that their bytes are there as they came, and that mentions are known."""

from collections.abc import Iterator
from hashlib import sha256

from app.attachments.store import objects
from app.core.checks import Check
from app.core.db import read_rows
from app.core.reading import read
from app.extensions import db

NAMED = "SELECT FROM attachments WHERE sha256 = :digest LIMIT 1"
STORED = "SELECT sha256, max(size) AS size, min(id::text) AS id FROM attachments GROUP BY sha256 ORDER BY 3"

MENTIONS = """
WITH stored AS (SELECT id, content FROM insights UNION ALL SELECT id, content FROM insight_trash),
mentioned AS (
  SELECT DISTINCT s.id AS insight_id, a.id AS attachment_id
  FROM stored s
  CROSS JOIN LATERAL regexp_matches(
    s.content, '/attachments/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})', 'g') AS found(parts)
  JOIN attachments a ON a.id = CAST(found.parts[1] AS uuid)
  WHERE s.content LIKE '%/attachments/%')
SELECT format('insight %s mentions attachment %s, which is not known', insight_id, attachment_id)
FROM mentioned WHERE (insight_id, attachment_id) NOT IN (SELECT insight_id, attachment_id FROM insight_attachments)
UNION ALL
SELECT format('attachment %s is said to be mentioned by insight %s, which is gone', attachment_id, insight_id)
FROM insight_attachments WHERE insight_id NOT IN (SELECT id FROM stored)
ORDER BY 1"""


def _bytes_that_are_not_there() -> Iterator[str]:
    """Every object is read: as much as the store holds."""
    for row in read_rows(STORED):
        problem = _problem(bytes(row.sha256), row.size)
        if problem and _is_named_now(row.sha256):
            yield f"attachment {row.id}: its file {problem}"


def _is_named_now(digest: bytes) -> bool:
    """Past the caller's snapshot: the file may have been forgotten since, and its bytes dropped."""
    return bool(read(db.engine, NAMED, {"digest": digest}))


def _problem(digest: bytes, size: int) -> str | None:
    there = objects().size(digest)
    if there is None:
        return "is missing in the object store"
    if there != size:
        return f"has {there} bytes in place of {size}"
    return None if _sum(digest, size) == digest else "is damaged: its checksum is another one"


def _sum(digest: bytes, size: int) -> bytes:
    summed = sha256()
    for piece in objects().part(digest, 0, size):
        summed.update(piece)
    return summed.digest()


CHECKS = (Check.of("mentions", MENTIONS), Check("files", _bytes_that_are_not_there))
