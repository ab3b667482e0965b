"""The vault's own section of the config."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vault.suites import SuiteName

Purpose = Annotated[str, Field(min_length=1, max_length=40)]


class VaultConfig(BaseModel):
    """Section `vault`: which suite new values use, and what a person may open a value for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    suite: SuiteName = Field(
        default="aes",
        description="The cipher suite of a new archive, and the one that `vault reencrypt` moves an archive to.",
    )
    purposes: tuple[Purpose, ...] = Field(
        default=("核保", "理赔", "保全", "续期回访", "客户服务", "合规检查", "稽核审计", "司法协助"),
        min_length=1,
        description="A reveal or a search names one of these; free text is refused.",
    )
    mask_candidates_min: int = Field(
        default=40, ge=1, description="The fewest values that the visible fields of one row may leave open."
    )
    clear_keep_days: int = Field(default=30, ge=1, description="How long a cleared value can be restored.")


DEFAULTS = VaultConfig()
