"""Imports that were uploaded.

The SQL lies beside this file, frozen like the migration itself.
"""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0008_import_runs.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute((HERE / "0008_import_runs_down.sql").read_text(encoding="utf-8"))
