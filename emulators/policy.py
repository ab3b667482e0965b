"""Named switches for what the real services do where nobody has recorded it; the daemon must work in every position."""

from dataclasses import asdict, dataclass, fields
from typing import Any


class UnknownPolicy(Exception):
    """A switch that does not exist, or a value of the wrong type for it."""


@dataclass(slots=True)
class Policy:
    """One attribute per unsure fact. Defaults follow the likelier reading of the evidence."""

    noop_write_moves_modified_time: bool = False
    """Whether writing a cell its own value moves lastModifiedTime."""
    noop_write_reaches_webhooks: bool = False
    """Whether such a write appears in webhook payloads, with equal current and previous values."""
    unknown_models_are_forbidden: bool = True
    """403 INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND as with today's tokens; else the 404s of the legacy keys."""
    payload_per_record: bool = False
    """Whether each changed record of one action gets a webhook payload of its own."""
    computed_changes_in_payloads: bool = True
    """Whether recalculated cells appear in webhook payloads, in a second payload of the same transaction."""
    tokens_create_computed_fields: bool = False
    """Whether the schema API creates formulas, rollups and the like; a person at the screen always can."""
    duplicate_keys_fail_upserts: bool = True
    """Whether an upsert that matches several records fails; else it takes the first by record id."""
    expired_cursor_is_refused: bool = True
    """Whether a webhook cursor older than the kept payloads is refused; else reading starts at the first kept one."""
    payloads_come_late: bool = False
    """Whether webhook payloads can be read only two seconds after the change."""
    cleared_cells_are_null: bool = True
    """Whether webhooks tell an emptied cell as null; else as the empty value of its type."""
    text_is_trimmed: bool = False
    """Whether text written to an Airtable cell loses its outer blanks."""
    rate_limits_name_the_wait: bool = False
    """Whether Airtable's 429 carries a Retry-After header."""
    lockout_extends: bool = False
    """Whether a request during a rate-limit lock-out starts its 30 s afresh."""

    row_metadata_follows_sort: bool = False
    """Whether developer metadata of a Sheets row moves with its cells when they are sorted."""
    protection_refuses_sort: bool = True
    """Whether sorting a range that touches somebody else's protected cells is refused."""
    text_formula_quoted: bool = False
    """Whether text that begins with `=` reads as `'=…` under valueRenderOption=FORMULA."""
    writes_checked_by_validation: bool = False
    """Whether a strict Sheets validation rule refuses values written through the API."""

    def change(self, switches: dict[str, Any]) -> None:
        """Set the named switches, all or none; raises `UnknownPolicy`."""
        known = {field.name for field in fields(self)}
        for name, value in switches.items():
            if name not in known or not isinstance(value, bool):
                raise UnknownPolicy(f"no such switch: {name} = {value!r}; known: {', '.join(sorted(known))}")
        for name, value in switches.items():
            setattr(self, name, value)

    def turned(self) -> dict[str, bool]:
        """Every switch in its other position, for `change`."""
        return {name: not value for name, value in self.dump().items()}

    def dump(self) -> dict[str, bool]:
        """Every switch and its position."""
        return asdict(self)
