"""What statements over GraphQL need of the database.

The SQL lies beside this file, frozen like the migration itself.
"""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0009_graphql.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute((HERE / "0009_graphql_down.sql").read_text(encoding="utf-8"))
