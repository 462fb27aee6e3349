"""What is being written and not saved yet; templates to begin with.

The SQL lies beside this file, frozen like the migration itself.
"""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0006_capture.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute((HERE / "0006_capture_down.sql").read_text(encoding="utf-8"))
