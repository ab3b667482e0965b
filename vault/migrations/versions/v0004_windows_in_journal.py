"""Windows of plaintext are numbered with the other changes, so that the journal keeps them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Those of before come into the journal with its next frame."""
    op.add_column("plaintext_window", sa.Column("change", sa.BigInteger, nullable=False, server_default="0"))
    connection = op.get_bind()
    last = max(
        connection.execute(sa.text(f"SELECT coalesce(max(change), 0) FROM {table}")).scalar_one()
        for table in ("sealed_value", "data_key")
    )
    connection.execute(sa.text("UPDATE plaintext_window SET change = :change"), {"change": last + 1})
    op.create_index("plaintext_window_change", "plaintext_window", ["change"])
