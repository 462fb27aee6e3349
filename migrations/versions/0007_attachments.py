"""Files that insights show or offer.

The SQL lies beside this file, frozen like the migration itself.
"""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0007_attachments.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute((HERE / "0007_attachments_down.sql").read_text(encoding="utf-8"))
