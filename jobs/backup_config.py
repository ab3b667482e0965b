"""The section `backup` of the config."""

from pathlib import Path

from pydantic import Field

from validators.schema import Section


class BackupConfig(Section):
    """Where copies go."""

    vault_journal: Path | None = Field(
        default=None,
        description="A file on another disk or machine; every minute the vault's changes are appended to it, encrypted.",
    )
