"""The tables of the hub. Sensitive fields hold tokens here, never plaintext; personal plain fields are as the config says.

JSON columns hold canonical values as `validators.values.dump_value` writes them.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from .times import UtcTime

metadata = MetaData()

KEY = String(80)
UID = String(22)
TIME = UtcTime()

record = Table(
    "record",
    metadata,
    Column("table", KEY, primary_key=True),
    Column("uid", UID, primary_key=True),
    Column("rev", BigInteger, nullable=False),
    Column("key", Text, nullable=False, default=""),
    Column("state", String(10), nullable=False),
    Column("values", JSON, nullable=False),
    # Findings about the record itself, which every replica shows.
    Column("hints", JSON, nullable=False, default=list),
    Column("created_at", TIME, nullable=False),
    Column("changed_at", TIME, nullable=False),
    Index("record_by_key", "table", "key"),
    Index("record_by_rev", "table", "rev"),
)

# What records were called before: a cell that still shows it means them.
former_key = Table(
    "former_key",
    metadata,
    Column("table", KEY, primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("uid", UID, nullable=False),
)

# Values by which records are looked up, in their plain form: those that must be unique in a table, and the labels of records.
# Never sensitive ones.
unique_value = Table(
    "unique_value",
    metadata,
    Column("table", KEY, primary_key=True),
    Column("field", KEY, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("uid", UID, primary_key=True),
    Index("unique_value_by_uid", "table", "uid"),
)

reference = Table(
    "reference",
    metadata,
    Column("table", KEY, primary_key=True),
    Column("uid", UID, primary_key=True),
    Column("field", KEY, primary_key=True),
    Column("to_uid", UID, primary_key=True),
    Index("reference_by_target", "to_uid"),
)

seen = Table(
    "seen",
    metadata,
    Column("replica", KEY, primary_key=True),
    Column("table", KEY, primary_key=True),
    Column("uid", UID, primary_key=True),
    Column("row_id", String(40), nullable=False, default=""),
    Column("position", Integer, nullable=False, default=-1),
    Column("base", JSON, nullable=False),
    Column("held", JSON, nullable=False),
    Column("fingerprint", LargeBinary(16), nullable=True),
    # The record's revision when row and hub last agreed in every field that is not held; null while they do not.
    Column("rev", BigInteger, nullable=True),
    Column("status", String(10), nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
    Column("gone_since", TIME, nullable=True),
    # Since when the record no longer belongs in the replica, by its filter.
    Column("left_since", TIME, nullable=True),
    Index("seen_by_row", "replica", "table", "row_id"),
    Index("seen_by_position", "replica", "table", "position"),
)
# An idle cycle asks for these rows, of which there are few or none.
for name, column in (
    ("seen_unsettled", seen.c.fingerprint.is_(None)),
    ("seen_open", seen.c.rev.is_(None)),
    ("seen_gone", seen.c.gone_since.is_not(None)),
):
    Index(name, seen.c.replica, seen.c.table, sqlite_where=column, postgresql_where=column)

# Live records that do not belong in a replica, as its filter decided over this revision.
outside = Table(
    "outside",
    metadata,
    Column("replica", KEY, primary_key=True),
    Column("table", KEY, primary_key=True),
    Column("uid", UID, primary_key=True),
    Column("rev", BigInteger, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("replica", KEY, primary_key=True),
    Column("table", KEY, primary_key=True),
    Column("uid", UID, primary_key=True),
    Column("row_id", String(40), nullable=False, default=""),
    Column("position", Integer, nullable=False, default=-1),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("at", TIME, nullable=False),
    Index("journal_by_fingerprint", "replica", "table", "fingerprint"),
)

# Writes that were sent to a replica without an answer yet, and what they will show: of an insert, hence the name, the whole
# row; of an update the cells written.
insertion = Table(
    "insertion",
    metadata,
    Column("replica", KEY, primary_key=True),
    Column("table", KEY, primary_key=True),
    Column("uid", UID, primary_key=True),
    Column("base", JSON, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", TIME, nullable=False),
    Column("replica", KEY, nullable=False),
    Column("table", KEY, nullable=False),
    Column("uid", UID, nullable=False),
    Column("field", KEY, nullable=False),
    Column("kept", JSON, nullable=True),
    Column("other", JSON, nullable=True),
    Column("reason", String(20), nullable=False),
    Column("resolved_at", TIME, nullable=True),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("table", KEY, primary_key=True),
    Column("uid", UID, primary_key=True),
    Column("replica", KEY, nullable=False),
    Column("at", TIME, nullable=False),
)

deletion = Table(
    "deletion",
    metadata,
    Column("replica", KEY, primary_key=True),
    Column("table", KEY, primary_key=True),
    Column("uid", UID, primary_key=True),
    Column("since", TIME, nullable=False),
    Column("decision", String(10), nullable=True),
)

binding = Table(
    "binding",
    metadata,
    Column("connection", KEY, primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("value", Text, nullable=False),
)

recheck = Table(
    "recheck",
    metadata,
    Column("replica", KEY, primary_key=True),
    Column("table", KEY, primary_key=True),
    Column("row", String(40), primary_key=True),
    Column("reason", String(20), nullable=False),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", TIME, nullable=False),
    Column("table", KEY, nullable=False),
    Column("uid", UID, nullable=False),
    Column("field", KEY, nullable=False),
    Column("replica", KEY, nullable=False),
    Column("actor", Text, nullable=True),
    Column("before", JSON, nullable=True),
    Column("after", JSON, nullable=True),
    Index("history_by_record", "table", "uid"),
)

REVISION = "rev"
"""The counter that gives records their revisions."""
CHANGES, SCOPE = "seen", "scope"
"""The counters that rise with every change of a row, and whenever it is open again which records belong in a replica."""

counter = Table(
    "counter",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", TIME, nullable=False),
    Column("digest", KEY, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("sent_at", TIME, nullable=True),
)

# One row per thing that is or was due: what it is about, the day and stage that were told last, and its row for staff.
reminder = Table(
    "reminder",
    metadata,
    Column("item", String(16), primary_key=True),
    Column("key", String(64), nullable=False),
    Column("reminder", KEY, nullable=False),
    Column("table", KEY, nullable=False),
    Column("uid", UID, nullable=False),
    Column("field", KEY, nullable=False, default=""),
    Column("anchor", String(10), nullable=False),
    Column("stage", Integer, nullable=False),
    # The day on which this anchor and stage came up.
    Column("since", String(10), nullable=False),
    Column("task", UID, nullable=False, default=""),
    Column("hand_to", UID, nullable=False, default=""),
    Column("snooze_until", String(10), nullable=False, default=""),
    Column("snoozes", Integer, nullable=False, default=0),
    # The key that an urgent mail told last.
    Column("told_urgently", String(64), nullable=False, default=""),
    Column("first_at", TIME, nullable=False),
    Column("closed_at", TIME, nullable=True),
    Index("reminder_by_record", "table", "uid"),
    Index("reminder_by_task", "task"),
)
