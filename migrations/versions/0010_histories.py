"""No history outlives its insight, not even past one who deletes with an old snapshot.

The SQL lies beside this file, frozen like the migration itself.
"""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0010_histories.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute((HERE / "0010_histories_down.sql").read_text(encoding="utf-8"))
