"""Receipts, newest first: those of the reader's own acts; editors see everybody's."""

from uuid import UUID

from app.core.db import read_json
from app.curation.models import LEFT, UNDO, Action
from app.curation.policy import sees_receipt_sql
from app.errors import NotFound
from app.identity.actor import Actor

# What was done to a tag or category is undone once and for all; of other acts an undoing may leave something to try
# again.
UNDOABLE = f"""(r.action <> '{UNDO}' OR r.request->>'action' IN ({", ".join(f"'{action}'" for action in Action)}))
    AND (r.undone_by IS NULL OR r.outcome->'{LEFT}' <> '0')"""
# Of a single receipt also what was asked for and what became of it, which may name thousands of insights.
SUMMARY = f"""'id', r.id, 'at', iso_utc(r.at),
    'actor', json_build_object('kind', r.actor_kind, 'id', r.actor_id, 'name', coalesce(
        (SELECT u.name FROM users u WHERE u.id = r.actor_id), r.actor_name)),
    'action', r.action, 'message', r.request->'message',
    'changed', coalesce(r.outcome->'changed', r.outcome->'reverted'), 'undone_by', r.undone_by,
    'left', r.outcome->'{LEFT}', 'undo', CASE WHEN {UNDOABLE} THEN concat('/receipts/', r.id, '/undo') END"""
ONE = f"""
SELECT json_build_object({SUMMARY}, 'request', r.request, 'outcome', r.outcome)::text
FROM receipts r WHERE r.id = :id AND {{seen}}"""
PAGE = f"""
SELECT json_build_object('total', (SELECT count(*) FROM receipts r WHERE {{seen}}), 'page', :page,
    'page_size', :page_size,
    'receipts', coalesce(json_agg(json_build_object({SUMMARY}) ORDER BY r.at DESC, r.id DESC), '[]'))::text
FROM (SELECT * FROM receipts r WHERE {{seen}} ORDER BY r.at DESC, r.id DESC OFFSET :skip LIMIT :page_size) r"""


def receipt_json(actor: Actor, receipt_id: UUID) -> bytes:
    """One receipt (`ReceiptAnswer`). `NotFound` when the actor doesn't see it."""
    found = read_json(ONE.format(seen=sees_receipt_sql(actor)), id=receipt_id, reader=actor.user_id)
    if found is None:
        raise NotFound.of("Receipt", receipt_id)
    return found


def receipts_json(actor: Actor, page: int, page_size: int) -> bytes:
    """One page (`ReceiptPage`) of those that the actor sees."""
    skip = (page - 1) * page_size
    statement = PAGE.format(seen=sees_receipt_sql(actor))
    return read_json(statement, skip=skip, page=page, page_size=page_size, reader=actor.user_id) or b"{}"
