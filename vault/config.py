"""The vault's own section of the config."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from vault.suites import SuiteName

Purpose = Annotated[str, Field(min_length=1, max_length=40)]
FieldClass = Literal["identity", "contact", "account", "health", "income", "other"]
Action = Literal["reveal", "compare", "find", "correct", "enter", "approve", "operate"]
CLASSES: tuple[FieldClass, ...] = get_args(FieldClass)
PLAIN = "plain"
"""What a field is that is not sensitive, where rights name classes."""
Fields = bool | tuple[str, ...]
"""All or none, or a list of classes (`contact`, `plain`) and single fields (`customers.mobile`)."""
BUDGETS: Mapping[FieldClass, int] = {
    "contact": 80,
    "identity": 20,
    "account": 20,
    "health": 20,
    "income": 20,
    "other": 80,
}


class RoleConfig(BaseModel):
    """What users of one role may do, and with which fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reveal: Fields = Field(
        default=False, description="See the whole value, for a purpose, within the budget."
    )
    compare: Fields = Field(default=False, description="Learn whether a given value equals the stored one.")
    find: Fields = Field(default=False, description="Search the archive for a value.")
    correct: Fields = Field(default=False, description="Change a record at the desk; `plain` are all others.")
    enter: bool = Field(default=False, description="Add records and import workbooks at the desk.")
    approve: bool = Field(
        default=False, description="Decide over deletions and what else waits for a person."
    )
    operate: bool = Field(default=False, description="See how the archive stands: counts and times only.")
    masks: Mapping[str, str] = Field(
        default={},
        description="What the desk shows this role in place of the cell's mask: a mask by class or single field. On record.",
    )


class GuessesConfig(BaseModel):
    """How often a sensitive value may be typed again into a cell: more than that would be guessing what stands there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cell_max: int = Field(default=5, ge=1, description="Per record, field, replica and day.")
    replica_max: int = Field(default=100, ge=1, description="Repeated ones, per replica and day.")
    alike_max: int = Field(
        default=20,
        ge=1,
        description="First values of a unique field whose masks look alike, per replica and day, before they are held "
        "unless they are few among the day's.",
    )


class VaultConfig(BaseModel):
    """Section `vault`: which suite new values use, who may open what, how often, and what for."""

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
    legal_purposes: tuple[Purpose, ...] = Field(
        default=("司法协助", "稽核审计", "法定要求"),
        description="The purposes for which values of a restricted person may be opened, as far as `purposes` lists them.",
    )
    mask_candidates_min: int = Field(
        default=40, ge=1, description="The fewest values that the visible fields of one row may leave open."
    )
    clear_keep_days: int = Field(default=30, ge=1, description="How long a cleared value can be restored.")
    roles: Mapping[str, RoleConfig] = Field(default={}, description="What the users of each role may do.")
    budgets: Mapping[FieldClass, Annotated[int, Field(ge=0)]] = Field(
        default=BUDGETS,
        description="Reveals and searches per user and day, by class of field. A class left out keeps its default.",
    )
    compare_tries: int = Field(default=5, ge=1, description="Comparisons per field, person and day.")
    guesses: GuessesConfig = GuessesConfig()
    user_days: int = Field(default=180, ge=1, le=366, description="How long a user's approval lasts.")

    _classes: Mapping[str, FieldClass] = PrivateAttr(default={})
    _zone: tzinfo = PrivateAttr(default=UTC)

    @field_validator("budgets", mode="after")
    @classmethod
    def _over_the_defaults(cls, given: Mapping[FieldClass, int]) -> Mapping[FieldClass, int]:
        return {**BUDGETS, **given}

    def settle(self, *, classes: Mapping[str, FieldClass], zone: tzinfo) -> None:
        """Take in what the config's other sections know: the class of each sensitive field, by vault name, and whose days count."""
        self._classes, self._zone = classes, zone

    def class_of(self, field: str) -> FieldClass | None:
        """The class of a field by its name in the vault; None for one that is not sensitive."""
        return self._classes.get(field)

    def allows(self, role: str, action: Action, field: str = "") -> bool:
        """Whether a role may do this, with this field where the action is about fields."""
        config = self.roles.get(role)
        allowed: Any = getattr(config, action) if config else False
        if isinstance(allowed, bool):
            return allowed
        return field in allowed or (self.class_of(field) or PLAIN) in allowed

    def mask_for(self, role: str, field: str) -> str | None:
        """The mask that a role sees at the desk where it is another than the cell's."""
        masks = self.roles[role].masks if role in self.roles else {}
        return masks.get(field) or masks.get(self.class_of(field) or PLAIN)

    def day(self, instant: datetime) -> date:
        """The day of an instant where the archive is."""
        return instant.astimezone(self._zone).date()


DEFAULTS = VaultConfig()
