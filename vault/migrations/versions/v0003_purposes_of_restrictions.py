"""Purposes that go on though a person is restricted, such as an open claim's."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Those restricted before have none."""
    op.add_column("restriction", sa.Column("purposes", sa.Text, nullable=False, server_default=""))
