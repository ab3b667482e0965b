"""What the importer knows of the archive: which tables a flat ledger feeds, and the fields that it fills in itself.

Tables and fields that a configuration does not have are passed over.
"""

from validators.schema import SchemaConfig, TableKey

ROOT = "customers"
POLICIES = "policies"
STAFF = "staff"
CLAIMS = "claims"
DATED = {"health_risk": "assessed_on", "finances": "as_of"}
"""Tables with one record per customer and state of affairs, and the field that says when it was so."""

APPLIED = "apply_date"
ACTIVE, ENDED = "有效", "终止"
MATURED = ("满期终止", "到期未续终止")
"""Reasons for which a contract ends on the very day it was to expire."""
SELF = "本人"
INSURED_CUSTOMER, UNINSURED_CUSTOMER = "在保客户", "无有效保单客户"


def flat_tables(schema: SchemaConfig) -> tuple[TableKey, ...]:
    """The tables that the rows of one flat sheet feed together; none where the archive keeps no customers."""
    wanted = (ROOT, POLICIES, *DATED) if ROOT in schema.tables else ()
    return tuple(table for table in wanted if table in schema.tables)
