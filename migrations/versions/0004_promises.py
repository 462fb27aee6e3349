"""Revisions, trash, receipts, aliases of merged names, idempotency keys; the indexes that keyset pages walk.

The SQL lies beside this file, frozen like the migration itself.
"""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0004_promises.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute((HERE / "0004_promises_down.sql").read_text(encoding="utf-8"))
