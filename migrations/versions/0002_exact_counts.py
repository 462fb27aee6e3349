"""Exact counts of insights and tag links, maintained by triggers; no cycles among categories.

The SQL lies beside this file, frozen like the migration itself.
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0002_exact_counts.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute((HERE / "0002_exact_counts_down.sql").read_text(encoding="utf-8"))
