"""Persons whose values are kept for the law alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of restrictions."""
    op.create_table(
        "restriction",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("law", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
