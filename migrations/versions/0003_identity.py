"""People, their sessions and tokens; who owns an insight and what each may count; the audit log.

The SQL lies beside this file, frozen like the migration itself.
"""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0003_identity.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute((HERE / "0003_identity_down.sql").read_text(encoding="utf-8"))
