"""What is promised about receipts."""

from app.core.checks import Check

RECEIPTS = """
SELECT format('revision %s of insight %s names receipt %s, which does not exist', number, insight_id, receipt_id)
FROM insight_revisions r
WHERE receipt_id IS NOT NULL AND NOT EXISTS (SELECT FROM receipts WHERE id = r.receipt_id)
ORDER BY 1"""

CHECKS = (Check.of("receipts", RECEIPTS),)
