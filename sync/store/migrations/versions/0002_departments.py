"""Row filters of departments"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seen", sa.Column("left_since", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "outside",
        sa.Column("replica", sa.String(length=80), nullable=False),
        sa.Column("table", sa.String(length=80), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("rev", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("replica", "table", "uid"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
