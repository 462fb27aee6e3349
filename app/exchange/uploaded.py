"""What became of files that were uploaded to be imported: reads."""

from typing import Any
from uuid import UUID

from app.core.db import read_rows
from app.errors import NotFound
from app.identity.acting import current_actor

# Somebody's own: without sign-in all of them are one person's.
MINE = "owner_id IS NOT DISTINCT FROM CAST(:owner_id AS integer)"
SHOWN = f"""
SELECT id, format, file_name, octet_length(file) AS size, status, dry_run, state, position, total, stored, report,
       iso_utc(created_at) AS created_at, iso_utc(finished_at) AS finished_at
FROM import_runs WHERE {MINE} AND id = :id"""
LISTED = f"""
SELECT id, file_name, dry_run, state, report->'counts' AS counts, iso_utc(created_at) AS created_at
FROM import_runs WHERE {MINE} ORDER BY created_at DESC LIMIT :most"""


def shown(run_id: UUID) -> dict[str, Any]:
    """One of the actor's uploads, without the file. `NotFound`."""
    rows = read_rows(SHOWN, id=run_id, owner_id=current_actor().user_id)
    if not rows:
        raise NotFound.of("Import", run_id)
    return dict(rows[0]._asdict())


def listed(most: int = 20) -> list[dict[str, Any]]:
    """The actor's uploads, newest first."""
    return [dict(row._asdict()) for row in read_rows(LISTED, owner_id=current_actor().user_id, most=most)]
