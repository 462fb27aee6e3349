"""What search looks at, with what it knows about words; saved searches; the log of what was searched for.

The SQL lies beside this file, frozen like the migration itself.
"""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0005_search.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute((HERE / "0005_search_down.sql").read_text(encoding="utf-8"))
