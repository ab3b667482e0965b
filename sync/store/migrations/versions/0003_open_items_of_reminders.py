"""Open items of reminders, with their day, stage, row in the to-do table, and what staff wished there"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What it held was since when rows are held: the next run finds them again, and counts from then.
    op.drop_table("reminder")
    op.create_table(
        "reminder",
        sa.Column("item", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("reminder", sa.String(length=80), nullable=False),
        sa.Column("table", sa.String(length=80), nullable=False),
        sa.Column("uid", sa.String(length=22), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("anchor", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("task", sa.String(length=22), nullable=False),
        sa.Column("hand_to", sa.String(length=22), nullable=False),
        sa.Column("snooze_until", sa.String(length=10), nullable=False),
        sa.Column("snoozes", sa.Integer(), nullable=False),
        sa.Column("told_urgently", sa.String(length=64), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("item"),
    )
    op.create_index("reminder_by_record", "reminder", ["table", "uid"], unique=False)
    op.create_index("reminder_by_task", "reminder", ["task"], unique=False)
