"""What the API document shows; tests load each example through its schema."""

from typing import Any

from app.taxonomy.examples import CATEGORY, MOMENT, TAG

RECEIPT_ID = "01a200b5-eb8f-720e-929b-87ca1083a1cc"
UNDOING_ID = "01a200b5-f0a1-7c3d-a1b2-5e6f708192a3"
BULK: dict[str, Any] = {
    "action": "tag",
    "filter": {"status": "draft", "author": "engineering-team"},
    "tags": ["Incident"],
    "message": "Sorted before the review",
}
FIGURES: dict[str, Any] = {
    "matched": 120,
    "changed": 117,
    "unchanged": 2,
    "skipped": [{"id": 42, "reason": "forbidden"}],
}
UNDO = f"/receipts/{RECEIPT_ID}/undo"
BULK_DONE: dict[str, Any] = {"receipt_id": RECEIPT_ID, "undo": UNDO, **FIGURES}
SUMMARY: dict[str, Any] = {
    "id": RECEIPT_ID,
    "at": MOMENT,
    "actor": {"kind": "person", "id": 3, "name": "ada@example.org"},
    "action": "tag",
    "message": "Sorted before the review",
    "changed": 117,
    "undone_by": None,
    "left": None,
    "undo": UNDO,
}
RECEIPT: dict[str, Any] = {**SUMMARY, "request": BULK, "outcome": {**FIGURES, "insights": [7, 8, 11]}}
RECEIPTS: dict[str, Any] = {"total": 1, "page": 1, "page_size": 20, "receipts": [SUMMARY]}
REASON: dict[str, Any] = {"message": "The filter was wrong"}
UNDONE: dict[str, Any] = {
    "receipt_id": UNDOING_ID,
    "undo": f"/receipts/{UNDOING_ID}/undo",
    "reverted": 116,
    "left": [{"id": 11, "reason": "changed since"}],
}
MERGE: dict[str, Any] = {"into": 2, "message": "Two spellings of one thing"}
TAG_MERGE: dict[str, Any] = {
    "preview": False,
    "receipt_id": RECEIPT_ID,
    "undo": UNDO,
    "insights": 17,
    "both": 3,
    "aliases": ["Fieldnotes"],
    "into": TAG,
}
CATEGORY_MERGE: dict[str, Any] = {
    "preview": False,
    "receipt_id": RECEIPT_ID,
    "undo": UNDO,
    "insights": 56,
    "categories": 2,
    "aliases": ["Studies"],
    "into": CATEGORY,
}
MOVE: dict[str, Any] = {"parent_id": 3, "message": "It belongs to the product"}
CATEGORY_MOVE: dict[str, Any] = {
    "preview": False,
    "receipt_id": RECEIPT_ID,
    "undo": UNDO,
    "insights": 63,
    "categories": 3,
    "category": CATEGORY,
}
TAG_SUGGESTIONS: dict[str, Any] = {
    "suggestions": [
        {
            "from": {"id": 9, "name": "Feild Note", "usage_count": 2},
            "into": {"id": 2, "name": "Field Note", "usage_count": 17},
            "reason": "spelling",
            "similarity": 0.889,
        }
    ]
}
CATEGORY_SUGGESTIONS: dict[str, Any] = {
    "suggestions": [
        {
            "from": {"id": 8, "name": "Studies and Research", "insight_count": 4},
            "into": {"id": 1, "name": "Research Studies", "insight_count": 56},
            "reason": "same words",
            "similarity": 1.0,
        }
    ]
}
