"""The vault's tables about people: who may use it, what they used of it, guesses, alarms, and plaintext they saw. No table holds a value."""

import sqlalchemy as sa

from vault.store import metadata

# Never deleted: the audit chain names them for as long as it stands.
vault_user = sa.Table(
    "vault_user",
    metadata,
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
# `mark` is keyed: what was typed as a name may have been a key.
sign_in_attempt = sa.Table(
    "sign_in_attempt",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", sa.Text, nullable=False),
)
# What a person used of a budget on a day; `what` is a class of fields, or one field of one subject for comparisons.
usage = sa.Table(
    "usage",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("used", sa.Integer, nullable=False),
)
# Values typed again into one cell of a replica on a day. `mark` is keyed and tells the same text from a new one.
guess = sa.Table(
    "guess",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("record", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("counted", sa.Integer, nullable=False),
    sa.Column("mark", sa.LargeBinary, nullable=False),
)
alarm = sa.Table(
    "alarm",
    metadata,
    sa.Column("alarm_id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("acknowledged_at", sa.Text),
    sa.Column("acknowledged_by", sa.Text),
    sa.Index("alarm_once_a_day", "day", "kind", "actor", "what", unique=True),
)
# Persons whose values are kept for the law alone; `until` is empty while the period has not begun. `purposes` go on beside the
# legal ones, one per line.
restriction = sa.Table(
    "restriction",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("until", sa.Text, nullable=False),
    sa.Column("law", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("purposes", sa.Text, nullable=False, server_default=""),
)
# Plaintext that stood in a cell of a replica: `until` is when the write over it was confirmed; `change` is as in the vault's own tables.
plaintext_window = sa.Table(
    "plaintext_window",
    metadata,
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
    sa.Column("change", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("plaintext_window_standing", "place", "until", "record"),
    sa.Index("plaintext_window_subject", "subject"),
    sa.Index("plaintext_window_change", "change"),
)
