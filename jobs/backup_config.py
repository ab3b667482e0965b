"""The section `backup` of the config."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from validators.schema import Section
from vault.age_keys import recovery_key
from vault.errors import KeyUnreadable


def _readable(recipient: str) -> str:
    try:
        return recovery_key(recipient).recipient
    except KeyUnreadable as error:
        raise ValueError(str(error)) from None


Recipient = Annotated[str, AfterValidator(_readable)]


class BackupConfig(Section):
    """Where copies go, for whom they are encrypted, and how long they are kept."""

    vault_journal: Path | None = Field(
        default=None,
        description="A file on another disk or machine; every minute the vault's changes are appended to it, encrypted.",
    )
    recipients: tuple[Recipient, ...] = Field(
        default=(),
        description="Age recipients (age1…) that can open a backup; their identities are kept elsewhere. None: no backups.",
    )
    key_recipients: tuple[Recipient, ...] = Field(
        default=(), description="Who can open the backups of the keys; default: `recipients`."
    )
    to: Path | None = Field(
        default=None, description="The folder of backups; default: `backups` in the home."
    )
    keys_to: Path | None = Field(
        default=None,
        description="The folder of the keys' backups, best another disk; default: `keys` in `to`.",
    )
    at: str = Field(
        default="02:30",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When the daemon makes the day's backup.",
    )
    keep_daily: int = Field(default=7, ge=1, description="Days of which the newest backup is kept.")
    keep_weekly: int = Field(default=5, ge=0, description="Weeks of which the newest backup is kept.")
    keep_monthly: int = Field(default=12, ge=0, description="Months of which the newest backup is kept.")
    drill_days: int = Field(default=30, ge=1, description="How often the daemon restores one to try it.")
