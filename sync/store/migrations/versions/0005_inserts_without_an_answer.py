"""Rows that were sent to a replica without an answer yet"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "insertion",
        sa.Column("replica", sa.String(length=80), nullable=False),
        sa.Column("table", sa.String(length=80), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("base", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("replica", "table", "uid"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
