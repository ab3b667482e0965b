"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create keys, values, the audit chain and the tables about people."""
    _keys()
    _values()
    _audit()
    _people()


def _keys() -> None:
    op.create_table(
        "vault",
        sa.Column("vault_id", sa.Text, primary_key=True),
        sa.Column("check_value", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
    )
    op.create_table(
        "envelope",
        sa.Column("envelope_id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
    )
    op.create_table(
        "key_encryption_key",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("suite", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("finished_at", sa.Text),
    )
    op.create_table(
        "data_key",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("erased_at", sa.Text),
        sa.Column("wrapped_by", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
    )
    op.create_index("data_key_wrapped_by", "data_key", ["wrapped_by"])
    op.create_index("data_key_change", "data_key", ["change"])
    op.create_table(
        "milestone",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
    )


def _values() -> None:
    op.create_table(
        "sealed_value",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("mask", sa.Text, nullable=False),
        sa.Column("valid", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("equality", sa.LargeBinary),
        sa.Column("index_mark", sa.LargeBinary),
        sa.Column("moved_to", sa.Text),
        sa.Column("sealed_at", sa.Text, nullable=False),
        sa.Column("state_at", sa.Text, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
    )
    op.create_index("sealed_value_equality", "sealed_value", ["equality"], unique=True)
    op.create_index("sealed_value_index_mark", "sealed_value", ["index_mark"])
    op.create_index("sealed_value_subject", "sealed_value", ["subject"])
    op.create_index("sealed_value_moved_to", "sealed_value", ["moved_to"])
    op.create_index("sealed_value_change", "sealed_value", ["change"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("n", COUNT, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "audit_head",
        sa.Column("n", COUNT, primary_key=True, autoincrement=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.Column("next_key", sa.LargeBinary, nullable=False),
        sa.Column("first_key", sa.LargeBinary, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "vault_user",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.Column("key_hash", sa.Text, nullable=False),
        sa.Column("expires_on", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("mark", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
    )
    op.create_table(
        "usage",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("used", sa.Integer, nullable=False),
    )
    op.create_table(
        "guess",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("record", sa.Text, primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("counted", sa.Integer, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "alarm",
        sa.Column("alarm_id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("acknowledged_at", sa.Text),
        sa.Column("acknowledged_by", sa.Text),
    )
    op.create_index("alarm_once_a_day", "alarm", ["day", "kind", "actor", "what"], unique=True)
    op.create_table(
        "plaintext_window",
        sa.Column("window_id", sa.Integer, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("typed_by", sa.Text, nullable=False),
        sa.Column("readers", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text),
    )
    op.create_index("plaintext_window_standing", "plaintext_window", ["place", "until", "record"])
    op.create_index("plaintext_window_subject", "plaintext_window", ["subject"])
